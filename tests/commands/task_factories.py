"""Tiny random networks of every task, as `--model commands.task_factories:NAME` finds them."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn

import backlight as bl
from backlight.models.tasks import Task

WORDS = ("<start>", "<end>", "a", "red", "blue", "circle", "square", "and")
ANSWERS = ("red", "blue", "circle", "square")


class Seeing(nn.Module):
    """Photos (N, 3, 32, 32) to means of 6 maps of 16 by 16."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(3, 6, 4, stride=2, padding=1)

    def summary(self, picture: Tensor) -> Tensor:
        return self.look(picture).relu().mean((2, 3))


class Captioner(Seeing):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(WORDS), 6)
        self.speak = nn.Linear(6, len(WORDS))

    def forward(self, picture: Tensor, tokens: Tensor) -> Tensor:
        return self.speak((self.embed(tokens).cumsum(1) * self.summary(picture)[:, None]).sin())

    def generate(self, picture: Tensor) -> Tensor:
        """'a red circle', whatever the picture."""
        ids = [0, 2, 3, 5, 1]
        return torch.tensor([ids] * len(picture))


class Answerer(Seeing):
    def __init__(self) -> None:
        super().__init__()
        self.read = nn.Embedding(len(WORDS), 6)
        self.answer = nn.Linear(6, len(ANSWERS))

    def forward(self, picture: Tensor, question: Tensor) -> Tensor:
        return self.answer(self.summary(picture) * self.read(question).mean(1))


class Detector(Seeing):
    """As DETR returns it: logits of two classes and none, and boxes, for four queries."""

    def __init__(self) -> None:
        super().__init__()
        self.classify, self.place = nn.Linear(6, 4 * 3), nn.Linear(6, 4 * 4)

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        seen = self.summary(picture)
        boxes = self.place(seen).sigmoid().reshape(-1, 4, 4)
        return {"logits": self.classify(seen).reshape(-1, 4, 3), "pred_boxes": boxes}


class Segmenter(Seeing):
    def __init__(self) -> None:
        super().__init__()
        self.classify = nn.Conv2d(6, 3, 1)

    def forward(self, picture: Tensor) -> Tensor:
        return self.classify(self.look(picture).relu())


class Matcher(Seeing):
    """As CLIP returns it: an embedding of the picture and one of the text."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(WORDS), 6)

    def forward(self, picture: Tensor, tokens: Tensor) -> dict[str, Tensor]:
        image, text = self.summary(picture), self.embed(tokens).mean(1)
        return {"logits_per_image": image @ text.T, "text_embeds": text, "image_embeds": image}


class Policy(Seeing):
    def __init__(self) -> None:
        super().__init__()
        self.act = nn.Linear(6, 3)

    def forward(self, frame: Tensor) -> Tensor:
        return self.act(self.summary(frame))


def _made(build: Callable[[], nn.Module], task: Task, **more: object) -> bl.Model:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(8)
        prepare = bl.Preprocess(size=32)
        return bl.Model(build(), preprocess=prepare, task=task, name=f"tiny-{task}", **more)


def captioner() -> bl.Model:
    return _made(Captioner, "caption", encode=bl.Vocabulary(WORDS))


class Talkative(Captioner):
    """It says beside its caption what `generate` of transformers says."""

    def generate(self, picture: Tensor) -> Tensor:
        warnings.warn("Using the model-agnostic default `max_length` (=21) …", stacklevel=2)
        return super().generate(picture)


def talkative() -> bl.Model:
    return _made(Talkative, "caption", encode=bl.Vocabulary(WORDS))


def untold() -> bl.Model:
    """A captioner that does not say what it is made for."""
    return _made(Captioner, "classify", encode=bl.Vocabulary(WORDS))


def answerer() -> bl.Model:
    read = bl.Vocabulary(WORDS, start=None, end=None)
    return _made(Answerer, "vqa", encode=read, labels=ANSWERS)


def detector() -> bl.Model:
    return _made(Detector, "detect", labels=("cat", "dog", "nothing"))


def segmenter() -> bl.Model:
    return _made(Segmenter, "segment", labels=("road", "sky", "car"))


def matcher() -> bl.Model:
    return _made(Matcher, "embed", encode=bl.Vocabulary(WORDS, start=None, end=None))


def policy() -> bl.Model:
    return _made(Policy, "act", labels=("left", "stay", "right"))
