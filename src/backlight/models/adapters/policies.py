"""Stable-Baselines3's policies, made to tell what they think of every action.

Their own forward pass draws an action by chance, or returns the best one; what is explained are the
scores that it is chosen by. These consist of the same parts, under the same names.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from backlight.errors import InputError, ModelError


class _Policy(nn.Module):
    """What policies share: observations as an environment gives them.

    Args:
        policy: of Stable-Baselines3, or derived from one; its weights are shared.

    Raises:
        ModelError: it takes several observations at once.
    """

    def __init__(self, policy: Any) -> None:
        super().__init__()
        space = policy.observation_space
        if getattr(space, "shape", None) is None:
            raise ModelError(
                f"{type(policy).__name__} takes observations of several kinds "
                f"({type(space).__name__}): wrap its networks in a module that takes one picture"
            )
        self.shape = tuple(space.shape)
        # As in its `preprocess_obs`: pictures in bytes are scaled to 0 to 1.
        low, high = getattr(space, "low", None), getattr(space, "high", None)
        in_bytes = space.dtype == np.uint8 and len(self.shape) == 3
        in_bytes = in_bytes and bool(np.all(low == 0)) and bool(np.all(high == 255))
        self.white = 255.0 if in_bytes and policy.normalize_images else 1.0

    def as_input(self, given: Any) -> Tensor:
        """Observations (N, C, H, W) as floats out of one or several, tensors or arrays of any type,
        the channels first or last.

        Raises:
            InputError: they are of another shape.
        """
        found = given if isinstance(given, Tensor) else torch.from_numpy(np.array(given))
        found = found.unsqueeze(0) if found.ndim == len(self.shape) else found
        if found.shape[1:] != self.shape and found.ndim == 4:
            found = found.movedim(-1, 1)
        if found.shape[1:] != self.shape:
            expected = ", ".join(map(str, self.shape))
            shape = tuple(given.shape) if hasattr(given, "shape") else type(given).__name__
            raise InputError(f"this policy takes observations (N, {expected}), not {shape}")
        return found if found.is_floating_point() else found.float()

    def _scaled(self, observations: Tensor) -> Tensor:
        weights = next(self.parameters())
        return observations.to(weights.dtype) / self.white


class ActorCritic(_Policy):
    """PPO's and A2C's policy: the logits of the actions (of continuous ones, their means), and the
    value of the state."""

    def __init__(self, policy: Any) -> None:
        super().__init__(policy)
        self.shared = bool(policy.share_features_extractor)
        for name, part in policy.named_children():
            self.add_module(name, part)
        # One that is shared has several names; the last are those that are called.
        self.pi_features_extractor: nn.Module = policy.pi_features_extractor
        self.vf_features_extractor: nn.Module = policy.vf_features_extractor

    def forward(self, observations: Tensor) -> dict[str, Tensor]:
        """`logits` (N, actions) and `values` (N, 1)."""
        scaled = self._scaled(observations)
        to_act = self.pi_features_extractor(scaled)
        to_judge = to_act if self.shared else self.vf_features_extractor(scaled)
        extract: Any = self.mlp_extractor
        acted, judged = extract.forward_actor(to_act), extract.forward_critic(to_judge)
        decide, judge = self.get_submodule("action_net"), self.get_submodule("value_net")
        return {"logits": decide(acted), "values": judge(judged)}


class ActionValues(_Policy):
    """DQN's policy: the value of every action."""

    def __init__(self, policy: Any) -> None:
        super().__init__(policy)
        self.q_net: Any = policy.q_net

    def forward(self, observations: Tensor) -> dict[str, Tensor]:
        """`q_values` (N, actions)."""
        return {
            "q_values": self.q_net.q_net(self.q_net.features_extractor(self._scaled(observations)))
        }
