"""Games of Pong side by side, and what was seen in them: only the pixels in which something is.

Of the 25,600 pixels of two pictures some 150 are not empty. The network reads each pixel by itself
and sums, so the others can be left out: training is about a hundred times as fast, and is the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backlight.games.pong import OPPONENT, SIDE, Memory, Pong, scripted
from backlight.models.reference.positions import PositionPolicy

BACKGROUND: Final = 87  # grey, in bytes
MOST: Final = 256  # pixels that are kept; more than were ever seen


class Table:
    """Games of Pong; where one is over the next begins.

    Attributes:
        states: the last two pictures of each, uint8 (games, 2, 160, 160).
        memories: what each console's memory says.
    """

    def __init__(self, count: int, seed: int) -> None:
        self.games = [Pong() for _ in range(count)]
        begun = [game.reset(seed=seed + i) for i, game in enumerate(self.games)]
        self.states = np.stack([(picture, picture) for picture, _ in begun])
        self.memories: list[Memory] = [info["memory"] for _, info in begun]

    def advice(self) -> NDArray[np.int64]:
        """What the script would do in each."""
        return np.array([scripted(memory) for memory in self.memories])

    def step(self, actions: NDArray[np.int64]) -> NDArray[np.float64]:
        """The points that were made; negative are the opponent's."""
        points = np.zeros(len(actions))
        for i, (game, action) in enumerate(zip(self.games, actions, strict=True)):
            picture, points[i], over, cut, info = game.step(int(action))
            before = self.states[i, 1]
            if over or cut:
                picture, info = game.reset()
                before = picture
            self.states[i] = np.stack((before, picture))
            self.memories[i] = info["memory"]
        return points


class Seen:
    """The pixels of many states in which something is, in bytes.

    Attributes:
        values: (N, 2, 256), as `PositionPolicy` takes them, but in bytes.
        places: which pixel each is, counted row by row, (N, 256).
        counts: how many of them there are, the first ones, (N,).
    """

    def __init__(self, states: NDArray[np.uint8]) -> None:
        count = len(states)
        values = np.full((count, 2, MOST), BACKGROUND, np.uint8)
        places = np.zeros((count, MOST), np.int16)
        counts = np.zeros(count, np.int64)
        for i, state in enumerate(states.reshape(count, 2, SIDE**2)):
            there = np.flatnonzero((state != BACKGROUND).any(0))
            if len(there) > MOST:
                raise ValueError(f"{len(there)} pixels are not empty: expected at most {MOST}")
            values[i, :, : len(there)] = state[:, there]
            places[i, : len(there)] = there
            counts[i] = len(there)
        self.values, self.places, self.counts = map(torch.from_numpy, (values, places, counts))

    @classmethod
    def joined(cls, parts: list[Seen]) -> Seen:
        """One after the other."""
        whole = cls.__new__(cls)
        whole.values = torch.cat([part.values for part in parts])
        whole.places = torch.cat([part.places for part in parts])
        whole.counts = torch.cat([part.counts for part in parts])
        return whole

    def inputs(self, rows: Tensor | slice = slice(None)) -> tuple[Tensor, Tensor]:
        """The pixels of these states as `PositionPolicy.read` takes them, the most that any has.

        Channels are laid last in memory: so it is read about twice as fast.
        """
        most = int(self.counts[rows].max())
        seen = (self.values[rows, :, :most].float() - BACKGROUND) / 255
        pixels = self.places[rows, :most].long()
        x, y = ((at + 0.5) / (SIDE / 2) - 1 for at in (pixels % SIDE, pixels // SIDE))
        places, last = torch.stack((x, y), 1)[..., None], torch.channels_last
        return seen[..., None].contiguous(memory_format=last), places.contiguous(memory_format=last)


def told(network: PositionPolicy, seen: Seen) -> dict[str, Tensor]:
    """The network's logits and value for these states."""
    with torch.inference_mode():
        return network.decide(network.read(*seen.inputs()).sum((2, 3)))


def opponents(places: Tensor) -> Tensor:
    """Which pixels lie in the columns of the opponent's paddle: places (B, 2, h, w), boolean
    (B, 1, h, w)."""
    left, right = (edge / (SIDE / 2) - 1 for edge in OPPONENT)
    return (places[:, :1] > left) & (places[:, :1] < right)
