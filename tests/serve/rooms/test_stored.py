"""Explanations that are kept, when somebody asks for it and only then."""

from __future__ import annotations

import contextlib
import io
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from backlight.errors import FileError
from backlight.serve.app import create_app
from backlight.serve.explaining.store import Entry, Store
from backlight.serve.settings import Settings

from ..explaining.networks import HELD, photo
from ..explaining.test_photos import png


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept.db"


def app(path: Path | None) -> TestClient:
    return TestClient(create_app(Settings(models=(HELD,), store=path)), base_url="http://localhost")


def made(client: TestClient, seed: int = 5, **asked: Any) -> dict[str, Any]:
    sent = client.post("/api/photos", files={"file": ("ant.png", png(photo(seed)))}).json()
    found: dict[str, Any] = client.post(
        "/api/explain", json={"photo": sent["photo"], "model": HELD, **asked}
    ).json()
    return found


def test_whether_anything_can_be_kept_is_told(path: Path) -> None:
    assert app(path).get("/api/store").json() == {"keeps": True, "message": ""}
    told = app(None).get("/api/store").json()
    assert told["keeps"] is False
    assert "--store FILE" in told["message"]


def test_nothing_is_stored_unless_asked(path: Path) -> None:
    client = app(path)
    made(client)
    assert client.get("/api/stored").json() == []
    before = path.read_bytes()
    made(client, 6)
    assert path.read_bytes() == before


def test_it_is_listed_reopened_after_a_restart_and_deleted(path: Path) -> None:
    client = app(path)
    why = made(client, target=2, counterfactual=True)
    asked = {"explanation": why["explanation"], "name": "the <b>ant</b>"}
    kept = client.post("/api/stored", json=asked).json()
    assert kept["name"] == "the <b>ant</b>"

    later = app(path)
    assert later.get("/api/stored").json() == [kept]
    found = later.get(f"/api/stored/{kept['stored']}").json()
    assert found["asked"] == {
        "photo": why["photo"],
        "model": HELD,
        "target": 2,
        "counterfactual": True,
    }
    own = {
        "explanation": None,
        "heat": f"/api/stored/{kept['stored']}/heat.png",
        "box": client.get(f"/api/explanations/{why['explanation']}/box").json()["box"],
    }
    assert found["answer"] == {**why, **own}
    assert later.get(f"/api/photos/{why['photo']}").status_code == 200
    again = later.post("/api/explain", json=found["asked"]).json()
    assert again["map"] == why["map"]

    assert later.delete(f"/api/stored/{kept['stored']}").status_code == 204
    assert later.get("/api/stored").json() == []
    for use in (later.get, later.delete):
        assert use(f"/api/stored/{kept['stored']}").status_code == 404


def test_its_files_are_those_that_were_made(path: Path) -> None:
    client = app(path)
    why = made(client, target=2)
    number = client.post("/api/stored", json={"explanation": why["explanation"]}).json()["stored"]
    for file in ("picture.png", "map.npz"):
        now = client.get(f"/api/explanations/{why['explanation']}/{file}")
        kept = client.get(f"/api/stored/{number}/{file}")
        assert kept.headers["content-type"] == now.headers["content-type"]
        if file == "map.npz":
            with np.load(io.BytesIO(kept.content)) as one, np.load(io.BytesIO(now.content)) as two:
                assert np.array_equal(one["map"], two["map"])
        else:
            assert kept.content == now.content
        disposition = kept.headers["content-disposition"]
        assert disposition.startswith('attachment; filename="cat_Grad-CAM.why.')
    heat = client.get(f"/api/stored/{number}/heat.png")
    assert heat.content == client.get(why["heat"]).content
    assert Image.open(io.BytesIO(heat.content)).format == "PNG"


def test_scenes_and_samples_are_kept_by_their_name(path: Path) -> None:
    client = app(path)
    why = client.post("/api/explain", json={"photo": "scene:4", "model": HELD}).json()
    number = client.post("/api/stored", json={"explanation": why["explanation"]}).json()["stored"]
    assert app(path).get(f"/api/stored/{number}").json()["answer"]["photo"] == "scene:4"


def test_without_a_store_that_is_said(path: Path) -> None:
    client = app(None)
    why = made(client)
    for answer in (
        client.get("/api/stored"),
        client.get("/api/stored/1"),
        client.get("/api/stored/1/map.npz"),
        client.delete("/api/stored/1"),
        client.post("/api/stored", json={"explanation": why["explanation"]}),
    ):
        assert answer.status_code == 404
        assert "--store FILE" in answer.json()["error"]["message"]


def test_what_does_not_exist_is_told(path: Path) -> None:
    client = app(path)
    assert client.post("/api/stored", json={"explanation": "nothing"}).status_code == 404
    assert client.get("/api/stored/7").status_code == 404
    for number in ("0", "-1", "x", "1.5", "9" * 40):
        assert client.get(f"/api/stored/{number}").status_code == 422
    assert client.get("/api/stored/1/passwd").status_code == 422
    long = {"explanation": "x", "name": "x" * 201}
    assert client.post("/api/stored", json=long).status_code == 422


def test_an_app_is_not_begun_on_a_file_that_is_no_store(path: Path) -> None:
    path.write_text("a letter\n" * 100)
    with pytest.raises(FileError, match="is no store of Backlight's"):
        app(path)


@pytest.mark.parametrize("written", ["{", "{}", "[1]", '{"model": 3, "target": 4}', None])
def test_one_that_is_damaged_can_be_seen_and_deleted(tmp_path: Path, written: str | None) -> None:
    path = tmp_path / "kept.db"
    entry = Entry("its name", "a", "a.png", b"a", {}, {}, b"", b"", b"")
    number = Store(path).add(entry)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE explanations SET answer = ?", ["" if written is None else written])
    app = create_app(Settings(store=path))
    with TestClient(app, base_url="http://localhost") as client:
        (line,) = client.get("/api/stored").json()
        assert (line["stored"], line["name"]) == (number, "its name")
        assert line["model"] == line["target"] == "(damaged)"
        opened = client.get(f"/api/stored/{number}")
        assert opened.status_code == 400
        assert "is damaged in the store: delete it" in opened.json()["error"]["message"]
        assert client.delete(f"/api/stored/{number}").status_code == 204
        assert client.get("/api/stored").json() == []
