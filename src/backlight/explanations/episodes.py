"""Why a policy did what it did, step by step: an episode played, and every action explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from backlight.errors import InputError, TargetError
from backlight.explanations.explain import explain
from backlight.explanations.explanation import Explanation
from backlight.explanations.inputs import ModelLike, as_model
from backlight.explanations.layer import LayerLike
from backlight.explanations.methods import find_method
from backlight.explanations.playing import Masks, Observe, Record, as_pictures, played
from backlight.explanations.several import Explanations
from backlight.explanations.targets.classes import Action
from backlight.explanations.targets.given import TargetLike
from backlight.explanations.targets.values import Value
from backlight.gradients.method import Method as Way
from backlight.models.model import Model


@dataclass(frozen=True, eq=False, repr=False)
class Episode:
    """What a policy did in one episode of T steps, and why.

    Attributes:
        frames: what a person sees in each step, uint8 (T, H, W, 3).
        observations: what the policy saw, (T, C, h, w).
        actions: what it did, integers (T,).
        rewards: what came of it, (T,).
        scores: its number for each action, (T, actions): logits, or values (Q).
        values: what it held each state to be worth, (T,); None where it does not say.
        maps: raw and signed, one for each step: (T, h', w') at the layer's resolution, or for
            pixel methods (T, C, h, w); None where nothing was explained.
        masks: for each step the exact pixels of what is in the frame, boolean (H, W) by name,
            where the environment's `info["masks"]` has them; else None.
        names: what the actions are called.
        ended: whether the episode came to its end; False where `steps` cut it off.
        target: what was explained, in words: `action`, `value`, or the target's own.
        layer: the layer that was looked at; None for pixel methods.
        method: the method's name.
        model: the policy's name.
        signed: whether pictures show both signs.
    """

    frames: NDArray[np.uint8]
    observations: Tensor
    actions: NDArray[np.int64]
    rewards: NDArray[np.float64]
    scores: Tensor
    values: Tensor | None
    maps: Tensor | None
    masks: tuple[Masks | None, ...]
    names: tuple[str, ...]
    ended: bool
    model: str
    target: str | None = None
    layer: str | None = None
    method: str | None = None
    signed: bool = False

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def score(self) -> float:
        """The sum of all rewards."""
        return float(self.rewards.sum())

    def heatmap(self, *, signed: bool = False) -> Tensor:
        """The maps at the size of the frames, each scaled by itself: (T, H, W).

        As `Explanation.heatmap` does it: rectified and in [0, 1], or with `signed` in [-1, 1]. The
        observation is taken to show the whole frame.

        Raises:
            InputError: nothing was explained.
        """
        if self.maps is None:
            raise InputError("this episode was played without being explained: no maps")
        values = self.maps.float()
        if values.ndim == 4:
            values = values.sum(1) if signed else values.clamp(min=0).amax(1)
        values = values if signed else values.clamp(min=0)
        size = (self.frames.shape[1], self.frames.shape[2])
        values = F.interpolate(values[:, None], size, mode="bilinear")[:, 0]
        largest = values.abs().amax((1, 2), keepdim=True)
        return values / torch.where(largest > 0, largest, torch.ones_like(largest))

    def save(
        self, path: str | PathLike[str], *, overwrite: bool = False, fps: float | None = None
    ) -> Path:
        """Write the episode as an animation, .gif or .mp4, or as a page to step through, .html:
        frame, map, and what each action was held to be worth.

        Args:
            path: the file; its ending says which of the three.
            overwrite: whether a file that exists may be written over.
            fps: frames a second; 8 when left out.

        Raises:
            FileError: another ending, or the file exists or cannot be written.
            InputError: a page of an episode that was not explained.
            MissingExtraError: .mp4 without the packages that write it.
        """
        from backlight.explanations.animating import save

        return save([self], Path(path), overwrite=overwrite, fps=fps)

    def __repr__(self) -> str:
        how = f", its {self.target} explained by {self.method}" if self.method else ""
        return f"<Episode of {self.model}: {len(self)} steps, score {self.score:g}{how}>"


def play_episode(
    model: ModelLike,
    env: Any,
    *,
    seed: int | None = None,
    steps: int | None = None,
    observe: Observe | None = None,
) -> Episode:
    """One episode of a policy in an environment, every action the one with the highest score.

    Args:
        model: a policy: a module, `Model` or name, whose output holds a score for each action.
            Its `labels` name the actions.
        env: an environment of Gymnasium's interface with discrete actions. Its frames come from
            `render()` where its render mode is `rgb_array`, else from the observations.
        seed: given to `env.reset`.
        steps: how many at most; until the episode ends when left out.
        observe: from an observation to the policy's input, (1, C, h, w). When left out, pictures
            and stacks of them (`FrameStackObservation`) are taken as they are, bytes divided by
            255, channels first, all pictures' channels one after the other, the newest last.

    Raises:
        InputError: the observations are no pictures, or `steps` is below 1.
        ModelError: the policy has not as many actions as the environment.
        TargetError: its output holds no scores of actions.
    """
    policy = as_model(model)
    return _episode(policy, env, _played(policy, env, seed, steps, observe))


def explain_episode(
    model: ModelLike,
    env: Any,
    target: TargetLike = "action",
    *,
    seed: int | None = None,
    steps: int | None = None,
    observe: Observe | None = None,
    layer: LayerLike | None = None,
    method: str = "grad-cam",
    gradients: str | Way | None = None,
    batch: int = 32,
) -> Episode:
    """Play an episode, then explain each of its steps.

    Args:
        target: "action" for the action that was chosen in each step, "value" for what the state
            was held to be worth, or anything that `explain` takes as a target.
        layer, method, gradients: as in `explain`.
        batch: so many steps are explained at a time.

    The other arguments and errors are those of `play_episode` and `explain`.
    """
    if batch < 1:
        raise InputError(f"batch={batch}: expected at least 1")
    find_method(method)  # a misspelt name need not wait for the game
    policy = as_model(model)
    record = _played(policy, env, seed, steps, observe)
    found: list[Explanation] = []
    for start in range(0, len(record.actions), batch):
        part = slice(start, start + batch)
        asked = _asked(target, record.actions[part])
        inputs = torch.cat(record.observations[part])
        why: Explanation | Explanations = explain(
            policy, inputs, asked, layer=layer, method=method, gradients=gradients
        )
        if isinstance(why, Explanations):
            raise TargetError(f"one map is shown for each step, and {asked} makes several")
        found.append(why)
    return _episode(policy, env, record, found, target)


def _asked(target: TargetLike, actions: Sequence[int]) -> TargetLike:
    if isinstance(target, str) and target == "action":
        return Action(list(actions))
    return Value() if isinstance(target, str) and target == "value" else target


def _played(
    model: Model, env: Any, seed: int | None, steps: int | None, observe: Observe | None
) -> Record:
    if steps is not None and steps < 1:
        raise InputError(f"steps={steps}: expected at least 1")
    return played(model, env, seed=seed, steps=steps, observe=observe or as_pictures)


def _episode(
    model: Model,
    env: Any,
    record: Record,
    found: Sequence[Explanation] = (),
    target: TargetLike = None,
) -> Episode:
    values = [value for value in record.values if value is not None]
    first = found[0] if found else None
    return Episode(
        frames=np.stack(record.frames),
        observations=torch.cat(record.observations),
        actions=np.array(record.actions),
        rewards=np.array(record.rewards),
        scores=torch.stack(record.scores),
        values=torch.tensor(values) if len(values) == len(record.values) else None,
        maps=torch.cat([why.map for why in found]).cpu() if found else None,
        masks=tuple(record.masks),
        names=_names(model, env, len(record.scores[0])),
        ended=record.ended,
        model=model.name or "",
        target=None if first is None else _called(target, first),
        layer=first.layer if first else None,
        method=first.method if first else None,
        signed=first.signed if first else False,
    )


def _called(target: TargetLike, why: Explanation) -> str:
    return target if isinstance(target, str) else str(why.target)


def _names(model: Model, env: Any, count: int) -> tuple[str, ...]:
    if model.labels is not None and len(model.labels) == count:
        return tuple(model.labels)
    told = getattr(getattr(env, "unwrapped", env), "get_action_meanings", None)
    meanings = tuple(map(str, told())) if callable(told) else ()
    return meanings if len(meanings) == count else tuple(f"action {i}" for i in range(count))
