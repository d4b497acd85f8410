"""Losses: what PyTorch says they are, from signals and from nets, and no overflow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from backlight.errors import InputError
from backlight.gradients.method import gradient
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.losses import LOSSES, find_loss

from .examples import PAIRS

CODES = {"squared-error": 0, "binary-cross-entropy": 1, "cross-entropy": 2, "huber": 3}
RNG = np.random.default_rng(3)
NETS = RNG.normal(scale=2, size=(7, 3))
TARGETS = RNG.dirichlet(np.ones(3), 7)
TORCH = {
    "squared-error": lambda o, t: 0.5 * functional.mse_loss(o, t, reduction="none").sum(1),
    "binary-cross-entropy": lambda o, t: functional.binary_cross_entropy(
        o, t, reduction="none"
    ).sum(1),
    "cross-entropy": lambda o, t: functional.nll_loss(o.log(), t.argmax(1), reduction="none"),
    "huber": lambda o, t: functional.huber_loss(o, t, reduction="none").sum(1),
}
pairs = pytest.mark.parametrize(("loss", "output"), PAIRS)


def targets_for(loss: str) -> np.ndarray:
    """One-hot for the cross-entropy, which PyTorch gives of signals with classes only."""
    return np.eye(3)[TARGETS.argmax(1)] if loss == "cross-entropy" else TARGETS


def test_these_are_all_and_their_codes_stay() -> None:
    assert {name: loss.code for name, loss in LOSSES.items()} == CODES
    assert all(loss.name == name for name, loss in LOSSES.items())


@pytest.mark.parametrize("loss", LOSSES)
def test_values_of_signals_are_those_of_torch(loss: str) -> None:
    signals, targets = RNG.uniform(0.05, 0.95, (7, 3)), targets_for(loss)
    expected = TORCH[loss](torch.from_numpy(signals), torch.from_numpy(targets)).numpy()
    np.testing.assert_allclose(LOSSES[loss].function(signals, targets), expected, rtol=1e-13)


@pairs
def test_values_of_nets_are_those_of_torch(loss: str, output: str) -> None:
    targets = targets_for(loss)
    signals = ACTIVATIONS[output].function(NETS)
    expected = TORCH[loss](torch.from_numpy(signals), torch.from_numpy(targets)).numpy()
    found = LOSSES[loss].of_nets(NETS, targets, output)
    assert found.shape == (7,)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_pairs_with_a_stable_form_are_those_of_torch_from_logits() -> None:
    nets, targets = torch.from_numpy(NETS), torch.from_numpy(TARGETS)
    soft = functional.cross_entropy(nets, targets, reduction="none")
    np.testing.assert_allclose(
        LOSSES["cross-entropy"].of_nets(NETS, TARGETS, "softmax"), soft, rtol=1e-13
    )
    both = functional.binary_cross_entropy_with_logits(nets, targets, reduction="none").sum(1)
    np.testing.assert_allclose(
        LOSSES["binary-cross-entropy"].of_nets(NETS, TARGETS, "sigmoid"), both, rtol=1e-13
    )


def test_huber_is_quadratic_up_to_one_and_straight_beyond() -> None:
    found = LOSSES["huber"].function(np.array([[0.5], [1.0], [-3.0]]), np.zeros((3, 1)))
    np.testing.assert_array_equal(found, [0.125, 0.5, 2.5])


def test_losses_are_summed_over_the_units_of_a_row() -> None:
    signals, targets = np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[0.0, 4.0], [3.0, 0.0]])
    np.testing.assert_array_equal(LOSSES["squared-error"].function(signals, targets), [2.5, 4.5])


# The loss in closed form for nets (1000, -1000) and the targets below it.
SATURATED = {
    ("binary-cross-entropy", "sigmoid"): ([[1.0, 0.0], [0.0, 1.0]], [0.0, 2000.0]),
    ("cross-entropy", "softmax"): ([[1.0, 0.0], [0.0, 1.0]], [0.0, 2000.0]),
}


@pytest.mark.parametrize(("loss", "output"), SATURATED)
def test_nets_of_a_thousand_give_finite_losses_in_closed_form(loss: str, output: str) -> None:
    targets, expected = map(np.array, SATURATED[loss, output])
    nets = np.array([[1000.0, -1000.0]] * 2)
    np.testing.assert_allclose(LOSSES[loss].of_nets(nets, targets, output), expected, rtol=1e-14)


@pairs
@pytest.mark.parametrize("method", ["backprop", "dual"])
def test_nets_of_a_thousand_give_finite_gradients(loss: str, output: str, method: str) -> None:
    nets = np.array([[1000.0, -1000.0], [-1000.0, 1000.0], [1000.0, 1000.0]])
    targets = np.array([[0.25, 0.75], [1.0, 0.0], [0.0, 1.0]])
    found = gradient(lambda z: np.sum(LOSSES[loss].of_nets(z, targets, output)), nets, method)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("loss", "output"), [("cross-entropy", "softmax"), ("binary-cross-entropy", "sigmoid")]
)
def test_where_loss_and_output_belong_together_delta_is_o_minus_t(loss: str, output: str) -> None:
    found = gradient(lambda z: np.sum(LOSSES[loss].of_nets(z, TARGETS, output)), NETS)
    expected = ACTIVATIONS[output].function(NETS) - TARGETS
    np.testing.assert_allclose(found, expected, atol=1e-14)


@pytest.mark.parametrize(
    ("loss", "belongs"), [("binary-cross-entropy", "sigmoid"), ("cross-entropy", "softmax")]
)
@pytest.mark.parametrize("output", sorted(set(ACTIVATIONS) - {"sigmoid", "softmax"}))
def test_a_pair_that_is_not_allowed_names_those_that_are(
    loss: str, belongs: str, output: str
) -> None:
    expected = (
        f"{loss} needs an output of {belongs}, not {output}; "
        f"{output} goes with squared-error, huber"
    )
    with pytest.raises(InputError) as caught:
        find_loss(loss, output)
    assert str(caught.value) == expected
    with pytest.raises(InputError) as caught:
        LOSSES[loss].of_nets(NETS, TARGETS, output)
    assert str(caught.value) == expected


def test_every_other_pair_is_allowed() -> None:
    assert len(PAIRS) == 2 * len(ACTIVATIONS) + 2
    assert all(find_loss(loss, output).name == loss for loss, output in PAIRS)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no loss 'cros-entropy'; did you mean 'cross-entropy'"):
        find_loss("cros-entropy")
    assert find_loss("squared_error").name == "squared-error"


@pytest.mark.parametrize("loss", ["binary-cross-entropy", "cross-entropy"])
def test_targets_that_are_no_shares_are_refused(loss: str) -> None:
    with pytest.raises(InputError, match=f"{loss} needs targets from 0 to 1, not -1 to 1; squ"):
        LOSSES[loss].check_targets(np.array([[-1.0, 1.0]]))
    with pytest.raises(InputError, match="not nan to nan"):
        LOSSES[loss].check_targets(np.array([[np.nan, 1.0]]))
    LOSSES[loss].check_targets(np.array([[0.0, 1.0]]))
    LOSSES["squared-error"].check_targets(np.array([[-1.0, 1.0]]))
