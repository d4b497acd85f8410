"""The landscapes on offer show what is said of them."""

from __future__ import annotations

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.gradients.method import gradient
from backlight.networks.landscapes.climbing import Gait, climb, spread
from backlight.networks.landscapes.endings import endings, tally
from backlight.networks.landscapes.offers import (
    NETWORKS,
    OFFERS,
    find_offer,
    find_trained,
    view,
)
from backlight.networks.landscapes.survey import survey


@pytest.mark.parametrize("name", NETWORKS)
def test_training_ended_at_a_minimum(name: str) -> None:
    trained = find_trained(name)
    task, network = trained.task, trained.task.network
    vector = network.flat(trained.parameters)

    def cost(v: np.ndarray) -> float:
        return task.cost(network.named(v))

    assert np.abs(gradient(cost, vector)).max() < 1e-6
    lower = [cost(vector + d) < cost(vector) for d in np.random.default_rng(0).normal(
        scale=1e-2, size=(200, len(vector)))]  # fmt: skip
    assert not any(lower)


def test_one_xor_has_learned_it_and_the_other_is_stuck() -> None:
    right, stuck = find_trained("xor"), find_trained("xor-stuck")
    for trained, expected in ((right, True), (stuck, False)):
        outputs = trained.task.network.outputs(trained.parameters, trained.task.X)
        assert bool(((outputs > 0.5) == (trained.task.T > 0.5)).all()) is expected
    assert right.task.cost(right.parameters) < stuck.task.cost(stuck.parameters) / 5


def test_between_them_are_the_right_dip_the_wrong_one_and_a_ridge() -> None:
    relief = survey(find_offer("wrong-dip").make())
    right, wrong = relief.minima
    assert (right.name, wrong.name) == ("global minimum", "local minimum")
    # Both ends of the line are where training ended.
    assert right.at[0] == pytest.approx(1, abs=1e-3)
    assert wrong.at[0] == pytest.approx(0, abs=1e-3)
    (ridge,) = relief.maxima
    assert ridge.height > 2 * wrong.height
    ended = endings(relief, climb(relief.landscape, spread(relief.landscape, 100), Gait(rate=0.1)))
    counts = tally(ended)
    assert counts["reached", 0] + counts["reached", 1] == 100
    assert min(counts.values()) >= 30


def test_momentum_carries_climbers_out_of_the_shallow_dip_of_iris() -> None:
    relief = survey(find_offer("one-weight").make())
    assert [place.name for place in relief.minima] == ["global minimum", "local minimum"]
    starts = spread(relief.landscape, 40)
    reached = [
        tally(endings(relief, climb(relief.landscape, starts, Gait("downhill", 2.0, m))))
        for m in (0.0, 0.9)
    ]
    assert reached[1]["reached", 0] > 2 * reached[0]["reached", 0]


def test_the_plane_of_two_weights_has_three_basins_a_summit_and_a_plateau() -> None:
    relief = survey(find_offer("two-weights").make())
    assert [p.name for p in relief.minima] == ["global minimum", *["local minimum"] * 2]
    assert [p.name for p in relief.maxima] == ["global maximum"]
    np.testing.assert_allclose(relief.minima[0].at, relief.landscape.marks[0].at, atol=1e-3)
    ended = endings(relief, climb(relief.landscape, spread(relief.landscape, 100), Gait(rate=50.0)))
    counts = tally(ended)
    assert counts["plateau", -1] > 10
    assert all(counts["reached", basin] > 0 for basin in range(3))


@pytest.mark.parametrize("name", ["random-plane", "iris-plane"])
def test_random_planes_lie_about_a_trained_network_with_wrong_dips_beside_it(name: str) -> None:
    relief = survey(find_offer(name).make())
    best, *others = relief.minima
    assert best.is_global
    np.testing.assert_allclose(best.at, 0, atol=1e-3)
    assert len(others) >= 2


@pytest.mark.parametrize("offer", OFFERS.values(), ids=lambda offer: offer.name)
def test_every_landscape_says_what_it_is_and_what_is_to_be_seen(offer) -> None:
    assert offer.title
    assert offer.look.endswith(".")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"network": "xr", "directions": 0}, "no network 'xr'; did you mean 'xor'"),
        ({"network": "xor"}, "ask for one of these"),
        ({"network": "xor", "directions": 0, "toward": "iris"}, "ask for one of these"),
        ({"network": "xor", "toward": "iris"}, "no straight line between them"),
        ({"network": "xor", "toward": "xor"}, "are the same parameters"),
        ({"network": "xor", "weights": ("weights_3[0, 0]",)}, "no weight"),
    ],
)
def test_what_is_not_on_offer_is_refused_in_words(asked: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        view(**asked)
    with pytest.raises(InputError, match="no landscape 'wrong-dipp'; did you mean 'wrong-dip'"):
        find_offer("wrong-dipp")
