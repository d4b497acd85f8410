"""Models that do not classify: the words of a caption, the answer to a question."""

from __future__ import annotations

from PIL import Image

import backlight as bl
from backlight.scenes import make_scene

from .conftest import Visit
from .reading import address, assert_shows, explained, setting


def test_a_caption_s_words_have_maps_of_their_own(visit: Visit) -> None:
    page = visit("/explain?model=scenes-captioner&photo=scene:1000000")
    explained(page)
    scene = Image.fromarray(make_scene(1_000_000, size=64).image)
    network = bl.load_model("scenes-captioner")
    whole = bl.explain(network, scene)
    words = page.locator(".caption button")
    said = whole.text_facts
    assert said is not None
    assert words.all_inner_texts() == list(said.words[0])
    assert_shows(page, whole)
    words.nth(1).click()
    explained(page)
    assert address(page)["word"] == "1"
    assert words.nth(1).get_attribute("aria-pressed") == "true"
    assert_shows(page, bl.explain(network, scene, bl.Word(1)))


def test_a_question_is_answered_and_the_answer_explained(visit: Visit) -> None:
    page = visit("/explain?model=scenes-answerer")
    page.get_by_text("answers questions about a photo: ask one").wait_for()
    page.locator(".samples").get_by_role("button", name="a made scene").first.click()
    explained(page)
    asked = "what colour is the circle?"
    field = setting(page).get_by_label("Question")
    assert field.input_value() != ""  # a question that fits the scene
    field.fill(asked)
    field.press("Enter")
    explained(page)
    assert address(page)["question"] == asked
    number = int(address(page)["photo"].removeprefix("scene:"))
    scene = Image.fromarray(make_scene(number, size=64).image)
    why = bl.explain("scenes-answerer", scene, text=asked)
    assert setting(page).locator(".answered").inner_text() == f"Answer: {why.names[0]}"
    assert_shows(page, why)


def test_the_heading_is_of_what_is_shown_and_never_of_what_was(visit: Visit) -> None:
    page = visit("/explain?model=scenes-captioner&photo=sample:cat")
    explained(page)
    heading = page.get_by_role("heading", level=1)
    assert heading.inner_text() == "Why this caption?"
    page.get_by_label("Model").select_option("scenes-answerer")
    page.get_by_text("answers questions about a photo: ask one").wait_for()
    assert heading.inner_text() == "Why did it say that?"
    assert page.locator("header .lede").inner_text() == "scenes-answerer"
    field = setting(page).get_by_label("Question")
    field.fill("what colour is the circle?")
    field.press("Enter")
    explained(page)
    assert heading.inner_text().startswith("Why “")


def test_a_network_that_is_not_on_offer_is_told_and_no_other_answers(visit: Visit) -> None:
    page = visit("/explain?model=nope&photo=sample:cat", refused=True)
    said = page.locator(".waits").get_by_role("alert")
    said.wait_for()
    assert said.inner_text().startswith("no model 'nope' is offered here")
    assert page.get_by_label("Model").input_value() == "nope"
    assert page.locator("header .lede").inner_text() == "nope"
    page.get_by_label("Model").select_option("scenes-resnet")
    explained(page)
    assert address(page)["model"] == "scenes-resnet"
    assert page.get_by_label("Model").locator("option", has_text="nope").count() == 0
