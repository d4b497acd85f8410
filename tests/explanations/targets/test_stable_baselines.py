"""The policies of Stable-Baselines3, untrained: actions, their values and the state's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import backlight as bl
from backlight.errors import InputError, ModelError, TargetError
from backlight.explanations.inputs import as_model

SHAPE, ACTIONS = (4, 44, 44), ("left", "stay", "right")
KINDS = ["PPO", "A2C", "DQN"]


def environment(space: Any = None, actions: Any = None) -> Any:
    import gymnasium as gym
    from gymnasium import spaces

    class Noise(gym.Env[Any, Any]):
        observation_space = space or spaces.Box(0, 255, SHAPE, np.uint8)
        action_space = actions or spaces.Discrete(3)

        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            return self.observation_space.sample(), {}

        def step(self, action: Any) -> Any:
            return self.observation_space.sample(), 0.0, False, False, {}

    return Noise()


def policy(kind: str, **options: Any) -> Any:
    import stable_baselines3

    torch.manual_seed(0)
    policies = {"PPO": {"n_steps": 4, "batch_size": 4}, "A2C": {}, "DQN": {"buffer_size": 4}}
    space, actions = options.pop("space", None), options.pop("actions", None)
    name = options.pop("policy", "CnnPolicy")
    made = getattr(stable_baselines3, kind)(
        name, environment(space, actions), device="cpu", **policies[kind], **options
    ).policy
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.03 * torch.randn_like(parameter))
    return made


def observations(count: int = 2, shape: tuple[int, ...] = SHAPE) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)


def own(made: Any, seen: np.ndarray[Any, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities or values of the actions, and the value of the state, as the policy has it."""
    batch = torch.from_numpy(seen)
    with torch.no_grad():
        if hasattr(made, "q_net"):
            values = made.q_net(batch)
            return values, values.amax(1)
        shares = made.get_distribution(batch).distribution.probs
        return shares, made.predict_values(batch).flatten()


@pytest.mark.parametrize("kind", KINDS)
def test_actions_and_values_are_explained_in_one_line(kind: str) -> None:
    made, seen = policy(kind), observations()
    right, value = bl.explain(made, seen, targets=[bl.Action(2), bl.Value()])
    actions, values = own(made, seen)
    assert right.logits is not None
    scores = right.logits if kind == "DQN" else right.logits.softmax(1)
    torch.testing.assert_close(scores, actions)
    torch.testing.assert_close(right.scores, right.logits[:, 2])
    torch.testing.assert_close(value.scores, values)
    prefix = "q_net.features_extractor" if kind == "DQN" else "features_extractor"
    assert right.layer == f"{prefix}.cnn.5"
    assert right.map.shape == (2, 2, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_a_gradient_agrees(kind: str) -> None:
    made, seen = policy(kind).double(), observations(1)
    for target in (bl.Action("stay"), bl.Value()):
        model = bl.Model(made, labels=ACTIONS)
        swept = bl.explain(model, seen, target)
        assert swept.map.dtype == torch.float64
        for gradients, slack in (("dual", 1e-12), ("central", 1e-5)):
            other = bl.explain(model, seen, target, gradients=gradients)
            assert (other.map - swept.map).abs().max() < slack * swept.map.abs().max()


def test_features_of_its_own_for_the_value() -> None:
    made = policy("PPO", policy_kwargs={"share_features_extractor": False})
    seen = observations()
    value = bl.explain(made, seen, bl.Value(), layer="vf_features_extractor.cnn.5")
    action = bl.explain(made, seen, bl.Action(0), layer="pi_features_extractor.cnn.5")
    torch.testing.assert_close(value.scores, own(made, seen)[1])
    assert action.logits is not None
    torch.testing.assert_close(action.logits.softmax(1), own(made, seen)[0])


def test_observations_come_as_the_environment_gives_them() -> None:
    made, seen = policy("PPO"), observations()
    expected = bl.explain(made, seen, bl.Action(0))
    forms: list[Any] = [
        torch.from_numpy(seen),
        torch.from_numpy(seen).float(),
        seen.transpose(0, 2, 3, 1),  # channels last, as frames are stacked
    ]
    for form in forms:
        assert torch.equal(bl.explain(made, form, bl.Action(0)).map, expected.map)
    one = bl.explain(made, seen[0], bl.Action(0))
    torch.testing.assert_close(one.map, expected.map[:1])
    with pytest.raises(
        InputError, match=r"takes observations \(N, 4, 44, 44\), not \(2, 3, 8, 8\)"
    ):
        bl.explain(made, torch.zeros(2, 3, 8, 8))


def test_pixels_are_differentiated_by_too() -> None:
    why = bl.explain(policy("DQN"), observations(1), bl.Action(1), method="guided-grad-cam")
    assert why.map.shape == (1, *SHAPE)


def test_a_layer_may_be_given_as_the_policys_own_module() -> None:
    made = policy("DQN")
    why = bl.explain(made, observations(), layer=made.q_net.features_extractor.cnn[2])
    assert why.layer == "q_net.features_extractor.cnn.2"


def test_names_of_actions_are_the_models_labels() -> None:
    model = bl.Model(policy("PPO"), labels=ACTIONS)
    assert as_model(model).task == "act"
    assert bl.explain(model, observations(), bl.Action("left")).names == ("left", "left")
    with pytest.raises(TargetError, match=r"no action 'rigth'; did you mean 'right'"):
        bl.explain(model, observations(), bl.Action("rigth"))


def test_the_policy_is_left_as_it_is() -> None:
    made = policy("PPO")
    before = {name: value.clone() for name, value in made.state_dict().items()}
    made.train()
    bl.explain(made, observations(), bl.Value())
    assert made.training
    assert all(torch.equal(value, before[name]) for name, value in made.state_dict().items())
    assert all(value.requires_grad and value.grad is None for value in made.parameters())


def test_a_policy_of_ones_own_is_known_by_what_it_is_derived_from() -> None:
    from stable_baselines3.common.policies import ActorCriticCnnPolicy

    class Mine(ActorCriticCnnPolicy):
        pass

    made = policy("PPO", policy=Mine)
    assert bl.explain(made, observations(), bl.Value()).model == "Mine"


def test_continuous_actions_are_explained_by_their_means() -> None:
    from gymnasium import spaces

    made = policy("PPO", actions=spaces.Box(-1, 1, (2,), np.float32))
    why = bl.explain(made, observations(), bl.Action(1))
    with torch.no_grad():
        means = made.get_distribution(torch.from_numpy(observations())).distribution.mean
    torch.testing.assert_close(why.scores, means[:, 1])


def test_observations_of_several_kinds_are_refused() -> None:
    from gymnasium import spaces

    space = spaces.Dict({"seen": spaces.Box(0, 255, SHAPE, np.uint8)})
    made = policy("PPO", policy="MultiInputPolicy", space=space)
    with pytest.raises(ModelError, match=r"observations of several kinds \(Dict\)"):
        bl.explain(made, observations(), bl.Value())


def test_a_learner_is_refused_and_its_policy_named() -> None:
    import stable_baselines3

    learner = stable_baselines3.DQN("CnnPolicy", environment(), buffer_size=1, device="cpu")
    with pytest.raises(ModelError, match=r"got DQN: give its \.policy"):
        bl.explain(learner, observations())  # type: ignore[call-overload]
    assert bl.explain(learner.policy, observations()).scores.shape == (2,)
