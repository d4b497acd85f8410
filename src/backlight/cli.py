"""The command line: what can be typed. What is then done stands in `commands/`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from backlight import __version__
from backlight.commands import terminal
from backlight.commands.explain_parsers import add_explain, add_layers, add_lists
from backlight.commands.gradient_parsers import add_check, add_gradients
from backlight.commands.mountain_parser import add_mountain
from backlight.commands.parser_parts import add_traceback
from backlight.commands.play_parser import add_play
from backlight.commands.serve_parser import add_serve
from backlight.commands.sweep_parser import add_sweep
from backlight.commands.training_parsers import add_predict, add_train
from backlight.commands.wording import reason
from backlight.errors import did_you_mean


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0; 1 when `check` finds a gradient wrong; 2 when something given cannot be
        used, which standard error then says in one line; 130 when interrupted.

    Raises:
        SystemExit: after --help (0), and when the arguments cannot be understood (2).
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    terminal.set_up()
    try:
        try:
            options = parse(given)
            return int(options.run(options))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough (`backlight models | head -1`).
        terminal.drop_output()
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if "--traceback" in given:
            raise
        if type(error) is OSError:
            terminal.drop_output()  # a full disk, say: what is left cannot be written either
        print(f"backlight: {reason(error)}", file=sys.stderr)
        return 2


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command that was typed; `run` is the function that carries it out.

    Raises:
        SystemExit: they cannot be understood; standard error says what is nearest.
    """
    top, commands = _parsers()
    word = next((entry for entry in arguments if not entry.startswith("-")), None)
    if word is not None and word not in commands:
        hint = did_you_mean(word, commands) or f": expected {', '.join(commands)}"
        if os.path.exists(word):
            table = word.lower().endswith((".csv", ".tsv", ".parquet"))
            likely = f"train {word} --target COLUMN" if table else f"explain {word}"
            hint = f"; did you mean `backlight {likely}`?"
        top.error(f"no command {word!r}{hint}")
    options, rest = top.parse_known_args(arguments)
    command = commands[options.command]
    wrong = next((entry for entry in rest if entry.startswith("-")), None)
    if wrong is not None:
        name = wrong.partition("=")[0]
        command.error(f"no option {name}{did_you_mean(name, _options(command))}")
    if rest and options.command != "explain":
        command.error(f"{rest[0]!r} is one word too many")
    if rest:
        options.photos += rest  # photos on both sides of an option
    return options


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """All commands together, and each by its name."""
    top = argparse.ArgumentParser(
        prog="backlight",
        usage="backlight COMMAND ... [options]",
        description="Shows why a neural network said what it said, checks gradients, and trains "
        "small networks on tables.",
        epilog="`backlight COMMAND --help` tells more of each.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"backlight {__version__}")
    add_traceback(top, default=False)
    commands = top.add_subparsers(
        title="commands", prog="backlight", metavar="COMMAND", dest="command", required=True
    )
    add_explain(commands)
    add_layers(commands)
    add_lists(commands)
    add_gradients(commands)
    add_check(commands)
    add_sweep(commands)
    add_mountain(commands)
    add_play(commands)
    add_train(commands)
    add_predict(commands)
    add_serve(commands)
    return top, commands.choices


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [text for action in parser._actions for text in action.option_strings]


if __name__ == "__main__":
    sys.exit(main())
