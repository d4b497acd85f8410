"""What there is to choose from, and how photos are sent."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import backlight as bl
from backlight.explanations.methods import METHODS
from backlight.models.labels import imagenet_labels
from backlight.scenes import make_scene
from backlight.serve.app import create_app
from backlight.serve.settings import Limits, Settings

from ..explaining.networks import HELD, LABELS, WITHOUT_LABELS, photo
from ..explaining.test_photos import bomb, png

LIMITS = Limits(body_bytes=200_000, photo_pixels=50_000)


@pytest.fixture(scope="module")
def client() -> TestClient:
    models = ("efficientnet-lite0", "scenes-resnet", "scenes-answerer", HELD, WITHOUT_LABELS)
    return TestClient(
        create_app(Settings(models=models, limits=LIMITS)), base_url="http://localhost"
    )


def test_a_photo_is_sent_and_shown(client: TestClient) -> None:
    sent = client.post("/api/photos", files={"file": ("cat.png", png(photo(0, 200, 120)))})
    assert sent.status_code == 200
    assert (sent.json()["width"], sent.json()["height"]) == (200, 120)
    shown = client.get(f"/api/photos/{sent.json()['photo']}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(shown.content)).size == (200, 120)


@pytest.mark.parametrize(("side", "size"), [(64, (64, 38)), (160, (160, 96)), (512, (200, 120))])
def test_a_photo_is_shown_as_small_as_it_is_asked_for_and_never_larger_than_it_is(
    client: TestClient, side: int, size: tuple[int, int]
) -> None:
    sent = client.post("/api/photos", files={"file": ("cat.png", png(photo(0, 200, 120)))}).json()
    answer = client.get(f"/api/photos/{sent['photo']}?side={side}")
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == size


def test_a_small_photo_is_shown_as_it_is(client: TestClient) -> None:
    sent = client.post("/api/photos", files={"file": png(photo(3))}).json()
    shown = client.get(f"/api/photos/{sent['photo']}")
    assert shown.headers["content-type"] == "image/png"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(shown.content))), np.asarray(photo(3)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty file"),
        (b"some text", "is not an image"),
        (bomb(50_000, 50_000), "decompression bomb"),
        (bomb(501, 100), "at most 50,000 are read"),
        (png(photo(0))[:150], "damaged or cut short"),
    ],
    ids=["empty", "text", "bomb", "too large", "cut short"],
)
def test_what_is_no_photo_is_refused(client: TestClient, content: bytes, words: str) -> None:
    answer = client.post("/api/photos", files={"file": ("x.png", content)})
    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] in ("ImageError", "InputError")
    assert words in answer.json()["error"]["message"]


def test_a_body_that_is_too_long_is_refused(client: TestClient) -> None:
    answer = client.post("/api/photos", files={"file": ("x.png", bytes(300_000))})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("image/png", b"x", 415),
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=abc", b"no boundary here", 400),
        ("multipart/form-data; boundary=abc", b"", 400),
        (
            "multipart/form-data; boundary=abc",
            b'--abc\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--abc--\r\n',
            400,
        ),
        (
            "multipart/form-data; boundary=abc",
            b'--abc\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--abc--\r\n',
            400,
        ),
        (
            "multipart/form-data; boundary=abc; charset=nonsense",
            b'--abc\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--abc--\r\n',
            400,
        ),
    ],
)
def test_what_is_no_form_with_a_file_is_refused(
    client: TestClient, kind: str, content: bytes, status: int
) -> None:
    answer = client.post("/api/photos", content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_no_photo_ever_reaches_the_disk(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Forms with large files are usually laid down in a temporary one."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a file was made")

    for name in ("NamedTemporaryFile", "TemporaryFile", "mkstemp"):
        monkeypatch.setattr(f"tempfile.{name}", refused)
    roomy = TestClient(create_app(Settings(models=(HELD,))), base_url="http://localhost")
    large = png(photo(1, 900, 800))
    assert len(large) > 2 * 2**20
    assert roomy.post("/api/photos", files={"file": ("large.png", large)}).status_code == 200


def test_a_photo_that_is_not_there_is_told(client: TestClient) -> None:
    for name in ("0" * 32, "..%2f..%2fetc%2fpasswd", "sample:nothing", "scene:x"):
        answer = client.get(f"/api/photos/{name}")
        assert answer.status_code == 404
        assert answer.json()["error"]["message"]


def test_every_sample_that_is_listed_can_be_shown() -> None:
    roomy = TestClient(create_app(Settings(models=(HELD,))), base_url="http://localhost")
    listed = roomy.get("/api/samples").json()
    assert {"sample:cat", "sample:temple", "scene:1000000"} <= {one["photo"] for one in listed}
    for one in listed:
        assert one["name"]
        assert roomy.get(f"/api/photos/{one['photo']}").headers["content-type"].startswith("image/")


def test_networks_are_listed_as_the_settings_say(client: TestClient) -> None:
    listed = {model["name"]: model for model in client.get("/api/models").json()}
    assert next(iter(listed)) == "efficientnet-lite0"
    assert listed["efficientnet-lite0"]["classes"] == 1000
    assert listed["efficientnet-lite0"]["input"] == [224, 224]
    assert listed["scenes-resnet"]["multi_label"] is True
    assert listed["scenes-answerer"]["task"] == "vqa"
    assert "colour" in listed["scenes-answerer"]["vocabulary"]
    assert listed[HELD] == {
        "name": HELD,
        "about": "held, a network of one's own",
        "task": "classify",
        "input": [32, 32],
        "classes": 5,
        "multi_label": False,
        "vocabulary": None,
    }


def test_classes_are_searched(client: TestClient) -> None:
    path = "/api/models/efficientnet-lite0/labels"
    assert client.get(path, params={"q": "tiger cat"}).json()[0] == {
        "index": 282,
        "label": "tiger cat",
    }
    everything = client.get(path, params={"limit": 1000}).json()
    assert [one["label"] for one in everything] == list(imagenet_labels())
    assert client.get(f"/api/models/{HELD}/labels", params={"q": "honey"}).json() == [
        {"index": 1, "label": LABELS[1]}
    ]
    assert client.get(f"/api/models/{WITHOUT_LABELS}/labels").json() == []


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_limit_out_of_range_is_refused(client: TestClient, limit: str) -> None:
    answer = client.get("/api/models/scenes-resnet/labels", params={"limit": limit})
    assert answer.status_code == 422
    assert "limit" in answer.json()["error"]["message"]


def test_a_label_of_ten_thousand_characters_is_refused(client: TestClient) -> None:
    answer = client.get("/api/models/scenes-resnet/labels", params={"q": "x" * 10_000})
    assert answer.status_code == 422
    assert len(answer.text) < 1000


def test_layers_are_those_of_the_library(client: TestClient) -> None:
    found = client.get("/api/models/scenes-resnet/layers").json()
    expected = bl.layers("scenes-resnet", photo(0))
    assert [one["name"] for one in found] == [one.name for one in expected]
    assert found[0] == {
        "name": expected[0].name,
        "shape": list(expected[0].shape),
        "grid": expected[0].grid,
        "reason": expected[0].reason,
    }


def test_layers_of_a_network_that_reads_are_found_without_a_question(client: TestClient) -> None:
    assert client.get("/api/models/scenes-answerer/layers").json()[0]["name"]


def test_a_network_that_is_not_offered_has_neither(client: TestClient) -> None:
    for what in ("labels", "layers"):
        answer = client.get(f"/api/models/scenes-resent/{what}")
        assert answer.status_code == 400
        assert "did you mean 'scenes-resnet'" in answer.json()["error"]["message"]


def test_methods_and_ways_are_the_librarys(client: TestClient) -> None:
    methods = client.get("/api/methods").json()
    assert [method["name"] for method in methods] == list(METHODS)
    assert [m["name"] for m in methods if m["needs_layer"]] == ["grad-cam", "guided-grad-cam"]
    ways = [way["name"] for way in client.get("/api/gradients").json()]
    assert ways == ["backprop", "dual", "central", "forward", "backward", "richardson"]


@pytest.mark.parametrize(
    "number", ["0" * 5000 + "1", "00000000000999999999999", "99999999999", "-1"]
)
def test_a_scene_of_a_number_too_long_is_not_there(number: str) -> None:
    with TestClient(create_app(), base_url="http://localhost") as client:
        answer = client.get(f"/api/photos/scene:{number}")
    assert answer.status_code == 404
    assert "a whole number below 2^31" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("cat.png", "cat.png"),
        ("ант & <b>.html", "b.html"),
        ("../../etc/passwd", "passwd"),
        ("", None),
    ],
)
def test_a_photo_s_file_is_what_was_sent_to_the_byte_and_never_shown(
    client: TestClient, name: str, called: str | None
) -> None:
    content = png(photo(len(name)))
    files = {"file": (name or "blob", content)}
    sent = client.post("/api/photos", files=files).json()["photo"]
    answer = client.get(f"/api/photos/{sent}/file")
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    disposition = answer.headers["content-disposition"]
    assert disposition == f'attachment; filename="{called or "blob"}"'


def test_a_sample_s_file_is_its_own(client: TestClient) -> None:
    answer = client.get("/api/photos/scene:4/file")
    with Image.open(io.BytesIO(answer.content)) as found:
        assert np.array_equal(np.asarray(found.convert("RGB")), make_scene(4).image)
    assert client.get("/api/photos/sample:nothing/file").status_code == 404
