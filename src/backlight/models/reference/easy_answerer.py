"""A small network that answers questions about a picture of one thing.

The picture becomes one vector and the question another; they are multiplied, number by number, and
layers behind make the answer of them (Antol et al. 2015, arXiv 1505.00468, section 4.1: the kind of
network whose answers Grad-CAM's authors explained). The picture's vector is the log-mean-exp of its
maps over the places, a smooth maximum: a thing counts as much if it is small.
"""

from __future__ import annotations

from torch import Tensor, nn

from backlight.models.reference.answerer import Question
from backlight.models.reference.evidence import log_mean_exp
from backlight.models.reference.resnet import Block


class EasyAnswerer(nn.Module):
    """Pictures (B, 3, 64, 64) and questions (B, T) to logits (B, answers); the last maps are
    (B, 64, 32, 32).

    Args:
        words: how many token ids there are; 0 is padding.
        answers: how many answers.
        width: of what picture and question are multiplied as.
    """

    def __init__(self, words: int, answers: int, *, width: int = 128) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 24, 6, stride=2, padding=2, bias=False), nn.BatchNorm2d(24), nn.ReLU()
        )
        self.stage1 = Block(24, 32, dilation=1)
        self.stage2 = Block(32, 64, dilation=2)
        self.seen = nn.Linear(64, width)
        self.asked = Question(words, width)
        self.answer = nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, answers))

    def forward(self, images: Tensor, tokens: Tensor) -> Tensor:
        """The logit of each answer, (B, answers)."""
        return self.told(self.pooled(images), tokens)

    def pooled(self, images: Tensor) -> Tensor:
        """What is in each picture, (B, 64), whatever is asked."""
        return log_mean_exp(self.stage2(self.stage1(self.stem(images))).flatten(2))

    def told(self, pooled: Tensor, tokens: Tensor) -> Tensor:
        """The answers to questions (B, T), from what is in the picture of each (B, 64)."""
        return self.answer(self.seen(pooled) * self.asked(tokens))  # type: ignore[no-any-return]
