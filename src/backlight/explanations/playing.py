"""A policy plays an environment of Gymnasium's interface: one episode, recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backlight.errors import InputError, ModelError, TargetError
from backlight.explanations.capture import untraced
from backlight.explanations.inputs import prepare
from backlight.explanations.replica import Replica
from backlight.explanations.targets.forms import action_scores, state_values
from backlight.models.model import Model

Observe = Callable[[Any], Tensor]
Masks = Mapping[str, NDArray[np.bool_]]


@dataclass
class Record:
    """What happened, step by step; entry t is what was seen, done and got in step t.

    Attributes:
        observations: as the policy saw them, (1, C, h, w) each.
        frames: as a person sees them, uint8 (H, W, 3) each.
        actions: what was done, indices.
        rewards: what came of it.
        scores: the policy's number for each action, (actions,) each.
        values: what it holds the state to be worth; None where it does not say.
        masks: the exact pixels of what is in the frame, where the environment's `info` has them.
        ended: whether the episode ended; it was cut off where not.
    """

    observations: list[Tensor] = field(default_factory=list)
    frames: list[NDArray[np.uint8]] = field(default_factory=list)
    actions: list[int] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    scores: list[Tensor] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)
    masks: list[Masks | None] = field(default_factory=list)
    ended: bool = False


def played(
    model: Model, env: Any, *, seed: int | None, steps: int | None, observe: Observe
) -> Record:
    """One episode, in every step the action with the highest score."""
    record, replica = Record(), Replica(model.module)
    observation, info = env.reset(seed=seed)
    while not record.ended and (steps is None or len(record.actions) < steps):
        with untraced(), torch.no_grad():
            inputs = prepare(model, _one(observe(observation)))
            _check_shape(inputs.image, model)
            output = inputs.run(replica, inputs.image.clone())
        scores = action_scores(output)[0].float().cpu()
        _check_actions(env, len(scores), model)
        action = int(scores.argmax())
        record.observations.append(inputs.image.cpu())
        record.frames.append(frame_of(env, inputs.image))
        record.masks.append(info.get("masks") if isinstance(info, Mapping) else None)
        record.scores.append(scores)
        record.values.append(_value(output))
        record.actions.append(action)
        observation, reward, over, cut, info = env.step(action)
        record.rewards.append(float(reward))
        record.ended = bool(over or cut)
    return record


def as_pictures(observation: Any) -> Tensor:
    """An observation as the input of a network that takes pictures: (1, C, h, w), float32.

    Args:
        observation: a picture (h, w) or (h, w, colours) or (colours, h, w), or a stack of such,
            (frames, h, w) or (frames, h, w, colours), as `FrameStackObservation` makes it. Whole
            numbers are divided by 255; others are taken as they are.

    Raises:
        InputError: it has another shape.
    """
    array = np.asarray(observation)
    if array.ndim == 2:
        array = array[None]
    elif array.ndim == 3 and array.shape[2] <= 4 < array.shape[0]:
        array = array.transpose(2, 0, 1)
    elif array.ndim == 4 and array.shape[3] <= 4:
        array = array.transpose(0, 3, 1, 2).reshape(-1, *array.shape[1:3])
    elif array.ndim != 3:
        raise InputError(
            f"an observation of shape {array.shape} is no picture and no stack of pictures: "
            "give observe=, a function from an observation to a tensor (1, C, h, w)"
        )
    tensor = torch.from_numpy(np.ascontiguousarray(array)).unsqueeze(0)
    return tensor if tensor.is_floating_point() else tensor.float() / 255


def frame_of(env: Any, observed: Tensor) -> NDArray[np.uint8]:
    """What a person sees now: the environment's picture, or else the newest one observed."""
    if getattr(env, "render_mode", None) == "rgb_array":
        rendered = np.asarray(env.render())
        if rendered.ndim == 3 and rendered.shape[2] == 3 and rendered.dtype == np.uint8:
            return rendered.copy()
    values = observed[0].float().cpu()
    newest = values[-3:] if len(values) % 3 == 0 else values[-1:].expand(3, -1, -1)
    low, high = min(0.0, float(newest.min())), max(1.0, float(newest.max()))
    pixels = ((newest - low) / (high - low) * 255).round().byte()
    frame: NDArray[np.uint8] = pixels.permute(1, 2, 0).contiguous().numpy()
    return frame


def _one(tensor: Any) -> Tensor:
    if not isinstance(tensor, Tensor) or tensor.ndim not in (3, 4):
        found = tuple(tensor.shape) if isinstance(tensor, Tensor) else type(tensor).__name__
        raise InputError(f"observe must make a tensor (1, C, h, w) of an observation, not {found}")
    return tensor


def _check_shape(observed: Tensor, model: Model) -> None:
    wanted = model.input_shape
    if wanted is None or len(wanted) != 4:
        return
    if any(
        side not in (None, got) for side, got in zip(wanted[1:], observed.shape[1:], strict=True)
    ):
        raise ModelError(
            f"{model.name} takes inputs of shape {wanted}, but observations of this environment "
            f"become {tuple(observed.shape)}: give observe=, or another policy"
        )


def _check_actions(env: Any, count: int, model: Model) -> None:
    known = getattr(env.action_space, "n", None)
    if known is None:
        raise ModelError(
            f"the environment's actions are {env.action_space}: expected a Discrete space, "
            "of which the policy has a score for each"
        )
    if int(known) != count:
        raise ModelError(f"{model.name} has {count} actions, but the environment has {known}")


def _value(output: Any) -> float | None:
    try:
        value = state_values(output)
    except TargetError:
        return None
    return float(value[0].max())
