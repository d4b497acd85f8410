"""Words in pictures: which font can draw them, and where their lines break.

Pillow's built-in font knows little more than ASCII. Typographic signs it lacks are exchanged for
their plain stand-ins; for other scripts a font of the system is looked for, and only where there
is none does a letter lose its accent or become a question mark.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_SYSTEM_FONTS = (
    "DejaVuSans.ttf",
    "LiberationSans-Regular.ttf",
    "NotoSans-Regular.ttf",
    "arial.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
    "msyh.ttc",
    "Hiragino Sans GB.ttc",
)
_STAND_INS = str.maketrans(
    {
        "\u00d7": "x",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "²": "^2",
        "³": "^3",
        "→": "->",
        "•": "·",
        "\u00a0": " ",
    }
)
# Signs that would turn the reading direction of the text around them.
_TURNING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def clean(text: str) -> str:
    """`text` on one line, without control characters, lone surrogates and direction overrides."""
    kept = (
        "\ufffd" if c in _TURNING or unicodedata.category(c) in ("Cs", "Cn") else c
        for c in text.translate({0: 0xFFFD})
    )
    shown = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in kept)
    return " ".join(shown.split())


class Typeface:
    """A font that draws all of some text, at any size, and the text made fit for it."""

    def __init__(self, text: str) -> None:
        self._name = _best_font(text)

    def at(self, size: float) -> Font:
        return _font(self._name, round(size))

    def fit(self, text: str) -> str:
        """`text` with every character replaced that the font cannot draw."""
        return "".join(_drawable(self._name, character) for character in text)


def wrap(text: str, font: Font, width: float) -> list[str]:
    """`text` broken into lines no wider than `width` pixels; words wider than that are broken."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".lstrip()
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        pieces = _break(word, font, width)
        lines = [*lines, *pieces] if lines[-1] else pieces
    return lines


def _break(word: str, font: Font, width: float) -> list[str]:
    pieces = []
    while word and font.getlength(word) > width:
        count = max(1, int(len(word) * width / font.getlength(word)))
        while count > 1 and font.getlength(word[:count]) > width:
            count -= 1
        pieces.append(word[:count])
        word = word[count:]
    return [*pieces, word] if word else pieces


@cache
def _font(name: str | None, size: int) -> Font:
    return ImageFont.load_default(size=size) if name is None else ImageFont.truetype(name, size)


def _best_font(text: str) -> str | None:
    """The built-in font (None) if stand-ins suffice, or the first system font that lacks least."""
    letters = set(text.translate(_STAND_INS))
    lacking = sum(not _has(None, letter) for letter in letters)
    best: str | None = None
    for name in _SYSTEM_FONTS if lacking else ():
        if _exists(name) and (count := sum(not _has(name, c) for c in letters)) < lacking:
            best, lacking = name, count
    return best


@cache
def _exists(name: str) -> bool:
    try:
        _font(name, 12)
    except OSError:
        return False
    return True


@cache
def _has(name: str | None, character: str) -> bool:
    """Whether the font draws something else for `character` than its box for unknown ones."""
    font = _font(name, 24)
    if character.isspace() or not isinstance(font, ImageFont.FreeTypeFont):
        return character.isascii()
    return bytes(font.getmask(character)) != bytes(font.getmask("\uffff"))


def _drawable(name: str | None, character: str) -> str:
    if _has(name, character):
        return character
    plain = character.translate(_STAND_INS)
    if plain == character:
        plain = unicodedata.normalize("NFKD", character)
    return "".join(c for c in plain if _has(name, c)) or "?"
