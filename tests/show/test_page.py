"""The page holds everything, asks for nothing, and shows foreign text as text."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from page_examples import CLASSES, RECIPE, blob, cat, one_photo
from page_parsed import Parsed, picture

from backlight.errors import InputError
from backlight.show.colour import diverging, sequential
from backlight.show.page import ClassData, MapData, PageData, PhotoData, page
from backlight.show.page_text import percent_text


@pytest.fixture(scope="module")
def html():
    return page(one_photo())


@pytest.fixture(scope="module")
def parsed(html):
    return Parsed(html)


def test_every_element_is_closed_in_order(parsed):
    assert parsed.open == []
    ids = [a["id"] for _, a in parsed.elements if "id" in a]
    assert len(ids) == len(set(ids))


def test_everything_there_is_to_know_is_on_the_page(parsed):
    for words in (
        "Why tiger cat?",
        "chelsea.png",
        "43.1 % · score 8.312",
        "0.71 % · score \u22127.75",
        "efficientnet-lite0 0.1.0",
        "_bn1 · 7\u00d77\u00d71280",
        RECIPE.layer_reason,
        RECIPE.method_description,
        RECIPE.citation,
        "class 282, tiger cat · score 8.3125",
        "Backlight 0.1.0 · torch 2.13.0",
        "Coarse.",
        "Shows edges.",
        "Deconvnet is not available: the model has no rectifier",
        "The model did not see the hatched part",
    ):
        assert words in parsed.text, words


def test_the_command_is_kept_to_the_letter(parsed):
    assert RECIPE.command in "".join(parsed.words)


def test_no_element_loads_anything_from_outside(html, parsed):
    for tag, attributes in parsed.elements:
        for name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
            value = attributes.get(name, "data:image/")
            assert value.startswith(("data:image/", "#")), (tag, value)
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    assert not parsed.all("link")
    assert not parsed.all("iframe")
    assert not re.search(r"https?:|@import|url\((?!#)", html)


def test_the_policy_forbids_all_but_the_pages_own_code(parsed):
    (policy,) = [a["content"] for a in parsed.all("meta") if "http-equiv" in a]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(parsed.raw[tag].encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    tags = [tag for tag, _ in parsed.elements]
    assert tags.index("meta") < tags.index("style") < tags.index("script")


def test_pictures_are_whole_and_of_the_right_size(parsed):
    photo, grad_cam, guided, signed = (picture(a["href"]) for a in parsed.all("image"))
    assert (photo.format, photo.size) == ("JPEG", (451, 300))
    assert grad_cam.size == (448, 448)
    assert guided.size == (224, 224)
    assert signed.size == (448, 448)
    assert all(picture(a["src"]).size == (256, 1) for a in parsed.all("img"))


def test_maps_have_their_colours_and_are_clear_where_they_are_weak(parsed):
    _, grad_cam, _, signed = (picture(a["href"]).convert("RGBA") for a in parsed.all("image"))
    assert tuple(sequential(1.0)) in {c[:3] for _, c in grad_cam.getcolors(300) if c[3] == 255}
    # Of the colours for values above zero, the strongest holds the least blue.
    strongest = np.unravel_index(np.asarray(signed)[..., 2].argmin(), (448, 448))
    assert np.abs(np.array(strongest) - (0.4 * 448, 0.5 * 448)).max() < 32
    zero = PageData((cat(maps=(MapData("none", np.zeros((7, 7)), signed=True),)),), RECIPE)
    drawn = picture(Parsed(page(zero)).all("image")[1]["href"]).convert("RGBA")
    assert drawn.getcolors() == [(448 * 448, (*diverging(0.0), 0))]


def test_maps_lie_on_their_region_and_boxes_where_they_are(parsed):
    _, grad_cam, *_ = parsed.all("image")
    assert [grad_cam[k] for k in ("x", "y", "width", "height")] == ["75.5", "0", "300", "300"]
    box = parsed.all("rect", **{"class": "core"})
    assert [box[0][k] for k in ("x", "y", "width", "height")] == ["150", "30", "150", "150"]


def test_a_page_is_small(html):
    assert len(html) < 500_000


def test_a_large_noisy_photo_is_reduced():
    noise = np.random.default_rng(0).integers(0, 256, (2000, 3000, 3), dtype=np.uint8)
    text = page(one_photo(photo=Image.fromarray(noise), region=None))
    photo = picture(Parsed(text).all("image")[0]["href"])
    assert max(photo.size) <= 1600
    assert len(text) < 1_500_000


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></script><b>",
    "{{js}} \\1 & &amp;",
    "' onload='x",
    "--><!--",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_shown_as_text_everywhere(html, text):
    hostile = page(everywhere(text))
    parsed = Parsed(hostile)
    plain = Parsed(page(everywhere("quux")))
    assert [tag for tag, _ in parsed.elements] == [tag for tag, _ in plain.elements]
    assert parsed.text.count(" ".join(text.split())) == plain.text.count("quux")
    assert parsed.raw == plain.raw
    assert [sorted(a) for _, a in parsed.elements] == [sorted(a) for _, a in plain.elements]


@given(st.text(max_size=60))
@settings(max_examples=25, deadline=None)
def test_no_text_whatever_adds_an_element(text):
    small = Image.new("RGB", (8, 8))
    changes = {"name": text, "label": text, "photo": small, "maps": (), "region": None}
    parsed, plain = (
        Parsed(page(one_photo(**changes))),
        Parsed(page(one_photo(**{**changes, "name": "a", "label": "a"}))),
    )
    assert [tag for tag, _ in parsed.elements] == [tag for tag, _ in plain.elements]
    page(one_photo(**changes)).encode("utf-8")


def everywhere(text):
    """A page with `text` in every place that takes one."""
    recipe = dataclasses.replace(
        RECIPE,
        **{
            f.name: text
            for f in dataclasses.fields(RECIPE)
            if f.type == "str" and f.name != "command"
        },
        versions=((text, text),),
        more=((text, text),),
    )
    kinds = (
        MapData(text, blob() / blob().max(), note=text),
        MapData(text, unavailable=text),
    )
    changes = {"name": text, "label": text, "target": text, "maps": kinds}
    return one_photo(recipe, **changes, classes=(ClassData(text, 1.0, 0.5),))


def test_hostile_commands_are_shown_as_text():
    recipe = dataclasses.replace(RECIPE, command="backlight explain '<script>x</script>'")
    parsed = Parsed(page(one_photo(recipe)))
    assert len(parsed.all("script")) == 1
    assert recipe.command in "".join(parsed.words)


def test_a_batch_has_one_section_per_photo_and_one_recipe():
    astronaut = cat(name="astronaut.png", label="space suit", region=None)
    parsed = Parsed(page(PageData((cat(), astronaut, cat()), RECIPE)))
    assert len(parsed.all("section", **{"class": "photo"})) == 3
    assert len(parsed.all("section", **{"class": "recipe"})) == 1
    assert "Why? 3 photos" in parsed.text
    assert "astronaut.png: class 282" in parsed.text
    names = {a["name"] for a in parsed.all("input", type="radio")}
    assert len(names) == 3
    targets = {a["id"] for _, a in parsed.elements if "id" in a}
    assert all(a["href"][1:] in targets for a in parsed.all("a"))
    assert parsed.text.count("The model did not see") == 2


def test_the_first_available_map_is_shown_first():
    *available, missing = cat().maps
    parsed = Parsed(page(one_photo(maps=(missing, *available))))
    assert [a["data-map"] for a in parsed.all("g", **{"class": "layer shown"})] == ["1"]
    radios = parsed.all("input", type="radio")
    assert [("checked" in a, "disabled" in a) for a in radios[:2]] == [(False, True), (True, False)]


def test_without_any_map_the_page_still_says_why():
    parsed = Parsed(page(one_photo(maps=(MapData("Grad-CAM", unavailable="zero everywhere"),))))
    assert "Grad-CAM is not available: zero everywhere" in parsed.text
    assert not parsed.all("input")


def test_controls_and_pictures_have_names_for_those_who_do_not_see_them(parsed):
    (stage,) = parsed.all("svg", role="img")
    assert stage["aria-label"] == "chelsea.png with the Grad-CAM map for tiger cat"
    assert all(a["alt"] for a in parsed.all("img"))
    assert all(a.get("aria-label") for a in parsed.all("input", type="range"))
    assert parsed.all("html", lang="en")


def test_bars_are_as_long_as_their_probabilities(parsed):
    start = [t for t, _ in parsed.elements].index("ol")
    bars = [a["width"] for t, a in parsed.elements[start:] if t == "rect"]
    assert bars == ["43.12", "0.71"]


def test_bars_follow_the_scores_where_there_are_no_probabilities():
    classes = tuple(dataclasses.replace(item, probability=None) for item in CLASSES)
    parsed = Parsed(page(one_photo(classes=classes)))
    start = [t for t, _ in parsed.elements].index("ol")
    assert [a["width"] for t, a in parsed.elements[start:] if t == "rect"] == ["100", "0"]
    assert "%" not in parsed.text.replace("75 %", "")


@pytest.mark.parametrize(
    ("probability", "text"),
    [(1.0, "100.0 %"), (0.6214, "62.1 %"), (0.0042, "0.42 %"), (1e-9, "< 0.001 %"), (0.0, "0.0 %")],
)
def test_probabilities_are_written_in_percent(probability, text):
    assert percent_text(probability) == text


def test_impossible_data_is_refused_in_one_line():
    with pytest.raises(
        InputError, match="needs exactly one of heat, picture and unavailable, got 0"
    ):
        MapData("Grad-CAM")
    with pytest.raises(InputError, match="at least one photo"):
        PageData((), RECIPE)
    with pytest.raises(InputError, match="does not lie on the photo"):
        page(one_photo(region=(900, 0, 1000, 10)))
    with pytest.raises(InputError, match="must lie within"):
        page(one_photo(maps=(MapData("Grad-CAM", blob() * 9),)))


def test_page_data_cannot_be_changed_after_it_was_made():
    with pytest.raises(dataclasses.FrozenInstanceError):
        cat().label = "dog"
    assert isinstance(cat(), PhotoData)
