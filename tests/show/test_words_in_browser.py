"""A caption at work in Chromium: each word lights up its own map, by mouse, touch and keys."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from page_examples import RECIPE, blob, cat
from page_parsed import picture
from PIL import Image

import backlight as bl
from backlight.scenes import make_scene
from backlight.show.encode import heat_uri
from backlight.show.page import ClassData, MapData, PageData, QuestionData, WordData, page

WORDS = ("a", "grey", "cat", "and", "a", "cup")
# The words that have maps, and their maps, in the order of the maps: not that of the words.
HEATS = {2: blob(row=0.3, column=0.3), 1: blob(row=0.7, column=0.2), 5: blob(row=0.5, column=0.8)}


def captioned(**changes):
    maps = tuple(
        MapData(WORDS[place], heat / heat.max(), target=f"the word '{WORDS[place]}'")
        for place, heat in HEATS.items()
    )
    of = {place: number for number, place in enumerate(HEATS)}
    given = {
        "maps": (*maps, MapData("all of it", blob(14) / blob(14).max())),
        "caption": tuple(WordData(word, of.get(place)) for place, word in enumerate(WORDS)),
        "classes": tuple(ClassData(WORDS[p], -0.1, 0.9, map=n) for p, n in of.items()),
        "heading": "Why these words?",
    }
    return cat(**{**given, **changes})


@pytest.fixture
def tab(opened):
    return opened(page(PageData((captioned(),), RECIPE)))


def shown(tab):
    """The picture of the map that can be seen, as its data, and the word that is lit."""
    layer = tab.locator(".layer:visible")
    assert layer.count() == 1
    return layer.locator("image").get_attribute("href")


def of(place):
    heat = HEATS[place]
    return heat_uri(heat / heat.max(), signed=False)


def test_the_first_map_is_shown_and_its_word_is_lit(tab):
    assert shown(tab) == of(2)
    assert tab.locator(".caption .lit").all_inner_texts() == ["cat"]
    assert tab.locator(".caption").inner_text().split() == list(WORDS)


def test_a_word_under_the_mouse_lights_up_its_map_and_gives_way_when_it_leaves(tab):
    before = tab.locator(".stage svg").screenshot()
    tab.get_by_text("cup", exact=True).first.hover()
    assert shown(tab) == of(5)
    assert tab.locator(".caption .lit").all_inner_texts() == ["cup"]
    assert tab.locator(".stage svg").screenshot() != before
    name = tab.locator(".stage svg").get_attribute("aria-label")
    assert name == "chelsea.png with the map for the word 'cup'"
    assert tab.locator(".words .shown").inner_text().startswith("cup")
    tab.mouse.move(5, 5)
    assert shown(tab) == of(2)
    assert tab.locator(".stage svg").screenshot() == before


def test_a_click_keeps_the_word(tab):
    tab.get_by_text("grey", exact=True).first.click()
    tab.mouse.move(5, 5)
    assert shown(tab) == of(1)


def test_a_touch_keeps_the_word(opened):
    tab = opened(page(PageData((captioned(),), RECIPE)), has_touch=True, viewport=PHONE)
    tab.get_by_text("cup", exact=True).first.tap()
    assert shown(tab) == of(5)


PHONE = {"width": 360, "height": 740}


def test_arrow_keys_go_from_word_to_word_in_reading_order_and_on_to_other_maps(tab):
    tab.locator(".caption input:checked").focus()
    tab.keyboard.press("ArrowRight")
    assert shown(tab) == of(5)
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("ArrowLeft")
    assert shown(tab) == of(1)
    assert tab.evaluate("document.activeElement.nextElementSibling.textContent") == "grey"
    tab.keyboard.press("ArrowLeft")  # round to the one that belongs to no word
    assert tab.locator(".choices :checked + span").inner_text() == "all of it"
    assert tab.locator(".caption .lit").count() == 0


def test_words_without_a_map_are_plain_text(tab):
    assert tab.locator(".caption input").count() == len(HEATS)
    assert tab.locator(".choices input").count() == 1
    tab.get_by_text("and", exact=True).hover()
    assert shown(tab) == of(2)


def test_every_word_keeps_its_own_opacity(tab):
    tab.get_by_text("grey", exact=True).first.click()
    tab.get_by_label("Opacity of the map").fill("30")
    tab.get_by_text("cup", exact=True).first.click()
    assert tab.get_by_label("Opacity of the map").input_value() == "75"
    tab.get_by_text("grey", exact=True).first.click()
    assert tab.get_by_label("Opacity of the map").input_value() == "30"


@pytest.mark.parametrize("width", [360, 1280])
def test_a_long_caption_wraps_and_hostile_words_run_nothing(opened, width):
    evil = '<img src=x onerror="document.title=1">'
    words = tuple(WordData(word, 0) for word in (evil, "w" * 80, *["word"] * 40))
    asked = QuestionData(evil, evil, 0.5, ((evil, 1.0), ("x" * 90, -0.5)))
    html = page(PageData((captioned(caption=words, asked=asked, heading=evil),), RECIPE))
    tab = opened(html, viewport={"width": width, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.title() == evil
    assert evil in tab.locator(".caption").inner_text()


def test_a_question_is_tinted_by_how_much_each_word_mattered(opened):
    relevance = (("what", 0.0), ("colour", 2.0), ("is", 0.5), ("it", -1.0))
    asked = QuestionData("what colour is it?", "grey", 0.75, relevance)
    tab = opened(page(PageData((cat(asked=asked),), RECIPE)))
    assert tab.locator(".question").inner_text() == "what colour is it"
    assert tab.locator(".answer").inner_text().split() == ["grey", "75.0", "%"]
    alphas = [
        float(np.array(tab.evaluate(ALPHA, n))) for n in range(4)
    ]  # of the ground of each word
    assert alphas == pytest.approx([0, 0.6, 0.15, 0.3], abs=0.02)
    assert tab.locator(".tint.against").all_inner_texts() == ["it"]


def test_a_real_question_is_shown_as_it_was_asked_and_tinted(opened, tmp_path):
    asked = "what colour is the ring?"
    why = bl.explain("scenes-answerer", make_scene(1_000_010).image, text=asked)
    tab = opened(why.save(tmp_path / "page.html").read_text(encoding="utf-8"))
    assert tab.locator(".question").inner_text() == asked
    values = dict(why.word_relevance().words[0])
    against = {word for word, value in values.items() if value < 0}
    assert set(tab.locator(".tint.against").all_inner_texts()) == against
    strongest = max(range(5), key=lambda place: abs([*values.values()][place]))
    assert tab.locator(".tint-8").all_inner_texts() == [asked.split()[strongest]]
    assert tab.locator(".answer").inner_text().split()[0] == why.names[0]


@pytest.mark.parametrize(("side", "drawn"), [(64, "pixelated"), (400, "auto")])
def test_the_pixels_of_small_photos_are_squares(opened, side, drawn):
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8))
    tab = opened(page(PageData((cat(photo=photo, region=None),), RECIPE)))
    ground = tab.locator("image.ground")
    assert ground.evaluate("node => getComputedStyle(node).imageRendering") == drawn
    assert ground.bounding_box()["width"] > 400  # enlarged
    kept = np.asarray(picture(ground.get_attribute("href")))
    assert kept.shape == (side, side, 3)
    assert (side == 64) == np.array_equal(kept, np.asarray(photo))


ALPHA = """(n) => {
    const colour = getComputedStyle(document.querySelectorAll('.tint')[n]).backgroundColor;
    const parts = colour.match(/[0-9.]+(e-?[0-9]+)?/g).map(Number);
    return colour.includes('/') || colour.startsWith('rgba') ? parts.at(-1) : 1;
}"""


def test_without_scripts_the_caption_can_be_read_and_one_map_seen(opened):
    tab = opened(page(PageData((captioned(),), RECIPE)), java_script_enabled=False)
    assert tab.locator(".caption").inner_text().split() == list(WORDS)
    assert shown(tab) == of(2)
    assert not tab.locator(".how").is_visible()
