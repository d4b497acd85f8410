"""What is taken along as a file, and what is kept on the shelf."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import backlight as bl
from backlight.cli import main
from backlight.serve.settings import Settings

from ...conftest import running
from .conftest import MODEL, Visit
from .reading import address, assert_shows, expect, explained


def test_what_is_taken_along_is_the_explanation(
    room: Any, photo: Path, model: bl.Model, tmp_path: Path
) -> None:
    why = bl.explain(model, photo)
    files = {}
    for name in ("PNG", "Page", "NPZ"):
        with room.expect_download() as download:
            room.get_by_role("link", name=name, exact=True).click()
        files[name] = tmp_path / name
        download.value.save_as(files[name])
    with Image.open(files["PNG"]) as picture:
        assert picture.format == "PNG"
    assert files["Page"].read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with np.load(files["NPZ"]) as saved:
        assert saved["map"] == pytest.approx(why.map.numpy(), rel=1e-4, abs=1e-7)
    command = room.locator("#explain-command").inner_text()
    assert command.startswith("backlight explain ")
    assert MODEL in command


def test_what_is_kept_is_listed_reopened_and_deleted(visit: Visit, tmp_path: Path) -> None:
    with running(Settings(store=tmp_path / "kept.sqlite")) as at:
        page = visit("/explain?method=guided-backprop", at=at)
        explained(page)
        heading = page.get_by_role("heading", level=1).inner_text()
        page.get_by_label("Keep this explanation as").fill("the <b>cat</b>")
        page.get_by_role("button", name="Keep", exact=True).click()
        kept = page.get_by_role("button", name="the <b>cat</b>", exact=True)
        kept.wait_for()
        page.goto(f"{at}/explain?photo=sample:coffee")
        explained(page)
        assert page.get_by_role("heading", level=1).inner_text() != heading
        kept.click()
        explained(page)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert address(page)["method"] == "guided-backprop"
        delete = page.get_by_role("button", name="Delete the <b>cat</b>")
        page.once("dialog", lambda dialog: dialog.dismiss())
        delete.click()
        assert kept.is_visible()
        page.once("dialog", lambda dialog: dialog.accept())
        delete.click()
        page.get_by_text("Nothing is kept yet.").wait_for()


def test_a_double_click_keeps_one_and_what_another_tab_deleted_goes(
    visit: Visit, tmp_path: Path
) -> None:
    with running(Settings(models=("scenes-resnet",), store=tmp_path / "kept.sqlite")) as at:
        page = visit("/explain?photo=scene:1000000", at=at, refused=True)
        explained(page)
        page.get_by_label("Keep this explanation as").fill("first")
        page.get_by_role("button", name="Keep", exact=True).dblclick()
        page.get_by_role("button", name="first", exact=True).wait_for()
        page.wait_for_load_state("networkidle")
        assert page.locator(".kept-list li").count() == 1
        assert page.request.delete(f"{at}/api/stored/1").status == 204
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Delete first").click()
        page.get_by_text("Nothing is kept yet.").wait_for()
        assert "deleted" in page.locator(".shelf").get_by_role("alert").inner_text()


def test_what_the_server_no_longer_has_is_said_and_explained_again(visit: Visit) -> None:
    room = visit("/explain?photo=sample:cat", refused=True)
    explained(room)

    def gone(route: Any) -> None:
        message = "no explanation in memory: the oldest go first; explain the photo again"
        route.fulfill(status=404, json={"error": {"kind": "RequestError", "message": message}})

    room.route("**/api/explanations/**", gone)
    room.get_by_role("link", name="NPZ", exact=True).click()
    assert "explain the photo again" in room.locator(".take").get_by_role("alert").inner_text()
    room.unroute("**/api/explanations/**")
    room.get_by_role("button", name="Explain again").click()
    expect(room.locator(".take").get_by_role("alert")).to_have_count(0)
    with room.expect_download() as download:
        room.get_by_role("link", name="NPZ", exact=True).click()
    assert download.value.suggested_filename.endswith(".why.npz")


def test_the_photo_of_a_sample_is_the_one_that_the_command_reads(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit("/explain?photo=sample:cat&model=scenes-resnet")
    explained(page)
    command = shlex.split(page.locator("#explain-command").inner_text())
    with page.expect_download() as download:
        page.get_by_role("link", name="Photo", exact=True).click()
    assert download.value.suggested_filename == command[2]
    download.value.save_as(tmp_path / command[2])
    with page.expect_download() as download:
        page.get_by_role("link", name="NPZ", exact=True).click()
    monkeypatch.chdir(tmp_path)
    assert main([*command[1:], "--out", "same.npz"]) == 0
    with np.load(download.value.path()) as shown, np.load("same.npz") as same:
        np.testing.assert_allclose(same["map"], shown["map"], rtol=1e-5, atol=1e-7)


def test_what_was_kept_is_shown_as_it_was_answered_then(
    visit: Visit, photo: Path, model: bl.Model, tmp_path: Path
) -> None:
    """By a server that never saw the photo; nothing is asked of a network until it is wanted."""
    store = Settings(store=tmp_path / "kept.sqlite")
    with running(store) as at:
        page = visit("/explain", at=at)
        page.set_input_files("#photo-file", photo)
        expect(page).to_have_url(re.compile("photo="))
        explained(page)
        page.get_by_label("Keep this explanation as").fill("evidence")
        page.get_by_role("button", name="Keep", exact=True).click()
        page.get_by_role("button", name="evidence", exact=True).wait_for()
    with running(store) as at:
        page = visit("/explain?photo=sample:coffee&boxes=1", at=at)
        explained(page)
        asked = []
        page.on("request", lambda request: asked.append((request.method, request.url)))
        page.get_by_role("button", name="evidence", exact=True).click()
        facts = page.locator(".take .note")
        expect(facts).to_contain_text("kept as “evidence” on")
        explained(page)
        why = bl.explain(model, photo)
        assert_shows(page, why)
        (box,) = why.boxes(of="photo")
        assert box is not None
        outline = page.locator(".frame .boxes .core")
        assert float(outline.get_attribute("x")) == pytest.approx(box[0], abs=1)
        with page.expect_download() as download:
            page.get_by_role("link", name="NPZ", exact=True).click()
        with np.load(download.value.path()) as saved:
            assert saved["map"] == pytest.approx(why.map.numpy(), rel=1e-4, abs=1e-7)
        page.locator(".surface").press("ArrowUp")
        expect(page.locator(".panel.spot .note")).to_contain_text("explain it again")
        assert page.get_by_role("button", name="Keep", exact=True).is_disabled()

        page.reload()
        expect(facts).to_contain_text("kept as “evidence” on")
        assert address(page)["kept"] == "1"
        assert not [url for method, url in asked if method == "POST"]

        page.get_by_role("button", name="Explain again").click()
        expect(facts).not_to_contain_text("kept")
        page.locator(".channels li").first.wait_for()
        assert "kept" not in address(page)
        assert next(url for method, url in asked if method == "POST").endswith("/api/explain")


def test_without_a_store_the_page_says_how_to_have_one(page: Any) -> None:
    expect(page.locator(".shelf > .note")).to_contain_text("backlight serve --store FILE")
