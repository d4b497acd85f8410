"""Backlight: why a neural network said what it said, and whether the gradients are right.

Pick a score, pick what to differentiate it by, pick how; then look at the result::

    import backlight as bl

    model = bl.load_model("efficientnet-lite0")
    why = bl.explain(model, "photo.jpg")
    why.save("why.html")

The public names are imported when they are first used: `import backlight` loads neither torch
nor NumPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backlight.errors import BacklightError as BacklightError
    from backlight.explanations.explain import explain as explain
    from backlight.explanations.explanation import Explanation as Explanation
    from backlight.explanations.layer import layers as layers
    from backlight.explanations.target import Not as Not
    from backlight.gradients.backprop import Backprop as Backprop
    from backlight.gradients.check import check as check
    from backlight.gradients.compare import compare as compare
    from backlight.gradients.dual import DualNumbers as DualNumbers
    from backlight.gradients.finite import FiniteDifferences as FiniteDifferences
    from backlight.gradients.method import derivatives as derivatives
    from backlight.gradients.method import gradient as gradient
    from backlight.gradients.second_order import hessian as hessian
    from backlight.gradients.second_order import hessian_vector_product as hessian_vector_product
    from backlight.models.black_box import BlackBox as BlackBox
    from backlight.models.loading import load_model as load_model
    from backlight.models.model import Model as Model
    from backlight.models.onnx.describe import describe_onnx as describe_onnx
    from backlight.models.preprocessing import Preprocess as Preprocess
    from backlight.networks.estimators.classifier import BackpropClassifier as BackpropClassifier
    from backlight.networks.estimators.regressor import BackpropRegressor as BackpropRegressor
    from backlight.networks.network import Network as Network

__version__ = "0.1.0"

_HOMES = {
    "Backprop": "backlight.gradients.backprop",
    "BackpropClassifier": "backlight.networks.estimators.classifier",
    "BackpropRegressor": "backlight.networks.estimators.regressor",
    "BacklightError": "backlight.errors",
    "BlackBox": "backlight.models.black_box",
    "DualNumbers": "backlight.gradients.dual",
    "Explanation": "backlight.explanations.explanation",
    "FiniteDifferences": "backlight.gradients.finite",
    "Model": "backlight.models.model",
    "Network": "backlight.networks.network",
    "Not": "backlight.explanations.target",
    "Preprocess": "backlight.models.preprocessing",
    "check": "backlight.gradients.check",
    "compare": "backlight.gradients.compare",
    "derivatives": "backlight.gradients.method",
    "describe_onnx": "backlight.models.onnx.describe",
    "explain": "backlight.explanations.explain",
    "gradient": "backlight.gradients.method",
    "hessian": "backlight.gradients.second_order",
    "hessian_vector_product": "backlight.gradients.second_order",
    "layers": "backlight.explanations.layer",
    "load_model": "backlight.models.loading",
}

__all__ = [  # noqa: RUF022  (in the order a reader needs them)
    "load_model",
    "explain",
    "layers",
    "Not",
    "gradient",
    "derivatives",
    "hessian",
    "hessian_vector_product",
    "Backprop",
    "DualNumbers",
    "FiniteDifferences",
    "compare",
    "check",
    "Explanation",
    "Model",
    "BlackBox",
    "Preprocess",
    "Network",
    "BackpropClassifier",
    "BackpropRegressor",
    "describe_onnx",
    "BacklightError",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        from backlight.errors import did_you_mean

        raise AttributeError(f"backlight has no {name!r}{did_you_mean(name, __all__)}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
