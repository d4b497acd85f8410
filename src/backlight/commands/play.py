"""`backlight play`: a policy plays a game, and each thing that it does is explained."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from backlight.commands.progress import Progress
from backlight.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from backlight.explanations.episodes import Episode
    from backlight.models.model import Model


@dataclass(frozen=True)
class Usual:
    """What goes for a game unless something else is asked for.

    Attributes:
        policy: the name of the network that plays it.
        steps: of an episode at most; None for all of it. A whole game of Pong is thousands.
        fps: steps a second, as they are shown.
    """

    policy: str
    steps: int | None
    fps: int


GAMES: Final = {
    "catch": Usual("catch-dqn", steps=None, fps=8),
    "pong": Usual("pong-imitator", steps=240, fps=15),
}
_TARGETS = ("action", "value")


def run(options: argparse.Namespace) -> int:
    """Play `options.game`; 0 when all went well."""
    _check(options)
    from backlight.explanations.animating import check_ending, save
    from backlight.games import make_game
    from backlight.models.loading import load_model

    usual = GAMES[options.game]
    out = Path(options.out or f"{options.game}.gif") if options.explain or options.out else None
    if out is not None:
        check_ending(out, overwrite=options.force)
        if out.suffix.lower() == ".html" and not options.explain:
            raise InputError(f"{out.name}: a page shows maps, for which --explain is needed")
    name = options.model or usual.policy
    game = make_game(options.game)
    with Progress(f"loading {name}", options.episodes, unit="episode") as progress:
        model = load_model(name, weights=options.weights, device=options.device)
        episodes = []
        for number in range(options.episodes):
            progress.doing(f"playing {options.game}")
            episodes.append(_episode(model, game, options, number))
            progress.done()
        game.close()
        if out is not None:
            progress.doing(f"drawing {out.name}")
            save(episodes, out, overwrite=options.force, fps=options.fps or usual.fps)
    print(report(options.game, episodes, out))
    return 0


def report(game: str, episodes: Sequence[Episode], out: Path | None) -> str:
    """What a person reads: how it went, what was looked at, the file."""
    first = episodes[0]
    lines = [f"{game}: played by {first.model}"]
    for number, episode in enumerate(episodes, 1):
        cut = "" if episode.ended else ", cut off"
        lines.append(f"  episode {number}: {len(episode)} steps{cut}, score {episode.score:+g}")
    done = {
        name: sum(int((episode.actions == i).sum()) for episode in episodes)
        for i, name in enumerate(first.names)
    }
    lines.append("  actions: " + ", ".join(f"{name} {count}" for name, count in done.items()))
    if first.method:
        where = f" at {first.layer}" if first.layer else ""
        lines.append(f"  {first.target} explained by {first.method}{where}")
    if out is not None:
        lines.append(f"  wrote {out}")
    return "\n".join(lines)


def _check(options: argparse.Namespace) -> None:
    """What is misspelt need not wait for anything to be loaded."""
    if options.game not in GAMES:
        hint = did_you_mean(options.game, GAMES) or f": one of {', '.join(GAMES)}"
        raise InputError(f"no game {options.game!r}{hint}")
    if options.target not in _TARGETS:
        hint = did_you_mean(options.target, _TARGETS) or f": one of {', '.join(_TARGETS)}"
        raise InputError(f"--target {options.target!r}{hint}")


def _episode(model: Model, game: Any, options: argparse.Namespace, number: int) -> Episode:
    from backlight.explanations.episodes import explain_episode, play_episode

    seed, steps = options.seed + number, options.steps or GAMES[options.game].steps
    if not options.explain:
        return play_episode(model, game, seed=seed, steps=steps)
    return explain_episode(
        model,
        game,
        options.target,
        seed=seed,
        steps=steps,
        layer=options.layer,
        method=options.method,
        gradients=options.gradients,
    )
