"""The page at work, in Chromium, from a file, with every request watched."""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path

import pytest
from skimage import data

sys.path.insert(0, str(Path(__file__).parent))

from page_examples import RECIPE, cat, one_photo
from PIL import Image

from backlight.show.page import MapData, PageData, page


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "why.html"
    path.write_text(page(one_photo()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def tab(opened):
    return opened(page(one_photo()))


def opacity(tab):
    return float(tab.locator(".layer.shown > image").evaluate("e => getComputedStyle(e).opacity"))


def test_the_page_is_styled_scripted_and_its_pictures_load(tab):
    assert tab.evaluate("document.documentElement.className") == "js"
    assert tab.locator("img:visible").evaluate("e => e.naturalWidth") == 256
    assert tab.locator(".stage svg").bounding_box()["width"] > 600
    assert tab.locator(".photo").evaluate("e => getComputedStyle(e).display") == "grid"


def test_the_slider_changes_the_opacity_of_the_map(tab):
    slider = tab.get_by_label("Opacity of the map")
    assert opacity(tab) == 0.75
    before = tab.locator(".stage svg").screenshot()
    slider.fill("20")
    assert opacity(tab) == 0.2
    assert tab.locator("output").inner_text() == "20 %"
    assert tab.locator(".stage svg").screenshot() != before
    slider.focus()
    tab.keyboard.press("ArrowRight")
    assert opacity(tab) == 0.21


def test_the_toggle_hides_the_boxes(tab):
    box, toggle = tab.locator(".boxes").first, tab.get_by_label("Boxes")
    assert box.is_visible()
    toggle.focus()
    tab.keyboard.press("Space")
    assert not box.is_visible()
    tab.keyboard.press("Space")
    assert box.is_visible()


def test_the_buttons_switch_the_map_with_its_note_and_its_own_opacity(tab):
    tab.get_by_label("Opacity of the map").fill("40")
    tab.get_by_text("Guided Grad-CAM", exact=True).last.click()
    assert tab.locator(".layer.shown").get_attribute("data-map") == "1"
    assert tab.get_by_text("Shows edges.").is_visible()
    assert not tab.get_by_text("Coarse.").is_visible()
    assert opacity(tab) == 1.0
    assert tab.get_by_label("Boxes").is_disabled()
    name = tab.locator(".stage svg").get_attribute("aria-label")
    assert name == "chelsea.png with the Guided Grad-CAM map for tiger cat"
    tab.keyboard.press("ArrowLeft")
    assert tab.locator(".layer.shown").get_attribute("data-map") == "0"
    assert opacity(tab) == 0.4


def test_a_map_that_is_not_available_cannot_be_chosen(tab):
    assert tab.get_by_role("radio", name="Deconvnet").is_disabled()


def test_the_command_can_be_copied(tab):
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.get_by_role("button", name="Copy").click()
    tab.get_by_role("button", name="Copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == RECIPE.command


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_schemes(tab, scheme):
    tab.emulate_media(color_scheme=scheme)
    colours = tab.evaluate("""() => {
        const number = (text) => text.match(/[0-9.]+/g).slice(0, 3).map(Number);
        const style = getComputedStyle(document.documentElement);
        const ground = number(style.backgroundColor);
        return [[number(style.color), ground],
                [number(getComputedStyle(document.querySelector('.note')).color), ground],
                ...[document.querySelector('.choices :checked + span')].map((e) =>
                    [getComputedStyle(e).color, getComputedStyle(e).backgroundColor].map(number))];
    }""")
    assert (sum(colours[0][1]) < 200) == (scheme == "dark")
    assert all(contrast(*pair) >= 4.5 for pair in colours)


def contrast(first, second):
    """The contrast ratio of WCAG 2."""

    def luminance(colour):
        linear = [
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
            for c in (value / 255 for value in colour)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("width", [360, 768, 1280, 3840])
def test_nothing_scrolls_sideways_at_any_width(tab, width):
    tab.set_viewport_size({"width": width, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_labels_run_nothing_and_long_ones_do_not_widen_the_page(tab, tmp_path):
    label = '<script>document.title = "owned"</script>"><img src=x onerror=alert(1)>' + "x" * 300
    tall = Image.fromarray(data.astronaut()[:, 200:260])
    gone = (MapData("Grad-CAM", unavailable=label),)
    photos = (
        cat(label=label, name=label),
        cat(photo=tall, region=(0, 100, 60, 160)),
        cat(maps=gone),
    )
    path = tmp_path / "hostile.html"
    path.write_text(page(PageData(photos, RECIPE)), encoding="utf-8")
    tab.set_viewport_size({"width": 360, "height": 800})
    tab.goto(path.as_uri())
    assert tab.title() == "Why? 3 photos"
    assert label in tab.locator("h2").first.inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    # The controls of one photo leave the others alone.
    tab.locator(".photo").nth(0).get_by_label("Opacity of the map").fill("0")
    assert tab.locator(".photo").nth(1).locator("output").inner_text() == "75 %"


ASK = """(url) => Promise.all([
    fetch(url, {mode: 'no-cors'}).then(() => 'sent', () => 'refused'),
    new Promise((done) => {
        const image = new Image();
        image.onload = () => done('sent');
        image.onerror = () => done('refused');
        image.src = url;
    }),
])"""


def test_the_policy_stops_requests_that_an_intruder_would_make(browser, address, listener):
    tab = browser.new_page()
    tab.goto(address)
    assert tab.evaluate(ASK, url_of(listener)) == ["refused", "refused"]
    listener.setblocking(False)
    with pytest.raises(BlockingIOError):  # nobody has knocked
        listener.accept()
    tab.close()


def test_without_the_policy_the_same_requests_would_get_through(browser, tmp_path, listener):
    path = tmp_path / "open.html"
    path.write_text(re.sub(r"<meta http-equiv=.*?>", "", page(one_photo())), encoding="utf-8")
    tab = browser.new_page()
    tab.goto(path.as_uri())
    tab.evaluate(f"(url) => {{ ({ASK})(url); }}", url_of(listener))  # not waiting for an answer
    connection, _ = listener.accept()
    connection.close()
    tab.close()


def url_of(listener):
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_the_policy_refuses_styles_that_an_intruder_would_add(browser, address):
    tab = browser.new_page()
    tab.goto(address)
    tab.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    assert tab.locator("p").last.evaluate("e => getComputedStyle(e).color") != "rgb(255, 0, 0)"
    tab.close()


@pytest.fixture
def listener():
    """A socket of this machine that would notice a request."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        yield server


def test_printed_pages_show_the_map_and_hide_the_controls(tab):
    tab.emulate_media(media="print", color_scheme="dark")
    assert not tab.locator(".controls").is_visible()
    assert tab.locator(".layer.shown").is_visible()
    assert tab.locator(".name").first.is_visible()
    background = tab.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert background == "rgb(255, 255, 255)"


def test_without_scripts_the_first_map_is_still_there(browser, address):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(address)
    assert tab.locator(".layer.shown").is_visible()
    assert not tab.locator(".controls").is_visible()
    assert tab.get_by_text("Reproduce this").is_visible()
    context.close()
