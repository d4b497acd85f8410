"""A landscape's heights, slopes and edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.networks.landscapes.landscape import Axis, Landscape
from backlight.networks.landscapes.offers import find_trained, view
from tests.networks.landscapes.shapes import bowl, double_well


@pytest.mark.parametrize("gradients", ["dual", "backprop", "central", "complex-step"])
def test_slopes_of_a_closed_form_by_every_way(gradients: str) -> None:
    points = np.array([[0.3, -0.4], [1.0, 0.5]])
    np.testing.assert_allclose(
        bowl().slopes(points, gradients), points * [1.0, 3.0], rtol=1e-6, atol=1e-9
    )


def test_slopes_of_a_network_are_its_gradient_in_the_plane_and_that_of_differences() -> None:
    plane = view("xor", directions=0)
    points = np.array([[0.3, -0.4], [0.0, 0.1], [-0.9, 0.8]])
    found = plane.slopes(points)
    h = 1e-6
    for axis in (0, 1):
        step = h * np.eye(2)[axis]
        differences = (plane.heights(points + step) - plane.heights(points - step)) / (2 * h)
        np.testing.assert_allclose(found[:, axis], differences, atol=1e-8)


def test_along_a_weight_the_slope_is_torch_s_derivative_by_it() -> None:
    torch = pytest.importorskip("torch")
    trained = find_trained("xor")
    task = trained.task
    slope = view("xor", weights=("weights_1[1, 0]",)).slopes([[-2.0]])[0, 0]
    parameters = {k: torch.tensor(np.asarray(v)) for k, v in trained.parameters.items()}
    w = torch.tensor(-2.0, dtype=torch.float64, requires_grad=True)
    weights = parameters["weights_1"].clone()
    weights[1, 0] = w
    hidden = torch.sigmoid(torch.tensor(task.X) @ weights + parameters["biases_1"])
    outputs = torch.sigmoid(hidden @ parameters["weights_2"] + parameters["biases_2"])
    cost = 0.5 * ((outputs - torch.tensor(task.T)) ** 2).mean() + 0.5 * task.decay * w**2
    cost.backward()
    assert slope == pytest.approx(w.grad.item(), rel=1e-12)


def test_blocks_change_nothing() -> None:
    points = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    small = replace(bowl(), block=7)
    np.testing.assert_array_equal(small.heights(points), bowl().heights(points))
    np.testing.assert_array_equal(small.slopes(points), bowl().slopes(points))


def test_the_grid_goes_from_edge_to_edge_the_last_axis_fastest() -> None:
    plane = Landscape("", (Axis("x", 0, 1), Axis("y", 2, 4)), lambda u: u[:, 0])
    assert plane.grid(3)[:4].tolist() == [[0, 2], [0, 3], [0, 4], [0.5, 2]]
    assert plane.contains(plane.grid(3)).all()
    assert not plane.contains(np.array([[1.1, 3.0], [0.5, 1.9]])).any()


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([0.0, 1.0], r"points has shape \(2,\); expected \(points, 1\)"),
        ([[0.0, 1.0]], r"points has shape \(1, 2\)"),
        ([[np.nan]], "points must be finite"),
    ],
)
def test_points_that_cannot_be_used_are_refused(points: list, words: str) -> None:
    with pytest.raises(InputError, match=words):
        double_well().heights(points)


def test_axes_are_one_or_two_and_go_upwards() -> None:
    with pytest.raises(InputError, match=r"one axis .* or two"):
        Landscape("", (), lambda u: u)
    with pytest.raises(InputError, match="from a number to a larger one, not from 1 to 1"):
        Axis("x", 1, 1)
    with pytest.raises(InputError, match="resolution must be a whole number from 3"):
        bowl().grid(2)
