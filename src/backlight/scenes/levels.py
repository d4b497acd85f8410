"""How hard a scene is: one table of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from backlight.errors import InputError, did_you_mean
from backlight.scenes.paints import TEXTURES

MOST_THINGS: Final = 6  # as many as there are words for


@dataclass(frozen=True)
class Level:
    """What scenes of one level are drawn from. Ranges hold both ends, drawn uniformly.

    Attributes:
        name: what the level is called.
        things: how many objects are planned. One that finds no place is left out.
        radius: of the circle that an object fills, as a share of the picture's shorter side.
        rotation: the largest angle to either side, degrees.
        hidden: the largest share of an object that those in front of it may hide.
        textures: names of the textures that occur.
        hue: the largest shift of an object's hue, degrees.
        shade: the largest relative change of an object's brightness and saturation.
        lines: how many stray lines the background has.
        patches: how many patches of stray texture the background has.
        chroma: how far a background's red, green and blue may lie from its grey, of 1.
        contrast: between the darkest and the lightest of the background, of 1.
        lighting: the largest share of light that falls off across the picture.
        blur: the largest weight of each neighbour (above, below, left, right) in a pixel.
        noise: the largest standard deviation of the noise of the sensor, of 1.
    """

    name: str
    things: tuple[int, int]
    radius: tuple[float, float]
    rotation: float
    hidden: float
    textures: tuple[str, ...]
    hue: float
    shade: float
    lines: tuple[int, int]
    patches: tuple[int, int]
    chroma: float
    contrast: float
    lighting: float
    blur: float
    noise: float

    def __post_init__(self) -> None:
        least, most = self.things
        if not 1 <= least <= most <= MOST_THINGS:
            raise InputError(f"things must be from 1 to at most {MOST_THINGS}, not {self.things}")
        # What is smaller, or hidden more, can be left without a pixel of its own.
        if not 0.1 <= self.radius[0] <= self.radius[1] <= 0.4:
            raise InputError(f"radius must be shares from 0.1 to at most 0.4, not {self.radius}")
        if not 0 <= self.hidden <= 0.5:
            raise InputError(f"hidden must be a share from 0 to 0.5, not {self.hidden}")
        if not self.textures:
            raise InputError(f"a level needs at least one texture; there are {', '.join(TEXTURES)}")
        for texture in self.textures:
            if texture not in TEXTURES:
                hint = did_you_mean(texture, TEXTURES) or f"; there are {', '.join(TEXTURES)}"
                raise InputError(f"no texture {texture!r}{hint}")


_ALL: Final = tuple(TEXTURES)

# fmt: off
_NUMBERS: Final[dict[str, tuple[Any, Any, Any]]] = {
    #            easy          medium        hard
    "things":   ((1, 3),       (2, 4),       (3, 6)),
    "radius":   ((0.17, 0.23), (0.15, 0.22), (0.11, 0.18)),
    "rotation": (15,           40,           180),
    "hidden":   (0,            0.15,         0.40),
    "textures": (_ALL[:3],     _ALL,         _ALL),
    "hue":      (4,            6,            8),
    "shade":    (0.06,         0.12,         0.20),
    "lines":    ((0, 2),       (2, 5),       (4, 9)),
    "patches":  ((0, 1),       (1, 3),       (2, 5)),
    "chroma":   (0.06,         0.10,         0.16),
    "contrast": (0.25,         0.40,         0.55),
    "lighting": (0.10,         0.25,         0.45),
    "blur":     (0,            0.10,         0.20),
    "noise":    (0.010,        0.025,        0.050),
}
# fmt: on

LEVELS: Final[dict[str, Level]] = {
    name: Level(name, **{what: row[column] for what, row in _NUMBERS.items()})
    for column, name in enumerate(("easy", "medium", "hard"))
}


def find_level(level: Any) -> Level:
    """The level of this name, or the level itself.

    Raises:
        InputError: there is none (the nearest is named, or all are).
    """
    if isinstance(level, Level):
        return level
    if not isinstance(level, str):
        raise InputError(f"level must be a name ({', '.join(LEVELS)}) or a Level, not {level!r}")
    asked = level.strip().lower()
    if asked in LEVELS:
        return LEVELS[asked]
    hint = did_you_mean(asked, LEVELS) or f"; there are {', '.join(LEVELS)}"
    raise InputError(f"no level {level!r}{hint}")
