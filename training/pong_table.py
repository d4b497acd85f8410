"""Games of Pong side by side, and what was seen in them: only the cells in which something is.

Of the 6,400 cells of two pictures some sixty are not empty. The network reads each cell by itself
and sums, so the others can be left out: training is about fifty times as fast, and is the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backlight.games.pong import OPPONENT, SIDE, Memory, Pong, scripted

BACKGROUND: Final = 87  # grey, in bytes
MOST: Final = 96  # cells that are kept; more than were ever seen
_CELLS = SIDE // 2  # in a row


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
    """The cells of many states in which something is, in bytes.

    Attributes:
        values: (N, 8, 96), as `PositionPolicy` takes them, but in bytes.
        places: which cell each is, counted row by row, (N, 96).
    """

    def __init__(self, states: NDArray[np.uint8]) -> None:
        count = len(states)
        split = states.reshape(count, 2, _CELLS, 2, _CELLS, 2).transpose(0, 1, 3, 5, 2, 4)
        cells = split.reshape(count, 8, _CELLS**2)
        values = np.full((count, 8, MOST), BACKGROUND, np.uint8)
        places = np.zeros((count, MOST), np.int16)
        for i, state in enumerate(cells):
            there = np.flatnonzero((state != BACKGROUND).any(0))
            if len(there) > MOST:
                raise ValueError(f"{len(there)} cells are not empty: expected at most {MOST}")
            values[i, :, : len(there)] = state[:, there]
            places[i, : len(there)] = there
        self.values, self.places = torch.from_numpy(values), torch.from_numpy(places)

    @classmethod
    def joined(cls, parts: list[Seen]) -> Seen:
        """One after the other."""
        whole = cls.__new__(cls)
        whole.values = torch.cat([part.values for part in parts])
        whole.places = torch.cat([part.places for part in parts])
        return whole

    def inputs(
        self, rows: Tensor | slice = slice(None), erased: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The cells of these states as `PositionPolicy.read` takes them.

        Args:
            rows: which states.
            erased: whether the opponent's paddle is taken out of the picture, boolean (rows,).
        """
        seen = (self.values[rows].float() - BACKGROUND) / 255
        cells = self.places[rows].long()
        columns, lines = cells % _CELLS, cells // _CELLS
        if erased is not None:
            there = (columns >= OPPONENT[0] // 2) & (columns < OPPONENT[1] // 2)
            seen = seen.masked_fill((there & erased[:, None])[:, None], 0)
        x, y = ((each + 0.5) / (_CELLS / 2) - 1 for each in (columns, lines))
        return seen[..., None], torch.stack((x, y), 1)[..., None]
