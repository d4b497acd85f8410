"""The forms that outputs come in: which tensor in them holds classes, words, boxes, pixels, …

This is the one place that knows them. An output is a tensor, or a tuple, list, mapping or dataclass
of tensors, as PyTorch, torchvision and Hugging Face return it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from backlight.errors import TargetError
from backlight.explanations.tensors import describe, is_float, main_tensor, walk

# What models call these, most telling first.
_ACTIONS = ("q_values", "action_logits", "policy", "logits")
_VALUES = ("value", "values", "state_value")
_EMBEDDINGS = ("image_embeds", "embedding", "embeddings", "pooler_output")


def score_table(output: Any) -> Tensor | None:
    """The (B, classes) table inside an output; None where it holds none."""
    return None if is_list_of_detections(output) else _as_table(main_tensor(output))


def _as_table(table: Tensor | None) -> Tensor | None:
    if table is not None and table.ndim > 2 and table[0].numel() == table.shape[1]:
        table = table.flatten(1)
    return table if table is not None and table.ndim == 2 else None


def class_scores(output: Any) -> Tensor:
    """The table that class targets pick from, (B, classes)."""
    table = score_table(output)
    if table is None:
        raise no_such("(batch, classes) scores", output)
    return table


def token_logits(output: Any) -> Tensor:
    """The scores of the word that comes next, (B, T, V), at each of T places."""
    logits = main_tensor(output)
    if logits is None or logits.ndim != 3:
        raise no_such("(batch, length, vocabulary) scores of words", output)
    return logits


def is_spoken(output: Any) -> bool:
    """Whether the model spells what it says, token by token."""
    main = main_tensor(output)
    return main is not None and main.ndim == 3 and not _has_queries(output)


def action_scores(output: Any) -> Tensor:
    """The (B, actions) table of a policy: its logits or the values of its actions."""
    named = (_as_table(entry) for entry in _named(output, _ACTIONS))
    found = next((table for table in named if table is not None), None)
    if found is None:
        # One number for each state is its value.
        tables = [_as_table(tensor) for _, tensor in walk(output) if is_float(tensor)]
        found = next((table for table in tables if table is not None and table.shape[1] > 1), None)
    if found is None:
        raise no_such("(batch, actions) scores", output)
    return found


def state_values(output: Any) -> Tensor:
    """The value of each state: (B,) or (B, 1), or the (B, actions) values of its actions."""
    one_each = (1, 2)
    for entry in _named(output, _VALUES):
        if entry.ndim in one_each and entry.numel() == len(entry):
            return entry
    tensors = [tensor for _, tensor in walk(output) if is_float(tensor) and tensor.ndim]
    narrow = [t for t in tensors if t.ndim in one_each and t.numel() == len(t)]
    if len(narrow) == 1:
        return narrow[0]
    # Of a bare table the largest entry is the value, if these are the values of actions.
    tables = [output] if isinstance(output, Tensor) else _named(output, ("q_values",))
    if not narrow and tables and tables[0].ndim == 2:
        return tables[0]
    raise no_such("one value for each state", output)


def pixel_scores(output: Any) -> Tensor:
    """The scores of every pixel, (B, classes, H, W)."""
    logits = main_tensor(output)
    if logits is None or logits.ndim != 4:
        raise no_such("(batch, classes, height, width) scores of pixels", output)
    return logits


def embedding(output: Any) -> Tensor:
    """The vector of each image, (B, D)."""
    found = next((_as_table(entry) for entry in _named(output, _EMBEDDINGS)), None)
    if found is None:
        found = score_table(output)
    if found is None:
        raise no_such("(batch, size) embedding", output)
    return found


def text_embedding(output: Any) -> Tensor | None:
    """The vector of each text that was fed beside the image, (B, D); None where there is none."""
    return next((entry for entry in _named(output, ("text_embeds",)) if entry.ndim == 2), None)


@dataclass(frozen=True)
class Detections:
    """What a detector found in one image, the surest first.

    Attributes:
        boxes: (K, 4): x0, y0, x1, y1 in pixels; as fractions of the image where `in_fractions`.
        classes: (K,), each one's class.
        places: (K,), where each one's score stands in the image's row of `detection_scores`, laid
            out flat.
    """

    boxes: Tensor
    classes: Tensor
    places: Tensor
    in_fractions: bool

    def __len__(self) -> int:
        return len(self.boxes)


def detection_scores(output: Any) -> Tensor:
    """The scores of all detections.

    Of a list with a dict of boxes, labels and scores for each image, as torchvision's detectors
    return it, the scores, (B, K), filled up with zeros where an image has fewer than another. Of
    logits and pred_boxes, as DETR returns them, the logits, (B, queries, classes + 1).
    """
    if is_list_of_detections(output):
        return pad_sequence([found["scores"] for found in output], batch_first=True)
    if _has_queries(output):
        logits: Tensor = output["logits"] if isinstance(output, Mapping) else output.logits
        return logits
    raise no_such("detections (boxes, labels and scores, or logits and pred_boxes)", output)


def detections(output: Any) -> list[Detections]:
    """What was found in each image; of DETR's queries each with its best real class."""
    if is_list_of_detections(output):
        return [_of_scores(found) for found in output]
    logits = detection_scores(output).detach()
    boxes = output["pred_boxes"] if isinstance(output, Mapping) else output.pred_boxes
    return [_of_queries(*row) for row in zip(logits, boxes.detach(), strict=True)]


def _of_scores(found: Mapping[str, Tensor]) -> Detections:
    order = found["scores"].detach().argsort(descending=True, stable=True)
    return Detections(found["boxes"].detach()[order], found["labels"][order], order, False)


def _of_queries(logits: Tensor, boxes: Tensor) -> Detections:
    """Of logits (queries, classes + 1), the last for no object, and boxes by centre and size."""
    sure, classes = logits.softmax(-1)[:, :-1].max(-1)
    order = sure.argsort(descending=True, stable=True)
    centre, half = boxes[:, :2], boxes[:, 2:] / 2
    corners = torch.cat((centre - half, centre + half), 1)
    places = torch.arange(len(logits), device=logits.device) * logits.shape[1] + classes
    return Detections(corners[order], classes[order], places[order], True)


def is_list_of_detections(output: Any) -> bool:
    """Whether it is a dict of boxes, labels and scores for each image."""
    wanted = ("boxes", "labels", "scores")
    return (
        isinstance(output, list | tuple)
        and len(output) > 0
        and all(
            isinstance(found, Mapping) and all(key in found for key in wanted) for found in output
        )
    )


def _has_queries(output: Any) -> bool:
    def tensor(name: str) -> Any:
        return output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)

    logits, boxes = tensor("logits"), tensor("pred_boxes")
    return (
        isinstance(logits, Tensor)
        and isinstance(boxes, Tensor)
        and logits.ndim == boxes.ndim == 3
        and logits.shape[:2] == boxes.shape[:2]
    )


def _named(output: Any, names: tuple[str, ...]) -> list[Tensor]:
    """The floating-point tensors that go by one of these names, in their order."""
    found = []
    for name in names:
        entry = output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)
        if isinstance(entry, Tensor) and is_float(entry) and entry.ndim:
            found.append(entry)
    return found


def no_such(what: str, output: Any) -> TargetError:
    """The error that says what the output contains instead, and how to write a target for it."""
    fits = _fitting(output)
    if not any(is_float(tensor) for _, tensor in walk(output)):
        return TargetError(
            f"the output has no {what}: {describe(output)}; there is no floating-point tensor in "
            "it to explain: let the model's forward return the scores that it decides by"
        )
    return TargetError(
        f"the output has no {what}: {describe(output)}; "
        f"give {fits + ', or ' if fits else ''}a callable, "
        f"such as target=lambda output: {_example(output)}"
    )


def _fitting(output: Any) -> str:
    """The target that outputs of this form have, as it is written; empty where there is none."""
    main = main_tensor(output)
    if is_list_of_detections(output) or _has_queries(output):
        return "bl.Box(0)"
    by_dimensions = {2: "a class, such as 0", 3: "bl.Word(0)", 4: "bl.Pixels(0)"}
    return "" if main is None else by_dimensions.get(main.ndim, "")


def _example(output: Any) -> str:
    """An expression that makes one score per image of some tensor in the output."""
    if is_list_of_detections(output):
        return "torch.stack([found['scores'].sum() for found in output])"
    path, tensor = next(
        ((path, tensor) for path, tensor in walk(output) if is_float(tensor) and tensor.ndim),
        ("output", None),  # which `no_such` says in other words
    )
    assert tensor is not None
    if tensor.ndim == 4:  # one channel of a segmentation or a map
        return f"{path}[:, 0].mean((1, 2))"
    if tensor.ndim == 1:
        return path
    dims = ", ".join(map(str, range(1, tensor.ndim)))
    return f"{path}.sum(({dims},))" if tensor.ndim == 2 else f"{path}.sum(({dims}))"
