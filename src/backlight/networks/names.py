"""Looking something up by its name, with the words that lead out of a misspelt one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from backlight.errors import InputError, did_you_mean

T = TypeVar("T")


def find(
    what: str, name: Any, table: Mapping[str, T], aliases: Mapping[str, str] | None = None
) -> T:
    """The entry of this name; underscores count as hyphens, capitals as small letters.

    Raises:
        InputError: there is none (the nearest is named, or all are).
    """
    if not isinstance(name, str):
        raise InputError(
            f"{what} must be a name ({', '.join(table)}), not {type(name).__name__} {name!r}"
        )
    asked = name.replace("_", "-").lower()
    asked = (aliases or {}).get(asked, asked)
    if asked in table:
        return table[asked]
    hint = did_you_mean(asked, table) or f"; there are {', '.join(table)}"
    raise InputError(f"no {what} {name!r}{hint}")
