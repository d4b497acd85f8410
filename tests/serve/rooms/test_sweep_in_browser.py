"""Sweep as a person uses it; every number on the page is the library's, computed again here."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import backlight as bl

from .sweeping import (
    NETWORK,
    T,
    Visit,
    X,
    by_unit,
    column,
    cost,
    cost_of,
    example_4,
    opened,
    state,
    wait_for_cost,
)

# ------------------------------------------------------------------ what is there first


def test_example_4_is_there_at_once_with_its_numbers(visit: Visit) -> None:
    tab = opened(visit)
    assert cost(tab) == pytest.approx(0.29837110876, abs=5e-12)
    parameters = example_4()
    slopes = bl.gradient(lambda p: NETWORK.cost(p, X, T), parameters, "dual")
    by_x = bl.gradient(lambda x: NETWORK.cost(parameters, x, T), X, "dual")
    for index in (2, 3, 4):
        np.testing.assert_allclose(column(tab, index), by_unit(NETWORK, slopes, by_x), rtol=1e-12)
    np.testing.assert_allclose(column(tab, 5), by_unit(NETWORK, slopes, by_x), rtol=1e-6)
    assert state(tab) == {}


def test_arrow_keys_step_and_the_address_holds_the_step(visit: Visit) -> None:
    tab = opened(visit)
    tab.get_by_role("button", name="Layer by layer").click()
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    assert tab.locator(".sweep-words").inner_text() == "Back: the error δ of both outputs"
    assert state(tab) == {"step": "4", "mode": "layer"}
    tab.reload()
    tab.locator(".sweep-network").wait_for()
    assert tab.locator(".sweep-words").inner_text() == "Back: the error δ of both outputs"


# ------------------------------------------------------------------ changing numbers


def test_a_weight_is_changed_in_the_drawing_and_everything_follows(visit: Visit) -> None:
    tab = opened(visit)
    tab.get_by_role("button", name=re.compile("^weight 21 of layer 2")).click()
    field = tab.get_by_role("textbox", name="weight 21 of layer 2").first
    assert field.input_value() == "0.5"
    field.fill("-1.25")
    field.press("Enter")
    changed = example_4(weights_2__0__1=-1.25)
    wait_for_cost(tab, cost_of(changed))
    slopes = bl.gradient(lambda p: NETWORK.cost(p, X, T), changed)
    np.testing.assert_allclose(column(tab, 2)[:12], by_unit(NETWORK, slopes, []), rtol=1e-12)
    assert state(tab) == {"edits": "w2.2.1_-1.25"}
    tab.reload()
    tab.locator(".sweep-network").wait_for()
    assert cost(tab) == pytest.approx(cost_of(changed), rel=1e-14)


def test_a_number_is_changed_by_keyboard_alone(visit: Visit) -> None:
    tab = opened(visit)
    tab.locator(".sweep-target").first.focus()
    tab.keyboard.press("Enter")
    tab.keyboard.type("0.5")
    tab.keyboard.press("Enter")
    wait_for_cost(tab, cost_of(example_4(), t=np.array([[0.5, 0.99]])))
    assert tab.locator(".sweep-target").first.text_content() == "t 0.5"
    assert tab.evaluate("document.activeElement.dataset.name") == "target 1"


def test_an_input_and_a_bias_are_changed(visit: Visit) -> None:
    tab = opened(visit)
    tab.locator(".sweep-node.editable").nth(1).click()
    tab.keyboard.type("2")
    tab.keyboard.press("Enter")
    x = np.array([[0.05, 2.0]])
    wait_for_cost(tab, cost_of(example_4(), x=x))
    tab.get_by_role("textbox", name="bias of unit 1 of layer 1").fill("-3")
    tab.keyboard.press("Enter")
    wait_for_cost(tab, cost_of(example_4(biases_1__0=-3.0), x=x))
    assert state(tab)["edits"] == "x2_2 b1.1_-3"


def test_a_target_is_changed_in_the_table_too(visit: Visit) -> None:
    tab = opened(visit)
    tab.get_by_role("textbox", name="target 2").fill("0.25")
    tab.keyboard.press("Enter")
    wait_for_cost(tab, cost_of(example_4(), t=np.array([[0.01, 0.25]])))
    assert tab.locator(".sweep-target").nth(1).text_content() == "t 0.25"
    assert state(tab)["edits"] == "t2_0.25"
    row = tab.locator(".sweep-derivatives tr.target").nth(1)
    assert row.locator("td").all_text_contents()[1:] == ["–"] * 6  # nothing is derived by it


def test_escape_leaves_everything_as_it_was(visit: Visit) -> None:
    tab = opened(visit)
    tab.locator(".sweep-target").first.click()
    tab.keyboard.type("7")
    tab.keyboard.press("Escape")
    assert tab.locator(".sweep-editor").count() == 0
    assert tab.locator(".sweep-target").first.text_content() == "t 0.01"
    assert state(tab) == {}


def test_what_is_no_number_is_told_and_changes_nothing(visit: Visit) -> None:
    tab = opened(visit)
    field = tab.get_by_role("textbox", name="weight 11 of layer 1")
    field.fill("much")
    field.press("Enter")
    message = tab.get_by_role("alert").inner_text()
    assert message == "weight 11 of layer 1: a number such as 0.15 is expected, not “much”"
    assert field.get_attribute("aria-invalid") == "true"
    assert cost(tab) == pytest.approx(0.29837110876, abs=5e-12)


def test_what_the_library_refuses_is_told_in_its_words(visit: Visit) -> None:
    tab = opened(visit, "?sizes=2,2,2&hidden=tanh&output=softmax&loss=cross-entropy", refused=True)
    before = cost(tab)
    tab.locator(".sweep-target").first.click()
    tab.keyboard.type("7")
    tab.keyboard.press("Enter")
    alert = tab.get_by_role("alert")
    alert.wait_for()
    assert alert.inner_text().startswith("cross-entropy needs targets from 0 to 1, not 0 to 7")
    assert cost(tab) == before
    assert "edits" not in state(tab)


# ------------------------------------------------------------------ updates


def descended(parameters: Any, updates: int, rate: float = 0.5) -> Any:
    for _ in range(updates):
        slopes = bl.gradient(lambda p: NETWORK.cost(p, X, T), parameters, "dual")
        parameters = {name: parameters[name] - rate * slopes[name] for name in parameters}
    return parameters


def test_the_update_is_applied_and_the_address_holds_it(visit: Visit) -> None:
    tab = opened(visit)
    tab.get_by_role("button", name="Apply the update").click()
    tab.get_by_role("button", name="Apply the update").click()
    after = descended(example_4(), 2)
    assert cost(tab) == pytest.approx(cost_of(after), rel=1e-12)
    np.testing.assert_allclose(column(tab, 1)[:12], by_unit(NETWORK, after, []), rtol=1e-12)
    tab.reload()
    tab.locator(".sweep-network").wait_for()
    assert state(tab) == {"update": "2"}
    assert cost(tab) == pytest.approx(cost_of(after), rel=1e-12)
    tab.get_by_role("button", name="back to the first sweep").click()
    wait_for_cost(tab, cost_of(example_4()))
    assert state(tab) == {}


def test_more_updates_than_were_recorded_are_fetched(visit: Visit) -> None:
    tab = opened(visit, "?update=50")
    tab.get_by_role("button", name="apply ten updates").click()
    wait_for_cost(tab, cost_of(descended(example_4(), 60)))
    assert tab.locator(".sweep-course .sweep-total").inner_text().endswith("after 60 updates")
    tab.reload()
    tab.locator(".sweep-network").wait_for()
    assert cost(tab) == pytest.approx(cost_of(descended(example_4(), 60)), rel=1e-10)


def test_the_learning_rate_decides_how_far_an_update_goes(visit: Visit) -> None:
    tab = opened(visit)
    rate = tab.get_by_label("Learning rate η")
    rate.fill("2")
    rate.press("Tab")
    tab.wait_for_function("document.URL.includes('rate=2')")
    after = descended(example_4(), 1, rate=2.0)
    tab.wait_for_function(
        """expected => Math.abs(document.querySelector(".sweep-derivatives tbody tr")
             .children[7].dataset.value - expected) < 1e-12""",
        arg=float(after["weights_1"][0, 0]),
    )
    tab.get_by_role("button", name="Apply the update").click()
    assert cost(tab) == pytest.approx(cost_of(after), rel=1e-12)


def test_a_weight_changed_after_updates_begins_anew_from_there(visit: Visit) -> None:
    tab = opened(visit, "?update=3")
    field = tab.get_by_role("textbox", name="weight 11 of layer 1")
    field.fill("0.9")
    field.press("Enter")
    expected = descended(example_4(), 3)
    expected["weights_1"][0, 0] = 0.9
    wait_for_cost(tab, cost_of(expected))
    assert "update" not in state(tab)
    tab.reload()
    tab.locator(".sweep-network").wait_for()
    assert cost(tab) == pytest.approx(cost_of(expected), rel=1e-12)
