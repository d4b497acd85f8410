"""Catch: a ball falls, a paddle at the bottom is to be below it when it lands.

The game of Mnih et al. 2014 (arXiv 1406.6247) and of bsuite (Osband et al. 2020, arXiv
1908.03568), with a ball that drifts and bounces off the walls, and with objects of several pixels,
so that it can be said exactly whether a map lies on one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from backlight.games.packages import needed

if TYPE_CHECKING:
    import gymnasium
else:
    gymnasium = needed("gymnasium")

Frame = NDArray[np.uint8]
Mask = NDArray[np.bool_]

ACTIONS: Final = ("left", "stay", "right")
SIDE: Final = 48  # pixels, of the square picture

_BALL = 6  # pixels, each side
_PADDLE = (4, 12)  # height and width
_FALL = 2  # pixels a step
_SPEED = 2  # of the paddle
_MOST_DRIFT = 2  # of the ball, to either side
_BALL_COLOUR = (255, 196, 61)
_PADDLE_COLOUR = (72, 160, 255)


class Catch(gymnasium.Env[Frame, np.int64]):
    """One ball falls for 19 steps; the reward is 1 when it is caught, -1 when it is missed.

    Observations are pictures, uint8 (48, 48, 3), black but for ball and paddle. The ball falls two
    pixels a step and drifts by a number of pixels that is drawn at the start, -2 to 2; from the
    walls it bounces. The drift is not seen in one picture: two show it. The paddle moves by two
    pixels; from wherever it starts it can be in time.

    `info["masks"]` holds the exact pixels of the objects: `{"ball": …, "paddle": …}`, boolean
    (48, 48).

    Args:
        render_mode: None or "rgb_array": `render()` then returns the picture.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  (as the base class has it)
        "render_modes": ["rgb_array"],
        "render_fps": 10,
    }

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observation_space = gymnasium.spaces.Box(0, 255, (SIDE, SIDE, 3), np.uint8)
        self.action_space = gymnasium.spaces.Discrete(len(ACTIONS))
        self._x = self._y = self._drift = self._paddle = 0
        self._landed = True

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Frame, dict[str, Any]]:
        """A new ball at the top, a new place for the paddle: the first picture and `info`."""
        super().reset(seed=seed)
        self._x = int(self.np_random.integers(SIDE - _BALL + 1))
        self._y = 0
        self._drift = int(self.np_random.integers(-_MOST_DRIFT, _MOST_DRIFT + 1))
        self._paddle = int(self.np_random.integers(SIDE - _PADDLE[1] + 1))
        self._landed = False
        return self._frame(), self._info()

    def step(self, action: np.int64 | int) -> tuple[Frame, float, bool, bool, dict[str, Any]]:
        """Move the paddle (0 left, 1 stay, 2 right), then the ball.

        Raises:
            gymnasium.error.ResetNeeded: the ball has landed, or there was none yet.
            gymnasium.error.InvalidAction: there is no such action.
        """
        if self._landed:
            raise gymnasium.error.ResetNeeded("the ball has landed: call reset() first")
        if not self.action_space.contains(action):
            known = ", ".join(f"{i} {name}" for i, name in enumerate(ACTIONS))
            raise gymnasium.error.InvalidAction(f"no action {action!r}: expected {known}")
        self._paddle = _paddle_after(self._paddle, int(action))
        self._x, self._drift = _drifted(self._x, self._drift)
        self._y += _FALL
        self._landed = self._y + _BALL >= SIDE - _PADDLE[0]
        reward = 0.0
        if self._landed:
            reward = 1.0 if _caught(self._x, self._paddle) else -1.0
        return self._frame(), reward, self._landed, False, self._info()

    def render(self) -> Frame | None:
        """The picture, uint8 (48, 48, 3), where the render mode asks for it."""
        return self._frame() if self.render_mode == "rgb_array" else None

    def needs_move(self) -> int | None:
        """The one action that is right for a paddle that would miss if it stayed where it is.

        0 or 2: to the left, to the right. None where staying catches the ball: then nothing is
        decided yet. This follows from where the ball will land, not from any policy.
        """
        x, drift = self._x, self._drift
        for _ in range((SIDE - _PADDLE[0] - _BALL - self._y) // _FALL):
            x, drift = _drifted(x, drift)
        if self._landed or _caught(x, self._paddle):
            return None
        return 0 if x < self._paddle else 2

    def _masks(self) -> dict[str, Mask]:
        ball, paddle = np.zeros((2, SIDE, SIDE), dtype=np.bool_)
        ball[self._y : self._y + _BALL, self._x : self._x + _BALL] = True
        paddle[SIDE - _PADDLE[0] :, self._paddle : self._paddle + _PADDLE[1]] = True
        return {"ball": ball, "paddle": paddle}

    def _info(self) -> dict[str, Any]:
        return {"masks": self._masks()}

    def _frame(self) -> Frame:
        frame = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
        frame[self._y : self._y + _BALL, self._x : self._x + _BALL] = _BALL_COLOUR
        frame[SIDE - _PADDLE[0] :, self._paddle : self._paddle + _PADDLE[1]] = _PADDLE_COLOUR
        return frame


def _paddle_after(place: int, action: int) -> int:
    return min(max(place + _SPEED * (action - 1), 0), SIDE - _PADDLE[1])


def _drifted(x: int, drift: int) -> tuple[int, int]:
    """Where the ball is after a step, and how it drifts on."""
    x, last = x + drift, SIDE - _BALL
    if x < 0:
        return -x, -drift
    if x > last:
        return 2 * last - x, -drift
    return x, drift


def _caught(x: int, paddle: int) -> bool:
    return x + _BALL > paddle and x < paddle + _PADDLE[1]
