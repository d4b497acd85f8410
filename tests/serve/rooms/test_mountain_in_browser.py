"""The Mountain room as a person uses it: every control does what it says, and the numbers on the
page are the library's."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from backlight.networks.landscapes.climbing import Climbs, Gait, climb, spread
from backlight.networks.landscapes.endings import endings, tally
from backlight.networks.landscapes.landscape import Landscape
from backlight.networks.landscapes.offers import OFFERS, find_offer, view
from backlight.networks.landscapes.recording import map_record
from backlight.networks.landscapes.survey import Relief, survey


@cache
def relief_of(offer: str) -> Relief:
    return survey(find_offer(offer).make())


@pytest.fixture
def open_room(visit: Callable[..., Any]) -> Callable[..., Any]:
    """Opens the room at an address, once its first climb is there."""

    def open_it(query: str = "", **options: Any) -> Any:
        tab = visit(f"/mountain?{query}", **options)
        tab.locator(".mountain-numbers dd").first.wait_for()
        return tab

    return open_it


def query(tab: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(tab.url).query).items()}


def told(tab: Any, name: str) -> str:
    text: str = tab.locator(f".mountain-numbers dd[data-name='{name}']").inner_text()
    return text.replace("−", "-")


def numbers(text: str) -> list[float]:
    """What is written as `3`, `(1, 2)` or `1.5·10⁻³`."""
    digits = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    plain = text.replace("·10", "e").translate(digits).strip("()")
    return [float(part) for part in plain.split(", ")]


def go_to(tab: Any, step: int) -> None:
    tab.get_by_label("Step", exact=True).fill(str(step))


def climbs_after(tab: Any, action: Callable[[], object]) -> dict[str, Any]:
    """The answer to what an action asks the server for, once it is shown."""
    with tab.expect_response("**/api/mountain/climbs") as waited:
        action()
    answer: dict[str, Any] = waited.value.json()
    tab.get_by_text("Computing").wait_for(state="hidden")
    return answer


def assert_shown(tab: Any, climbs: Climbs, step: int) -> None:
    """The readout at a step is that of the library's first climber."""
    go_to(tab, step)
    assert told(tab, "step") == f"{step} of {climbs.gait.steps}"
    extent = 1e-4 * 20
    assert numbers(told(tab, "at")) == pytest.approx(climbs.paths[step, 0].tolist(), abs=extent)
    assert numbers(told(tab, "cost")) == pytest.approx([climbs.heights[step, 0]], rel=1e-4)
    slopes = climbs.slopes[step, 0].tolist()
    assert numbers(told(tab, "slope")) == pytest.approx(slopes, rel=1e-3)


def first_climb(landscape: Landscape, start: list[float], gait: Gait) -> Climbs:
    return climb(landscape, [start], gait)


def test_the_first_climber_s_numbers_are_the_library_s(open_room: Callable[..., Any]) -> None:
    tab = open_room()
    relief = relief_of("wrong-dip")
    (axis,) = relief.landscape.axes
    start = axis.low + 0.36 * axis.extent
    gait = Gait("downhill", map_record(relief)["rate"], steps=200)
    climbs = first_climb(relief.landscape, [start], gait)
    assert_shown(tab, climbs, 7)
    go_to(tab, 200)
    (ended,) = endings(relief, climbs)
    assert (ended.how, ended.place) == ("reached", 1)
    assert told(tab, "end") == "reached basin B"  # the wrong dip


@pytest.mark.parametrize("offer", OFFERS)
def test_every_landscape_on_offer_is_shown_with_its_places(
    open_room: Callable[..., Any], offer: str
) -> None:
    tab = open_room()
    if offer != "wrong-dip":
        climbs_after(tab, lambda: tab.get_by_label("Landscape").select_option(offer))
        assert query(tab)["land"] == offer
    places = map_record(relief_of(offer))["places"]
    rows = tab.locator(".mountain-part tbody tr")
    assert rows.locator("td:nth-child(2)").all_inner_texts() == [p["name"] for p in places]
    costs = [
        numbers(text.replace("−", "-"))[0]
        for text in rows.locator("td:last-child").all_inner_texts()
    ]
    assert costs == pytest.approx([place["height"] for place in places], rel=1e-4)
    assert tab.get_by_text(OFFERS[offer].look).is_visible()


def test_a_click_puts_the_climber_there(open_room: Callable[..., Any]) -> None:
    tab = open_room("land=two-weights")
    box = tab.locator(".mountain-map").bounding_box()
    answer = climbs_after(
        tab, lambda: tab.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.3 * box["height"])
    )
    start = [float(value) for value in query(tab)["at"].split(",")]
    assert answer["paths"][0][0] == start
    # Right of the middle and above it.
    assert 2 < start[0] < 10
    assert 2 < start[1] < 10
    relief = relief_of("two-weights")
    gait = Gait("downhill", map_record(relief)["rate"], steps=200)
    assert_shown(tab, first_climb(relief.landscape, start, gait), 20)


def test_arrow_keys_move_the_start_by_a_fiftieth_of_the_map(open_room: Callable[..., Any]) -> None:
    tab = open_room("land=two-weights&at=0,0")
    tab.locator(".mountain-map").focus()
    for key, expected in (
        ("ArrowRight", "0.48,0"),
        ("ArrowUp", "0.48,0.48"),
        ("Shift+ArrowLeft", "-1.92,0.48"),
        ("ArrowDown", "-1.92,0"),
    ):
        climbs_after(tab, lambda key=key: tab.keyboard.press(key))
        assert query(tab)["at"] == expected


def test_the_way_the_rate_the_momentum_the_noise_and_the_steps_are_gone_by(
    open_room: Callable[..., Any],
) -> None:
    tab = open_room("at=0.4")
    climbs_after(tab, lambda: tab.get_by_role("radio", name="Uphill").check())
    climbs_after(tab, lambda: tab.get_by_label("Learning rate").fill("-0.5"))
    climbs_after(tab, lambda: tab.get_by_label("Momentum").fill("0.3"))
    climbs_after(tab, lambda: tab.get_by_label("Noise on the slope").fill("0.4"))
    climbs_after(tab, lambda: tab.get_by_role("button", name="Other noise").click())
    climbs_after(tab, lambda: tab.get_by_label("Steps", exact=True).select_option("50"))
    relief = relief_of("wrong-dip")
    known = map_record(relief)
    rate = float(f"{known['rate'] * 10**-0.5:.3g}")
    gait = Gait("uphill", rate, 0.3, 0.4 * known["slope"], 50, 1)
    assert query(tab) | {"step": ""} == {
        **{"at": "0.4", "dir": "uphill", "rate": f"{rate}", "mom": "0.3", "noise": "0.4"},
        **{"nseed": "1", "steps": "50", "step": ""},
    }
    assert_shown(tab, first_climb(relief.landscape, [0.4], gait), 31)


def test_a_hundred_climbers_are_counted_by_where_they_end(open_room: Callable[..., Any]) -> None:
    tab = open_room("at=0.2")
    climbs_after(tab, lambda: tab.get_by_label("A hundred climbers").check())
    relief = relief_of("wrong-dip")
    gait = Gait("downhill", map_record(relief)["rate"], steps=200)
    for seed in (0, 1):
        starts = np.concatenate([[[0.2]], spread(relief.landscape, 99, seed)])
        counts = tally(endings(relief, climb(relief.landscape, starts, gait)))
        shown = tab.locator(".mountain-tally li").evaluate_all(
            "rows => rows.map((row) => [row.dataset.how, row.dataset.place,"
            " Number(row.querySelector('b').textContent)])"
        )
        names = {-1: "", 0: "basin A", 1: "basin B"}
        assert shown == [[how, names[place], n] for (how, place), n in counts.items()]
        assert sum(count for _, _, count in shown) == 100
        if seed == 0:
            climbs_after(tab, lambda: tab.get_by_role("button", name="Other starts").click())
            assert query(tab)["cseed"] == "1"


def test_time_is_played_paused_stepped_and_reset(open_room: Callable[..., Any]) -> None:
    tab = open_room("steps=50")
    tab.get_by_role("button", name="Pause").click()
    go_to(tab, 10)
    tab.get_by_role("button", name="Step forward").click()
    assert told(tab, "step") == "11 of 50"
    assert query(tab)["step"] == "11"
    tab.get_by_role("button", name="Step back").click()
    tab.get_by_role("button", name="Step back").click()
    assert told(tab, "step") == "9 of 50"
    tab.get_by_label("Speed").select_option("60")
    tab.get_by_role("button", name="Play").click()
    tab.get_by_role("button", name="Play again").wait_for()
    assert told(tab, "step") == "50 of 50"
    tab.get_by_role("button", name="To the beginning").click()
    assert told(tab, "step") == "0 of 50"
    assert "step" not in query(tab)


def test_a_blindfold_leaves_the_slope_alone(open_room: Callable[..., Any]) -> None:
    tab = open_room("land=two-weights&at=0,0&crowd=1")
    tab.get_by_label("Blindfold").check()
    assert query(tab)["blind"] == "1"
    assert tab.locator("td:visible", has_text="minimum").count() == 0
    assert tab.locator(".mountain-numbers dd[data-name='cost']").count() == 0
    assert not tab.get_by_text("Where they ended").is_visible()
    relief = relief_of("two-weights")
    gait = Gait("downhill", map_record(relief)["rate"], steps=200)
    climbs = first_climb(relief.landscape, [0.0, 0.0], gait)
    go_to(tab, 4)
    assert numbers(told(tab, "slope")) == pytest.approx(climbs.slopes[4, 0].tolist(), rel=1e-3)


def test_a_network_and_weights_of_one_s_choice(open_room: Callable[..., Any]) -> None:
    tab = open_room()
    climbs_after(tab, lambda: tab.get_by_label("Landscape").select_option("own"))
    climbs_after(tab, lambda: tab.get_by_role("radio", name="Two weights").check())
    climbs_after(tab, lambda: tab.get_by_label("First weight").select_option("biases_1[0]"))
    climbs_after(tab, lambda: tab.get_by_label("Second weight").select_option("biases_1[1]"))

    def wider() -> None:
        tab.get_by_label("How far the map goes").fill("16")
        tab.get_by_label("How far the map goes").press("Enter")

    climbs_after(tab, wider)
    plane = view("xor", weights=("biases_1[0]", "biases_1[1]"), reach=16)
    relief = survey(plane)
    rows = tab.locator(".mountain-part tbody tr")
    assert rows.count() == len(relief.minima) + len(relief.maxima)
    assert numbers(rows.first.locator("td:last-child").inner_text())[0] == pytest.approx(
        relief.minima[0].height, rel=1e-4
    )
    climbs_after(tab, lambda: tab.get_by_role("radio", name="To another network").check())
    assert tab.locator(".mountain-map.slice").is_visible()
    climbs_after(tab, lambda: tab.get_by_role("radio", name="Random plane").check())
    assert query(tab)["kind"] == "random"
    assert tab.locator(".mountain-map.plane").is_visible()


def test_reloading_keeps_everything(open_room: Callable[..., Any]) -> None:
    tab = open_room(
        "land=own&net=xor-stuck&kind=plane&w1=weights_1[1, 0]&w2=biases_1[1]&at=3,-1&dir=uphill"
        "&rate=20&mom=0.5&noise=0.2&nseed=3&steps=100&crowd=1&cseed=4&seen=surface"
    )
    go_to(tab, 33)
    before = query(tab)
    shown = tab.locator(".mountain-stage").inner_text()
    tab.reload()
    tab.locator(".mountain-numbers dd").first.wait_for()
    assert query(tab) == before
    assert before["step"] == "33"
    assert tab.locator(".mountain-stage").inner_text() == shown
    for label, value in (
        ("First weight", "weights_1[1, 0]"),
        ("Steps", "100"),
        ("Momentum", "0.5"),
    ):
        assert tab.get_by_label(label, exact=True).input_value() == value
    assert tab.get_by_label("Uphill").is_checked()
    assert tab.get_by_label("Surface").is_checked()
    assert tab.get_by_label("A hundred climbers").is_checked()


def test_going_back_leads_to_the_landscape_before(open_room: Callable[..., Any]) -> None:
    tab = open_room()
    climbs_after(tab, lambda: tab.get_by_label("Landscape").select_option("two-weights"))
    tab.go_back()
    tab.locator(".mountain-map.slice").wait_for()
    assert tab.get_by_label("Landscape").input_value() == "wrong-dip"


def test_what_the_address_asks_and_cannot_be_had_is_said(visit: Callable[..., Any]) -> None:
    tab = visit("/mountain?land=wrong-dop", refused=True)
    said = tab.get_by_role("alert")
    said.wait_for()
    assert "no landscape 'wrong-dop'; did you mean 'wrong-dip'" in said.inner_text()
    tab.get_by_label("Landscape").select_option("two-weights")
    tab.locator(".mountain-numbers dd").first.wait_for()
    assert tab.get_by_role("alert").count() == 0


def test_without_motion_a_climb_goes_by_whole_steps(open_room: Callable[..., Any]) -> None:
    tab = open_room("steps=50", reduced_motion="reduce")
    tab.get_by_role("button", name="Play again").wait_for()
    assert told(tab, "step") == "50 of 50"


def test_what_the_server_refuses_is_said_at_the_field_by_its_label(open_room: Any) -> None:
    tab = open_room("land=own&net=xor&kind=slice", refused=True)
    reach = tab.get_by_label("How far the map goes")
    reach.fill("0")
    reach.press("Enter")
    alert = tab.get_by_role("alert")
    alert.wait_for()
    assert alert.inner_text().startswith("How far the map goes: ")
    assert reach.get_attribute("aria-invalid") == "true"
    assert tab.locator(".field", has=reach).get_by_role("alert").count() == 1
    reach.fill("4")
    reach.press("Enter")
    alert.wait_for(state="detached")
