"""The parts of an episode's page beside the pictures: the player, the choices, the curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from backlight.show.page_text import escaped, number_text

_SPEEDS = (0.25, 0.5, 1, 2, 4)


def player_part(steps: int, per_second: float) -> str:
    """Buttons, slider and speed. Steps are counted from 1 for people."""
    buttons = "".join(
        f'<button type="button" data-does="{does}" aria-label="{label}">{sign}</button>'
        for does, label, sign in (
            ("first", "First step", _icon("M4 3V13M13 3L6 8L13 13Z")),
            ("back", "One step back", _icon("M11 3L4 8L11 13Z")),
            ("play", "Play", _icon("M4 2.5L13 8L4 13.5Z", "M4 3H7V13H4ZM9 3H12V13H9Z")),
            ("on", "One step on", _icon("M5 3L12 8L5 13Z")),
            ("last", "Last step", _icon("M12 3V13M3 3L10 8L3 13Z")),
        )
    )
    speeds = "".join(
        f'<option value="{speed}"{" selected" if speed == 1 else ""}>{speed:g}×</option>'
        for speed in _SPEEDS
    )
    return f"""<div class="player" role="group" aria-label="Player">
<input type="range" class="steps" min="0" max="{steps - 1}" value="0" aria-label="Step">
<div class="keys">{buttons}
<output class="at">1 of {steps}</output>
<label class="speed"><span>Speed</span> <select>{speeds}</select></label></div>
<p class="hint">Space plays and pauses; the left and right arrow keys step.</p>
</div>"""


def choices_part(action: str, choices: Sequence[str], scores: NDArray[np.float64]) -> str:
    """What was done at the first step, and how each choice was valued."""
    done = f'<p class="kind">Action</p><p class="answer action"><bdi>{escaped(action)}</bdi></p>'
    if not choices:
        return f"<div>{done}</div>"
    low, high = bounds(scores)
    rows = "".join(
        _choice(name, float(score), low, high, chosen=name == action)
        for name, score in zip(choices, scores[0], strict=True)
    )
    return (
        f'<div>{done}<ol class="classes choices-made" data-low="{low!r}" data-high="{high!r}">'
        f"{rows}</ol></div>"
    )


def numbers_part(curves: Mapping[str, NDArray[np.float64]]) -> str:
    """Each number as a curve over the episode, with a mark at the step that is shown."""
    return "".join(_curve(name, series) for name, series in curves.items())


def bounds(values: NDArray[np.float64]) -> tuple[float, float]:
    """From the lowest to the highest of values and zero; never an empty stretch."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    return (low, high) if high > low else (low, low + 1.0)


def _choice(name: str, score: float, low: float, high: float, *, chosen: bool) -> str:
    zero, end = (100 * (value - low) / (high - low) for value in (0.0, score))
    left, length = min(zero, end), abs(end - zero)
    return (
        f'<li{" class=chosen" if chosen else ""}><span class="label"><bdi>{escaped(name)}</bdi>'
        f'</span><span class="numbers">{number_text(score)}</span>'
        '<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect x="{left:.4g}" width="{length:.4g}" height="1"/></svg></li>'
    )


def _curve(name: str, series: NDArray[np.float64]) -> str:
    low, high = bounds(series)
    last = max(len(series) - 1, 1)
    heights = (high - series) / (high - low)
    points = " ".join(f"{100 * i / last:.5g},{y:.4g}" for i, y in enumerate(heights))
    zero = high / (high - low)
    return f"""<div class="curve"><p><span class="label">{escaped(name)}</span>
<span class="numbers">{number_text(float(series[0]))}</span></p>
<svg viewBox="0 0 100 1" preserveAspectRatio="none" role="img"
 aria-label="{escaped(name)} over the episode, from {number_text(float(series.min()))} to
 {number_text(float(series.max()))}">
<line class="zero" x1="0" x2="100" y1="{zero:.4g}" y2="{zero:.4g}"/>
<polyline points="{points}"/><line class="now" x1="0" x2="0" y1="0" y2="1"/></svg></div>"""


def _icon(path: str, other: str = "") -> str:
    """A sign of 16 by 16; the other one is shown while the episode plays."""
    signs = f'<path class="still" d="{path}"/>' + (
        f'<path class="going" d="{other}"/>' if other else ""
    )
    return f'<svg viewBox="0 0 16 16" aria-hidden="true">{signs}</svg>'
