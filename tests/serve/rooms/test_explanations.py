"""What can be asked of an explanation that was just made."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import backlight as bl
from backlight.scenes import make_scene
from backlight.serve.app import create_app
from backlight.serve.settings import Limits, Settings
from backlight.show.colour import sequential

from ..explaining.networks import HELD, held, photo
from ..explaining.test_photos import png


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(Settings(models=(HELD,))), base_url="http://localhost")


@pytest.fixture(scope="module")
def made(client: TestClient) -> dict[str, Any]:
    sent = client.post("/api/photos", files={"file": ("ант & co.png", png(photo(5)))}).json()
    asked = {"photo": sent["photo"], "model": HELD, "target": 2}
    found: dict[str, Any] = client.post("/api/explain", json=asked).json()
    return found


def picture(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("method", ["guided-backprop", "gradient"])
def test_a_map_of_single_pixels_is_laid_over_the_photo_as_a_picture(method: str) -> None:
    """On mid grey, or on the neutral middle of the colours of signed maps; nowhere clear."""
    asked = {"photo": "scene:7", "model": "scenes-resnet", "method": method}
    app = TestClient(create_app(Settings(models=("scenes-resnet",))), base_url="http://localhost")
    made = app.post("/api/explain", json=asked).json()
    drawn = Image.open(io.BytesIO(app.get(made["heat"]).content))
    assert drawn.mode == "RGB"
    assert drawn.size == (64, 64)
    values = bl.explain("scenes-resnet", make_scene(7, size=64).image, method=method).map[0].sum(0)
    weak = (values.abs() < values.abs().max() * 1e-3).numpy()
    assert weak.any()
    middle = np.median(np.asarray(drawn)[weak], axis=0)
    assert middle == pytest.approx([241] * 3 if method == "gradient" else [128] * 3, abs=3)


def test_the_heat_is_the_map_in_its_colours_clear_where_it_is_weak(
    client: TestClient, made: dict[str, Any]
) -> None:
    answer = client.get(made["heat"])
    assert answer.headers["content-type"] == "image/png"
    drawn = np.asarray(picture(answer.content).convert("RGBA"))
    heat = bl.explain(held(), photo(5), 2).heatmap()[0].numpy()
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    scale = drawn.shape[0] / heat.shape[0]
    there = drawn[int((row + 0.5) * scale), int((column + 0.5) * scale)]
    assert there[3] == 255
    assert np.abs(there[:3].astype(int) - sequential(1.0).astype(int)).max() < 24
    assert drawn[..., 3].min() == 0
    assert drawn.shape[0] == drawn.shape[1]


def test_the_picture_is_the_librarys(client: TestClient, made: dict[str, Any]) -> None:
    answer = client.get(f"/api/explanations/{made['explanation']}/picture.png")
    found = picture(answer.content)
    stream = io.BytesIO(png(photo(5)))
    stream.name = "ант & co.png"
    expected = bl.explain(held(), stream, 2).overlay()
    assert found.size == expected.size
    difference = np.asarray(found, int) - np.asarray(expected, int)
    assert np.abs(difference).max() <= 2


def test_the_numbers_are_the_librarys(client: TestClient, made: dict[str, Any]) -> None:
    answer = client.get(f"/api/explanations/{made['explanation']}/map.npz")
    with np.load(io.BytesIO(answer.content)) as numbers:
        expected = bl.explain(held(), photo(5), 2)
        np.testing.assert_allclose(numbers["map"], expected.map.numpy(), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(numbers["logits"], expected.logits.numpy(), rtol=1e-6)


def test_the_page_opens_by_itself(client: TestClient, made: dict[str, Any]) -> None:
    answer = client.get(f"/api/explanations/{made['explanation']}/page.html")
    assert answer.headers["content-type"].startswith("text/html")
    assert "Guided Grad-CAM" in answer.text  # asked of the network again
    assert "http://" not in answer.text


@pytest.mark.parametrize("file", ["picture.png", "page.html", "map.npz"])
def test_files_are_kept_under_a_name_that_every_system_takes(
    client: TestClient, made: dict[str, Any], file: str
) -> None:
    answer = client.get(f"/api/explanations/{made['explanation']}/{file}")
    ending = file.partition(".")[2]
    assert answer.headers["content-disposition"] == f'attachment; filename="co.why.{ending}"'


def test_a_spot_is_shared_out_as_the_library_does(client: TestClient, made: dict[str, Any]) -> None:
    path = f"/api/explanations/{made['explanation']}/spot"
    found = client.post(path, json={"x": 20.5, "y": 11, "count": 3}).json()
    expected = bl.explain(held(), photo(5), 2).channels(20.5, 11, 3)
    assert (found["row"], found["column"]) == (expected.row, expected.column)
    assert (found["rows"], found["columns"]) == expected.grid
    place = found["row"] * found["columns"] + found["column"]
    assert found["value"] == pytest.approx(made["map"]["values"][place], rel=1e-5)
    told = sum(channel["contribution"] for channel in found["channels"])
    assert told + found["rest"] == pytest.approx(found["value"])
    for channel, own in zip(found["channels"], expected.channels, strict=True):
        assert channel["index"] == own.index
        assert channel["weight"] == pytest.approx(own.weight, rel=1e-5)
        assert channel["contribution"] == pytest.approx(own.contribution, rel=1e-4)
        np.testing.assert_allclose(
            np.array(channel["values"]).reshape(expected.grid), own.map.numpy(), rtol=1e-5
        )
        start, _, data = channel["heat"].partition(",")
        assert start == "data:image/png;base64"
        assert picture(base64.b64decode(data)).size[0] >= found["columns"]


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"x": 32, "y": 0}, 400, "lies outside of what the model saw"),
        ({"x": -1, "y": 0}, 422, "x"),
        ({"x": 1, "y": 1, "count": 0}, 422, "count"),
        ({"x": "left", "y": 1}, 422, "x"),
        ({"x": 1}, 422, "y"),
    ],
)
def test_a_spot_elsewhere_is_refused(
    client: TestClient, made: dict[str, Any], asked: dict[str, Any], status: int, words: str
) -> None:
    answer = client.post(f"/api/explanations/{made['explanation']}/spot", json=asked)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


def test_a_map_of_pixels_has_no_channels(client: TestClient, made: dict[str, Any]) -> None:
    asked = {"photo": made["photo"], "model": HELD, "method": "gradient"}
    name = client.post("/api/explain", json=asked).json()["explanation"]
    answer = client.post(f"/api/explanations/{name}/spot", json={"x": 1, "y": 1})
    assert answer.status_code == 400
    assert "looks at no layer" in answer.json()["error"]["message"]


def test_what_is_not_in_memory_is_told(client: TestClient, made: dict[str, Any]) -> None:
    for path in ("nothing/heat.png", "nothing/picture.png", "..%2f..%2fetc/map.npz"):
        answer = client.get(f"/api/explanations/{path}")
        assert answer.status_code == 404
        assert answer.json()["error"]["message"]
    answer = client.get(f"/api/explanations/{made['explanation']}/passwd")
    assert answer.status_code == 422
    assert client.post("/api/explanations/nothing/spot", json={"x": 0, "y": 0}).status_code == 404


def test_the_oldest_go() -> None:
    app = create_app(Settings(models=(HELD,), limits=Limits(results=2)))
    client = TestClient(app, base_url="http://localhost")
    asked = {"photo": "scene:1", "model": HELD}
    heats = [client.post("/api/explain", json=asked).json()["heat"] for _ in range(3)]
    assert [client.get(heat).status_code for heat in heats] == [404, 200, 200]


@pytest.mark.parametrize("threshold", [None, 0.0, 0.5, 0.95])
def test_the_box_is_the_librarys_at_any_threshold(
    client: TestClient, made: dict[str, Any], threshold: float | None
) -> None:
    asked = {} if threshold is None else {"threshold": threshold}
    answer = client.get(f"/api/explanations/{made['explanation']}/box", params=asked)
    (box,) = bl.explain(held(), photo(5), 2).boxes(**asked)
    assert box is not None
    assert answer.json() == {"threshold": 0.15 if threshold is None else threshold, "box": [*box]}


def test_a_map_with_nothing_positive_has_no_box_and_is_said_to_be_empty() -> None:
    app = TestClient(create_app(Settings(models=("scenes-resnet",))), base_url="http://localhost")
    asked = {"photo": "scene:3", "model": "scenes-resnet", "target": 9}
    found = app.post("/api/explain", json=asked).json()
    assert max(found["map"]["values"]) <= 0
    assert app.get(f"/api/explanations/{found['explanation']}/box").json()["box"] is None
    assert any("speaks for" in note for note in found["notes"])


@pytest.mark.parametrize("threshold", ["-0.1", "1", "nan", "half"])
def test_a_threshold_that_is_no_fraction_is_refused(
    client: TestClient, made: dict[str, Any], threshold: str
) -> None:
    answer = client.get(f"/api/explanations/{made['explanation']}/box?threshold={threshold}")
    assert answer.status_code == 422
    assert "threshold" in answer.json()["error"]["message"]
