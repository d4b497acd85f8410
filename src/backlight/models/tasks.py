"""What networks are asked to do: the word that loading, the command line and the page share."""

from __future__ import annotations

from typing import Final, Literal, get_args

#: classify: one score for each class. caption: words about the image. vqa: the answer to a question
#: about it. detect: boxes. segment: a class for every pixel. embed: a vector. act: what to do next.
Task = Literal["classify", "caption", "vqa", "detect", "segment", "embed", "act"]

TASKS: Final[tuple[Task, ...]] = get_args(Task)
