"""Episodes as the show room's plain data, and as a file: an animation, or a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import backlight
from backlight.errors import FileError, InputError
from backlight.explanations.episodes import Episode
from backlight.explanations.methods import find_method
from backlight.show.animation import ENDINGS as ANIMATIONS
from backlight.show.animation import Look, Moment, check_animation, drawn, write_animation
from backlight.show.episode_page import episode_page
from backlight.show.files import check_writable, write_whole
from backlight.show.page_data import RecipeData

#: What an episode can be written as.
ENDINGS = (*ANIMATIONS, ".html")

_FPS = 8.0


def save(
    episodes: Sequence[Episode], path: Path, *, overwrite: bool = False, fps: float | None = None
) -> Path:
    """Write episodes, one after the other, as one animation or page; errors as `Episode.save`."""
    check_ending(path, overwrite=overwrite)
    if path.suffix.lower() == ".html":
        return write_whole(path, page(episodes, fps=fps).encode(), overwrite=overwrite)
    return write_animation(path, pictures(episodes), fps=fps or _FPS, overwrite=overwrite)


def check_ending(path: Path, *, overwrite: bool = False) -> None:
    """Raise what `save` would raise, as far as it is known before anything is played."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise FileError(
            f"cannot write {path}: an episode is a {', '.join(ANIMATIONS)} or .html file"
            + (f", such as {path.with_suffix(ANIMATIONS[0])}" if path.name else "")
        )
    if ending == ".html":
        check_writable(path, overwrite=overwrite)
    else:
        check_animation(path, overwrite=overwrite)


def page(episodes: Sequence[Episode], *, fps: float | None = None) -> str:
    """The episodes as one HTML page, to be played or stepped through.

    Raises:
        InputError: there is no episode, or one was not explained.
    """
    _check_some(episodes)
    first = episodes[0]
    numbers = {
        "score": np.concatenate([np.cumsum(episode.rewards) for episode in episodes]),
    }
    values = [episode.values for episode in episodes if episode.values is not None]
    if len(values) == len(episodes):
        numbers["value"] = np.concatenate([each.numpy() for each in values])
    heats = [episode.heatmap(signed=first.signed).numpy() for episode in episodes]
    several = f"{len(episodes)} episodes" if len(episodes) > 1 else "an episode"
    steps = sum(map(len, episodes))
    return episode_page(
        np.concatenate([episode.frames for episode in episodes]),
        np.concatenate(heats).astype(np.float64),
        [episode.names[action] for episode in episodes for action in episode.actions],
        choices=first.names,
        scores=np.concatenate([episode.scores.numpy() for episode in episodes]),
        signed=first.signed,
        numbers=numbers,
        title=f"{first.model or 'A policy'} plays",
        lede=f"{several.capitalize()}, {steps} steps, score "
        + ", ".join(f"{episode.score:g}" for episode in episodes),
        map_name=_look(episodes).title.capitalize(),
        note=f"Each map, by {_how(first).partition(' · ')[2]}, is scaled by itself.",
        per_second=fps or _FPS,
        recipe=_recipe(first),
    )


def pictures(episodes: Sequence[Episode]) -> list[Image.Image]:
    """A picture for each step, all of one size and with bars of one scale.

    Raises:
        InputError: there is no episode.
    """
    _check_some(episodes)
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


def _check_some(episodes: Sequence[Episode]) -> None:
    if not episodes:
        raise InputError("no episode was given: expected at least one")


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


def _recipe(episode: Episode) -> RecipeData:
    spec = None if episode.method is None else find_method(episode.method)
    return RecipeData(
        model=episode.model,
        method=episode.method or "",
        method_description=spec.summary if spec else "",
        citation=spec.source if spec else "",
        layer=episode.layer or "",
        more=() if episode.target is None else (("Target", episode.target),),
        versions=(("Backlight", backlight.__version__), ("torch", torch.__version__)),
    )
