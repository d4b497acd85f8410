"""Targets out of a table with one column for each class: classes and actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backlight.errors import TargetError, did_you_mean
from backlight.explanations.targets.base import NOTHING, Context, OfRoot, Scored
from backlight.explanations.targets.forms import action_scores, class_scores
from backlight.models.labels import find_label

Entry = int | str

# So many names are all told in an error.
_FEW = 12


class OfTable(OfRoot):
    """Scores picked from a table (B, classes)."""

    #: What people call a column.
    kind = "class"

    def root(self, output: Any, context: Context) -> Tensor:
        return self.checked(class_scores(output), context)

    def is_linear(self, output: Any) -> bool:
        return True

    def checked(self, table: Tensor, context: Context) -> Tensor:
        """The table itself; TargetError where the labels are not one for each column."""
        labels = context.labels
        if labels is not None and len(labels) != table.shape[1]:
            raise TargetError(
                f"the model has {len(labels)} labels, but {table.shape[1]} scores for each image: "
                "give a Model with one label for each score"
            )
        return table

    def picked(self, root: Tensor, context: Context) -> list[int]:
        """Each image's column."""
        raise NotImplementedError

    def score(self, root: Tensor, context: Context) -> Tensor:
        column = torch.tensor(self.picked(root, context), device=root.device).unsqueeze(1)
        return root.gather(1, column).squeeze(1)

    def scored(self, output: Any, context: Context = NOTHING) -> Scored:
        # The cotangent of one entry is known: no graph is needed for it.
        table = self.root(output, context)
        indices = self.picked(table.detach(), context)
        column = torch.tensor(indices, device=table.device).unsqueeze(1)
        cotangent = torch.zeros_like(table).scatter_(1, column, 1.0)
        scores = table.detach().gather(1, column).squeeze(1)
        names = tuple(self.named(index, context) for index in indices)
        return Scored(scores, table, cotangent, names, tuple(indices))

    def named(self, index: int, context: Context) -> str:
        return class_name(index, context.labels)

    def names(self, root: Tensor, context: Context) -> tuple[str, ...]:
        return tuple(self.named(index, context) for index in self.picked(root, context))

    def classes(self, root: Tensor, context: Context) -> tuple[int | None, ...]:
        return tuple(self.picked(root, context))


class TopClass(OfTable):
    """Every image's own best class."""

    def picked(self, root: Tensor, context: Context) -> list[int]:
        best: list[int] = root.detach().argmax(1).tolist()
        return best

    def __str__(self) -> str:
        return "the top class"


class Class(OfTable):
    """A class by its index or its label, the same for every image or one for each.

    The score is the class's logit, before the softmax.

    Args:
        which: an index, a label (or one of its comma-separated synonyms, case ignored), or a list
            with one of these for each image.

    Raises:
        TargetError: `which` is none of these; when met with an output, there is no such class.
    """

    def __init__(self, which: Any) -> None:
        self.entries = entries(which, self.kind.capitalize())

    def of(self, index: int) -> Class:
        return type(self)(self.entries[index]) if len(self.entries) > 1 else self

    def picked(self, root: Tensor, context: Context) -> list[int]:
        batch, count = root.shape
        if len(self.entries) not in (1, batch):
            raise TargetError(f"{len(self.entries)} targets were given for {batch} images")
        indices = [self.index(entry, count, context.labels) for entry in self.entries]
        return indices * batch if len(indices) == 1 else indices

    def index(self, entry: Entry, count: int, labels: Sequence[str] | None) -> int:
        return class_index(entry, count, labels)

    def __str__(self) -> str:
        return ", ".join(map(str, self.entries))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class Named(Class):
    """A column that people call something else than a class."""

    def index(self, entry: Entry, count: int, labels: Sequence[str] | None) -> int:
        kind = self.kind
        if isinstance(entry, str) and labels is None and not entry.isdecimal():
            raise TargetError(
                f"this model came without names of {kind}s, so {entry!r} is unknown: "
                f"give an index, 0 to {count - 1}, or a Model with labels"
            )
        try:
            return class_index(entry, count, labels)
        except TargetError:
            near = did_you_mean(str(entry), labels or ())
            known = f": {', '.join(labels)}" if labels and count <= _FEW else ""
            raise TargetError(
                f"no {kind} {entry!r}{near}; this model has {count}, 0 to {count - 1}{known}"
            ) from None

    def named(self, index: int, context: Context) -> str:
        labels = context.labels
        return labels[index] if labels is not None else f"{self.kind} {index}"

    def __str__(self) -> str:
        return f"{self.kind} {super().__str__()}"

    def __repr__(self) -> str:
        return f"{self.kind.capitalize()}({', '.join(map(str, self.entries))!r})"


class Action(Named):
    """What a policy may do, by its name (the model's labels) or its index.

    The score is the action's logit, or its value where the network is a table of those (Q).

    Args:
        which: a name or an index, or a list with one for each observation.

    Raises:
        TargetError: there is no such action; the nearest are named.
    """

    kind = "action"

    def root(self, output: Any, context: Context) -> Tensor:
        return self.checked(action_scores(output), context)


def class_name(index: int, labels: Sequence[str] | None) -> str:
    """A class in words; by its number where the model came without labels."""
    return labels[index] if labels is not None and index < len(labels) else f"class {index}"


def class_index(entry: Entry, count: int, labels: Sequence[str] | None) -> int:
    """The column that an index or label stands for, of `count`.

    Raises:
        TargetError: there is none; the nearest labels are named.
    """
    if isinstance(entry, str):
        if labels is None and not entry.isdecimal():
            raise TargetError(
                f"this model came without labels, so {entry!r} is unknown: "
                f"give a class index, 0 to {count - 1}, or a Model with labels"
            )
        entry = int(entry) if labels is None else find_label(entry, labels)
    if not 0 <= entry < count:
        raise TargetError(f"no class {entry}: this model has classes 0 to {count - 1}")
    return entry


def entries(which: Any, who: str) -> tuple[Entry, ...]:
    """Indices and labels out of one of them or a list of them.

    Raises:
        TargetError: it is neither.
    """
    if is_entry(which):
        return (_entry(which),)
    if isinstance(which, Tensor | np.ndarray) and which.ndim == 1:
        which = which.tolist()
    if isinstance(which, list | tuple) and which and all(map(is_entry, which)):
        return tuple(map(_entry, which))
    kind = which if isinstance(which, bool) else type(which).__name__
    raise TargetError(
        f"{who} takes an index, a label, or a list with one of these per image, not {kind}"
    )


def is_entry(entry: Any) -> bool:
    """Whether it is one label or one whole number, of Python, NumPy or PyTorch."""
    if isinstance(entry, Tensor | np.ndarray):
        whole = not (entry.is_floating_point() if isinstance(entry, Tensor) else False)
        return entry.ndim == 0 and whole and is_entry(entry.item())
    return isinstance(entry, str | int | np.integer) and not isinstance(entry, bool)


def _entry(entry: Any) -> Entry:
    return str(entry) if isinstance(entry, str) else int(entry)
