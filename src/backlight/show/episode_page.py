"""The page of an episode: frames beside the maps of what was looked at, played or stepped through.

Plain arrays and texts go in. Nothing here knows what an environment or a policy is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from backlight.errors import InputError
from backlight.show.colour import check_range
from backlight.show.encode import heat_uri, picture_uri
from backlight.show.episode_parts import choices_part, numbers_part, player_part
from backlight.show.page_data import RecipeData
from backlight.show.page_parts import recipe_section
from backlight.show.page_shell import filled
from backlight.show.page_stage import legend
from backlight.show.page_text import escaped
from backlight.show.text import clean

_MAP_SIDE = 128  # of a map's picture: hundreds of them go into one page
_PIXELATED = 320  # frames narrower than this keep their pixels when enlarged

Numbers = NDArray[np.float64]


def episode_page(
    frames: NDArray[np.uint8],
    heats: ArrayLike,
    actions: Sequence[str],
    *,
    choices: Sequence[str] = (),
    scores: ArrayLike | None = None,
    signed: bool = False,
    numbers: Mapping[str, ArrayLike] | None = None,
    title: str = "Episode",
    lede: str = "",
    map_name: str = "Where it looked",
    note: str = "",
    per_second: float = 8.0,
    recipe: RecipeData | None = None,
) -> str:
    """The HTML of the page, self-contained: pictures, style and script are inside it.

    Args:
        frames: (T, H, W, 3), uint8: what was seen at each of T steps.
        heats: (T, h, w) in [0, 1]: the map of each step, over the whole frame.
        actions: for each step what was done.
        choices, scores: the names of what could be done, and (T, len(choices)) how each was
            valued, drawn as bars; left out together.
        signed: whether the maps show both signs, in [-1, 1]: what speaks for it and against.
        numbers: per step, by their names (reward, return, value): (T,) each, drawn as curves.
        title, lede: the heading, and a line below it.
        map_name, note: what the map is of, and how to read it.
        per_second: steps a second when it is played.
        recipe: what it takes to make it again.

    Raises:
        InputError: the shapes do not fit together, a map is not in range, a number not finite.
    """
    maps = _checked(frames, heats, actions, signed)
    table = _table(scores, choices, len(frames))
    curves = {name: _series(name, given, len(frames)) for name, given in (numbers or {}).items()}
    if not per_second > 0:
        raise InputError(f"per_second={per_second}: expected a number above 0")
    pictures = [picture_uri(Image.fromarray(frame)) for frame in frames]
    size = _shape(frames.shape[2], frames.shape[1])
    looks = [heat_uri(heat, signed=signed, size=size) for heat in maps]
    data = {
        "frames": pictures,
        "heats": looks,
        "actions": [clean(action) for action in actions],
        "choices": [clean(choice) for choice in choices],
        "scores": table.tolist(),
        "numbers": [series.tolist() for series in curves.values()],
        "perSecond": per_second,
    }
    side = [
        choices_part(actions[0], choices, table),
        numbers_part(curves),
    ]
    main = f"""<section class="episode" aria-label="{escaped(title)}">
<div class="watch">
{_pictures(frames, pictures[0], looks[0], map_name, signed)}
{player_part(len(frames), per_second)}
{f'<p class="note">{escaped(note)}</p>' if note else ""}
</div>
<div class="side">{"".join(side)}</div>
</section>
{_block(data)}
{recipe_section(recipe, ()) if recipe else ""}"""
    return filled(
        title=escaped(title),
        heading=escaped(title),
        below=f'<p class="lede">{escaped(lede)}</p>' if lede else "",
        main=main,
        css=["page.css", "episode.css"],
        js=["page.js", "episode.js"],
    )


def _pictures(frames: NDArray[np.uint8], frame: str, heat: str, map_name: str, signed: bool) -> str:
    height, width = frames.shape[1:3]
    crisp = " crisp" if width < _PIXELATED else ""
    size = f'width="{width}" height="{height}"'
    picture = f'<img class="frame{crisp}" {size} src="{frame}"'
    return f"""<div class="pair">
<figure><div class="screen">{picture} alt="The frame of this step"></div>
<figcaption>What it saw</figcaption></figure>
<figure><div class="screen">{picture} alt="">
<img class="heat" {size} src="{heat}" alt="{escaped(map_name)}, over the frame"></div>
<figcaption>{escaped(map_name)}</figcaption>
{legend("diverging" if signed else "sequential")}</figure>
</div>"""


def _shape(width: int, height: int) -> tuple[int, int]:
    """The size of a map's picture: small, in the proportions of the frames that it lies on."""
    scale = _MAP_SIDE / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _block(data: Mapping[str, object]) -> str:
    """The data as a block that the script reads; no text in it can end the block."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="episode-data">{text}</script>'


def _checked(
    frames: NDArray[np.uint8], heats: ArrayLike, actions: Sequence[str], signed: bool
) -> Numbers:
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or not frames.size:
        raise InputError(
            f"frames are uint8 of shape (steps, height, width, 3), not {frames.dtype} "
            f"{frames.shape}"
        )
    maps = check_range(heats, -1.0 if signed else 0.0)
    if maps.ndim != 3 or len(maps) != len(frames) or not maps.size:
        raise InputError(
            f"{len(frames)} frames go with maps of shape ({len(frames)}, h, w), not {maps.shape}"
        )
    if len(actions) != len(frames):
        raise InputError(f"{len(frames)} frames go with as many actions, not {len(actions)}")
    return maps


def _table(scores: ArrayLike | None, choices: Sequence[str], steps: int) -> Numbers:
    table = np.zeros((steps, 0)) if scores is None else np.asarray(scores, dtype=np.float64)
    if table.shape != (steps, len(choices)):
        raise InputError(
            f"{steps} steps and {len(choices)} choices go with scores of shape "
            f"{(steps, len(choices))}, not {table.shape}"
        )
    return _finite("the scores", table)


def _series(name: str, given: ArrayLike, steps: int) -> Numbers:
    series = np.asarray(given, dtype=np.float64)
    if series.shape != (steps,):
        raise InputError(f"{name!r} needs one number for each of {steps} steps: {series.shape}")
    return _finite(repr(name), series)


def _finite(what: str, values: Numbers) -> Numbers:
    if not np.isfinite(values).all():
        step = int(np.argwhere(~np.isfinite(values))[0][0])
        raise InputError(f"{what} must be finite, and are not at step {step}")
    return values
