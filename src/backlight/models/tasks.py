"""What networks are asked to do: the word that loading, the command line and the page share."""

from __future__ import annotations

from typing import Final, Literal, get_args

from backlight.errors import ModelError, did_you_mean

#: classify: one score for each class. caption: words about the image. vqa: the answer to a question
#: about it. detect: boxes. segment: a class for every pixel. embed: a vector. act: what to do next.
Task = Literal["classify", "caption", "vqa", "detect", "segment", "embed", "act"]

TASKS: Final[tuple[Task, ...]] = get_args(Task)


def find_task(name: str) -> Task:
    """The task of that name.

    Raises:
        ModelError: there is none; the nearest is named.
    """
    for task in TASKS:
        if task == name:
            return task
    hint = did_you_mean(str(name), TASKS) or f": one of {', '.join(TASKS)}"
    raise ModelError(f"no task {name!r}{hint}")


def why_no_photos(name: str | None, task: Task, otherwise: str) -> str:
    """Why a network without preprocessing takes no photos, and what to do about it.

    Args:
        name: the network's, where it has one.
        otherwise: what to do where a photo may well be what it is made for.
    """
    name = name or "this network"
    if task == "act":
        return (
            f"{name} chooses actions by what it sees of a game, not by a photo: "
            "`backlight play GAME --explain` shows why"
        )
    return f"{name} has no preprocessing for photos: {otherwise}"
