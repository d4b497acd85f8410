"""`python -m training.catch_dqn`: learns to catch from pictures and rewards alone.

Deep Q-learning (Mnih et al. 2015) with a replay memory, a target network that follows slowly
(Lillicrap et al. 2016), and the double estimate of van Hasselt et al. 2016 (arXiv 1509.06461): the
network chooses the next action, the target network says what it is worth.
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backlight.games.catch import ACTIONS, SIDE, Catch
from backlight.models.reference.policy import catch_network
from training.recording import WEIGHTS, round_to_file, write

#: Episodes from this seed on are held out of every training.
HELD_OUT: Final = 1_000_000


@dataclass(frozen=True)
class Recipe:
    """How the network is trained."""

    seed: int = 0
    games: int = 16  # that are played side by side
    steps: int = 4_000  # of each of them; after each step of all one update
    warm_up: int = 200  # steps before the first update
    remembered: int = 2_500  # steps of each game
    batch: int = 64
    rate: float = 1e-3  # falls to nothing
    discount: float = 0.97
    follow: float = 0.01  # share of the way that the target network goes after an update
    explore: float = 0.05  # share of random actions at the end; all are at the beginning
    explore_until: float = 0.3  # share of the steps after which that is reached
    told_every: int = 500  # steps
    held_out: int = 1_000  # episodes


class Transitions(NamedTuple):
    """What happened: states (N, 6, 48, 48), in bytes, and what came of one action in each."""

    states: Tensor
    actions: Tensor
    rewards: Tensor
    following: Tensor
    ended: Tensor


class Replay:
    """What happened in games side by side, the oldest forgotten first.

    Pictures are kept once each: a state is a picture and the one before it.
    """

    def __init__(self, games: int, size: int) -> None:
        self.pictures = torch.zeros((size, games, 3, SIDE, SIDE), dtype=torch.uint8)
        self.first = torch.zeros((size, games), dtype=torch.bool)
        self.actions = torch.zeros((size, games), dtype=torch.int64)
        self.rewards = torch.zeros((size, games))
        self.ended = torch.zeros((size, games), dtype=torch.bool)
        self.size, self.count = size, 0

    def add(self, seen: Seen, actions: Tensor, rewards: Tensor, ended: Tensor) -> None:
        """One step of all games: what was seen before it, and what came of it."""
        row = self.count % self.size
        self.pictures[row], self.first[row] = seen.now, seen.first
        self.actions[row], self.rewards[row], self.ended[row] = actions, rewards, ended
        self.count += 1

    def sample(self, count: int, chance: np.random.Generator) -> Transitions:
        """So many steps drawn at random."""
        # The oldest row lacks the picture before it, the newest the one after it.
        oldest = max(0, self.count - self.size)
        rows = torch.from_numpy(chance.integers(oldest + 1, self.count - 1, count))
        games = torch.from_numpy(chance.integers(0, self.actions.shape[1], count))
        row = rows % self.size
        now = self.pictures[row, games]
        before = self.pictures[(rows - 1) % self.size, games]
        before = torch.where(self.first[row, games, None, None, None], now, before)
        after = self.pictures[(rows + 1) % self.size, games]
        return Transitions(
            states=torch.cat((before, now), 1),
            actions=self.actions[row, games],
            rewards=self.rewards[row, games],
            following=torch.cat((now, after), 1),
            ended=self.ended[row, games],
        )


@dataclass
class Seen:
    """The last two pictures of every game, uint8 (games, 3, 48, 48), and whether it has begun."""

    before: Tensor
    now: Tensor
    first: Tensor

    @property
    def state(self) -> Tensor:
        return torch.cat((self.before, self.now), 1)


class Games:
    """Several games of Catch side by side; where one ends the next begins."""

    def __init__(self, count: int, seed: int) -> None:
        self.games = [Catch() for _ in range(count)]
        first = [game.reset(seed=seed + i)[0] for i, game in enumerate(self.games)]
        now = _stacked(first)
        self.seen = Seen(now, now, torch.ones(count, dtype=torch.bool))

    def step(self, actions: Tensor) -> tuple[Tensor, Tensor]:
        """The rewards, and which games ended with it."""
        rewards, ended, pictures = [], [], []
        for game, action in zip(self.games, actions.tolist(), strict=True):
            picture, reward, over, _, _ = game.step(action)
            rewards.append(reward)
            ended.append(over)
            pictures.append(game.reset()[0] if over else picture)
        first, now = torch.tensor(ended), _stacked(pictures)
        before = torch.where(first[:, None, None, None], now, self.seen.now)
        self.seen = Seen(before, now, first)
        return torch.tensor(rewards), first


def _stacked(pictures: list[Any]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()


@dataclass
class Course:
    """How far the learning is: caught and missed balls since it was last told."""

    points: dict[int, float] = field(default_factory=dict)
    lately: list[bool] = field(default_factory=list)

    def note(self, rewards: Tensor, ended: Tensor) -> None:
        self.lately += (rewards[ended] > 0).tolist()

    def tell(self, step: int, seconds: float) -> None:
        self.points[step] = round(float(np.mean(self.lately)), 3)
        print(f"step {step}: {self.points[step]:.1%} caught, {seconds:.0f} s", flush=True)
        self.lately = []


def main() -> None:
    """Train the network, print the share of balls that it catches, write weights and record."""
    parser = argparse.ArgumentParser(prog="training.catch_dqn", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder (default: the package's)")
    for key, value in asdict(Recipe()).items():
        parser.add_argument(f"--{key.replace('_', '-')}", type=type(value), default=value)
    given = vars(parser.parse_args())
    out = given.pop("out")
    network, facts = make(Recipe(**given))
    print(f"{write(network, 'catch-dqn', facts, out)} written")


def make(recipe: Recipe) -> tuple[nn.Module, dict[str, Any]]:
    """A trained network and the record of its training."""
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    started, work = time.perf_counter(), time.process_time()
    network = catch_network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    course = train(network, recipe)
    round_to_file(network)
    caught = share_caught(network, recipe.held_out)
    print(f"catch-dqn: {caught:.1%} of {recipe.held_out} held-out balls caught")
    return network, {
        **asdict(recipe),
        "held_out_from": HELD_OUT,
        "caught": round(caught, 4),
        "learning_curve": course.points,
        "seconds": round(time.perf_counter() - started),
        "cpu_seconds": round(time.process_time() - work),
        "parameters": sum(p.numel() for p in network.parameters()),
        "torch": torch.__version__,
    }


def train(network: nn.Module, recipe: Recipe) -> Course:
    """Play, remember, and after every step learn from a batch of what is remembered."""
    chance = np.random.default_rng(recipe.seed)
    games, replay = Games(recipe.games, recipe.seed), Replay(recipe.games, recipe.remembered)
    target = copy.deepcopy(network)
    optimiser = torch.optim.Adam(network.parameters(), recipe.rate, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda n: 1 - n / recipe.steps)
    course, started = Course(), time.perf_counter()
    for step in range(recipe.steps):
        left = max(0.0, 1 - step / (recipe.explore_until * recipe.steps))
        actions = chosen(network, games.seen.state)
        at_random = torch.from_numpy(chance.integers(0, len(ACTIONS), len(actions)))
        explores = chance.random(len(actions)) < recipe.explore + (1 - recipe.explore) * left
        actions = torch.where(torch.from_numpy(explores), at_random, actions)
        seen = games.seen
        rewards, ended = games.step(actions)
        replay.add(seen, actions, rewards, ended)
        course.note(rewards, ended)
        if step >= recipe.warm_up:
            optimiser.zero_grad()
            error(network, target, replay.sample(recipe.batch, chance), recipe.discount).backward()
            optimiser.step()
            schedule.step()
            _follow(target, network, recipe.follow)
        if (step + 1) % recipe.told_every == 0:
            course.tell(step + 1, time.perf_counter() - started)
    return course


def error(network: nn.Module, target: nn.Module, seen: Transitions, discount: float) -> Tensor:
    """How far the values are from the rewards and what the states after them are worth."""
    # Half as many bits: twice as fast where the processor multiplies such numbers.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        values = network(as_input(seen.states)).float()
        with torch.no_grad():
            following = as_input(seen.following)
            best = network(following).argmax(1, keepdim=True)
            worth = target(following).float().gather(1, best).squeeze(1)
    goal = seen.rewards + discount * worth * ~seen.ended
    return F.smooth_l1_loss(values.gather(1, seen.actions[:, None]).squeeze(1), goal)


def as_input(states: Tensor) -> Tensor:
    """Bytes to 0 to 1."""
    return (states.float() / 255).contiguous(memory_format=torch.channels_last)


def chosen(network: nn.Module, states: Tensor) -> Tensor:
    """The action of the largest value in each state."""
    with torch.inference_mode():
        best: Tensor = network(as_input(states)).argmax(1)
    return best.clone()


def share_caught(network: nn.Module, episodes: int, start: int = HELD_OUT) -> float:
    """Of held-out episodes without a random action: the share of balls that are caught."""
    games = [Catch() for _ in range(episodes)]
    now = _stacked([game.reset(seed=start + i)[0] for i, game in enumerate(games)])
    before, caught, over = now, np.zeros(episodes, dtype=bool), False
    while not over:
        parts = [chosen(network, s) for s in torch.cat((before, now), 1).split(250)]
        actions = torch.cat(parts).tolist()
        steps = [game.step(action) for game, action in zip(games, actions, strict=True)]
        before, now = now, _stacked([step[0] for step in steps])
        # Every ball falls for as long as any other.
        over = steps[0][2]
        caught = np.array([step[1] > 0 for step in steps])
    return float(caught.mean())


def _follow(target: nn.Module, network: nn.Module, share: float) -> None:
    with torch.no_grad():
        pairs = zip(target.parameters(), network.parameters(), strict=True)
        for slow, fast in pairs:
            slow.lerp_(fast, share)


if __name__ == "__main__":
    main()
