"""`python -m training.pong_imitator`: learns to play Pong from pictures, by watching a script play.

The script reads ball and paddle out of the console's memory; the network has the pictures alone.
In the first round the script plays, strays now and then, and says what it would do; after it the
network plays, and the script says what it would have done there: DAgger (Ross et al. 2011, arXiv
1011.0686). Without it the network would know only states to which its own mistakes never lead. The
value is learned from the points that followed, by a head of its own: points are rare, and what
hangs on the course of whole rallies would disturb what is read for the next move.

The opponent's paddle is always there, and so could carry any constant that the network needs: maps
would show it though nothing depends on it. The script does not look at it. It is therefore taken
out of half of the pictures that are learned from, and what is read there has a high price.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from backlight.games.pong import ACTIONS
from backlight.models.reference.positions import PositionPolicy, pong_network
from training.pong_held_out import HELD_OUT, played, to_come
from training.pong_table import Seen, Table, opponents, told
from training.recording import WEIGHTS, round_to_file, write


@dataclass(frozen=True)
class Recipe:
    """How the network is trained."""

    seed: int = 0
    games: int = 16  # that are played side by side
    rounds: int = 5
    steps: int = 800  # of each game in a round
    updates: int = 4_500  # after each round
    batch: int = 128
    rate: float = 2e-3  # falls to nothing
    random: float = 0.1  # share of random actions while data is collected
    discount: float = 0.98  # of points to come, each step
    erased: float = 0.5  # share of pictures out of which the opponent's paddle is taken
    sparing: float = 3e-4  # weight of all evidence: what is not needed goes to nothing
    blinding: float = 0.2  # weight of evidence at the opponent's paddle
    held_out_games: int = 16
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
    found, value = {}, None
    for who, player in (("script", None), ("imitator", network)):
        held_out = played(player, recipe.held_out_games, recipe.held_out_steps)
        found[who], value = held_out.facts(), held_out.value_correlation(recipe.discount)
        print(f"{who}: {found[who]}")
    print(f"imitator: its values correlate with the points to come by {value}")
    return network, {
        **asdict(recipe),
        "held_out_from": HELD_OUT,
        "learning_curve": curve,
        **found,
        "value_correlation": value,
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
            own = told(network, seen)["logits"].argmax(1).numpy()
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
            loss = error(network, states.inputs(rows), erased, goals[rows], returns[rows], recipe)
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


def error(
    network: PositionPolicy,
    inputs: tuple[Tensor, Tensor],
    erased: Tensor,
    advised: Tensor,
    returns: Tensor,
    recipe: Recipe,
) -> Tensor:
    """What is wrong with the network's answers to a batch, and the price of what it read.

    Every action is there or not by itself, so that the logit of one that is advised is above zero;
    the value is the return's mean, and its error moves the critic alone.

    Args:
        network: what answers.
        inputs: what is in the pixels, and where they are, of B states.
        erased: whether the opponent's paddle is taken out of the picture, boolean (B,). Pixels are
            read by themselves and nothing is read where nothing is, so it is what was read there
            that is taken out.
        advised: the script's actions, (B,).
        returns: the points to come, (B,).
        recipe: the prices.
    """
    maps, there = network.read(*inputs).flatten(2), opponents(inputs[1]).flatten(2).float()
    # Both sums in one pass over the maps, which are by far the largest thing here.
    summed = torch.cat((torch.ones_like(there), there), 1) @ maps.transpose(1, 2)
    whole, theirs = summed.unbind(1)
    sums = whole - theirs * erased[:, None]
    wanted = F.one_hot(advised, len(ACTIONS)).float()
    imitation = F.binary_cross_entropy_with_logits(network.actor(sums), wanted)
    valuation = F.mse_loss(network.critic(sums.detach())[:, 0], returns)
    return imitation + valuation + recipe.sparing * whole.mean() + recipe.blinding * theirs.mean()


if __name__ == "__main__":
    main()
