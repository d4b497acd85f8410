"""Episodes as the show room's plain data, and as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from backlight.errors import InputError
from backlight.explanations.episodes import Episode
from backlight.show.animation import Look, Moment, check_animation, drawn, write_animation

_FPS = 8.0


def save(
    episodes: Sequence[Episode], path: Path, *, overwrite: bool = False, fps: float | None = None
) -> Path:
    """Write episodes, one after the other, as one animation; errors as `Episode.save`."""
    check_animation(path, overwrite=overwrite)
    return write_animation(path, pictures(episodes), fps=fps or _FPS, overwrite=overwrite)


def pictures(episodes: Sequence[Episode]) -> list[Image.Image]:
    """A picture for each step, all of one size and with bars of one scale.

    Raises:
        InputError: there is no episode.
    """
    if not episodes:
        raise InputError("no episode was given: expected at least one")
    look = _look(episodes)
    return [
        drawn(moment, look)
        for number, episode in enumerate(episodes, 1)
        for moment in moments(episode, f"episode {number} · " if len(episodes) > 1 else "")
    ]


def moments(episode: Episode, before: str = "") -> list[Moment]:
    """Each step as it is drawn; `before` is put before what is told of it."""
    heat = None
    if episode.maps is not None:
        heat = episode.heatmap(signed=episode.signed).numpy().astype(np.float64)
    score = np.cumsum(episode.rewards)
    found = []
    for step in range(len(episode)):
        told = [f"{before}step {step + 1} of {len(episode)}", f"score {score[step]:g}"]
        if episode.values is not None:
            told.insert(1, f"value {float(episode.values[step]):+.2f}")
        found.append(
            Moment(
                frame=episode.frames[step],
                heat=None if heat is None else heat[step],
                bars=list(zip(episode.names, episode.scores[step].tolist(), strict=True)),
                chosen=int(episode.actions[step]),
                lines=[" · ".join(told), _how(episode)],
            )
        )
    return found


def _look(episodes: Sequence[Episode]) -> Look:
    first = episodes[0]
    scores = np.concatenate([episode.scores.numpy() for episode in episodes])
    titles = {"action": "why the action that was done", "value": "why this value"}
    return Look(
        title=titles.get(first.target or "", f"why {first.target}"),
        bars="score of each action",
        signed=first.signed,
        low=float(scores.min()),
        high=float(scores.max()),
    )


def _how(episode: Episode) -> str:
    if episode.method is None:
        return episode.model
    where = f" at {episode.layer}" if episode.layer else ""
    return f"{episode.model} · {episode.method}{where}"
