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
    from backlight import show as show
    from backlight.errors import BacklightError as BacklightError
    from backlight.explanations.episodes import Episode as Episode
    from backlight.explanations.episodes import explain_episode as explain_episode
    from backlight.explanations.episodes import play_episode as play_episode
    from backlight.explanations.explain import explain as explain
    from backlight.explanations.explanation import Explanation as Explanation
    from backlight.explanations.layer import layers as layers
    from backlight.explanations.several import Explanations as Explanations
    from backlight.explanations.targets.answers import Answer as Answer
    from backlight.explanations.targets.boxes import Box as Box
    from backlight.explanations.targets.classes import Action as Action
    from backlight.explanations.targets.classes import Class as Class
    from backlight.explanations.targets.combined import Difference as Difference
    from backlight.explanations.targets.combined import Not as Not
    from backlight.explanations.targets.embeddings import Embedding as Embedding
    from backlight.explanations.targets.every_word import Words as Words
    from backlight.explanations.targets.pixels import Pixels as Pixels
    from backlight.explanations.targets.values import Value as Value
    from backlight.explanations.targets.words import Caption as Caption
    from backlight.explanations.targets.words import Word as Word
    from backlight.explanations.word_relevance import WordRelevance as WordRelevance
    from backlight.explanations.word_relevance import word_relevance as word_relevance
    from backlight.gradients.backprop import Backprop as Backprop
    from backlight.gradients.check import check as check
    from backlight.gradients.compare import compare as compare
    from backlight.gradients.dual import DualNumbers as DualNumbers
    from backlight.gradients.expressions.expression import expression as expression
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
    from backlight.models.vocabulary import Tokens as Tokens
    from backlight.models.vocabulary import Vocabulary as Vocabulary
    from backlight.networks.estimators.classifier import BackpropClassifier as BackpropClassifier
    from backlight.networks.estimators.regressor import BackpropRegressor as BackpropRegressor
    from backlight.networks.network import Network as Network

__version__ = "0.1.0"

_HOMES = {
    "Action": "backlight.explanations.targets.classes",
    "Answer": "backlight.explanations.targets.answers",
    "BacklightError": "backlight.errors",
    "Backprop": "backlight.gradients.backprop",
    "BackpropClassifier": "backlight.networks.estimators.classifier",
    "BackpropRegressor": "backlight.networks.estimators.regressor",
    "BlackBox": "backlight.models.black_box",
    "Box": "backlight.explanations.targets.boxes",
    "Caption": "backlight.explanations.targets.words",
    "Class": "backlight.explanations.targets.classes",
    "Difference": "backlight.explanations.targets.combined",
    "DualNumbers": "backlight.gradients.dual",
    "Embedding": "backlight.explanations.targets.embeddings",
    "Episode": "backlight.explanations.episodes",
    "Explanation": "backlight.explanations.explanation",
    "Explanations": "backlight.explanations.several",
    "FiniteDifferences": "backlight.gradients.finite",
    "Model": "backlight.models.model",
    "Network": "backlight.networks.network",
    "Not": "backlight.explanations.targets.combined",
    "Pixels": "backlight.explanations.targets.pixels",
    "Preprocess": "backlight.models.preprocessing",
    "Tokens": "backlight.models.vocabulary",
    "Value": "backlight.explanations.targets.values",
    "Vocabulary": "backlight.models.vocabulary",
    "Word": "backlight.explanations.targets.words",
    "Words": "backlight.explanations.targets.every_word",
    "WordRelevance": "backlight.explanations.word_relevance",
    "check": "backlight.gradients.check",
    "compare": "backlight.gradients.compare",
    "derivatives": "backlight.gradients.method",
    "describe_onnx": "backlight.models.onnx.describe",
    "explain": "backlight.explanations.explain",
    "explain_episode": "backlight.explanations.episodes",
    "expression": "backlight.gradients.expressions.expression",
    "gradient": "backlight.gradients.method",
    "hessian": "backlight.gradients.second_order",
    "hessian_vector_product": "backlight.gradients.second_order",
    "layers": "backlight.explanations.layer",
    "load_model": "backlight.models.loading",
    "play_episode": "backlight.explanations.episodes",
    "word_relevance": "backlight.explanations.word_relevance",
}

__all__ = [  # noqa: RUF022  (in the order a reader needs them)
    "load_model",
    "explain",
    "explain_episode",
    "play_episode",
    "layers",
    "word_relevance",
    "Class",
    "Not",
    "Difference",
    "Word",
    "Words",
    "Caption",
    "Answer",
    "Action",
    "Value",
    "Box",
    "Pixels",
    "Embedding",
    "gradient",
    "derivatives",
    "hessian",
    "hessian_vector_product",
    "Backprop",
    "DualNumbers",
    "FiniteDifferences",
    "compare",
    "check",
    "expression",
    "Explanation",
    "Episode",
    "Explanations",
    "WordRelevance",
    "Model",
    "BlackBox",
    "Preprocess",
    "Vocabulary",
    "Tokens",
    "Network",
    "BackpropClassifier",
    "BackpropRegressor",
    "describe_onnx",
    "BacklightError",
]


def __getattr__(name: str) -> Any:
    if name == "show":  # a room whose functions are for notebooks: bl.show.sweep(…)
        return importlib.import_module("backlight.show")
    if name not in _HOMES:
        from backlight.errors import did_you_mean

        raise AttributeError(f"backlight has no {name!r}{did_you_mean(name, __all__)}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
