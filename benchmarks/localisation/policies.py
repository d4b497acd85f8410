"""Where policies look: on ball and paddle, in the frames in which the action is decided?

Catch: a frame is decided where the paddle would miss if it stayed where it is, so that one
direction alone is right (`Catch.needs_move`), and counted where the policy takes it. This follows
from the rules of the game, not from the policy's numbers. The policy is shown two pictures, so an
object is where it is in either of them; the newest alone is told too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import backlight as bl
from backlight.games import make_game
from benchmarks.lines import Line

EPISODES = 120
FIRST = 1_000_000  # no training reaches episodes from this seed on
BOUND = 0.90
AT_ONCE = 100
LAYERS = ("features.1", "features.3", "gated")


@dataclass(frozen=True)
class Decided:
    """The frames of held-out episodes in which the action is decided, and was right.

    Attributes:
        observations: what the policy saw, (N, 6, 48, 48).
        actions: what it did, (N,).
        ball, paddle: their pixels in either of the two pictures, boolean (N, 48, 48).
        newest: those of both in the newest picture alone.
        frames, decided: of how many frames they are taken, and how many of those are decided.
        caught: the share of episodes that ended well.
    """

    observations: Tensor
    actions: Tensor
    ball: Tensor
    paddle: Tensor
    newest: Tensor
    frames: int
    decided: int
    caught: float


def decided(model: bl.Model, episodes: int, start: int = FIRST) -> Decided:
    """Play held-out episodes of Catch and pick the frames."""
    game, caught, frames, judged = make_game("catch", render=False), 0, 0, 0
    seen, done, balls, paddles, newest = [], [], [], [], []
    for seed in range(start, start + episodes):
        watched = _Watched(game)
        episode = bl.play_episode(model, watched, seed=seed)
        caught += episode.score > 0
        frames += len(episode)
        ball, paddle = (_masks(episode, name) for name in ("ball", "paddle"))
        for step, wanted in enumerate(watched.wanted[: len(episode)]):
            judged += wanted is not None
            if wanted is None or wanted != episode.actions[step]:
                continue
            before = max(step - 1, 0)
            seen.append(episode.observations[step])
            done.append(int(episode.actions[step]))
            balls.append(ball[step] | ball[before])
            paddles.append(paddle[step] | paddle[before])
            newest.append(ball[step] | paddle[step])
    masks = (torch.from_numpy(np.stack(each)) for each in (balls, paddles, newest))
    return Decided(torch.stack(seen), torch.tensor(done), *masks, frames, judged, caught / episodes)


class _Watched:
    """A game of Catch that notes at every step which action is right."""

    def __init__(self, game: object) -> None:
        self.game, self.wanted = game, list[int | None]()

    def __getattr__(self, name: str) -> object:
        return getattr(self.game, name)

    def reset(self, seed: int | None = None) -> object:
        begun = self.game.reset(seed=seed)  # type: ignore[attr-defined]
        self.wanted = [self.game.unwrapped.needs_move()]  # type: ignore[attr-defined]
        return begun

    def step(self, action: int) -> object:
        told = self.game.step(action)  # type: ignore[attr-defined]
        self.wanted.append(self.game.unwrapped.needs_move())  # type: ignore[attr-defined]
        return told


def _masks(episode: bl.Episode, name: str) -> NDArray[np.bool_]:
    return np.stack([masks[name] for masks in episode.masks if masks is not None])


@dataclass(frozen=True)
class Points:
    """Where the largest value of each map lies; all are boolean (N,).

    Attributes:
        inside: on ball or paddle, in either of the pictures that the policy saw.
        newest: on one of them in the newest picture.
        ball: on the ball.
        shown: whether there is a map: anything positive in it.
    """

    inside: Tensor
    newest: Tensor
    ball: Tensor
    shown: Tensor


def pointed(model: bl.Model, frames: Decided, layer: str, target: str) -> Points:
    """The maps' largest values, for `action`, `value`, `not` (what speaks against the action) or
    `rather` (why this direction rather than the other)."""
    parts = []
    for part in torch.arange(len(frames.actions)).split(AT_ONCE):
        action = bl.Action(frames.actions[part].tolist())
        other = bl.Action((2 - frames.actions[part]).tolist())
        asked = {
            "action": action,
            "value": bl.Value(),
            "not": bl.Not(action),
            "rather": bl.Difference(action, other),
        }[target]
        parts.append(
            bl.explain(model, frames.observations[part], asked, layer=layer).heatmap().flatten(1)
        )
    heat = torch.cat(parts)
    place = heat.argmax(1, keepdim=True)
    shown = heat.amax(1) > 0

    def on(mask: Tensor) -> Tensor:
        return mask.flatten(1).gather(1, place)[:, 0] & shown

    return Points(on(frames.ball | frames.paddle), on(frames.newest), on(frames.ball), shown)


def measure(name: str = "catch-dqn", episodes: int = EPISODES) -> Iterator[Line]:
    """A table of the policy's layers and targets, and the bound at the layer chosen by itself."""
    model = bl.load_model(name)
    frames = decided(model, episodes)
    by_chance = (frames.ball | frames.paddle).float().mean()
    print(
        f"\n{name}: {frames.caught:.1%} of {episodes} balls caught; of {frames.frames} frames "
        f"{frames.decided} are decided, and in {len(frames.actions)} of them the policy does what "
        f"is right; a point by chance lies on ball or paddle in {by_chance:.1%}"
    )
    print(f"  {'at the layer':<14}{'target':<9}{'inside':>9}{'newest':>9}{'ball':>9}{'no map':>9}")
    for layer in LAYERS:
        for target in ("action", "value", "rather", "not"):
            found = pointed(model, frames, layer, target)
            shares = (found.inside, found.newest, found.ball, ~found.shown)
            print(
                f"  {layer:<14}{target:<9}" + "".join(f"{s.float().mean():>9.1%}" for s in shares)
            )
    best = bl.explain(model, frames.observations[:1], 0).layer
    assert best is not None
    for target in ("action", "value"):
        share = float(pointed(model, frames, best, target).inside.float().mean())
        what = f"{name}: maps of the {target} on ball or paddle, decided"
        yield Line(what, share, BOUND, at_least=True)


def run() -> list[Line]:
    """The policy of Catch, with its table."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    lines = list(measure())
    torch.set_num_threads(threads)
    return lines
