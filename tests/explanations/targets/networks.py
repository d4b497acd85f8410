"""Tiny random networks, one for each form of output, in double precision.

All look at the picture through one convolution, `look`, so that every score is a smooth function
of its feature maps and can be worked out by hand from them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

WORDS = ("<start>", "<end>", "a", "red", "blue", "circle", "square", "above")
ACTIONS = ("left", "stay", "right")
CLASSES = ("road", "sky", "car")


class Seeing(nn.Module):
    """Pictures (N, 3, 16, 16) to maps (N, 6, 8, 8), and their means."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(3, 6, 3, stride=2, padding=1)

    def seen(self, picture: Tensor) -> Tensor:
        return self.look(picture).tanh()

    def summary(self, picture: Tensor) -> Tensor:
        return self.seen(picture).mean((2, 3))


class Classifier(Seeing):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(6, 3)

    def forward(self, picture: Tensor) -> Tensor:
        return self.head(self.summary(picture))


class Captioner(Seeing):
    """A word is told by the picture and all the words before it."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(WORDS), 6)
        self.speak = nn.Linear(6, len(WORDS))
        self.runs = 0

    def forward(self, picture: Tensor, tokens: Tensor) -> Tensor:
        so_far = self.embed(tokens).cumsum(1)
        return self.speak((so_far * self.summary(picture).unsqueeze(1)).sin())


class Speaker(Captioner):
    """A captioner that makes captions by itself: the likeliest word, three times."""

    def generate(self, picture: Tensor) -> Tensor:
        tokens = torch.zeros(len(picture), 1, dtype=torch.long)
        for _ in range(3):
            best = self(picture, tokens)[:, -1, 2:].argmax(1, keepdim=True) + 2
            tokens = torch.cat((tokens, best), 1)
        return torch.cat((tokens, torch.ones(len(picture), 1, dtype=torch.long)), 1)


class Answerer(Seeing):
    """Answers (the words) to questions out of the same words."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(WORDS), 6)
        self.answer = nn.Linear(6, 3)

    def forward(self, picture: Tensor, question: Tensor) -> dict[str, Tensor]:
        return {"logits": self.answer(self.summary(picture) * self.embed(question).mean(1))}


class ActorCritic(Seeing):
    def __init__(self) -> None:
        super().__init__()
        self.act, self.judge = nn.Linear(6, 3), nn.Linear(6, 1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        summary = self.summary(picture)
        return self.act(summary), self.judge(summary)


class Queries(Seeing):
    """As DETR returns it: logits of three classes and none, and boxes, for four queries."""

    def __init__(self) -> None:
        super().__init__()
        self.classify, self.place = nn.Linear(6, 4 * 4), nn.Linear(6, 4 * 4)

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        summary = self.summary(picture)
        logits = self.classify(summary).reshape(-1, 4, 4)
        return {"logits": logits, "pred_boxes": self.place(summary).sigmoid().reshape(-1, 4, 4)}


class Detector(Seeing):
    """As torchvision's detectors return it: a dict for each picture, of detections that are
    sorted by score; the second picture has one less."""

    BOXES = ((0.0, 0.0, 4.0, 4.0), (8.0, 8.0, 16.0, 16.0), (1.0, 1.0, 5.0, 5.0))
    LABELS = (1, 2, 1)

    def __init__(self) -> None:
        super().__init__()
        self.classify = nn.Linear(6, 3)

    def forward(self, picture: Tensor) -> list[dict[str, Any]]:
        sure = self.classify(self.summary(picture)).sigmoid()
        found = []
        for image, row in enumerate(sure):
            count = 3 if image == 0 else 2
            # By rank, whatever the weights: the order is then the same for every picture.
            scores = torch.stack([row[k] / (k + 1) ** 3 for k in range(count)])
            boxes, labels = torch.tensor(self.BOXES[:count]), torch.tensor(self.LABELS[:count])
            found.append({"boxes": boxes, "labels": labels, "scores": scores})
        return found


class TwoScales(Seeing):
    """A detector that finds the one box on fine maps and the other on coarse ones."""

    def __init__(self) -> None:
        super().__init__()
        self.shrink = nn.Conv2d(6, 6, 3, stride=2, padding=1)
        self.fine, self.coarse = nn.Conv2d(6, 6, 1), nn.Conv2d(6, 6, 1)

    def forward(self, picture: Tensor) -> list[dict[str, Tensor]]:
        seen = self.seen(picture)
        fine = self.fine(seen).tanh().mean((1, 2, 3)).sigmoid()
        coarse = self.coarse(self.shrink(seen).tanh()).tanh().mean((1, 2, 3)).sigmoid()
        boxes, labels = torch.tensor([[0.0, 0, 4, 4], [4.0, 4, 9, 9]]), torch.tensor([1, 2])
        return [
            {"boxes": boxes, "labels": labels, "scores": torch.stack((one, other / 9))}
            for one, other in zip(fine, coarse, strict=True)
        ]


class Segmenter(Seeing):
    def __init__(self) -> None:
        super().__init__()
        self.classify = nn.Conv2d(6, 3, 1)

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        return {"out": self.classify(self.seen(picture))}


class Embedder(Seeing):
    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(6, 5)

    def forward(self, picture: Tensor) -> Tensor:
        return self.project(self.summary(picture))


class Matcher(Embedder):
    """As CLIP returns it: an embedding of the picture and one of the text."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(WORDS), 5)

    def forward(self, picture: Tensor, tokens: Tensor) -> dict[str, Tensor]:
        image, text = super().forward(picture), self.embed(tokens).mean(1)
        return {"logits_per_image": image @ text.T, "text_embeds": text, "image_embeds": image}


def built(kind: type[Seeing]) -> Any:
    """One with random weights, the same each time."""
    torch.manual_seed(4)
    return kind().double()


def pictures(count: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randn(count, 3, 16, 16, generator=generator, dtype=torch.float64)
