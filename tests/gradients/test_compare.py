"""Every way side by side: errors, evaluations, time, memory, and why a way refuses."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from backlight.errors import FileError, InputError, MissingExtraError, TraceError
from backlight.gradients.backprop import Backprop
from backlight.gradients.compare import Comparison, compare
from backlight.gradients.comparing.curves import costs, step_errors
from backlight.gradients.comparing.table import as_record
from backlight.gradients.dual import DualNumbers
from backlight.gradients.finite import FiniteDifferences
from backlight.gradients.method import NAMES

X = np.array([0.3, -0.8, 1.2])
BUDGET = 0.005


def smooth(x: Any) -> Any:
    return np.sum(np.exp(x) * np.sin(x))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(smooth, X, budget=BUDGET)


def test_every_way_has_a_row(comparison: Comparison) -> None:
    assert tuple(row.way for row in comparison.rows) == NAMES
    assert comparison.value == pytest.approx(float(smooth(X)))
    assert comparison.inputs == 3


def test_the_most_exact_way_is_the_truth(comparison: Comparison) -> None:
    assert comparison.truth == "backprop"
    np.testing.assert_allclose(
        comparison.row("backprop").gradient, np.exp(X) * (np.sin(X) + np.cos(X)), rtol=1e-14
    )
    assert comparison.agreement is not None
    assert comparison.agreement < 1e-14


def test_errors_are_the_largest_against_the_truth(comparison: Comparison) -> None:
    truth = comparison.row("backprop").gradient
    row = comparison.row("forward")
    difference = np.abs(row.gradient - truth)
    assert row.absolute_error == difference.max()
    assert row.relative_error == (difference / np.abs(truth)).max()
    assert row.norm == pytest.approx(np.linalg.norm(truth), rel=1e-6)


def test_nothing_is_relative_to_a_derivative_that_is_zero() -> None:
    # |x - 5| has no slope at its tip: forward differences say 1, central ones 0.
    found = compare(lambda x: np.abs(x - 5), 5.0, ["backprop", "forward", "central"], budget=0)
    forward, central = found.row("forward"), found.row("central")
    assert (forward.norm, forward.absolute_error) == (1, 1)
    assert math.isnan(forward.relative_error or 0)
    assert (central.absolute_error, central.relative_error) == (0, 0)
    shown = {line.split()[0]: line.split()[1:4] for line in str(found).splitlines() if line}
    assert shown["forward"] == ["1", "1.0e+00", "–"]
    assert shown["central"] == ["0", "0", "0"]
    assert "–: a derivative that is 0 came out as another number" in str(found)
    assert '<td style="text-align:right">–</td>' in found._repr_html_()
    plain = {row["way"]: row for row in as_record(found)["ways"]}
    assert (plain["forward"]["absolute_error"], plain["forward"]["relative_error"]) == (1, None)
    assert plain["central"]["relative_error"] == 0


def test_a_zero_that_is_missed_is_not_hidden_behind_entries_that_are_right() -> None:
    # Forward differences find y's slope to the last bit, and miss that of x².
    found = compare(lambda x: x[0] ** 2 + x[1], np.array([0.0, 1.0]), ["dual", "forward"], budget=0)
    row = found.row("forward")
    assert row.absolute_error == pytest.approx(2.0**-26, rel=1e-6)  # its step
    assert math.isnan(row.relative_error or 0)
    assert "–" not in str(compare(lambda x: x[0] ** 2 + x[1], X[:2], ["dual", "forward"], budget=0))


def test_exact_ways_that_differ_at_a_zero_do_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backprop, "gradient", lambda self, f, x: 0.0)
    found = compare(lambda x: x**3, 2.0, budget=0)
    assert found.truth == "dual"
    assert found.agreement is not None
    assert math.isnan(found.agreement)
    assert "Backpropagation and dual numbers differ by 1.2e+01 (absolute)." in str(found)
    assert found.row("backprop").relative_error == 1  # all of what it should have found is missing


def test_evaluations_are_counted(comparison: Comparison) -> None:
    counted = {row.way: row.evaluations for row in comparison.rows}
    assert counted == {
        **{"backprop": 1, "dual": 1, "central": 6, "forward": 4, "backward": 4},
        **{"complex-step": 3, "richardson": 12},
    }


def test_time_and_memory_are_measured(comparison: Comparison) -> None:
    assert all(row.seconds is not None and row.seconds > 0 for row in comparison.rows)
    assert all(row.memory is not None and row.memory > 0 for row in comparison.rows)


def test_peak_memory_grows_with_what_is_kept() -> None:
    x = np.ones(200_000)
    rows = compare(lambda x: np.sum(np.exp(np.sin(np.cos(x)))), x, ["backprop"], budget=0).rows
    assert rows[0].memory is not None
    assert rows[0].memory > 3 * x.nbytes


def test_a_way_that_refuses_is_listed_with_its_reason() -> None:
    found = compare(lambda x: np.linalg.norm(x) ** 2, X, budget=BUDGET)
    row = found.row("complex-step")
    assert row.gradient is None
    assert row.reason is not None
    assert "norm is not analytic" in row.reason
    assert "refused" in str(found)
    assert "norm is not analytic" in str(found)


def test_the_next_best_way_is_the_truth_where_the_exact_ones_refuse() -> None:
    found = compare(lambda x: float(x[0]) ** 2 + float(x[1]), X, budget=BUDGET)
    assert found.truth == "richardson"
    assert found.agreement is None


def test_no_way_at_all_is_an_error() -> None:
    with pytest.raises(TraceError, match="no way could follow f; backprop: "):
        compare(lambda x: float(x[0]), X, ["backprop", "dual"], budget=BUDGET)


def test_a_random_function_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="two evaluations"):
        compare(lambda x: np.sum(x) * rng.normal(), X)


def test_the_table_fits_a_terminal_and_is_aligned(comparison: Comparison) -> None:
    lines = str(comparison).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("f = ")
    assert "3 inputs" in lines[0]
    head = lines[2]
    assert head.split()[0] == "way"
    assert head.endswith("memory")
    table = lines[4:11]
    assert [line.split()[0] for line in table] == list(NAMES)
    assert {len(line) for line in table} == {len(head)}
    assert "truth" in table[0]


def test_a_single_number_shows_its_derivative() -> None:
    text = str(compare(lambda x: x**3, 2.0, budget=BUDGET))
    assert "derivative" in text
    assert "1 input;" in text


def test_a_notebook_gets_a_table_with_text_made_safe() -> None:
    found = compare(lambda x: np.abs(x[0]), X, ["dual", "complex-step"], budget=BUDGET)
    page = found._repr_html_()
    assert page.count("<tr>") == 3
    assert "method=&#x27;central&#x27;" in page


def test_a_data_frame_has_a_row_for_each_way(comparison: Comparison) -> None:
    pytest.importorskip("pandas")
    frame = comparison.to_frame()
    assert list(frame.index) == list(NAMES)
    assert frame.loc["central", "evaluations"] == 6


def test_pandas_and_matplotlib_are_extras(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'backlight\[frames\]'"):
        comparison.to_frame()
    with pytest.raises(MissingExtraError, match=r"pip install 'backlight\[plot\]'"):
        comparison.plot_steps()


def test_instances_are_named_by_what_they_are() -> None:
    found = compare(smooth, X, ["backprop", FiniteDifferences("central", 1e-3)], budget=BUDGET)
    row = found.row("central, step 0.001")
    assert row.absolute_error == pytest.approx(1e-6, rel=2)
    assert row.evaluations == 6
    exact = compare(smooth, X, [DualNumbers(), Backprop()], budget=BUDGET)
    assert [r.way for r in exact.rows] == ["dual", "backprop"]
    assert exact.truth == "backprop"


def test_ways_that_disagree_are_judged_by_the_next_witness(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from backlight.gradients.backprop import Backprop

    right = Backprop.gradient
    monkeypatch.setattr(Backprop, "gradient", lambda self, f, x: 1.01 * right(self, f, x))
    found = compare(smooth, X, budget=BUDGET)
    assert found.truth == "dual"
    assert found.agreement == pytest.approx(0.01, rel=0.02)


def test_errors_against_the_step_fall_and_rise_again(comparison: Comparison) -> None:
    steps, errors = step_errors(comparison)
    best = {scheme: float(steps[np.nanargmin(found)]) for scheme, found in errors.items()}
    assert best["forward"] < best["central"] < best["richardson"]
    assert 1e-9 < best["forward"] < 1e-6
    assert 1e-6 < best["central"] < 1e-3
    for scheme in ("forward", "central", "richardson"):
        assert errors[scheme][0] > 100 * np.nanmin(errors[scheme])
    for found in errors.values():
        assert found[-1] > 100 * np.nanmin(found)


def test_the_complex_step_has_no_rounding_to_fear(comparison: Comparison) -> None:
    steps, errors = step_errors(comparison)
    assert np.all(errors["complex-step"][steps < 1e-9] < 1e-14)
    # Of order h², like central differences: a tenth of the step is a hundredth of the error.
    long = np.searchsorted(steps, [1e-3, 1e-2])
    ratio = np.divide(*errors["complex-step"][long[::-1]])
    assert ratio == pytest.approx((steps[long[1]] / steps[long[0]]) ** 2, rel=0.05)


def test_a_scheme_that_refuses_has_no_curve() -> None:
    found = compare(lambda x: np.sum(np.maximum(x, 0)), X, budget=BUDGET)
    assert list(step_errors(found)[1]) == ["forward", "central", "richardson"]


def test_the_cost_of_differences_grows_with_the_inputs() -> None:
    x = np.ones((20, 20))
    found = compare(smooth, x, ["backprop", "central"], budget=BUDGET)
    counts, seconds = costs(found)
    assert counts["central"][0] == 1
    assert counts["central"][-1] == 400
    assert seconds["central"][-1] > 5 * seconds["central"][0]
    assert seconds["central"][-1] > 3 * seconds["backprop"][-1]


def test_figures_are_returned_and_saved(comparison: Comparison, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    figure = comparison.plot_steps(tmp_path / "steps.png")
    assert (tmp_path / "steps.png").read_bytes()[:4] == b"\x89PNG"
    axes = figure.axes[0]
    assert axes.get_xlabel() == "step size"
    assert "relative" in axes.get_ylabel()
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert [label.split(" (best step")[0] for label in labels] == [
        "forward",
        "central",
        "richardson",
        "complex-step",
    ]
    figure = comparison.plot_cost(tmp_path / "cost.svg")
    assert b"<svg" in (tmp_path / "cost.svg").read_bytes()
    assert "inputs" in figure.axes[0].get_xlabel()
    with pytest.raises(FileError, match="exists"):
        comparison.plot_steps(tmp_path / "steps.png")
    with pytest.raises(FileError, match="there are png, svg, pdf"):
        comparison.plot_cost(tmp_path / "cost.xyz")


def test_where_every_derivative_is_zero_errors_are_drawn_as_they_are() -> None:
    pytest.importorskip("matplotlib")
    flat = compare(lambda x: x**2, 0.0, budget=0)
    assert "relative" not in flat.plot_steps().axes[0].get_ylabel()
    steps, errors = step_errors(flat)
    np.testing.assert_allclose(errors["forward"], steps, rtol=1e-12)  # (h² - 0) / h


def test_torch_modules_are_compared_too() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    net.double()
    inputs = torch.randn(2, 3).double()

    def f(p: Any) -> torch.Tensor:
        return torch.func.functional_call(net, p, (inputs,)).sum()

    found = compare(f, dict(net.named_parameters()), budget=BUDGET)
    errors = {row.way: row.relative_error for row in found.rows}
    assert errors["dual"] is not None
    assert errors["dual"] < 1e-12
    assert found.row("central").absolute_error < 1e-8
    assert "for NumPy functions" in str(found.row("complex-step").reason)
    assert "under vmap" in str(found)
    counts, _ = costs(found)
    assert counts["dual"][-1] == found.inputs == 21
    _, curves = step_errors(found)
    assert np.nanmin(curves["richardson"]) < np.nanmin(curves["forward"])
    assert max(map(len, str(found).splitlines())) <= 80
