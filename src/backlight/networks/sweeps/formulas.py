"""The derivatives that a sweep uses, written to be read; `a` is a signal, `z` its net.

The numbers come from the library's ways to a gradient; a test holds every formula to them.
"""

from __future__ import annotations

from typing import Final

# g′(z) of every activation.
SLOPES: Final = {
    "identity": "1",
    "tanh": "1 − a²",
    "sigmoid": "a (1 − a)",
    "relu": "1 if z > 0, 0 if z < 0, ½ at 0",
    "leaky-relu": "1 if z > 0, 0.01 if z < 0, 0.505 at 0",
    "gelu": "½ (1 + erf(z / √2)) + z e^(−z² / 2) / √(2π)",
    "softmax": "∂aₖ/∂zᵢ = aₖ ([i = k] − aᵢ)",
}

# ∂C/∂a of every loss.
PULLS: Final = {
    "squared-error": "a − t",
    "huber": "a − t, cut off at ±1",
    "binary-cross-entropy": "(a − t) / (a (1 − a))",
    "cross-entropy": "−t / a",
}

# δ = ∂C/∂z of a loss and the output activation it is taken together with.
DELTAS: Final = {
    ("binary-cross-entropy", "sigmoid"): "a − t",
    ("cross-entropy", "softmax"): "a Σt − t",
}
