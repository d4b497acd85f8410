"""Atari Pong as a small environment, and a player for it that reads the console's memory.

The Arcade Learning Environment (Bellemare et al. 2013, arXiv 1207.4708; `ale-py`, which brings the
game) runs it. The places in memory were found by holding every one of the 128 bytes against what is
seen in the picture, over thousands of steps: `tests/games/test_pong.py` holds them to it again.
"""

from __future__ import annotations

from dataclasses import dataclass
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

ACTIONS: Final = ("stay", "up", "down")
SIDE: Final = 160  # pixels, of the square picture: the field without score and border

_MEANINGS = (0, 2, 3)  # what the console calls these actions: NOOP, RIGHT, LEFT
_TOP = 34  # rows of the screen above the field
_FRAMES = 2  # a step: the paddle's own clock
_STICKY = 0.25  # the share of frames in which the action before is repeated (Machado et al. 2018)
_MOST_WAITING = 30  # steps before the player may act, so that games differ
_PADDLE = (140, 144)  # columns of our paddle
OPPONENT: Final = (16, 20)
_BALL_GREY = 236
_PADDLE_HEIGHT, _BALL_HEIGHT = 16, 4

# How far the scripted player's paddle may be off the ball, in pixels. Of those that were tried this
# lost fewest points, and still where the rows were known to 1.5 pixels only.
_SLACK = 6


@dataclass(frozen=True)
class Memory:
    """What the console's memory says, in pixels of the field.

    Attributes:
        x, y: the ball's left upper corner.
        right, down: how far it moves in a frame to the right and downwards.
        paddle: the upper edge of our paddle, on the right. One frame may lie between it and the
            picture: it is exact to a pixel or two.
        opponent: that of the other.
        served: whether there is a ball.
    """

    x: int
    y: int
    right: int
    down: int
    paddle: int
    opponent: int
    served: bool

    @classmethod
    def of(cls, ram: NDArray[np.uint8]) -> Memory:
        """Out of the 128 bytes."""

        def signed(place: int) -> int:
            value = int(ram[place])
            return value - 256 if value > 127 else value

        return cls(
            x=int(ram[49]) - 49,
            y=int(ram[54]) - 48,
            right=-signed(58),
            down=signed(56),
            paddle=int(ram[51]) - 47,
            opponent=int(ram[50]) - 49,
            served=bool(ram[54] and ram[49]),
        )


class Pong(gymnasium.Env[Frame, np.int64]):
    """The paddle on the right against the console's own player; a point won is 1, one lost -1.

    Observations are the field in grey, uint8 (160, 160). A step is two frames of the console. In a
    quarter of the frames the action before is repeated, as `ALE/Pong-v5` has it; a game begins with
    1 to 30 steps of waiting. It is over when one side has 21 points.

    `info["masks"]` holds the exact pixels of `ball`, `paddle` (ours) and `opponent`, by their
    colours in the picture; `info["memory"]` what the console's memory says.

    Args:
        render_mode: None or "rgb_array": `render()` then returns the field in colour.

    Raises:
        MissingExtraError: `ale-py` is not installed.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  (as the base class has it)
        "render_modes": ["rgb_array"],
        "render_fps": 30,
    }

    def __init__(self, render_mode: str | None = None) -> None:
        gymnasium.register_envs(needed("ale_py"))
        self.render_mode = render_mode
        self._game = gymnasium.make(
            "ALE/Pong-v5",
            obs_type="grayscale",
            frameskip=_FRAMES,
            repeat_action_probability=_STICKY,
            disable_env_checker=True,
        )
        self._console: Any = self._game.unwrapped.ale  # type: ignore[attr-defined]
        self.observation_space = gymnasium.spaces.Box(0, 255, (SIDE, SIDE), np.uint8)
        self.action_space = gymnasium.spaces.Discrete(len(ACTIONS))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Frame, dict[str, Any]]:
        """A new game: the first picture and `info`."""
        super().reset(seed=seed)
        screen, _ = self._game.reset(seed=seed, options=options)
        # One step at least: the console's very first picture is in other colours.
        for _ in range(max(1, int(self.np_random.integers(_MOST_WAITING + 1)))):
            screen, *_ = self._game.step(0)
        return self._told(screen)

    def step(self, action: np.int64 | int) -> tuple[Frame, float, bool, bool, dict[str, Any]]:
        """Move the paddle: 0 stay, 1 up, 2 down.

        Raises:
            gymnasium.error.InvalidAction: there is no such action.
        """
        if not self.action_space.contains(action):
            known = ", ".join(f"{i} {name}" for i, name in enumerate(ACTIONS))
            raise gymnasium.error.InvalidAction(f"no action {action!r}: expected {known}")
        screen, reward, over, cut, _ = self._game.step(_MEANINGS[int(action)])
        frame, info = self._told(screen)
        return frame, float(reward), over, cut, info

    def render(self) -> Frame | None:
        """The field in colour, uint8 (160, 160, 3), where the render mode asks for it."""
        if self.render_mode != "rgb_array":
            return None
        field: Frame = self._console.getScreenRGB()[_TOP : _TOP + SIDE]
        return field

    def needs_move(self) -> int | None:
        """As the function of this name, of the state that the game is in."""
        return needs_move(Memory.of(self._console.getRAM()))

    def close(self) -> None:
        self._game.close()

    def _told(self, screen: Frame) -> tuple[Frame, dict[str, Any]]:
        field = np.ascontiguousarray(screen[_TOP : _TOP + SIDE])
        return field, {"masks": masks(field), "memory": Memory.of(self._console.getRAM())}


def scripted(memory: Memory) -> int:
    """What a player does that reads the memory: 0 stay, 1 up, 2 down.

    While the ball comes, it moves where the paddle's middle is more than 6 pixels above or below
    the ball's; else it stays. That is a comparison of what is seen in two pictures.
    """
    if not _comes(memory):
        return 0
    off = memory.paddle + _PADDLE_HEIGHT / 2 - (memory.y + _BALL_HEIGHT / 2)
    return 0 if abs(off) <= _SLACK else 1 if off > 0 else 2


def needs_move(memory: Memory) -> int | None:
    """The one direction that is right for a paddle that would miss if it stayed where it is.

    1 or 2: up, down. None where the ball does not come, or where staying meets it: then nothing is
    decided yet. This follows from where the ball will arrive, bounces off the walls reckoned with,
    not from any policy.
    """
    if not _comes(memory):
        return None
    row = _arrival(memory)
    if row + _BALL_HEIGHT <= memory.paddle:
        return 1
    return 2 if row >= memory.paddle + _PADDLE_HEIGHT else None


def _comes(memory: Memory) -> bool:
    return memory.served and memory.right > 0 and memory.x < _PADDLE[0]


def _arrival(memory: Memory) -> float:
    """The ball's row when it reaches our paddle."""
    frames = (_PADDLE[0] - 2 - memory.x) / memory.right
    height = SIDE - _BALL_HEIGHT
    row = (memory.y + memory.down * frames) % (2 * height)
    return min(row, 2 * height - row)


def masks(field: Frame) -> dict[str, Mask]:
    """The pixels of ball and paddles in the field in grey, (160, 160)."""
    ball = field == _BALL_GREY
    thing = (field != field[0, 0]) & ~ball
    found = {"ball": ball}
    for name, (left, right) in (("paddle", _PADDLE), ("opponent", OPPONENT)):
        found[name] = np.zeros_like(ball)
        found[name][:, left:right] = thing[:, left:right]
    return found
