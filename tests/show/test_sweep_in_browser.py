"""The page of a sweep at work, in Chromium, from a file: every number is the library's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backlight as bl

sys.path.insert(0, str(Path(__file__).parent))

from sweep_examples import example_4, large, of

# The published gradient, in the order of the page's table: a row for each weight into a unit.
PUBLISHED = [
    *(4.385677344743465e-4, 8.771354689486931e-4, 0.00877135468948693),
    *(4.977127352608599e-4, 9.954254705217198e-4, 0.009954254705217196),
    *(0.08216704056423077, 0.08266762784753325, 0.1384985616285569),
    *(-0.02260254047747507, -0.02274024221597822, -0.03809823651655624),
]


@pytest.fixture
def tab(opened: Any) -> Any:
    return opened(example_4(updates=20).html())


def heading(tab: Any) -> str:
    text: str = tab.locator(".sweep-words").inner_text()
    return text


def cells(tab: Any, column: int) -> Any:
    rows = tab.locator(".sweep-derivatives tbody tr")
    return np.array(
        rows.evaluate_all(f"rows => rows.map(r => Number(r.children[{column}].dataset.value))")
    )


def forward(tab: Any, count: int) -> None:
    for _ in range(count):
        tab.keyboard.press("ArrowRight")


# ------------------------------------------------------------------ stepping


def test_values_appear_as_one_steps_forward(tab: Any) -> None:
    node = tab.locator('.sweep-node[data-layer="1"][data-unit="0"]')
    assert node.get_attribute("aria-label") == "unit 1 of layer 1: not computed yet"
    tab.get_by_role("button", name="Step forward").click()
    assert heading(tab) == "Forward: the net and the signal of unit 1 of layer 1"
    assert node.get_attribute("aria-label") == "unit 1 of layer 1: z 0.3775, a 0.59327"
    assert node.locator(".sweep-value").text_content() == "0.593"


def test_errors_appear_on_the_way_back(tab: Any) -> None:
    node = tab.locator('.sweep-node[data-layer="2"][data-unit="1"]')
    forward(tab, 6)
    assert heading(tab) == "Back: the error δ of output 1"
    assert node.locator(".sweep-delta").text_content() == ""
    forward(tab, 1)
    assert node.locator(".sweep-delta").text_content() == "δ −0.0381"


def test_keys_buttons_and_the_slider_go_to_the_same_steps(tab: Any) -> None:
    told = tab.locator(".sweep-told")
    forward(tab, 3)
    assert told.inner_text() == "step 4 of 15"
    tab.keyboard.press("ArrowLeft")
    assert told.inner_text() == "step 3 of 15"
    tab.get_by_role("button", name="Step back").click()
    assert told.inner_text() == "step 2 of 15"
    slider = tab.get_by_role("slider", name="Step of the sweep")
    slider.fill("14")
    assert heading(tab) == "The update: every weight goes against its slope"
    assert slider.get_attribute("aria-valuetext").startswith("step 15 of 15: The update")
    assert tab.get_by_role("button", name="Step forward").is_disabled()
    tab.get_by_role("button", name="To the beginning").click()
    assert heading(tab) == "The inputs are given"


def test_layer_by_layer_stays_where_it_is(tab: Any) -> None:
    forward(tab, 7)
    tab.get_by_role("button", name="Layer by layer").click()
    assert heading(tab) == "Back: the error δ of both outputs"
    assert tab.locator(".sweep-told").inner_text() == "step 5 of 9"
    forward(tab, 1)  # the button has the focus, the arrows are still for the steps
    assert heading(tab) == "Back: the slopes of the weights into both outputs"


def test_it_plays_by_itself_and_stops(tab: Any) -> None:
    tab.clock.install()
    tab.get_by_role("button", name="Play").click()
    tab.clock.run_for(2_800)
    assert tab.locator(".sweep-told").inner_text() == "step 4 of 15"
    tab.get_by_role("button", name="Pause").click()
    tab.clock.run_for(5_000)
    assert tab.locator(".sweep-told").inner_text() == "step 4 of 15"


def test_what_plays_is_told_aloud_when_it_stops_and_not_at_every_step(tab: Any) -> None:
    tab.clock.install()
    tab.evaluate(
        """() => {
            window.aloud = [];
            const title = document.querySelector('.sweep-words');
            const heard = () => title.ariaLive === 'polite' && window.aloud.push(title.textContent);
            new MutationObserver(heard).observe(title, {childList: true});
        }"""
    )
    tab.get_by_role("button", name="Play").click()
    tab.clock.run_for(2_800)
    assert tab.evaluate("window.aloud") == []
    tab.get_by_role("button", name="Pause").click()
    assert tab.evaluate("window.aloud") == [heading(tab)]
    forward(tab, 1)
    assert tab.evaluate("window.aloud")[1:] == [heading(tab)]


# ------------------------------------------------------------------ numbers


def test_the_factors_stand_on_the_edges_and_in_the_formulas(tab: Any) -> None:
    tab.get_by_role("button", name="Layer by layer").click()
    forward(tab, 5)
    shown = tab.locator(".sweep-label.active").all_text_contents()
    assert len(shown) == 6
    assert any("0.0822" in text for text in shown)
    lines = tab.locator(".sweep-formulas [role=math]")
    spoken = lines.evaluate_all("lines => lines.map(line => line.getAttribute('aria-label'))")
    assert "∂C/∂ w 11 of layer 2 = 0.59327 × 0.138499 = 0.082167" in spoken
    assert "∂C/∂ w ij of layer 2 = a j of layer 1 · δ i of layer 2" in spoken


def test_every_derivative_is_as_published_by_all_ways(tab: Any) -> None:
    for column, tolerance in ((2, 1e-13), (3, 1e-13), (4, 1e-13), (5, 1e-6)):
        np.testing.assert_allclose(cells(tab, column)[:12], PUBLISHED, rtol=tolerance)
    np.testing.assert_allclose(cells(tab, 2)[12:], [0.00380427, 0.00474055], atol=5e-9)
    deviations = np.max(np.abs([cells(tab, k) - cells(tab, 2) for k in (3, 4, 5)]), axis=0)
    np.testing.assert_array_equal(cells(tab, 6), deviations)


def test_the_multiplications_are_counted_as_the_sweep_goes_back(tab: Any) -> None:
    so_far = tab.locator(".sweep-count")
    found = []
    for _ in range(15):
        found.append(int(so_far.get_attribute("data-value")))
        forward(tab, 1)
    # δ of two outputs, their four weights; δ of two hidden units, each by two weights and g′;
    # their four weights.
    assert found == [0, 0, 0, 0, 0, 0, 1, 2, 4, 6, 9, 12, 14, 16, 16]
    assert tab.locator(".sweep-counter").get_by_text("of 16 backwards · 50 forwards").is_visible()


# ------------------------------------------------------------------ updates


def test_the_update_is_applied_and_the_cost_falls(tab: Any) -> None:
    network = bl.Network((2, 2, 2), "sigmoid", "sigmoid")
    cost = tab.locator(".sweep-course strong")
    before = float(cost.get_attribute("data-value"))
    after_update = cells(tab, 7)[:12]
    tab.get_by_role("button", name="Apply the update").click()
    np.testing.assert_array_equal(cells(tab, 1)[:12], after_update)
    assert float(cost.get_attribute("data-value")) < before
    # Computed again from what the table says.
    w = cells(tab, 1)[:12].reshape(4, 3)
    parameters = {
        "weights_1": w[:2, :2].T, "biases_1": w[:2, 2], "weights_2": w[2:, :2].T,
        "biases_2": w[2:, 2],
    }  # fmt: skip
    again = network.cost(parameters, np.array([[0.05, 0.1]]), np.array([[0.01, 0.99]]))
    assert float(cost.get_attribute("data-value")) == pytest.approx(again, rel=1e-14)
    tab.get_by_role("button", name="Take back the last update").click()
    assert float(cost.get_attribute("data-value")) == before


def test_ten_at_once_as_far_as_they_are_recorded_and_back(tab: Any) -> None:
    text = tab.locator(".sweep-course .sweep-total")
    tab.get_by_role("button", name="apply ten updates").click()
    assert text.inner_text().endswith("after 10 updates")
    tab.get_by_role("button", name="apply ten updates").click()
    assert text.inner_text().endswith("after 20 updates")
    assert tab.get_by_role("button", name="Apply the update").is_disabled()
    tab.get_by_role("button", name="back to the first sweep").click()
    assert text.inner_text().endswith("after 0 updates")


def test_in_a_notebook_s_frame_it_works_as_on_a_page(opened: Any) -> None:
    tab = opened(f"<!DOCTYPE html><title>Notebook</title>{example_4()._repr_html_()}")
    frame = tab.frame_locator("iframe")
    frame.get_by_role("button", name="Step forward").click()
    tab.keyboard.press("ArrowRight")
    assert frame.locator(".sweep-told").inner_text() == "step 3 of 15"
    assert frame.locator("svg.sweep-network").bounding_box()["height"] > 200


# ------------------------------------------------------------------ other networks, other screens


@pytest.mark.parametrize("width", [360, 1280, 3840])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(opened: Any, width: int, scheme: str) -> None:
    tab = opened(example_4().html(), viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    stage, picture = (
        tab.locator(name).bounding_box() for name in (".sweep-stage", "svg.sweep-network")
    )
    assert picture["width"] <= stage["width"] + 1


def test_large_layers_are_abridged_and_their_units_stepped_through_at_once(opened: Any) -> None:
    tab = opened(large().html())
    gaps = tab.locator(".sweep-gap").all_text_contents()
    assert gaps == ["13 more", "5 more", "3 more"]
    forward(tab, 8)
    assert heading(tab) == "Forward: the net and the signal of the 5 other units of layer 1"
    assert "(13 more)" in tab.locator(".sweep-formulas").inner_text()


@pytest.mark.parametrize(
    ("hidden", "output", "loss"),
    [
        ("softmax", "softmax", "squared-error"),
        ("relu", "softmax", "cross-entropy"),
        ("gelu", "sigmoid", "binary-cross-entropy"),
        ("leaky-relu", "identity", "huber"),
    ],
)
def test_every_step_of_every_kind_of_network_is_told(
    opened: Any, hidden: str, output: str, loss: str
) -> None:
    tab = opened(of((3, 4, 2, 2), hidden, output, loss=loss, updates=1).html())
    steps = int(tab.get_by_role("slider", name="Step of the sweep").get_attribute("max"))
    for _ in range(steps):
        forward(tab, 1)
        assert tab.locator(".sweep-formulas > p").count() > 1
        text = tab.locator(".sweep").inner_text()
        assert "undefined" not in text
        assert "NaN" not in text
    assert heading(tab).startswith("The update")
