"""What cannot be in the Sweep room: said where it was typed, and nothing is drawn anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backlight.networks.sweeps.offered import drawn

from .sweeping import Visit, cost, cost_of, example_4, opened, state, wait_for_cost

OWN = "?sizes=2,3,2&hidden=tanh&output=softmax&loss=cross-entropy"


def entered(field: Any, text: str) -> None:
    field.fill(text)
    field.press("Enter")


def said_at(field: Any) -> str:
    """What is said below a field, which it is marked and described by; it is in sight."""
    said = field.locator("xpath=following-sibling::*[@role='alert']")
    assert field.get_attribute("aria-invalid") == "true"
    assert said.get_attribute("id") in field.get_attribute("aria-describedby").split()
    top, below = said.evaluate(
        "one => { const box = one.getBoundingClientRect(); return [box.top, box.bottom]; }"
    )
    assert top >= 0
    assert below <= said.evaluate("innerHeight")
    assert said.evaluate(
        """one => { const box = one.getBoundingClientRect();
             const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
             return one.contains(document.elementFromPoint(x, y)); }"""
    )
    text: str = said.inner_text()
    return text


# ------------------------------------------------------------------ layers of your own


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("-1,2", "whole numbers such as 2,3,2 are expected, not “-1,2”"),
        ("2e1,3", "whole numbers such as 2,3,2 are expected, not “2e1,3”"),
        ("2,-3,2", "whole numbers such as 2,3,2 are expected, not “2,-3,2”"),
        ("2 -3", "whole numbers such as 2,3,2 are expected, not “2 -3”"),
        ("2,,3", "whole numbers such as 2,3,2 are expected, not “2,,3”"),
        ("2.5,3", "whole numbers such as 2,3,2 are expected, not “2.5,3”"),
        ("", "whole numbers such as 2,3,2 are expected, not nothing"),
        ("5", "at least 2 layers are expected, the inputs and the outputs, not 1"),
        ("2,0,2", "from 1 to 64 units are expected in a layer, not 0"),
        ("1 1 1 1 1 1 1 1 1", "up to 8 layers are expected, not 9"),
        ("60,60", "3,660 parameters are more than can be stepped through here"),
    ],
)
def test_layers_that_cannot_be_are_told_at_their_field(
    visit: Visit, typed: str, expected: str
) -> None:
    tab = opened(visit, OWN)
    before, address = cost(tab), tab.url
    sizes = tab.get_by_label("Units of each layer")
    entered(sizes, typed)
    assert said_at(sizes).startswith(f"Units of each layer: {expected}")
    assert sizes.input_value() == typed
    assert tab.locator(".sweep-node").count() == 7
    assert (cost(tab), tab.url) == (before, address)
    entered(sizes, "2,2")
    tab.wait_for_url("**sizes=2%2C2&**")
    assert tab.get_by_role("alert").count() == 0
    assert sizes.get_attribute("aria-invalid") is None


def test_two_fields_are_told_at_once(visit: Visit) -> None:
    tab = opened(visit, OWN)
    sizes, hidden = tab.get_by_label("Units of each layer"), tab.get_by_label("Hidden activations")
    entered(sizes, "2,,2")
    entered(hidden, "tangh")
    assert "not “2,,2”" in said_at(sizes)
    assert "there is no “tangh”" in said_at(hidden)


@pytest.mark.parametrize("typed", ["3-4-2", "3, 4, 2", "3 4 2", "3×4×2", " 3 × 4,2 ", "3–4–2"])
def test_layers_are_told_apart_in_many_ways(visit: Visit, typed: str) -> None:
    tab = opened(visit, OWN)
    entered(tab.get_by_label("Units of each layer"), typed)
    found = drawn((3, 4, 2), ["tanh"], "softmax", "cross-entropy", 0)
    expected = found.network.cost(found.parameters, found.x[None], found.t[None], "cross-entropy")
    wait_for_cost(tab, float(expected))
    assert tab.get_by_role("alert").count() == 0


def test_layers_in_an_address_that_cannot_be_are_told_and_mended(visit: Visit) -> None:
    tab = visit("/sweep?sizes=-1,2")
    sizes = tab.get_by_label("Units of each layer")
    tab.get_by_role("alert").wait_for()
    assert "not “-1,2”" in said_at(sizes)
    assert tab.locator(".sweep-network").count() == 0
    entered(tab.get_by_label("Learning rate η"), "2")
    assert tab.get_by_role("alert").count() == 1  # there is still nothing to be shown
    entered(sizes, "2,2")
    tab.locator(".sweep-network").wait_for()
    assert tab.get_by_label("Learning rate η").input_value() == "2"


@pytest.mark.parametrize(
    ("label", "typed", "expected"),
    [
        ("Hidden activations", "tangh", "there is no “tangh”; there are identity, tanh, "),
        ("Hidden activations", "", "one is expected, not none"),
        ("Hidden activations", "tanh, relu", "one is expected, not 2"),
        ("Drawn with seed", "-1", "a whole number from 0 to 2,147,483,647 is expected, not “-1”"),
        ("Drawn with seed", "", "a whole number from 0 to 2,147,483,647 is expected, not nothing"),
        ("Learning rate η", "", "a number from 0 up is expected, such as 0.5, not nothing"),
        ("Learning rate η", "-1", "a number from 0 up is expected, such as 0.5, not “-1”"),
    ],
)
def test_other_fields_are_told_by_their_labels(
    visit: Visit, label: str, typed: str, expected: str
) -> None:
    tab = opened(visit, OWN)
    before, address = cost(tab), tab.url
    field = tab.get_by_label(label)
    entered(field, typed)
    assert said_at(field).startswith(f"{label}: {expected}")
    assert (cost(tab), tab.url) == (before, address)


def test_a_learning_rate_that_is_none_leaves_the_one_there_was(visit: Visit) -> None:
    tab = opened(visit)
    rate = tab.get_by_label("Learning rate η")
    entered(rate, "")
    weight = tab.get_by_role("textbox", name="weight 11 of layer 1")
    entered(weight, "0.9")
    wait_for_cost(tab, cost_of(example_4(weights_1__0__0=0.9)))
    rate.scroll_into_view_if_needed()
    assert said_at(rate).startswith("Learning rate η: ")  # for it is still empty
    tab.get_by_label("Network", exact=True).select_option("mccaffrey")
    row = tab.get_by_label("Row of its data")
    row.wait_for()
    assert tab.get_by_role("alert").count() == 0
    entered(row, "801")
    assert said_at(row) == "Row of its data: a whole number from 1 to 800 is expected, not “801”"


# ------------------------------------------------------------------ addresses


def test_a_network_that_is_not_here_is_told_and_another_shown(visit: Visit) -> None:
    tab = opened(visit, "?net=nope&rate=fast")
    told = tab.get_by_text("There is no network “nope” here; this is example-4.")
    assert told.is_visible()
    assert "“fast” is no learning rate; the network's own is taken." in told.inner_text()
    assert tab.get_by_label("Network", exact=True).input_value() == "example-4"
    assert tab.get_by_label("Learning rate η").input_value() == "0.5"
    wait_for_cost(tab, cost_of(example_4()))
    tab.get_by_label("Network", exact=True).select_option("mccaffrey")
    told.wait_for(state="hidden")
    assert state(tab)["net"] == "mccaffrey"


# ------------------------------------------------------------------ numbers of the network


@pytest.mark.parametrize("size", [(360, 740), (1280, 800)])
def test_a_value_that_is_emptied_in_the_table_is_told_below_it(
    visit: Visit, size: tuple[int, int]
) -> None:
    tab = opened(visit, viewport={"width": size[0], "height": size[1]})
    field = tab.get_by_role("textbox", name="bias of unit 2 of layer 2")
    entered(field, "")
    expected = "bias of unit 2 of layer 2: a number such as 0.15 is expected, not nothing"
    assert said_at(field) == expected
    assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    entered(tab.get_by_role("textbox", name="target 2"), "0.5")
    wait_for_cost(tab, cost_of(example_4(), t=np.array([[0.01, 0.5]])))
    assert tab.get_by_role("alert").count() == 0
    assert field.input_value() == "0.6"
    assert field.get_attribute("aria-invalid") != "true"


@pytest.mark.parametrize("size", [(360, 740), (1280, 800)])
@pytest.mark.parametrize("place", [".sweep-target >> nth=0", ".sweep-node.editable >> nth=1"])
def test_a_value_that_is_emptied_in_the_drawing_is_told_beside_it(
    visit: Visit, place: str, size: tuple[int, int]
) -> None:
    tab = opened(visit, viewport={"width": size[0], "height": size[1]})
    tab.locator(place).click()
    field = tab.locator(".sweep-editor")
    name = field.get_attribute("aria-label")
    entered(field, "")
    assert said_at(field) == f"{name}: a number such as 0.15 is expected, not nothing"
    assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    field.press("Escape")
    assert tab.get_by_role("alert").count() == 0
    assert cost(tab) == pytest.approx(cost_of(example_4()))
