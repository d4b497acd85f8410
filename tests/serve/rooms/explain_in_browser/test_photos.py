"""Photos of one's own: dropped, pasted, refused, gone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import backlight as bl

from .conftest import Visit
from .reading import assert_shows, expect, explained

DATA = """(bytes, name, type) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], name, {type}));
    return transfer;
}"""


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_photo_is_dropped_or_pasted(visit: Visit, photo: Path, model: bl.Model, way: str) -> None:
    page = visit("/explain")
    explained(page)
    page.evaluate(
        f"""([way, bytes]) => {{
            const transfer = ({DATA})(bytes, 'cat.png', 'image/png');
            const how = {{bubbles: true, cancelable: true}};
            document.querySelector('.frame').dispatchEvent(way === 'drop'
                ? new DragEvent('drop', {{...how, dataTransfer: transfer}})
                : new ClipboardEvent('paste', {{...how, clipboardData: transfer}}));
        }}""",
        [way, list(photo.read_bytes())],
    )
    expect(page).to_have_url(re.compile("photo="))
    explained(page)
    assert_shows(page, bl.explain(model, photo))


def test_what_is_no_photo_is_refused_in_words(visit: Visit, tmp_path: Path) -> None:
    page = visit("/explain", refused=True)
    explained(page)
    text = tmp_path / "notes.png"
    text.write_text("these are notes, not a photo")
    page.set_input_files("#photo-file", text)
    refusal = page.locator(".photos").get_by_role("alert")
    refusal.wait_for()
    assert "image" in refusal.inner_text()
    assert page.locator(".frame .heat").count() == 1  # what was there still is


def test_a_photo_that_is_gone_is_asked_for_again(visit: Visit, photo: Path) -> None:
    page = visit("/explain?photo=nosuchphoto", refused=True)
    page.get_by_text("no longer has this photo").wait_for()
    assert page.locator(".waits").get_by_role("alert").inner_text()
    page.set_input_files("#photo-file", photo)
    explained(page)
    assert not page.locator(".gone").is_visible()
