"""How like one embedding is to another."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import backlight as bl
from backlight.errors import TargetError
from tests.explanations.targets.networks import WORDS, Embedder, Matcher, built, pictures

# Lengths 5 and 13, so that every cosine is a fraction.
OWN = torch.tensor([[3.0, 4.0], [5.0, 12.0]], dtype=torch.float64)


@pytest.mark.parametrize(
    ("other", "cosines"),
    [
        (torch.tensor([0.0, 2.0]), [4 / 5, 12 / 13]),
        (np.array([-1.0, 0.0]), [-3 / 5, -5 / 13]),
        (torch.tensor([[1.0, 0.0], [0.0, 1.0]]), [3 / 5, 12 / 13]),
    ],
)
def test_the_score_is_the_cosine(other: Any, cosines: list[float]) -> None:
    assert bl.Embedding(other)(OWN).tolist() == pytest.approx(cosines, rel=1e-6)


def test_its_slope_is_what_is_at_right_angles_to_the_embedding() -> None:
    found = bl.Embedding(torch.tensor([0.0, 1.0], dtype=torch.float64)).scored(OWN)
    # d cos / d v = (u - cos · v / |v|) / |v|
    assert found.cotangent[0].tolist() == pytest.approx([-12 / 125, 9 / 125])


@pytest.mark.parametrize("name", ["image_embeds", "pooler_output", "embedding"])
def test_the_embedding_goes_by_many_names(name: str) -> None:
    output = {"last_hidden_state": torch.zeros(2, 9, 2), name: OWN}
    assert bl.Embedding(np.array([0.0, 1.0]))(output)[0] == pytest.approx(0.8)


def test_another_picture_is_embedded_by_the_same_model() -> None:
    net, other = built(Embedder), pictures(3)[2]
    own, its = net(pictures()), net(other[None])[0]
    cosine = (own @ its) / own.norm(dim=1) / its.norm()
    for given in (other, other[None]):
        why = bl.explain(net, pictures(), bl.Embedding(similar_to=given))
        assert torch.allclose(why.scores, cosine)
    # So are those inside of other targets.
    apart = bl.explain(net, pictures(), bl.Not(bl.Embedding(other)))
    assert torch.allclose(apart.scores, -cosine)
    between = bl.Difference(bl.Embedding(other), bl.Embedding(-its))
    assert torch.allclose(bl.explain(net, pictures(), between).scores, 2 * cosine)


def test_a_photo_is_named_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("one.png", "two.png")):
        noise = np.random.default_rng(seed).integers(0, 255, (20, 20, 3), np.uint8)
        Image.fromarray(noise).save(name)
    net = bl.Model(built(Embedder).float(), preprocess=bl.Preprocess(size=16))
    why = bl.explain(net, "one.png", bl.Embedding("two.png"))
    assert why.names == ("similarity to two.png",)
    assert -1 <= float(why.scores) < 1
    same = bl.explain(net, "one.png", bl.Embedding("one.png"), method="gradient")
    assert float(same.scores) == pytest.approx(1, abs=1e-6)


def test_without_another_it_is_the_text_beside_the_image() -> None:
    net = bl.Model(built(Matcher), encode=bl.Vocabulary(WORDS))
    texts = ["a red circle", "a blue square"]
    why = bl.explain(net, pictures(), bl.Embedding(), text=texts)
    output = net.module(pictures(), net.encode(texts))
    for image in range(2):
        u, v = output["image_embeds"][image].tolist(), output["text_embeds"][image].tolist()
        cosine = sum(a * b for a, b in zip(u, v, strict=True)) / math.hypot(*u) / math.hypot(*v)
        assert float(why.scores[image]) == pytest.approx(cosine)
    assert why.names == ("similarity to the text",) * 2


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(TargetError, match=r"has shape \(1, 3\): expected \(1, 2\) or \(2, 2\)"):
        bl.Embedding(torch.ones(3))(OWN)
    with pytest.raises(TargetError, match=r"has shape \(3, 2\)"):
        bl.Embedding(torch.ones(3, 2))(OWN)
    with pytest.raises(TargetError, match=r"no text_embeds, and Embedding\(\) names nothing else"):
        bl.Embedding()(OWN)
    with pytest.raises(TargetError, match=r"no \(batch, size\) embedding: .*\(2, 3, 4, 5\)"):
        bl.Embedding(torch.ones(3))(torch.zeros(2, 3, 4, 5))
    with pytest.raises(TargetError, match=r"must be embedded first"):
        bl.Embedding("photo.jpg")(OWN)


def test_it_says_what_it_is() -> None:
    assert str(bl.Embedding(torch.ones(3))) == "similarity to another embedding"
    assert repr(bl.Embedding("two.png")) == "Embedding('two.png')"
