"""A small network that answers questions about pictures: every place has its say.

Each place of the picture scores each answer: by what is there, scaled as the question says (FiLM,
Perez et al. 2018, arXiv 1709.07871), and by how well that is what the question asks about. An
answer's score is taken over all places by log-mean-exp, a smooth maximum (Pinheiro and Collobert
2015, arXiv 1411.6228, equation 6): "red" is the answer where one place is both the circle that was
asked about and red. So the maps of answers say where each comes from. What speaks for an answer is
unbounded, what speaks against it is not (CELU, Barron 2017, arXiv 1704.07483): else the places
where blue is most out of the question would say most of all why it is red rather than blue. The
bound is tighter in training mode than in evaluation.

What there is at a place is told by convolutions of two kinds: those of a classifier, for shapes and
colours, and a grain, that sees textures.

"What shape is left of the red square?" takes two steps: a place is first attended to (stacked
attention, Yang et al. 2016, arXiv 1511.02274), and how the others lie to it counts in their scores.
Whether a thing is there is told by evidence that does not depend on the question, of each shape in
each colour, taken over the places in the same way; its maps stand beside those of the answers.
"Is there a ring?" asks for rings of every colour: the log-sum-exp of what is asked for says whether
one is there, and the sum of its sigmoids how many.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import celu, logsigmoid

from backlight.models.reference.evidence import log_mean_exp
from backlight.models.reference.resnet import Block
from backlight.scenes import CLASSES, COLOURS

_SIDES = 12  # features of where a place lies, seen from the one attended to first
# The most that a place can say against an answer, while learning and in use. Both were found by
# measuring. With 8 in use, places that came close to 4 differ again, and what speaks against an
# answer lies off the object more often (docs/answers.md). Learned with 8, and for four epochs more,
# the network counted better, but what speaks against an answer lay off the object less often, and
# the words that name the object stood out less.
_FLOOR_LEARNING, _FLOOR = 4.0, 8.0
_PAIRS = len(CLASSES) * len(COLOURS)
_NEAR, _AROUND = 48, 64  # features of a place, near by and around
GRAIN = 48  # those of its texture


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
    """What every place says, as maps: the score of each answer, `maps · scale + fit · heed` above
    the floor, and behind them the evidence of what is there.

    The floor is -4 in training mode and -8 in evaluation.
    """

    def forward(
        self, maps: Tensor, scale: Tensor, fit: Tensor, heed: Tensor, evidence: Tensor
    ) -> Tensor:
        """Of maps (B, answers, h, w), fit (B, 1, h, w), scale and heed (B, answers), and evidence
        (B, pairs, h, w): (B, answers + pairs, h, w)."""
        scores = self.floored(maps * scale[:, :, None, None] + fit * heed[:, :, None, None])
        return torch.cat([scores, evidence.to(scores.dtype)], 1)

    def floored(self, scores: Tensor) -> Tensor:
        """Scores of any shape, where a negative s becomes b · (exp(s / b) - 1), b the bound."""
        return celu(scores, _FLOOR_LEARNING if self.training else _FLOOR)


class Asked(NamedTuple):
    """What a question makes of a picture's places.

    Attributes:
        fit: (B, Q, places), how well each is what is asked about.
        scale: (B, Q, answers), what the maps of answers are multiplied by.
        heed: (B, Q, answers), how much the fit counts for each answer: to "is there a ring?" it
            speaks for "yes", and not for "no".
    """

    fit: Tensor
    scale: Tensor
    heed: Tensor


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
        self.stage1 = Block(32, _NEAR, dilations=(1, 1))
        self.stage2 = Block(_NEAR, _AROUND, dilations=(2, 2))
        self.grain = nn.Sequential(
            nn.Conv2d(3, 32, 6, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            Block(32, GRAIN, dilations=(1, 2)),
        )
        self.mix = nn.Sequential(
            nn.Conv2d(_NEAR + _AROUND + GRAIN, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
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
        self.evidence = nn.Conv2d(_AROUND, _PAIRS, 1)
        self.wanted = nn.Linear(question, _PAIRS)
        self.told = nn.Linear(question, 2 * answers)
        self.likely = nn.Linear(question, answers)
        self.places = PlaceScores()

    def forward(self, images: Tensor, tokens: Tensor) -> Tensor:
        """The logit of each answer, (B, answers)."""
        features = self.features(images)
        places = self.mix(features)
        question = self.question(tokens).unsqueeze(1)
        asked = self._asked(places, where_places_lie(places), question)
        fit = asked.fit.reshape(len(places), 1, *places.shape[2:])
        scale, heed = asked.scale.squeeze(1), asked.heed.squeeze(1)
        maps, evidence = self.maps(places), self._evidence(features)
        said = log_mean_exp(self.places(maps, scale, fit, heed, evidence).flatten(2))
        scores, there = said[:, : maps.shape[1]], said[:, maps.shape[1] :]
        return scores + self._facts(question, there).squeeze(1)

    def features(self, images: Tensor) -> Tensor:
        """What there is at every place, (B, 160, h / 2, w / 2), near by, around, and its texture,
        whatever is asked."""
        near = self.stage1(self.stem(images))
        return torch.cat([near, self.stage2(near), self.grain(images)], 1)

    def several(self, features: Tensor, tokens: Tensor, some: Tensor | None = None) -> Tensor:
        """The logits of several questions about each picture, (B, Q, answers), from its features
        and questions (B, Q, T): what `forward` says to each.

        Args:
            some: the places that are looked at, out of h·w; all of them when left out. Fewer cost
                less in training, and none can be counted on. What is there is told by all.
        """
        where, there = where_places_lie(features), self.there(features)
        if some is not None:
            features, where = features.flatten(2)[:, :, some, None], where[some]
        return self.some_places(features, where, there, tokens)

    def there(self, features: Tensor) -> Tensor:
        """How likely each shape in each colour is there, as logits: (B, pairs)."""
        return log_mean_exp(self._evidence(features).flatten(2))

    def some_places(self, features: Tensor, where: Tensor, there: Tensor, tokens: Tensor) -> Tensor:
        """The same of places that lie anywhere: features (B, 160, …), x and y (places, 2), and what
        is there, (B, pairs)."""
        places = self.mix(features)
        question = self.question(tokens)
        asked = self._asked(places, where, question)
        maps = self.maps(places).flatten(2).unsqueeze(1)
        fit = asked.fit.unsqueeze(2) * asked.heed.unsqueeze(3)
        scores = self.places.floored(maps * asked.scale.unsqueeze(3) + fit)
        return log_mean_exp(scores) + self._facts(question, there)

    def _evidence(self, features: Tensor) -> Tensor:
        """The evidence of each shape in each colour at every place: (B, pairs, …)."""
        return self.evidence(features[:, _NEAR : _NEAR + _AROUND])  # type: ignore[no-any-return]

    def _asked(self, places: Tensor, where: Tensor, question: Tensor) -> Asked:
        """Of places (B, width, …), where they are, (places, 2), and questions (B, Q, question)."""
        keys = self.keys(places).flatten(2)
        attention = (self.start(question) @ keys).softmax(2)
        where = where.to(self.sides.weight.dtype)
        offsets = where - (attention.to(where.dtype) @ where).unsqueeze(2)
        sides = self.sides(torch.cat([offsets, offsets.abs()], 3)).relu()
        there = (sides @ self.side(question).unsqueeze(3)).squeeze(3)
        fit = self.fit(question) @ keys + there
        return Asked(fit, 1 + self.scale(question), 1 + self.heed(question))

    def _facts(self, question: Tensor, there: Tensor) -> Tensor:
        """What the question alone and what is there, (B, pairs), say of each answer:
        (B, Q, answers)."""
        wanted, there = self.wanted(question), there.unsqueeze(1)
        some = (there + logsigmoid(wanted)).logsumexp(2)
        # No scene has two things of one shape in one colour.
        number = (there.sigmoid() * wanted.sigmoid()).sum(2)
        told = self.told(question).unflatten(2, (2, -1))
        facts = torch.stack([some, number], 2).unsqueeze(2) @ told
        return facts.squeeze(2) + self.likely(question)  # type: ignore[no-any-return]


def where_places_lie(maps: Tensor) -> Tensor:
    """The x and y of every place, (places, 2), from -1 to 1."""
    ys, xs = (
        torch.linspace(-1, 1, size, device=maps.device, dtype=torch.float32)
        for size in maps.shape[2:]
    )
    return torch.stack(torch.meshgrid(ys, xs, indexing="ij")[::-1], 2).flatten(0, 1)
