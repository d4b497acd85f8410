"""How many multiplications all derivatives by the parameters take: backwards, and forwards.

Both multiply the same Jacobians and differ in the order. Backwards begins at the cost, which is one
number, so every product is a row vector times a matrix. Forwards begins at the parameters, so every
product is matrix times matrix, with a column for each parameter met so far (S. Raschka, A Visual
Explanation of the Back Propagation Algorithm, 2016).

Counted is the product of two numbers neither of which is 0 or 1 by construction: the Jacobian of an
activation that acts unit by unit is a diagonal, a net depends only on the weights of its own unit,
and on its bias with slope 1. Activations, slopes and the forward pass are the same for both and
are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from backlight.networks.network import Network


@dataclass(frozen=True)
class Product:
    """One product of the chain.

    Attributes:
        what: "cost", "activation", "weights" (through them, to the layer before) or "gradient"
            (of a layer's weights, activation times δ).
        layer: of which layer, from 1.
        left, right: the shapes of the two factors, (rows, columns).
        count: multiplications.
    """

    what: str
    layer: int
    left: tuple[int, int]
    right: tuple[int, int]
    count: int


def backwards(network: Network) -> tuple[Product, ...]:
    """From the cost to the parameters of the first layer, in the order they are done."""
    products = []
    for layer in range(len(network.sizes) - 1, 0, -1):
        inputs, units = network.sizes[layer - 1 : layer + 1]
        mixing = network.activations[layer - 1] == "softmax"
        count = units * units if mixing else units
        products.append(Product("activation", layer, (1, units), (units, units), count))
        products.append(Product("gradient", layer, (inputs, 1), (1, units), inputs * units))
        if layer > 1:
            products.append(Product("weights", layer, (1, units), (units, inputs), units * inputs))
    return tuple(products)


def forwards(network: Network) -> tuple[Product, ...]:
    """From the parameters of the first layer to the cost, in the order they are done."""
    products = []
    full = single = 0  # columns with a number for every unit, and with one number
    for layer in range(1, len(network.sizes)):
        inputs, units = network.sizes[layer - 1 : layer + 1]
        if layer > 1:
            count = units * (inputs * full + single)
            full, single = full + single, 0
            products.append(Product("weights", layer, (units, inputs), (inputs, full), count))
        mixing = network.activations[layer - 1] == "softmax"
        # A bias's column holds a 1, the product with which is no multiplication.
        count = (full * units + inputs * units) * (units if mixing else 1)
        single = units * (inputs + 1)
        shape = (units, full + single)
        products.append(Product("activation", layer, (units, units), shape, count))
        if mixing:
            full, single = full + single, 0
    units = network.sizes[-1]
    last = len(network.sizes) - 1
    count = units * full + single
    products.append(Product("cost", last, (1, units), (units, full + single), count))
    return tuple(products)
