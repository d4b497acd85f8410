"""The page of an episode at work in Chromium: played, stepped through, sought."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from backlight.show.encode import heat_uri, picture_uri
from backlight.show.episode_page import episode_page

STEPS = 5
FRAMES = np.random.default_rng(1).integers(0, 255, (STEPS, 12, 16, 3), dtype=np.uint8)
HEATS = np.random.default_rng(2).random((STEPS, 3, 4))
ACTIONS = ["left", "right", "stay", "left", "stay"]
CHOICES = ["left", "stay", "right"]
SCORES = np.array([[3, -1, 0], [0, 1, 2], [0, 4, 1], [-1, -2, -4], [0, 0, 0]], float)
VALUES = SCORES.max(1)


def written(**changes):
    given = {"choices": CHOICES, "scores": SCORES, "numbers": {"value": VALUES}}
    return episode_page(FRAMES, HEATS, ACTIONS, **{**given, **changes})


@pytest.fixture
def tab(opened):
    return opened(written())


def assert_shows(tab, step):
    frames = tab.locator(".frame").evaluate_all("all => all.map((e) => e.getAttribute('src'))")
    assert frames == [picture_uri(Image.fromarray(FRAMES[step]))] * 2
    heat = heat_uri(HEATS[step], signed=False, size=(128, 96))
    assert tab.locator(".heat").get_attribute("src") == heat
    assert tab.locator(".action").inner_text() == ACTIONS[step]
    assert tab.locator(".at").inner_text() == f"{step + 1} of {STEPS}"
    assert tab.locator(".choices-made .chosen .label").inner_text() == ACTIONS[step]
    assert told(tab, ".choices-made .numbers") == SCORES[step].tolist()
    assert told(tab, ".curve .numbers") == [VALUES[step]]
    assert float(tab.locator(".now").get_attribute("x1")) == 100 * step / (STEPS - 1)


def told(tab, where):
    """Numbers as people read them there."""
    return [float(text.replace("\u2212", "-")) for text in tab.locator(where).all_inner_texts()]


def test_it_begins_at_the_first_step(tab):
    assert_shows(tab, 0)
    assert tab.locator(".heat").evaluate("e => e.naturalWidth") == 128


def test_arrow_keys_step_and_stop_at_the_ends(tab):
    for step in (1, 2, 3, 4, 4):
        tab.keyboard.press("ArrowRight")
        assert_shows(tab, step)
    tab.keyboard.press("Home")
    assert_shows(tab, 0)
    tab.keyboard.press("ArrowLeft")
    assert_shows(tab, 0)
    tab.keyboard.press("End")
    assert_shows(tab, 4)


def test_buttons_and_slider_step(tab):
    tab.get_by_role("button", name="One step on").click()
    assert_shows(tab, 1)
    tab.get_by_role("button", name="Last step").click()
    assert_shows(tab, 4)
    tab.get_by_role("button", name="One step back").click()
    assert_shows(tab, 3)
    slider = tab.get_by_role("slider", name="Step")
    slider.fill("2")
    assert_shows(tab, 2)
    slider.focus()
    tab.keyboard.press("ArrowRight")
    assert_shows(tab, 3)
    assert slider.get_attribute("aria-valuetext") == "step 4 of 5, left"


def test_a_step_changes_what_is_seen(tab):
    before = tab.locator(".pair").screenshot()
    tab.keyboard.press("ArrowRight")
    after = tab.locator(".pair").screenshot()
    assert after != before
    tab.keyboard.press("ArrowLeft")
    assert tab.locator(".pair").screenshot() == before


def test_it_plays_to_the_end_and_stops_and_plays_again_from_the_start(opened):
    tab = opened(written(per_second=50))
    tab.get_by_role("button", name="Play").click()
    tab.get_by_text(f"{STEPS} of {STEPS}", exact=True).wait_for()
    tab.get_by_role("button", name="Play").wait_for()  # no longer "Pause"
    assert_shows(tab, STEPS - 1)
    tab.locator("h1").click()
    tab.keyboard.press("Space")
    tab.get_by_role("button", name="Play").wait_for()
    assert_shows(tab, STEPS - 1)


def test_a_step_by_hand_pauses(opened):
    tab = opened(written(per_second=0.01))
    tab.keyboard.press("Space")
    assert tab.get_by_role("button", name="Pause").is_visible()
    tab.keyboard.press("ArrowRight")
    assert tab.get_by_role("button", name="Play").is_visible()
    assert_shows(tab, 1)


def test_the_curve_can_be_sought(tab):
    box = tab.locator(".curve svg").bounding_box()
    tab.mouse.click(box["x"] + box["width"] * 0.51, box["y"] + 10)
    assert_shows(tab, 2)


def test_bars_start_at_zero_and_are_as_long_as_the_values(tab):
    bars = tab.locator(".choices-made rect")

    def spans():
        found = bars.evaluate_all(
            "all => all.map((e) => [e.x.baseVal.value, e.width.baseVal.value])"
        )
        return np.array(found)

    # From -4 to 4: zero is in the middle.
    np.testing.assert_allclose(spans(), [[50, 37.5], [37.5, 12.5], [50, 0]], atol=0.01)
    tab.keyboard.press("ArrowRight")
    np.testing.assert_allclose(spans(), [[50, 0], [50, 12.5], [50, 25]], atol=0.01)


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_scrolls_sideways_and_hostile_names_run_nothing(opened, width):
    evil = '</script><script>document.title = "owned"</script>'
    html = episode_page(
        FRAMES,
        HEATS,
        [evil] * STEPS,
        choices=[evil, "x" * 200],
        scores=np.zeros((STEPS, 2)),
        numbers={evil: VALUES},
        title=evil,
        lede=evil,
    )
    tab = opened(html, viewport={"width": width, "height": 800})
    assert tab.title() == evil
    assert tab.locator(".action").inner_text() == evil
    tab.keyboard.press("ArrowRight")
    assert tab.locator(".at").inner_text() == f"2 of {STEPS}"
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("height", [300, 900])
def test_the_map_lies_on_the_frame_whatever_its_grid_and_the_room_there_is(opened, height):
    tall = np.repeat(FRAMES, 3, axis=1)  # 16 by 36, under maps of 4 by 3 cells
    tab = opened(episode_page(tall, HEATS, ACTIONS), viewport={"width": 1280, "height": height})
    frame, heat = tab.locator(".screen .frame").last, tab.locator(".heat")
    assert frame.bounding_box() == heat.bounding_box()
    ratios = [one.evaluate("e => e.naturalWidth / e.naturalHeight") for one in (frame, heat)]
    assert ratios[1] == pytest.approx(ratios[0], rel=0.01)
    fits = [one.evaluate("e => getComputedStyle(e).objectFit") for one in (frame, heat)]
    assert fits == ["contain", "contain"]


def test_without_scripts_the_first_step_is_there(opened):
    tab = opened(written(), java_script_enabled=False)
    assert tab.locator(".frame").first.is_visible()
    assert tab.locator(".action").inner_text() == "left"
    assert not tab.locator(".player").is_visible()
