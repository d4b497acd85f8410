"""The address holds all that is seen: a reload and the way back bring it again."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

from .reading import address, expect, explained, setting


def test_a_reload_shows_the_same(room: Any) -> None:
    room.locator(".top button").nth(1).click()
    explained(room)
    room.get_by_label("Compare two settings").check()
    setting(room).get_by_label("Method").select_option("gradient")
    explained(room, maps=2)
    room.get_by_label("Opacity of the map").fill("40")
    room.get_by_label("Boxes").check()
    room.get_by_role("slider", name="Divider").press("End")
    room.locator(".surface").click(position={"x": 300, "y": 200})
    expect(room).to_have_url(re.compile("spot="))
    look = """() => ({
        address: location.search,
        heading: document.querySelector('h1').textContent,
        facts: document.querySelector('.take .note').textContent.replace(/in \\S+\\s+s/, ''),
        method: document.querySelectorAll('.setting:not([hidden]) select')[0].value,
        opacity: document.querySelector('.look input').value,
        divider: document.querySelector('.divider').style.left,
        boxes: document.querySelector('.ticks input').checked,
    })"""
    explained(room, maps=2)
    before, maps = room.evaluate(look), heats(room)
    room.reload()
    explained(room, maps=2)
    assert room.evaluate(look) == before
    assert heats(room) == maps


def heats(page: Any) -> list[bytes]:
    """The maps over the photo, as files."""
    addresses = [heat.get_attribute("href") for heat in page.locator(".frame .heat").all()]
    return [page.request.get(urljoin(page.url, address)).body() for address in addresses]


def test_back_is_what_was_asked_before(room: Any) -> None:
    heading = room.get_by_role("heading", level=1)
    before = heading.inner_text()
    room.locator(".top button").nth(1).click()
    explained(room)
    assert heading.inner_text() != before
    room.go_back()
    expect(heading).to_have_text(before)


def test_a_slider_that_is_moved_fast_is_written_down_where_it_rests(room: Any) -> None:
    """Browsers refuse addresses that change more than a hundred times in half a minute."""
    written = room.evaluate(
        """() => {
            let count = 0;
            const replace = history.replaceState.bind(history);
            history.replaceState = (...given) => { count += 1; replace(...given); };
            const slider = document.querySelector('.look input[type=range]');
            for (let at = 0; at <= 100; at += 1) {
                slider.value = at;
                slider.dispatchEvent(new Event('input'));
            }
            return new Promise((resolve) => setTimeout(() => resolve(count), 900));
        }"""
    )
    assert 0 < written < 40
    assert address(room)["opacity"] == "100"
