"""Where policies look: on ball and paddle, in the frames in which the action is decided?

A frame is decided where the paddle would miss if it stayed where it is, so that one direction alone
is right (`Catch.needs_move`, `Pong.needs_move`; in Pong while the ball comes, bounces reckoned
with), and counted where the policy takes it. This follows from the rules of the game, not from the
policy's numbers. Policies are shown two pictures, so an object is where it is in either of them;
the newest alone is told too. In Pong the paddle is our own; a point on the opponent's is off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import backlight as bl
from backlight.games import make_game
from benchmarks.lines import Line

FIRST = 1_000_000  # no training reaches episodes from this seed on
BOUND = 0.90
AT_ONCE = 100


@dataclass(frozen=True)
class Match:
    """A policy and its game.

    Attributes:
        game, policy: their names.
        directions: the two actions that move the paddle.
        layers: where is looked, the deepest last.
        bound: the targets whose maps are held to the bound.
        episodes, steps: how many are played, and of how many steps at most.
    """

    game: str
    policy: str
    directions: tuple[int, int]
    layers: tuple[str, ...]
    bound: tuple[str, ...]
    episodes: int
    steps: int | None = None


CATCH: Final = Match(
    "catch",
    "catch-dqn",
    directions=(0, 2),
    layers=("features.1", "features.3", "gated"),
    bound=("action", "value"),
    episodes=120,
)
PONG: Final = Match(
    "pong",
    "pong-imitator",
    directions=(1, 2),
    layers=("features.1", "features.3", "placed", "evidence"),
    bound=("action", "value", "rather", "not"),
    episodes=4,
    steps=600,
)


@dataclass(frozen=True)
class Decided:
    """The frames of held-out episodes in which the action is decided, and was right.

    Attributes:
        observations: what the policy saw, (N, C, H, W).
        actions: what it did, (N,).
        others: the other direction, (N,).
        ball, paddle: their pixels in either of the two pictures, boolean (N, H, W).
        newest: those of both in the newest picture alone.
        frames, decided: of how many frames they are taken, and how many of those are decided.
        scores: of each episode.
    """

    observations: Tensor
    actions: Tensor
    others: Tensor
    ball: Tensor
    paddle: Tensor
    newest: Tensor
    frames: int
    decided: int
    scores: tuple[float, ...]


def decided(model: bl.Model, match: Match, episodes: int | None = None) -> Decided:
    """Play held-out episodes and pick the frames."""
    game, scores, frames, judged = make_game(match.game, render=False), [], 0, 0
    seen, done, balls, paddles, newest = [], [], [], [], []
    for seed in range(FIRST, FIRST + (episodes or match.episodes)):
        watched = _Watched(game)
        episode = bl.play_episode(model, watched, seed=seed, steps=match.steps)
        scores.append(episode.score)
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
    game.close()
    actions = torch.tensor(done)
    masks = (torch.from_numpy(np.stack(each)) for each in (balls, paddles, newest))
    others = sum(match.directions) - actions
    return Decided(torch.stack(seen), actions, others, *masks, frames, judged, tuple(scores))


class _Watched:
    """A game that notes at every step which action is right."""

    def __init__(self, game: Any) -> None:
        self.game, self.wanted = game, list[int | None]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.game, name)

    def reset(self, seed: int | None = None) -> Any:
        begun = self.game.reset(seed=seed)
        self.wanted = [self.game.unwrapped.needs_move()]
        return begun

    def step(self, action: int) -> Any:
        told = self.game.step(action)
        self.wanted.append(self.game.unwrapped.needs_move())
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
        other = bl.Action(frames.others[part].tolist())
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


def measure(match: Match) -> Iterator[Line]:
    """A table of the policy's layers and targets, and the bound at the layer chosen by itself."""
    name, model = match.policy, bl.load_model(match.policy)
    frames = decided(model, match)
    by_chance = (frames.ball | frames.paddle).float().mean()
    well = np.mean(np.array(frames.scores) > 0)
    print(
        f"\n{name}: {len(frames.scores)} episodes, {well:.1%} of them with a score above zero, "
        f"{sum(frames.scores):+g} together; of {frames.frames} frames "
        f"{frames.decided} are decided, and in {len(frames.actions)} of them the policy does what "
        f"is right; a point by chance lies on ball or paddle in {by_chance:.1%}"
    )
    print(f"  {'at the layer':<14}{'target':<9}{'inside':>9}{'newest':>9}{'ball':>9}{'no map':>9}")
    for layer in match.layers:
        for target in ("action", "value", "rather", "not"):
            found = pointed(model, frames, layer, target)
            shares = (found.inside, found.newest, found.ball, ~found.shown)
            print(
                f"  {layer:<14}{target:<9}" + "".join(f"{s.float().mean():>9.1%}" for s in shares)
            )
    best = bl.explain(model, frames.observations[:1], 0).layer
    assert best is not None
    for target in match.bound:
        share = float(pointed(model, frames, best, target).inside.float().mean())
        what = f"{name}: maps of the {target} on ball or paddle, decided"
        yield Line(what, share, BOUND, at_least=True)


def run() -> list[Line]:
    """The policies of Catch and Pong, with their tables."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    lines = [line for match in (CATCH, PONG) for line in measure(match)]
    torch.set_num_threads(threads)
    return lines
