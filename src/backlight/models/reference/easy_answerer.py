"""A small network that answers questions about a picture of one thing.

The picture becomes one vector and the question another; they are multiplied, number by number, and
layers behind make the answer of them (Antol et al. 2015, arXiv 1505.00468, section 4.1: the kind of
network whose answers Grad-CAM's authors explained). The picture's vector says how sure it is of
each thing, a shape in a colour: every place scores every thing, and the places are put together by
log-mean-exp, a smooth maximum, as in the classifiers of scenes (see `evidence`). Shapes are seen
from around, 30 pixels, without colour; colours from near by, 6 pixels: on a plain background a
shape could be told from beside it, but a red one only from itself.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from backlight.models.reference.answerer import Question
from backlight.models.reference.evidence import log_mean_exp
from backlight.models.reference.resnet import Block


class EasyAnswerer(nn.Module):
    """Pictures (B, 3, 64, 64) and questions (B, T) to logits (B, answers); the last maps are
    (B, things, 32, 32).

    Args:
        words: how many token ids there are; 0 is padding.
        answers: how many answers.
        things: how many shapes in how many colours there can be.
        width: of what picture and question are multiplied as.
    """

    def __init__(self, words: int, answers: int, *, things: int = 24, width: int = 128) -> None:
        super().__init__()
        self.near = _halved(3, 16)
        self.stem = _halved(1, 24)
        self.stage1 = Block(24, 32, dilations=(1, 1))
        self.stage2 = Block(32, 64, dilations=(2, 2))
        self.evidence = nn.Conv2d(16 + 64, things, 1)
        self.seen = nn.Linear(things, width)
        self.asked = Question(words, width)
        self.answer = nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, answers))

    def forward(self, images: Tensor, tokens: Tensor) -> Tensor:
        """The logit of each answer, (B, answers)."""
        return self.told(self.things(images), tokens)

    def things(self, images: Tensor) -> Tensor:
        """The logit of each thing, (B, things), whatever is asked."""
        around = self.stage2(self.stage1(self.stem(images.mean(1, keepdim=True))))
        places = self.evidence(torch.cat([self.near(images), around], 1))
        return log_mean_exp(places.flatten(2))

    def told(self, things: Tensor, tokens: Tensor) -> Tensor:
        """The answers to questions (B, T), from the things in the picture of each."""
        return self.answer(self.seen(things) * self.asked(tokens))  # type: ignore[no-any-return]


def _halved(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 6, stride=2, padding=2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
