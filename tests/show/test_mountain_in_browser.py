"""The self-contained page of a landscape at work, in Chromium, from a file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from landscapes import hills_story, well_story

from backlight.show.mountain_picture import Mountain


@pytest.fixture
def slice_tab(opened):
    return opened(Mountain(well_story()).html())


@pytest.fixture
def plane_tab(opened):
    return opened(Mountain(hills_story()).html())


def told(tab, name):
    """What the climber's readout says of itself."""
    text = tab.locator(f".mountain-numbers dd[data-name='{name}']").inner_text()
    return text.replace("−", "-")


def click(tab, x, y):
    """A click on the map, at shares of its width and height."""
    box = tab.locator(".mountain-map").bounding_box()
    tab.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def inked(tab, canvas):
    """How many pixels of one of the map's canvases are not clear."""
    return tab.locator(f"canvas.{canvas}").evaluate("""canvas => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height);
        const pen = copy.getContext('2d', {willReadFrequently: true});
        pen.drawImage(canvas, 0, 0);
        const data = pen.getImageData(0, 0, canvas.width, canvas.height).data;
        let count = 0;
        for (let at = 3; at < data.length; at += 4) count += data[at] > 0;
        return count;
    }""")


def climb_of(story, **gait):
    (found,) = [c for c in story["climbs"] if gait.items() <= c["gait"].items()]
    return found


def test_the_numbers_are_those_that_were_recorded(slice_tab) -> None:
    climbs = climb_of(well_story(), direction="downhill", rate=0.05, momentum=0.0)
    slice_tab.get_by_label("Step", exact=True).fill("3")
    assert told(slice_tab, "step") == "3 of 40"
    assert float(told(slice_tab, "at")) == pytest.approx(climbs["paths"][0][3][0], abs=1e-4)
    assert float(told(slice_tab, "cost")) == pytest.approx(climbs["heights"][0][3], rel=1e-4)
    slice_tab.get_by_role("button", name="Step forward").click()
    assert told(slice_tab, "step") == "4 of 40"
    slice_tab.get_by_role("button", name="Step back").click()
    slice_tab.get_by_role("button", name="To the beginning").click()
    assert told(slice_tab, "step") == "0 of 40"


def test_the_counts_are_those_of_the_chosen_climb(slice_tab) -> None:
    slice_tab.get_by_text("uphill", exact=True).click()
    slice_tab.get_by_text("0.01", exact=True).click()
    slice_tab.get_by_text("0.9", exact=True).click()
    tally = climb_of(well_story(), direction="uphill", rate=0.01, momentum=0.9)["tally"]
    rows = slice_tab.locator(".mountain-tally li")
    assert rows.locator("b").all_inner_texts() == [str(entry["count"]) for entry in tally]
    hows = rows.evaluate_all("rows => rows.map((row) => row.dataset.how)")
    assert hows == [entry["how"] for entry in tally]


def test_places_are_named_with_their_cost(slice_tab) -> None:
    rows = slice_tab.locator(".mountain-part tbody tr")
    names = rows.locator("td:nth-child(2)").all_inner_texts()
    assert names == ["global minimum", "local minimum", "local maximum"]
    costs = [float(t.replace("−", "-")) for t in rows.locator("td:last-child").all_inner_texts()]
    expected = [place["height"] for place in well_story()["map"]["places"]]
    assert costs == pytest.approx(expected, rel=1e-4)


def test_a_click_takes_the_nearest_recorded_start_and_says_so(slice_tab) -> None:
    click(slice_tab, 0.8, 0.5)
    note = slice_tab.locator(".mountain-note").inner_text().replace("−", "-")
    assert "You asked for" in note
    asked = float(note.split("You asked for ")[1].split(". The climbs")[0])
    starts = [path[0][0] for path in well_story()["climbs"][0]["paths"]]
    nearest = min(starts, key=lambda start: abs(start - asked))
    taken = note.split("the nearest is ")[1].rstrip(".")
    assert float(taken) == pytest.approx(nearest, abs=1e-4)
    slice_tab.get_by_label("Step", exact=True).fill("0")
    assert float(told(slice_tab, "at")) == pytest.approx(nearest, abs=1e-4)


def test_arrow_keys_go_from_start_to_start(slice_tab) -> None:
    slice_tab.locator(".mountain-map").focus()
    starts = sorted(path[0][0] for path in well_story()["climbs"][0]["paths"])
    first = well_story()["climbs"][0]["paths"][0][0][0]
    slice_tab.keyboard.press("ArrowRight")
    slice_tab.get_by_role("button", name="To the beginning").click()
    after = starts[starts.index(first) + 1]
    assert float(told(slice_tab, "at")) == pytest.approx(after, abs=1e-4)


def test_playing_goes_on_by_itself_and_can_be_paused(slice_tab) -> None:
    slice_tab.get_by_label("Speed").select_option("60")
    slice_tab.get_by_role("button", name="Play").click()
    slice_tab.get_by_role("button", name="Play again").wait_for()
    assert told(slice_tab, "step") == "40 of 40"
    assert told(slice_tab, "end").startswith("reached basin")
    slice_tab.get_by_label("Speed").select_option("5")
    slice_tab.get_by_role("button", name="Play again").click()
    slice_tab.get_by_role("button", name="Pause").click()
    assert not told(slice_tab, "step").startswith("40")


def test_a_blindfold_hides_all_but_the_slope(slice_tab) -> None:
    slice_tab.get_by_label("Step", exact=True).fill("2")
    open_eyed = inked(slice_tab, "ground")
    slice_tab.get_by_role("checkbox").check()
    assert inked(slice_tab, "ground") < open_eyed / 3
    assert inked(slice_tab, "trails") == 0
    assert inked(slice_tab, "dots") > 0
    assert slice_tab.get_by_text("global minimum").locator("visible=true").count() == 0
    assert slice_tab.locator(".mountain-numbers dd[data-name='cost']").count() == 0
    climbs = climb_of(well_story(), direction="downhill", rate=0.05, momentum=0.0)
    assert float(told(slice_tab, "slope")) == pytest.approx(climbs["slopes"][0][2][0], rel=1e-3)
    assert "blindfolded" in slice_tab.locator(".mountain-map").get_attribute("aria-label")
    slice_tab.get_by_role("checkbox").uncheck()
    assert inked(slice_tab, "ground") == open_eyed


def test_a_plane_is_seen_from_above_or_as_a_surface_that_turns(plane_tab) -> None:
    ground = plane_tab.locator("canvas.ground")
    from_above = ground.screenshot()
    plane_tab.get_by_text("surface", exact=True).click()
    surface = ground.screenshot()
    assert surface != from_above
    box = ground.bounding_box()
    plane_tab.mouse.move(box["x"] + 200, box["y"] + 200)
    plane_tab.mouse.down()
    plane_tab.mouse.move(box["x"] + 300, box["y"] + 220, steps=4)
    plane_tab.mouse.up()
    turned = ground.screenshot()
    assert turned != surface
    plane_tab.locator(".mountain-map").focus()
    plane_tab.keyboard.press("Shift+ArrowLeft")
    assert ground.screenshot() != turned


def test_a_click_on_a_plane_takes_the_nearest_start_in_both_coordinates(plane_tab) -> None:
    click(plane_tab, 0.7, 0.3)
    note = plane_tab.locator(".mountain-note").inner_text().replace("−", "-")
    asked = [float(v) for v in note.split("(")[1].split(")")[0].split(", ")]
    assert 0 < asked[0] < 3
    assert 0 < asked[1] < 2  # upwards is north
    starts = [path[0] for path in hills_story()["climbs"][0]["paths"]]
    nearest = min(starts, key=lambda s: ((s[0] - asked[0]) / 6) ** 2 + ((s[1] - asked[1]) / 4) ** 2)
    taken = [float(v) for v in note.rsplit("(", 1)[1].split(")")[0].split(", ")]
    assert taken == pytest.approx(nearest, abs=1e-4)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_nothing_scrolls_sideways(opened, width: int, scheme: str) -> None:
    html = Mountain(hills_story()).html()
    tab = opened(html, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.locator(".mountain-map").bounding_box()["width"] > 0.4 * min(width, 1500)


def test_in_a_notebook_s_frame_it_plays_too(opened) -> None:
    tab = opened(f"<!DOCTYPE html><body>{Mountain(well_story())._repr_html_()}</body>")
    frame = tab.frame_locator("iframe")
    frame.get_by_label("Step", exact=True).fill("5")
    assert frame.locator("dd[data-name='step']").inner_text() == "5 of 40"
