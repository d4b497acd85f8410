"""Climbers go by the formulas of descent and ascent, and end where they end."""

from __future__ import annotations

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.networks.landscapes.climbing import Gait, climb, spread
from backlight.networks.landscapes.endings import Ending, endings, tally
from backlight.networks.landscapes.landscape import Axis, Landscape
from backlight.networks.landscapes.survey import survey
from tests.networks.landscapes.shapes import bowl, double_well, two_hollows


def test_descent_in_a_bowl_shrinks_by_the_closed_form() -> None:
    climbs = climb(bowl((1.0, 3.0)), [[0.8, -0.6]], Gait("downhill", rate=0.1, steps=20))
    n = np.arange(21)[:, None]
    expected = np.array([0.8, -0.6]) * np.array([1 - 0.1 * 1, 1 - 0.1 * 3]) ** n
    np.testing.assert_allclose(climbs.paths[:, 0], expected, rtol=1e-12)
    np.testing.assert_allclose(climbs.slopes[:, 0], expected * [1, 3], rtol=1e-12)
    np.testing.assert_allclose(
        climbs.heights[:, 0], 0.5 * (expected**2 @ np.array([1.0, 3.0])), rtol=1e-12
    )


def test_uphill_is_downhill_on_the_mountain_turned_over() -> None:
    well = double_well()
    turned = Landscape("", well.axes, lambda u: -well.costs(u))
    starts = [[-0.4], [0.3]]
    up = climb(well, starts, Gait("uphill", rate=0.02, momentum=0.5, steps=30))
    down = climb(turned, starts, Gait("downhill", rate=0.02, momentum=0.5, steps=30))
    np.testing.assert_allclose(up.paths, down.paths, rtol=1e-12)
    assert np.ptp(up.paths[:, 0]) > 0.1


def test_momentum_is_torch_s() -> None:
    torch = pytest.importorskip("torch")
    well = double_well()
    climbs = climb(well, [[1.7]], Gait("downhill", rate=0.01, momentum=0.9, steps=40))
    x = torch.tensor([1.7], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([x], lr=0.01, momentum=0.9)
    for step in range(40):
        assert climbs.paths[step, 0, 0] == pytest.approx(x.item(), rel=1e-12)
        optimiser.zero_grad()
        (x**4 - 2 * x**2 + x / 4).sum().backward()
        optimiser.step()


def test_momentum_carries_a_climber_out_of_the_wrong_dip() -> None:
    relief = survey(double_well())
    start = [[1.9]]
    for momentum, place in ((0.0, 1), (0.9, 0)):
        gait = Gait("downhill", rate=0.01, momentum=momentum, steps=600)
        (ended,) = endings(relief, climb(relief.landscape, start, gait))
        assert ended == Ending("reached", place)


def test_noise_is_seeded_and_each_climber_has_its_own() -> None:
    gait = Gait("downhill", rate=0.01, noise=2.0, steps=10, seed=4)
    both = climb(bowl(), [[0.2, 0.2], [0.2, 0.2]], gait)
    alone = climb(bowl(), [[0.2, 0.2]], gait)
    np.testing.assert_array_equal(both.paths[:, 0], alone.paths[:, 0])
    assert not np.allclose(both.paths[1:, 0], both.paths[1:, 1])
    other = climb(bowl(), [[0.2, 0.2]], Gait("downhill", rate=0.01, noise=2.0, steps=10, seed=5))
    assert not np.allclose(other.paths[1:, 0], alone.paths[1:, 0])


def test_noise_has_the_spread_that_is_asked_for() -> None:
    gait = Gait("downhill", rate=1e-6, noise=3.0, steps=4000)
    climbs = climb(bowl((0.0, 1.0)), [[0.0, 0.0]], gait)
    pushed = np.diff(climbs.paths[:, 0, 0]) / 1e-6
    assert np.std(pushed) == pytest.approx(3.0, rel=0.05)
    assert np.mean(pushed) == pytest.approx(0.0, abs=0.15)


def test_who_leaves_the_map_is_last_seen_where_the_step_crosses_the_edge() -> None:
    tilted = Landscape("", (Axis("x", 0, 4), Axis("y", 0, 4)), lambda u: 2 * u[:, 0] + u[:, 1])
    climbs = climb(tilted, [[3.0, 2.0], [1.0, 3.5]], Gait("downhill", rate=1.0, steps=5))
    # Steps of (-2, -1): the first crosses x = 0 with its second step, half-way.
    assert climbs.paths[:3, 0].tolist() == [[3, 2], [1, 1], [0, 0.5]]
    assert climbs.paths[-1, 0].tolist() == [0, 0.5]
    assert climbs.left.tolist() == [2, 1]
    assert climbs.paths[1, 1].tolist() == [0, 3]
    assert climbs.heights[-1].tolist() == [0.5, 3]


def test_a_step_beyond_all_numbers_still_ends_at_the_edge() -> None:
    climbs = climb(double_well(), [[1.5], [-1.5]], Gait("downhill", rate=1e300, steps=3))
    assert climbs.left.tolist() == [1, 1]
    assert climbs.paths[-1].tolist() == [[-2.0], [2.0]]


def test_the_four_ways_to_end() -> None:
    relief = survey(two_hollows(), 61)
    starts = [[-2.3, 0.1], [2.2, 1.1], [0.0, -3.5]]
    ended = endings(relief, climb(relief.landscape, starts, Gait("downhill", 0.05, steps=60)))
    assert ended[:2] == [Ending("reached", 0), Ending("reached", 1)]
    assert ended[2].how == "plateau"
    few = climb(relief.landscape, starts[:1], Gait("downhill", 0.01, steps=1))
    assert endings(relief, few) == [Ending("underway", 0)]
    away = climb(bowl(), [[0.9, 0.9]], Gait("uphill", 1.0, steps=3))
    assert endings(survey(bowl(), 21), away) == [Ending("left", -1)]


def test_the_tally_counts_each_way_and_place() -> None:
    ended = [Ending("reached", 1), Ending("left", -1), Ending("reached", 1), Ending("plateau", 0)]
    assert tally(ended) == {("reached", 1): 2, ("left", -1): 1, ("plateau", -1): 1}
    assert next(iter(tally(ended))) == ("reached", 1)


def test_every_step_is_told_and_can_end_the_climb() -> None:
    told: list[int] = []

    def stop(step: int) -> None:
        told.append(step)
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        climb(bowl(), [[0.5, 0.5]], Gait(steps=9), on_step=stop)
    assert told == [1, 2, 3]


def test_starts_are_spread_over_the_map_by_their_seed() -> None:
    starts = spread(two_hollows(), 500, seed=1)
    assert two_hollows().contains(starts).all()
    np.testing.assert_allclose(starts.mean(axis=0), 0, atol=0.4)
    np.testing.assert_array_equal(starts, spread(two_hollows(), 500, seed=1))
    assert not np.array_equal(starts, spread(two_hollows(), 500, seed=2))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"direction": "uphil"}, "no direction 'uphil'; did you mean 'uphill'"),
        ({"rate": 0.0}, "rate must be a number above 0"),
        ({"rate": float("inf")}, "rate must be a number from 0"),
        ({"momentum": 1.0}, "momentum must be a number from 0 to below 1"),
        ({"noise": -1.0}, "noise must be a number from 0"),
        ({"steps": 0}, "steps must be a whole number from 1"),
        ({"seed": -1}, "seed must be a whole number from 0"),
    ],
)
def test_a_gait_that_cannot_be_gone_is_refused(settings: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Gait(**settings)


def test_starts_off_the_map_are_refused() -> None:
    with pytest.raises(InputError, match=r"starts at \[2.5\], off the map; it goes from -2 to 2"):
        climb(double_well(), [[0.0], [2.5]], Gait())
    with pytest.raises(InputError, match="at least one climber"):
        climb(double_well(), np.zeros((0, 1)), Gait())
