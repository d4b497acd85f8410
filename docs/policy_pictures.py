"""The pictures of `policies.md`: steps of episodes. `python docs/pictures.py` makes them too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import backlight as bl

IMAGES = Path(__file__).parent / "images"
PART = 64  # pixels of Pong's field that are shown


def catch() -> None:
    """Six steps of an episode of Catch, as the animation shows them."""
    from backlight.games import make_game

    episode = bl.explain_episode("catch-dqn", make_game("catch"), seed=0)
    _steps(episode, np.linspace(1, len(episode) - 1, 6).round().astype(int), "catch.png")


def pong() -> None:
    """Steps of rallies of Pong in which the paddle is moved: the part with ball and paddle."""
    from backlight.explanations.animating import moments
    from backlight.games import make_game
    from backlight.show.animation import Look, drawn

    episode = bl.explain_episode("pong-imitator", make_game("pong"), seed=0, steps=300)
    told, found = moments(episode), []
    for step in np.flatnonzero(episode.actions > 0):
        masks, moment = episode.masks[step], told[step]
        assert masks is not None
        assert moment.heat is not None
        rows, columns = np.nonzero(masks["ball"] | masks["paddle"])
        if max(np.ptp(rows), np.ptp(columns)) > PART - 8:
            continue
        top = int(np.clip((rows.min() + rows.max() - PART) // 2, 0, len(moment.heat) - PART))
        part = slice(top, top + PART), slice(columns.max() + 6 - PART, columns.max() + 6)
        found.append(replace(moment, frame=moment.frame[part], heat=moment.heat[part]))
    low, high = float(episode.scores.min()), float(episode.scores.max())
    title, bars = "why the action that was done", "score of each action"
    look = Look(title=title, bars=bars, signed=False, low=low, high=high)
    some = np.linspace(0, len(found) - 1, 4).round().astype(int)
    _sheet([drawn(found[place], look) for place in some], "pong.png")


def _steps(episode: bl.Episode, steps: NDArray[np.int64], name: str) -> None:
    """Some steps as the animation shows them."""
    from backlight.explanations.animating import pictures

    shown = pictures([episode])
    _sheet([shown[step] for step in steps], name)


def _sheet(shown: list[Image.Image], name: str) -> None:
    """Pictures of steps, two in a row, at half their size."""
    width, height = shown[0].size
    rows = len(shown) // 2
    sheet = Image.new("RGB", (2 * width, rows * height), "white")
    for place, picture in enumerate(shown):
        sheet.paste(picture, (place % 2 * width, place // 2 * height))
    small = sheet.resize((width, rows * height // 2))
    small.quantize(96).save(IMAGES / name, optimize=True)
