"""A number of sweeps one after the other, each from the parameters the one before ended with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from backlight.errors import InputError, OutputError
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.given import whole
from backlight.networks.losses import LOSSES
from backlight.networks.network import Network, Parameters
from backlight.networks.sweeps.formulas import DELTAS, PULLS, SLOPES
from backlight.networks.sweeps.multiplications import Product, backwards, forwards
from backlight.networks.sweeps.sweep import Layer, Sweep, swept

Array = Any
Plain = dict[str, Any]

USUAL: Final = 50
# A page holds so many numbers at most, some four megabytes of them.
MOST_NUMBERS: Final = 200_000
# Beyond so many parameters the three ways would be waited for.
MOST_COMPARED: Final = 1_000


@dataclass(frozen=True, eq=False)
class Course:
    """Sweeps and the updates between them.

    Attributes:
        sweeps: the first, and one after each update.
        ended: why there are fewer than were asked for; empty if there are not.
    """

    sweeps: tuple[Sweep, ...]
    ended: str = ""

    @property
    def costs(self) -> list[float]:
        """The cost before any update, and after each."""
        return [sweep.cost for sweep in self.sweeps]

    def plain(self) -> Plain:
        """Everything as plain values for JSON; see `plain_sweep` for each sweep."""
        first = self.sweeps[0]
        network = first.network
        compared = network.size <= MOST_COMPARED
        return {
            "sizes": list(network.sizes),
            "activations": list(network.activations),
            "loss": first.loss,
            "learning_rate": first.learning_rate,
            "x": first.x.tolist(),
            "t": first.t.tolist(),
            "sweeps": [plain_sweep(sweep, compared) for sweep in self.sweeps],
            "ended": self.ended,
            "not_compared": ""
            if compared
            else f"the three ways are compared up to {MOST_COMPARED:,} parameters; these are "
            f"{network.size:,}",
            "multiplications": {
                "backwards": [_plain_product(product) for product in backwards(network)],
                "forwards": [_plain_product(product) for product in forwards(network)],
            },
            "formulas": _formulas(network, first.loss),
        }


def course(
    network: Network,
    parameters: Parameters,
    x: Array,
    t: Array,
    *,
    loss: str = "squared-error",
    learning_rate: float = 0.5,
    updates: int | None = None,
) -> Course:
    """Sweep, update, sweep again.

    Args:
        network, parameters, x, t, loss, learning_rate: as for `swept`.
        updates: how many; by default 50, or fewer where the network is so large that a page could
            not hold their numbers.

    Returns:
        The sweeps. Where descent diverges, those before; `ended` says so.

    Raises:
        InputError: something given does not fit, or so many updates of this network are more
            than a page can hold.
        OutputError: the first sweep is not finite.
    """
    room = MOST_NUMBERS // numbers_of(network) - 1
    if updates is None:
        count = max(0, min(USUAL, room))
    else:
        count = whole("updates", updates, 0)
        if count > max(room, 0):
            raise InputError(
                f"{count:,} updates of {network.size:,} parameters are more than a page can hold; "
                f"up to {max(room, 0):,} of this network can be recorded"
            )
    sweeps = [swept(network, parameters, x, t, loss, learning_rate)]
    ended = ""
    if updates is None and count < USUAL:
        ended = (
            f"recorded updates: {count:,}; a page has no room for more of {network.size:,} "
            "parameters"
        )
    for number in range(1, count + 1):
        try:
            sweeps.append(sweeps[-1].next())
        except (InputError, OutputError):
            ended = (
                f"update {number:,} leads to numbers that are not finite: the learning rate "
                f"{sweeps[0].learning_rate:g} is too large"
            )
            break
    return Course(tuple(sweeps), ended)


def numbers_of(network: Network) -> int:
    """How many numbers one sweep of the network holds as plain values."""
    each = 6 if network.size <= MOST_COMPARED else 3
    units = sum(network.sizes[1:])
    return each * (network.size + network.sizes[0]) + 5 * units


def plain_sweep(sweep: Sweep, compared: bool = True) -> Plain:
    """A sweep as plain values.

    Args:
        sweep: the sweep.
        compared: whether with the three ways, which take time.

    Returns:
        `cost`, `input_slopes`; `layers` with what `Layer` holds and `updated_weights`,
        `updated_biases`; `ways` with a flat list for each way, or None.
    """
    updated = list(sweep.updated.values())
    return {
        "cost": sweep.cost,
        "input_slopes": sweep.input_slopes.tolist(),
        "layers": [
            _plain_layer(layer, updated[2 * index], updated[2 * index + 1])
            for index, layer in enumerate(sweep.layers)
        ],
        "ways": {name: found.tolist() for name, found in sweep.ways.items()} if compared else None,
    }


def _plain_layer(layer: Layer, weights: Array, biases: Array) -> Plain:
    return {
        "weights": layer.weights.tolist(),
        "biases": layer.biases.tolist(),
        "nets": layer.nets.tolist(),
        "signals": layer.signals.tolist(),
        "slopes": layer.slopes.tolist(),
        "pulls": None if layer.pulls is None else layer.pulls.tolist(),
        "deltas": layer.deltas.tolist(),
        "weight_slopes": layer.weight_slopes.tolist(),
        "updated_weights": weights.tolist(),
        "updated_biases": biases.tolist(),
    }


def _plain_product(product: Product) -> Plain:
    return {
        "what": product.what,
        "layer": product.layer,
        "left": list(product.left),
        "right": list(product.right),
        "count": product.count,
    }


def _formulas(network: Network, loss: str) -> Plain:
    """The formulas of this network, to be read."""
    return {
        "activations": [ACTIVATIONS[name].formula for name in network.activations],
        "slopes": [SLOPES[name] for name in network.activations],
        "loss": LOSSES[loss].formula,
        "pull": PULLS[loss],
        "delta": DELTAS.get((loss, network.output), ""),
    }
