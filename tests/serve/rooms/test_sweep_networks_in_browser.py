"""Which network the Sweep room shows: published ones, rows of their data, layers that are typed."""

from __future__ import annotations

import pytest

from backlight.networks.sweeps.offered import drawn, offer

from .sweeping import NETWORK, T, Visit, X, cost, example_4, opened, state, wait_for_cost


def test_a_published_network_is_picked_and_a_row_of_its_data(visit: Visit) -> None:
    tab = opened(visit)
    tab.get_by_label("Network", exact=True).select_option("mccaffrey")
    found = offer("mccaffrey")
    wait_for_cost(tab, float(found.network.cost(found.parameters, found.x[None], found.t[None])))
    assert "only the diagonal; this sweep takes all of it" in tab.locator("main").inner_text()
    row = tab.get_by_label("Row of its data")
    row.fill("8")
    row.press("Enter")
    found = offer("mccaffrey", 7)
    wait_for_cost(tab, float(found.network.cost(found.parameters, found.x[None], found.t[None])))
    assert state(tab) == {"net": "mccaffrey", "row": "7"}
    tab.go_back()
    tab.locator(".sweep-network").wait_for()
    assert state(tab) == {"net": "mccaffrey"}


def test_layers_are_typed(visit: Visit) -> None:
    tab = opened(visit)
    tab.get_by_label("Network", exact=True).select_option("own")
    tab.wait_for_function("document.URL.includes('sizes=')")
    sizes = tab.get_by_label("Units of each layer")
    sizes.fill("3-5-4-2")
    sizes.press("Enter")
    tab.get_by_label("Hidden activations").fill("relu, gelu")
    tab.get_by_label("Hidden activations").press("Enter")
    found = drawn((3, 5, 4, 2), ["relu", "gelu"], "softmax", "cross-entropy", 0)
    expected = found.network.cost(found.parameters, found.x[None], found.t[None], "cross-entropy")
    wait_for_cost(tab, float(expected))
    assert tab.locator(".sweep-node").count() == 14
    tab.reload()
    tab.locator(".sweep-network").wait_for()
    assert cost(tab) == pytest.approx(float(expected), rel=1e-14)


def test_only_losses_that_go_with_the_output_are_offered(visit: Visit) -> None:
    tab = opened(visit)
    loss = tab.get_by_label("Loss")
    assert loss.locator("option").all_inner_texts() == [
        "squared-error",
        "binary-cross-entropy",
        "huber",
    ]
    loss.select_option("binary-cross-entropy")
    wait_for_cost(tab, float(NETWORK.cost(example_4(), X, T, "binary-cross-entropy")))
    assert state(tab) == {"loss": "binary-cross-entropy"}


def test_a_network_that_is_none_is_told(visit: Visit) -> None:
    tab = visit("/sweep?sizes=2,x", refused=True)
    tab.get_by_role("alert").wait_for()
    assert tab.locator(".sweep-network").count() == 0
    sizes = tab.get_by_label("Units of each layer")
    sizes.fill("2,2")
    sizes.press("Enter")
    tab.locator(".sweep-network").wait_for()
    assert tab.get_by_role("alert").count() == 0


@pytest.mark.parametrize("size", [(360, 740), (1280, 800), (3840, 2160)])
@pytest.mark.parametrize("query", ["", "?net=iris-4-7-3&step=6", "?sizes=4,3,3,3,2&update=3"])
def test_nothing_is_wider_than_the_screen(visit: Visit, size: tuple[int, int], query: str) -> None:
    tab = opened(visit, query, viewport={"width": size[0], "height": size[1]})
    assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
