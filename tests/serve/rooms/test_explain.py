"""The Explain room's API: the numbers are the library's, and what cannot be answered is told."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

import backlight as bl
from backlight.explanations.recipe import command
from backlight.scenes import make_scene
from backlight.serve.app import create_app
from backlight.serve.settings import Settings

from ..explaining.networks import HELD, LABELS, Held, held, photo
from .asking import explained, photo_sent

MODELS = (HELD, "scenes-resnet", "scenes-captioner", "scenes-answerer")
SCENE = 1_000_003


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(Settings(models=MODELS)), base_url="http://localhost")


@pytest.fixture(scope="module")
def sent(client: TestClient) -> str:
    return photo_sent(client)


def scores(client: TestClient, found: dict[str, Any]) -> Any:
    return client.get(f"/api/explanations/{found['explanation']}/scores").json()["scores"]


def refused(client: TestClient, status: int, **asked: Any) -> str:
    answer = client.post("/api/explain", json=asked)
    assert answer.status_code == status, answer.text
    message: str = answer.json()["error"]["message"]
    assert message
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("asked", "call"),
    [
        ({}, {}),
        ({"target": 2}, {"target": 2}),
        ({"target": "honeybee"}, {"target": 1}),
        ({"target": 2, "counterfactual": True}, {"target": bl.Not(2)}),
        ({"target": 2, "against": "dog"}, {"target": bl.Difference(2, 3)}),
        ({"against": 3}, {"target": bl.Difference(None, 3)}),
        ({"layer": "look.0"}, {"layer": "look.0"}),
        ({"gradients": "dual"}, {"gradients": "dual"}),
        ({"gradients": "central"}, {"gradients": "central"}),
    ],
    ids=str,
)
def test_the_numbers_are_the_librarys(
    client: TestClient, sent: str, asked: dict[str, Any], call: dict[str, Any]
) -> None:
    found = explained(client, photo=sent, model=HELD, **asked)
    why = bl.explain(held(), photo(5), **call)

    values = np.array(found["map"]["values"]).reshape(found["map"]["rows"], found["map"]["columns"])
    np.testing.assert_allclose(values, why.map[0].numpy(), rtol=1e-6, atol=1e-9)
    assert found["target"]["name"] == why.names[0]
    assert found["target"]["class"] == why.classes[0]
    assert found["target"]["score"] == pytest.approx(float(why.scores[0]), rel=1e-6)
    assert found["layer"]["name"] == why.layer
    assert found["gradients"] == why.gradients
    assert found["size"] == [32, 32]
    assert found["region"] == list(why.photos[0].region)
    # 40×30 becomes 42×32, of which the middle 32 columns are seen.
    assert found["region"] == pytest.approx([5 * 40 / 42, 0, 37 * 40 / 42, 30])
    assert found["whole"] == [40, 30]
    np.testing.assert_allclose(scores(client, found), why.logits[0].numpy(), rtol=1e-6)
    for entry, expected in zip(found["top"], why.top(5)[0], strict=True):
        assert (entry["index"], entry["label"]) == (expected.index, expected.label)
        assert entry["probability"] == pytest.approx(expected.probability, rel=1e-6)
    assert found["seconds"] > 0


@pytest.mark.parametrize("method", ["guided-grad-cam", "guided-backprop", "deconvnet", "gradient"])
def test_every_method_can_be_asked_for(client: TestClient, method: str) -> None:
    found = explained(client, photo=f"scene:{SCENE}", model="scenes-resnet", method=method)
    why = bl.explain("scenes-resnet", make_scene(SCENE).image, method=method)
    assert found["method"] == method
    assert found["map"] == {"rows": 64, "columns": 64, "values": None}
    assert found["signed"] == why.signed
    assert found["legend"] == ("diverging" if method == "gradient" else "relief")
    assert (found["layer"] is None) == (why.layer is None)
    assert any(why.spec.caution in note for note in found["notes"])


def test_the_command_asks_the_same(client: TestClient, sent: str) -> None:
    named = explained(client, photo="sample:cat", model="scenes-resnet", target="ring")["command"]
    assert named.startswith("backlight explain chelsea.png --model scenes-resnet --target ring")
    assert explained(client, photo="scene:1", model="scenes-resnet")["command"] == ""
    of_photo = explained(client, photo=sent, model="scenes-resnet", gradients="dual")["command"]
    assert of_photo.startswith("backlight explain ant.png ")
    assert of_photo.endswith("--gradients dual")
    assert command([bl.explain("scenes-resnet", make_scene(1).image)]) == ""


def test_a_caption_and_its_words(client: TestClient) -> None:
    model, picture = bl.load_model("scenes-captioner"), make_scene(SCENE).image
    whole = explained(client, photo=f"scene:{SCENE}", model="scenes-captioner")
    words = bl.explain(model, picture, bl.Words())
    assert whole["said"]["caption"] == list(words[0].text_facts.words[0])
    assert whole["said"]["own_words"] is True
    assert whole["top"] == []
    assert scores(client, whole) is None
    for place in (0, len(words) - 1):
        found = explained(client, photo=f"scene:{SCENE}", model="scenes-captioner", word=place)
        assert found["said"]["positions"] == [place]
        assert found["target"]["score"] == pytest.approx(float(words[place].scores[0]), abs=1e-4)
        assert found["target"]["probability"] == pytest.approx(
            math.exp(float(words[place].scores[0])), rel=1e-3
        )
        np.testing.assert_allclose(
            found["map"]["values"], words[place].map[0].flatten().numpy(), rtol=1e-2, atol=1e-5
        )
    given = explained(
        client, photo=f"scene:{SCENE}", model="scenes-captioner", word="ring", caption="a red ring"
    )
    assert given["said"]["caption"] == ["a", "red", "ring"]
    assert given["said"]["own_words"] is False


def test_an_answer_to_a_question(client: TestClient) -> None:
    scene = make_scene(SCENE)
    question = scene.questions[0].text
    found = explained(client, photo=f"scene:{SCENE}", model="scenes-answerer", question=question)
    why = bl.explain("scenes-answerer", scene.image, text=question)
    assert found["said"]["question"] == question
    assert found["said"]["answer"] == why.names[0] == found["top"][0]["label"]
    np.testing.assert_allclose(
        found["map"]["values"], why.map[0].flatten().numpy(), rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"target": "hony bee"}, "did you mean 'honeybee'"),
        ({"target": 5}, "no class 5: this model has classes 0 to 4"),
        ({"model": "scenes-resent"}, "did you mean 'scenes-resnet'"),
        ({"model": "os:system"}, "is offered here"),
        ({"layer": "lok.0"}, "did you mean 'look.0'"),
        ({"layer": "decide"}, "no spatial extent"),
        ({"method": "grad cam"}, "did you mean 'grad-cam'"),
        ({"gradients": "duals"}, "did you mean 'dual'"),
        ({"gradients": "dual", "method": "gradient"}, "needs backpropagation"),
        ({"question": "what is it?"}, "classifies photos: it takes target and against"),
    ],
    ids=str,
)
def test_what_does_not_exist_is_told_with_the_nearest(
    client: TestClient, sent: str, asked: dict[str, Any], words: str
) -> None:
    assert words in refused(client, 400, **{"photo": sent, "model": HELD, **asked})


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"target": "x" * 10_000}, "target"),
        ({"target": 1.5}, "target"),
        ({"target": True}, "target"),
        ({"target": -1}, "target"),
        ({"target": [1]}, "target"),
        ({"photo": None}, "photo"),
        ({"model": ""}, "model"),
        ({"counterfactual": "perhaps"}, "counterfactual"),
        ({"colour": "red"}, "colour"),
    ],
    ids=lambda part: str(part)[:30],
)
def test_what_is_misshapen_is_refused_by_its_name(
    client: TestClient, sent: str, asked: dict[str, Any], words: str
) -> None:
    message = refused(client, 422, **{"photo": sent, "model": HELD, **asked})
    assert words in message
    assert len(message) < 600


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"photo": NaN}'])
def test_what_is_no_json_is_refused(client: TestClient, content: bytes) -> None:
    answer = client.post(
        "/api/explain", content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


def test_a_photo_that_is_gone_is_told(client: TestClient) -> None:
    assert "send it again" in refused(client, 404, photo="0" * 32, model=HELD)


def test_what_the_network_cannot_score_is_no_number(
    client: TestClient, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = Held.forward

    def broken(self: Held, picture: torch.Tensor) -> torch.Tensor:
        infinite = torch.tensor([0.0, 0.0, 0.0, 0.0, -torch.inf])
        return forward(self, picture) + infinite

    monkeypatch.setattr(Held, "forward", broken)
    found = explained(client, photo=sent, model=HELD, target=1)
    assert scores(client, found)[4] is None
    assert None not in scores(client, found)[:4]


def test_labels_are_data(client: TestClient, sent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class may be called anything."""
    model = client.app.state.explaining.models.get(HELD)
    nasty = ("<script>alert(1)</script>", "</textarea>", '"', "é", "\u2028")
    monkeypatch.setitem(
        client.app.state.explaining.models._loaded,
        HELD,
        bl.Model(model.module, preprocess=model.preprocess, labels=nasty, name="held"),
    )
    found = explained(client, photo=sent, model=HELD, target=0)
    assert found["target"]["name"] == nasty[0]
    page = client.get(f"/api/explanations/{found['explanation']}/page.html").text
    assert nasty[0] not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page or "\\u003cscript" in page
    assert LABELS[0] == "ant"
