"""`python -m training.pong_imitator`: learns to play Pong from pictures, by watching a script play.

The script reads ball and paddle out of the console's memory; the network has the pictures alone.
In the first round the script plays, strays now and then, and says what it would do; after it the
network plays, and the script says what it would have done there: DAgger (Ross et al. 2011, arXiv
1011.0686). Without it the network would know only states to which its own mistakes never lead. The
value is learned from the points that followed.

The opponent's paddle is always there, and so could carry any constant that the network needs: maps
would show it though nothing depends on it. The script does not look at it. It is therefore taken
out of half of the pictures that are learned from, and evidence has its price.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from backlight.games.pong import ACTIONS
from backlight.models.reference.positions import PositionPolicy, pong_network
from training.pong_table import Seen, Table
from training.recording import WEIGHTS, round_to_file, write

#: Games from this seed on are held out of every training.
HELD_OUT: Final = 1_000_000


@dataclass(frozen=True)
class Recipe:
    """How the network is trained."""

    seed: int = 0
    games: int = 16  # that are played side by side
    rounds: int = 6
    steps: int = 350  # of each game in a round
    updates: int = 2_500  # after each round
    batch: int = 128
    rate: float = 2e-3  # falls to nothing
    random: float = 0.1  # share of random actions while data is collected
    discount: float = 0.98  # of points to come, each step
    critic: float = 0.3  # weight of the value's error
    erased: float = 0.5  # share of pictures out of which the opponent's paddle is taken
    sparing: float = 1e-3  # weight of all evidence: what is not needed goes to nothing
    held_out_games: int = 8
    held_out_steps: int = 2_500  # of each, at most


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


def make(recipe: Recipe) -> tuple[PositionPolicy, dict[str, Any]]:
    """A trained network and the record of its training."""
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    started, work = time.perf_counter(), time.process_time()
    network = pong_network()
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


def train(network: PositionPolicy, recipe: Recipe) -> dict[int, float]:
    """Rounds of playing and learning; returns the agreement with the script in each round's new
    states, before they were learned from."""
    chance = np.random.default_rng(recipe.seed)
    table = Table(recipe.games, recipe.seed)
    optimiser = torch.optim.Adam(network.parameters(), recipe.rate)
    total = recipe.rounds * recipe.updates
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: min(1, n / 200) * (1 - n / total)
    )
    parts, advised, points, curve = [], [], [], {}
    for number in range(recipe.rounds):
        alike = []
        for _ in range(recipe.steps):
            seen, advice = Seen(table.states), table.advice()
            own = chosen(network, seen)
            alike.append(own == advice)
            strays = chance.random(recipe.games) < recipe.random
            by_chance = chance.integers(0, len(ACTIONS), recipe.games)
            points.append(table.step(np.where(strays, by_chance, own if number else advice)))
            parts.append(seen)
            advised.append(advice)
        states, goals = Seen.joined(parts), torch.from_numpy(np.concatenate(advised))
        returns = torch.from_numpy(to_come(np.array(points), recipe.discount)).flatten()
        for _ in range(recipe.updates):
            rows = torch.from_numpy(chance.integers(0, len(goals), recipe.batch))
            optimiser.zero_grad()
            erased = torch.from_numpy(chance.random(recipe.batch) < recipe.erased)
            sums = network.read(*states.inputs(rows, erased))
            loss = error(network.decide(sums), goals[rows], returns[rows], recipe)
            loss = loss + recipe.sparing * sums.mean()
            loss.backward()
            optimiser.step()
            schedule.step()
        curve[number + 1] = round(float(np.mean(alike)), 3)
        print(
            f"round {number + 1}: {curve[number + 1]:.1%} as the script, loss {loss.item():.3f}, "
            f"points {np.array(points[-recipe.steps :]).sum():+.0f}, "
            f"{time.process_time():.0f} s of work",
            flush=True,
        )
    return curve


def error(told: dict[str, Tensor], advised: Tensor, returns: Tensor, recipe: Recipe) -> Tensor:
    """Every action is there or not by itself, so that the logit of one that is advised is above
    zero; the value is the return's mean."""
    wanted = F.one_hot(advised, len(ACTIONS)).float()
    actor = F.binary_cross_entropy_with_logits(told["logits"], wanted)
    return actor + recipe.critic * F.mse_loss(told["value"], returns)


def to_come(points: NDArray[np.float64], discount: float) -> NDArray[np.float32]:
    """The points that follow each step, discounted: (steps, games)."""
    found, after = np.zeros(points.shape, np.float32), np.zeros(points.shape[1])
    for step in reversed(range(len(points))):
        after = points[step] + discount * after
        found[step] = after
    return found


def chosen(network: PositionPolicy, seen: Seen) -> NDArray[np.int64]:
    """The action of the largest logit in each state."""
    with torch.inference_mode():
        told = network.decide(network.read(*seen.inputs()))
        found: NDArray[np.int64] = told["logits"].argmax(1).numpy()
    return found


def played(network: PositionPolicy | None, games: int, steps: int) -> dict[str, float]:
    """Held-out games, played by the network or by the script.

    Returns:
        `won` and `lost`: the points of both sides in all games together; `agreement`: how often
        the network does what the script would; `agreement_moving`: the same where that is to move;
        `staying`: how often the script would stay.
    """
    table, made = Table(games, HELD_OUT), []
    wanted, done = [], []
    for _ in range(steps):
        advice = table.advice()
        own = advice if network is None else chosen(network, Seen(table.states))
        wanted.append(advice)
        done.append(own)
        made.append(table.step(own))
    points, alike, moves = np.array(made), np.array(wanted) == np.array(done), np.array(wanted) > 0
    return {
        "won": int((points > 0).sum()),
        "lost": int((points < 0).sum()),
        "agreement": round(float(alike.mean()), 4),
        "agreement_moving": round(float(alike[moves].sum() / max(1, moves.sum())), 4),
        "staying": round(float(1 - moves.mean()), 4),
    }


if __name__ == "__main__":
    main()
