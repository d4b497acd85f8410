"""What is decided about a table before a network is trained on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from backlight.errors import InputError
from backlight.networks.network import Network
from backlight.networks.tables.columns import Preparation
from backlight.networks.tables.reading import Table
from backlight.networks.tables.split import Rows, split
from backlight.networks.tables.target import Target, decide
from backlight.networks.training import Training

_VALIDATION_SHARE = 0.15  # of the training rows, which early stopping watches
_VALIDATION_ROWS = 5  # with fewer than so many there is no early stopping
_MOST_PARAMETERS: Final = 100_000_000  # training takes five or six numbers of 8 bytes for each
_LOSSES: Final = {"classify": "cross-entropy", "regress": "squared-error"}


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        hidden: units of each hidden layer.
        activation: of the hidden layers.
        epochs: at most so many.
        batch: rows a step.
        optimiser, learning_rate, weight_decay: how a step goes.
        test_share: of the rows, held out to judge by; 0 holds out none.
        patience: stop after so many epochs without a lower loss on 15 % of the training rows,
            which are not trained on; 0 trains on all of them and does not stop.
        seed: of the split, the start and the order of the rows.
    """

    hidden: tuple[int, ...] = (32,)
    activation: str = "tanh"
    epochs: int = 500
    batch: int = 32
    optimiser: str = "adam"
    learning_rate: float = 0.005
    weight_decay: float = 1e-3
    test_share: float = 0.2
    patience: int = 20
    seed: int = 0


@dataclass(frozen=True)
class Plan:
    """What is decided about a table before training.

    Attributes:
        table: its rows that have a target.
        without_target: how many rows have none and are left out.
        why: what decided between classes and numbers.
        target, preparation: learned on all rows that are not held out.
        training, validation, test: the rows that are trained on, watched for early stopping, and
            held out; their numbers in `table`.
        network: what is trained.
        recipe: how.
    """

    table: Table
    without_target: int
    why: str
    target: Target
    preparation: Preparation
    training: Rows
    validation: Rows
    test: Rows
    network: Network
    recipe: Recipe

    @property
    def loss(self) -> str:
        """What is made small: the name of a loss."""
        return _LOSSES[self.target.task]

    def begin(self) -> Training:
        """The training as it is before its first step."""
        return _training(self.network, self.recipe, self.loss)


def plan(
    table: Table,
    target: str,
    task: str | None = None,
    ignore: Collection[str] = (),
    recipe: Recipe | None = None,
    most_parameters: int = _MOST_PARAMETERS,
) -> Plan:
    """Decide everything that stands before training starts.

    Args:
        table: all rows.
        target: the column to predict.
        task: "classify" or "regress"; decided by the column where it is None.
        ignore: columns to leave out.
        recipe: how to train.
        most_parameters: a network of more is refused before any of them is made.

    Raises:
        InputError: the table, its target or the recipe cannot be used.
    """
    recipe = recipe or Recipe()
    chosen, why = decide(table, target, task)
    for name in ignore:
        table.column(name, "column to ignore")
        if name == target:
            raise InputError(f"{target!r} is the target: it cannot be ignored")
    known = ~table.column(target).missing
    rest = table if known.all() else table.take(known)
    column = rest.column(target)
    places = column.coded()[0] if chosen == "classify" else None
    learning, test = split(rest.rows, recipe.test_share, recipe.seed, places)
    training, validation = _set_aside(learning, places, recipe)
    learned = Target.learn(column.take(learning), chosen)
    preparation = Preparation.learn(rest.take(learning), target, ignore)
    preparation.check(rest)  # what is held out, before any work is done
    network = Network(
        (len(preparation.inputs), *recipe.hidden, learned.outputs),
        recipe.activation,
        "softmax" if chosen == "classify" else "identity",
    )
    if network.size > most_parameters:
        raise InputError(
            f"a network of {'-'.join(map(str, network.sizes))} units would have {network.size:,} "
            f"parameters: expected at most {most_parameters:,}; give fewer hidden units"
        )
    _training(network, recipe, _LOSSES[chosen])  # says what of the recipe cannot be used
    return Plan(
        rest, int((~known).sum()), why, learned, preparation, training, validation, test, network,
        recipe,
    )  # fmt: skip


def _training(network: Network, recipe: Recipe, loss: str) -> Training:
    return Training(
        network,
        loss=loss,
        optimiser=recipe.optimiser,
        learning_rate=recipe.learning_rate,
        batch_size=recipe.batch,
        seed=recipe.seed,
        weight_decay=recipe.weight_decay,
    )


def _set_aside(learning: Rows, places: Any, recipe: Recipe) -> tuple[Rows, Rows]:
    """The rows to train on, and those that early stopping watches."""
    if not recipe.patience or len(learning) * _VALIDATION_SHARE < _VALIDATION_ROWS:
        return learning, learning[:0]
    strata = None if places is None else places[learning]
    training, validation = split(len(learning), _VALIDATION_SHARE, recipe.seed, strata)
    return learning[training], learning[validation]
