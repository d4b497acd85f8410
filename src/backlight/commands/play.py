"""`backlight play`: a policy plays a game, and each thing that it does is explained."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlight.commands.progress import Progress
from backlight.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from backlight.explanations.episodes import Episode
    from backlight.models.model import Model

# The games, each with the policy that plays it unless another is asked for.
POLICIES = {"catch": "catch-dqn", "pong": None}
_TARGETS = ("action", "value")


def run(options: argparse.Namespace) -> int:
    """Play `options.game`; 0 when all went well."""
    _check(options)
    from backlight.explanations.animating import save
    from backlight.games import make_game
    from backlight.models.loading import load_model
    from backlight.show.animation import check_animation

    out = Path(options.out or f"{options.game}.gif") if options.explain or options.out else None
    if out is not None:
        check_animation(out, overwrite=options.force)
    name = options.model or POLICIES[options.game]
    if name is None:
        raise InputError(f"no network that plays {options.game} comes along: name one by --model")
    game = make_game(options.game)
    with Progress(f"loading {name}", options.episodes, unit="episode") as progress:
        model = load_model(name, weights=options.weights, device=options.device)
        episodes = []
        for number in range(options.episodes):
            progress.doing(f"playing {options.game}")
            episodes.append(_episode(model, game, options, options.seed + number))
            progress.done()
        game.close()
        if out is not None:
            progress.doing(f"drawing {out.name}")
            save(episodes, out, overwrite=options.force, fps=options.fps)
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
    if options.game not in POLICIES:
        hint = did_you_mean(options.game, POLICIES) or f": one of {', '.join(POLICIES)}"
        raise InputError(f"no game {options.game!r}{hint}")
    if options.target not in _TARGETS:
        hint = did_you_mean(options.target, _TARGETS) or f": one of {', '.join(_TARGETS)}"
        raise InputError(f"--target {options.target!r}{hint}")


def _episode(model: Model, game: Any, options: argparse.Namespace, seed: int) -> Episode:
    from backlight.explanations.episodes import explain_episode, play_episode

    if not options.explain:
        return play_episode(model, game, seed=seed, steps=options.steps)
    return explain_episode(
        model,
        game,
        options.target,
        seed=seed,
        steps=options.steps,
        layer=options.layer,
        method=options.method,
        gradients=options.gradients,
    )
