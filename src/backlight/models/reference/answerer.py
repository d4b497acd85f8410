"""A small network that answers questions about pictures: every place has its say.

Each place of the picture scores each answer: by what is there, scaled as the question says (FiLM,
Perez et al. 2018, arXiv 1709.07871), and by how well that is what the question asks about. An
answer's score is taken over all places by log-mean-exp, a smooth maximum (Pinheiro and Collobert
2015, arXiv 1411.6228, equation 6): "red" is the answer where one place is both the circle that was
asked about and red. So the maps of answers say where each comes from.

"What shape is left of the red square?" takes two steps: a place is first attended to (stacked
attention, Yang et al. 2016, arXiv 1511.02274), and how the others lie to it counts in their scores.
Whether a thing is there is told by evidence that does not depend on the question, of each shape in
each colour, taken over the places in the same way and multiplied by what is asked (Antol et al.
2015, arXiv 1505.00468, section 4.1); its maps stand beside those of the answers. How many there are
is told by matches, how well each place is what is counted, added up.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from backlight.models.reference.evidence import log_mean_exp
from backlight.models.reference.resnet import Block
from backlight.scenes import CLASSES, COLOURS

_SIDES = 12  # features of where a place lies, seen from the one attended to first
_COUNTERS = 4  # things that are counted for a question
_PAIRS = len(CLASSES) * len(COLOURS)


class Question(nn.Module):
    """A question as one vector: the sum of its words' vectors, and two layers.

    No order (Zhou et al. 2015, arXiv 1512.02167): no two questions that the networks here are
    asked have the same words and different answers. Padding has the vector zero.
    """

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, 64, padding_idx=0)
        self.mix = nn.Sequential(
            nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """From token ids (…, T) to (…, width)."""
        return self.mix(self.embedding(tokens).sum(-2))  # type: ignore[no-any-return]


class PlaceScores(nn.Module):
    """What every place says, as maps: the score of each answer, `maps · scale + fit · heed`, and
    behind them the evidence of what is there."""

    def forward(
        self, maps: Tensor, scale: Tensor, fit: Tensor, heed: Tensor, evidence: Tensor
    ) -> Tensor:
        """Of maps (B, answers, h, w), fit (B, 1, h, w), scale and heed (B, answers), and evidence
        (B, pairs, h, w): (B, answers + pairs, h, w)."""
        scores = maps * scale[:, :, None, None] + fit * heed[:, :, None, None]
        return torch.cat([scores, evidence.to(scores.dtype)], 1)


class Asked(NamedTuple):
    """What a question makes of a picture's places.

    Attributes:
        fit: (B, Q, places), how well each is what is asked about.
        scale: (B, Q, answers), what the maps of answers are multiplied by.
        heed: (B, Q, answers), how much the fit counts for each answer: to "is there a ring?" it
            speaks for "yes", and not for "no".
        matches: (B, Q, counters, places), how well each is what is counted.
    """

    fit: Tensor
    scale: Tensor
    heed: Tensor
    matches: Tensor


class Answerer(nn.Module):
    """Pictures (B, 3, 64, 64) and questions (B, T) to logits (B, answers).

    The maps of `places` are (B, answers + 80, 32, 32), with cells of 2 pixels.

    Args:
        words: how many token ids there are; 0 is padding.
        answers: how many answers.
        width, key, question: numbers that a place is known by, that it is compared by, and that a
            question is made to.
    """

    def __init__(
        self, words: int, answers: int, *, width: int = 96, key: int = 64, question: int = 128
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 32, 6, stride=2, padding=2, bias=False), nn.BatchNorm2d(32), nn.ReLU()
        )
        self.stage1 = Block(32, 48, dilations=(1, 1))
        self.stage2 = Block(48, 64, dilations=(2, 2))
        self.mix = nn.Sequential(
            nn.Conv2d(48 + 64, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.keys = nn.Conv2d(width, key, 1)
        self.maps = nn.Conv2d(width, answers, 1)
        self.question = Question(words, question)
        self.start = nn.Linear(question, key)
        self.fit = nn.Linear(question, key)
        self.sides = nn.Linear(4, _SIDES)
        self.side = nn.Linear(question, _SIDES)
        self.scale = nn.Linear(question, answers)
        self.heed = nn.Linear(question, answers)
        self.evidence = nn.Conv2d(64, _PAIRS, 1)
        self.known = nn.Linear(_PAIRS, 128)
        self.wanted = nn.Linear(question, 128)
        self.told = nn.Sequential(nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, answers))
        self.count = nn.Linear(question, _COUNTERS * (key + 1))
        self.counted = nn.Sequential(
            nn.Linear(question + _COUNTERS, 128), nn.ReLU(), nn.Linear(128, answers)
        )
        self.places = PlaceScores()

    def forward(self, images: Tensor, tokens: Tensor) -> Tensor:
        """The logit of each answer, (B, answers)."""
        features = self.features(images)
        places = self.mix(features)
        question = self.question(tokens).unsqueeze(1)
        asked = self._asked(places, where_places_lie(places), question)
        fit = asked.fit.reshape(len(places), 1, *places.shape[2:])
        scale, heed = asked.scale.squeeze(1), asked.heed.squeeze(1)
        maps, there = self.maps(places), self._there(features)
        said = self.places(maps, scale, fit, heed, there).flatten(2)
        scores, evidence = said[:, : maps.shape[1]], said[:, maps.shape[1] :]
        beside = self._beside(question, log_mean_exp(evidence), asked.matches)
        return log_mean_exp(scores) + beside.squeeze(1)

    def features(self, images: Tensor) -> Tensor:
        """What there is at every place, (B, 112, h / 2, w / 2), near by and around, whatever is
        asked."""
        near = self.stage1(self.stem(images))
        return torch.cat([near, self.stage2(near)], 1)

    def several(self, features: Tensor, tokens: Tensor, some: Tensor | None = None) -> Tensor:
        """The logits of several questions about each picture, (B, Q, answers), from its features
        and questions (B, Q, T): what `forward` says to each.

        Args:
            some: the places that are looked at, out of h·w; all of them when left out. Fewer cost
                less in training, and none can be counted on.
        """
        where = where_places_lie(features)
        if some is not None:
            features, where = features.flatten(2)[:, :, some, None], where[some]
        return self.some_places(features, where, tokens)

    def some_places(self, features: Tensor, where: Tensor, tokens: Tensor) -> Tensor:
        """The same of places that lie anywhere: features (B, 112, …), x and y (places, 2)."""
        places = self.mix(features)
        question = self.question(tokens)
        asked = self._asked(places, where, question)
        maps = self.maps(places).flatten(2).unsqueeze(1)
        fit = asked.fit.unsqueeze(2) * asked.heed.unsqueeze(3)
        scores = maps * asked.scale.unsqueeze(3) + fit
        there = log_mean_exp(self._there(features).flatten(2))
        return log_mean_exp(scores) + self._beside(question, there, asked.matches)

    def _there(self, features: Tensor) -> Tensor:
        """The evidence of each shape in each colour at every place: (B, pairs, …)."""
        return self.evidence(features[:, -self.evidence.in_channels :])  # type: ignore[no-any-return]

    def _asked(self, places: Tensor, where: Tensor, question: Tensor) -> Asked:
        """Of places (B, width, …), where they are, (places, 2), and questions (B, Q, question)."""
        keys = self.keys(places).flatten(2)
        attention = (self.start(question) @ keys).softmax(2)
        where = where.to(self.sides.weight.dtype)
        offsets = where - (attention.to(where.dtype) @ where).unsqueeze(2)
        sides = self.sides(torch.cat([offsets, offsets.abs()], 3)).relu()
        there = (sides @ self.side(question).unsqueeze(3)).squeeze(3)
        counters = self.count(question).reshape(*question.shape[:2], _COUNTERS, -1)
        each = counters[..., :-1].flatten(1, 2) @ keys + counters[..., -1:].flatten(1, 2)
        return Asked(
            self.fit(question) @ keys + there,
            1 + self.scale(question),
            1 + self.heed(question),
            each.unflatten(1, counters.shape[1:3]),
        )

    def _beside(self, question: Tensor, there: Tensor, matches: Tensor) -> Tensor:
        """What is there, (B, pairs), and matches (B, Q, counters, places) say of each answer:
        (B, Q, answers)."""
        facts = self.told(self.known(there).unsqueeze(1) * self.wanted(question))
        # Shares of a sixteenth of the picture, so that they are near one.
        counts = 16 * matches.sigmoid().mean(3)
        return facts + self.counted(torch.cat([question, counts], 2))  # type: ignore[no-any-return]


def where_places_lie(maps: Tensor) -> Tensor:
    """The x and y of every place, (places, 2), from -1 to 1."""
    ys, xs = (
        torch.linspace(-1, 1, size, device=maps.device, dtype=torch.float32)
        for size in maps.shape[2:]
    )
    return torch.stack(torch.meshgrid(ys, xs, indexing="ij")[::-1], 2).flatten(0, 1)
