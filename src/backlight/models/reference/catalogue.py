"""What each reference network is, but for its numbers: architecture, names, words, input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from torch import nn

from backlight.models.reference import easy_vqa
from backlight.models.reference.answerer import Answerer
from backlight.models.reference.captioner import LENGTH, Captioner
from backlight.models.reference.easy_answerer import EasyAnswerer
from backlight.models.reference.policy import catch_network
from backlight.models.reference.positions import pong_network
from backlight.models.reference.resnet import ResNet
from backlight.models.reference.vgg import VGG
from backlight.models.reference.vit import ViT
from backlight.models.tasks import Task
from backlight.models.vocabulary import Encoder, Vocabulary
from backlight.scenes import ANSWERS, CAPTION_WORDS, CLASSES, QUESTION_WORDS


@dataclass(frozen=True)
class Reference:
    """What a reference network is, but for its numbers.

    Attributes:
        build: makes it, with random weights.
        labels: the names of its classes, answers or actions, in the order of its outputs.
        task: what it is asked to do.
        multi_label: whether each class is there or not by itself.
        encode: makes what turns texts into the token ids that it takes beside the image.
        channels: of its input. Those of other than 3 are no photos: they have no preprocessing.
    """

    build: Callable[[], nn.Module]
    labels: tuple[str, ...] | None = None
    task: Task = "classify"
    multi_label: bool = False
    encode: Callable[[], Encoder] | None = None
    channels: int = 3


def caption_vocabulary() -> Vocabulary:
    """The words that captions of scenes are made of, and three marks, in the order in which
    `backlight.scenes.Vocabulary` numbers them."""
    words = ("<pad>", "<start>", "<end>", *CAPTION_WORDS)
    return Vocabulary(words, padding="<pad>", length=LENGTH)


def _answerer(
    network: Callable[[int, int], nn.Module], words: tuple[str, ...], answers: tuple[str, ...]
) -> Reference:
    """One that answers questions of these words."""
    known = ("<padding>", *words)
    return Reference(
        build=lambda: network(len(known), len(answers)),
        labels=answers,
        task="vqa",
        encode=lambda: Vocabulary(known, start=None, end=None, padding=known[0]),
    )


REFERENCES: Final = {
    "scenes-resnet": Reference(ResNet, CLASSES, multi_label=True),
    "scenes-vgg": Reference(VGG, CLASSES, multi_label=True),
    "scenes-vit": Reference(ViT, CLASSES, multi_label=True),
    "scenes-captioner": Reference(Captioner, task="caption", encode=caption_vocabulary),
    "scenes-answerer": _answerer(Answerer, QUESTION_WORDS, ANSWERS),
    "easy-vqa-answerer": _answerer(EasyAnswerer, easy_vqa.QUESTION_WORDS, easy_vqa.ANSWERS),
    "catch-dqn": Reference(catch_network, ("left", "stay", "right"), "act", channels=6),
    "pong-imitator": Reference(pong_network, ("stay", "up", "down"), "act", channels=2),
}
