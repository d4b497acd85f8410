"""Which models are adapted, and how."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Callable

from torch import nn

from backlight.models.adapters.order import patches_in_order
from backlight.models.adapters.policies import ActionValues, ActorCritic
from backlight.models.adapters.spelling import SpelledAnswers
from backlight.models.model import Model
from backlight.models.tasks import Task

# By the name of the class, so that no library is loaded to ask.
_ADAPTED: dict[str, Callable[[nn.Module], nn.Module]] = {
    "BlipForQuestionAnswering": SpelledAnswers,
    "ViltForImageAndTextRetrieval": patches_in_order,
    "ViltForQuestionAnswering": patches_in_order,
    "ViltModel": patches_in_order,
}

# Users derive from policies: told by the class of Stable-Baselines3 that they are derived from.
_POLICIES: dict[str, Callable[[nn.Module], nn.Module]] = {
    "ActorCriticPolicy": ActorCritic,
    "DQNPolicy": ActionValues,
}

# One for each, so that what is known of it is kept.
_known: weakref.WeakKeyDictionary[nn.Module, nn.Module] = weakref.WeakKeyDictionary()


def adapted(model: Model) -> Model:
    """The model itself, or one of the same parts that shows what its own forward pass hides."""
    module = model.module
    adapt = _ADAPTED.get(type(module).__name__)
    task: Task = model.task
    if adapt is None:
        adapt, task = _of_policy(module), "act"
    if adapt is None:
        return model
    if module not in _known:
        _known[module] = adapt(module)
    return dataclasses.replace(model, module=_known[module], task=task)


def _of_policy(module: nn.Module) -> Callable[[nn.Module], nn.Module] | None:
    own = (kind for kind in type(module).__mro__ if "stable_baselines3" in kind.__module__)
    return next((_POLICIES[kind.__name__] for kind in own if kind.__name__ in _POLICIES), None)
