"""`python -m training.pong_imitator`: learns to play Pong from pictures, by watching a script play.

The script reads ball and paddles out of the console's memory; the network has the pictures alone.
After the first round the network plays more and more itself, and the script says what it would have
done there: DAgger (Ross et al. 2011, arXiv 1011.0686). Without it the network would know only
states to which its own mistakes never lead. The value is learned from the points that followed.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backlight.games.pong import ACTIONS, SIDE, Pong, scripted
from backlight.models.reference.policy import pong_network
from training.recording import WEIGHTS, round_to_file, write

#: Games from this seed on are held out of every training.
HELD_OUT: Final = 1_000_000


@dataclass(frozen=True)
class Recipe:
    """How the network is trained."""

    seed: int = 0
    games: int = 16  # that are played side by side
    rounds: int = 12
    steps: int = 96  # of each game in a round
    updates: int = 250  # after each round
    batch: int = 64
    rate: float = 1e-3  # falls to nothing
    random: float = 0.1  # share of random actions while data is collected
    discount: float = 0.98  # of points to come, each step
    critic: float = 1.0  # weight of the value's error
    held_out_games: int = 8
    held_out_steps: int = 3_000  # of each, at most


class Table:
    """Games of Pong side by side; where one is over the next begins."""

    def __init__(self, count: int, seed: int) -> None:
        self.games = [Pong() for _ in range(count)]
        begun = [game.reset(seed=seed + i) for i, game in enumerate(self.games)]
        self.now = torch.from_numpy(np.stack([picture for picture, _ in begun]))
        self.before = self.now
        self.memories = [info["memory"] for _, info in begun]
        self.memories_before: list[Any] = [None] * count

    @property
    def state(self) -> Tensor:
        """The last two pictures of each, uint8 (games, 2, 160, 160)."""
        return torch.stack((self.before, self.now), 1)

    def advice(self) -> list[int]:
        """What the script would do in each."""
        return [scripted(*pair) for pair in zip(self.memories, self.memories_before, strict=True)]

    def step(self, actions: list[int]) -> list[float]:
        """The points that were made; negative are the opponent's."""
        points, pictures, memories = [], [], []
        first = torch.zeros(len(actions), dtype=torch.bool)
        befores: list[Any] = list(self.memories)
        for i, (game, action) in enumerate(zip(self.games, actions, strict=True)):
            picture, point, over, cut, info = game.step(action)
            points.append(point)
            if over or cut:
                picture, info = game.reset()
                first[i], befores[i] = True, None
            pictures.append(picture)
            memories.append(info["memory"])
        now = torch.from_numpy(np.stack(pictures))
        self.before = torch.where(first[:, None, None], now, self.now)
        self.now, self.memories, self.memories_before = now, memories, befores
        return points


class Album:
    """The pictures that were seen, each kept once, in bytes."""

    def __init__(self, steps: int, games: int) -> None:
        self.pictures = torch.zeros((steps, games, SIDE, SIDE), dtype=torch.uint8)
        self.first = torch.zeros((steps, games), dtype=torch.bool)
        self.count = 0

    def add(self, table: Table) -> None:
        self.pictures[self.count] = table.now
        self.first[self.count] = torch.tensor([m is None for m in table.memories_before])
        self.count += 1

    def states(self, rows: Tensor, games: Tensor) -> Tensor:
        """The last two pictures at these steps of these games, uint8 (N, 2, 160, 160)."""
        now = self.pictures[rows, games]
        before = self.pictures[(rows - 1).clamp(min=0), games]
        first = self.first[rows, games, None, None]
        return torch.stack((torch.where(first, now, before), now), 1)


def main() -> None:
    """Train the network, print how it plays held-out games, write weights and record."""
    parser = argparse.ArgumentParser(prog="training.pong_imitator", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder (default: the package's)")
    for key, value in asdict(Recipe()).items():
        parser.add_argument(f"--{key.replace('_', '-')}", type=type(value), default=value)
    given = vars(parser.parse_args())
    out = given.pop("out")
    network, facts = make(Recipe(**given))
    print(f"{write(network, 'pong-imitator', facts, out)} written")


def make(recipe: Recipe) -> tuple[nn.Module, dict[str, Any]]:
    """A trained network and the record of its training."""
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    started, work = time.perf_counter(), time.process_time()
    network = pong_network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    curve = train(network, recipe)
    round_to_file(network)
    trained, trained_work = time.perf_counter() - started, time.process_time() - work
    games, steps = recipe.held_out_games, recipe.held_out_steps
    found = {
        who: played(player, games, steps)
        for who, player in (("imitator", network), ("script", None))
    }
    for who, facts in found.items():
        print(f"{who}: {facts}")
    return network, {
        **asdict(recipe),
        "held_out_from": HELD_OUT,
        "learning_curve": curve,
        **found,
        "seconds": round(trained),
        "cpu_seconds": round(trained_work),
        "parameters": sum(p.numel() for p in network.parameters()),
        "torch": torch.__version__,
    }


def train(network: nn.Module, recipe: Recipe) -> dict[int, float]:
    """Rounds of playing and learning; returns the agreement with the script in each round's new
    states, before they were learned from."""
    chance = np.random.default_rng(recipe.seed)
    table = Table(recipe.games, recipe.seed)
    optimiser = torch.optim.Adam(network.parameters(), recipe.rate, fused=True)
    total = recipe.rounds * recipe.updates
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda n: 1 - n / total)
    album = Album(recipe.rounds * recipe.steps, recipe.games)
    advised, points, curve = [], [], {}
    started = time.perf_counter()
    for number in range(recipe.rounds):
        alike = []
        for _ in range(recipe.steps):
            album.add(table)
            advice, own = table.advice(), chosen(network, table.state)
            alike += [a == b for a, b in zip(advice, own, strict=True)]
            # From the script alone to the network alone.
            by_network = chance.random(recipe.games) < number / max(1, recipe.rounds - 1)
            actions = np.where(by_network, own, advice)
            strays = chance.random(recipe.games) < recipe.random
            actions = np.where(strays, chance.integers(0, len(ACTIONS), recipe.games), actions)
            advised.append(advice)
            points.append(table.step(actions.tolist()))
        returns = torch.from_numpy(to_come(np.array(points), recipe.discount))
        goals = torch.tensor(advised)
        for _ in range(recipe.updates):
            rows = torch.from_numpy(chance.integers(0, len(points), recipe.batch))
            games = torch.from_numpy(chance.integers(0, recipe.games, recipe.batch))
            optimiser.zero_grad()
            states = album.states(rows, games)
            loss = error(network, states, goals[rows, games], returns[rows, games], recipe)
            loss.backward()
            optimiser.step()
            schedule.step()
        curve[number + 1] = round(float(np.mean(alike)), 3)
        print(
            f"round {number + 1}: {curve[number + 1]:.1%} as the script, loss {loss.item():.3f}, "
            f"points {np.array(points[-recipe.steps :]).sum():+.0f}, "
            f"{time.perf_counter() - started:.0f} s",
            flush=True,
        )
    return curve


def error(
    network: nn.Module, states: Tensor, advised: Tensor, returns: Tensor, recipe: Recipe
) -> Tensor:
    """Every action is there or not by itself, so that the logit of one that is advised is above
    zero; the value is the return's mean."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        told = network(as_input(states))
    wanted = F.one_hot(advised, len(ACTIONS)).float()
    actor = F.binary_cross_entropy_with_logits(told["logits"].float(), wanted)
    return actor + recipe.critic * F.mse_loss(told["value"].float(), returns)


def to_come(points: Any, discount: float) -> Any:
    """The points that follow each step, discounted: (steps, games), float32."""
    found, after = np.zeros(points.shape, np.float32), np.zeros(points.shape[1])
    for step in reversed(range(len(points))):
        after = points[step] + discount * after
        found[step] = after
    return found


def as_input(states: Tensor) -> Tensor:
    """Bytes to 0 to 1."""
    return (states.float() / 255).contiguous(memory_format=torch.channels_last)


def chosen(network: nn.Module, states: Tensor) -> list[int]:
    """The action of the largest logit in each state."""
    with torch.inference_mode():
        found: list[int] = network(as_input(states))["logits"].argmax(1).tolist()
    return found


def played(network: nn.Module | None, games: int, steps: int) -> dict[str, float]:
    """Held-out games, played by the network or by the script: the points of both sides in each
    game, and how often the network does what the script would."""
    table, alike, made = Table(games, HELD_OUT), [], []
    for _ in range(steps):
        advice = table.advice()
        own = advice if network is None else chosen(network, table.state)
        alike += [a == b for a, b in zip(advice, own, strict=True)]
        made.append(table.step(own))
    points = np.array(made)
    return {
        "won": round(float((points > 0).sum()) / games, 2),
        "lost": round(float((points < 0).sum()) / games, 2),
        "agreement": round(float(np.mean(alike)), 4),
    }


if __name__ == "__main__":
    main()
