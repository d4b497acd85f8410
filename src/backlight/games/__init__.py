"""Games to learn, with exact masks of what is in each picture: real Gymnasium environments.

Importing this package registers them: `gymnasium.make("backlight/Catch-v0")`,
`gymnasium.make("backlight/Pong-v0")`. It needs the extra `play`.
"""

from __future__ import annotations

from typing import Any, Final

from backlight.errors import InputError, did_you_mean
from backlight.games.packages import needed

_gymnasium = needed("gymnasium")

#: The environments by the names that `make_game` takes.
GAMES: Final = {"catch": "backlight/Catch-v0", "pong": "backlight/Pong-v0"}

_gymnasium.register(GAMES["catch"], entry_point="backlight.games.catch:Catch")
_gymnasium.register(GAMES["pong"], entry_point="backlight.games.pong:Pong")


def make_game(name: str, *, render: bool = True) -> Any:
    """A game as the reference policies see it: observations are the last two pictures.

    Args:
        name: "catch" or "pong".
        render: whether `render()` returns the picture in colour.

    Raises:
        InputError: there is no such game; the nearest is named.
        MissingExtraError: a package is needed that is not installed.
    """
    if name not in GAMES:
        hint = did_you_mean(name, GAMES) or f": one of {', '.join(GAMES)}"
        raise InputError(f"no game {name!r}{hint}")
    game = _gymnasium.make(GAMES[name], render_mode="rgb_array" if render else None)
    return _gymnasium.wrappers.FrameStackObservation(game, 2)
