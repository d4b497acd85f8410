"""A landscape and climbs as plain data: the same numbers, in lists and words."""

from __future__ import annotations

import json

import numpy as np
import pytest

from backlight.networks.landscapes.climbing import Gait, climb, spread
from backlight.networks.landscapes.endings import endings
from backlight.networks.landscapes.landscape import Axis, Landscape
from backlight.networks.landscapes.recording import (
    climbs_record,
    label,
    map_record,
    rounded,
    usual_rate,
)
from backlight.networks.landscapes.survey import survey
from tests.networks.landscapes.shapes import bowl, double_well


def test_a_map_s_record_holds_its_heights_and_places() -> None:
    relief = survey(double_well(), 101)
    record = map_record(relief)
    assert record["heights"] == relief.heights.tolist()
    assert record["axes"] == [{"name": "x", "low": -2, "high": 2}]
    assert [(p["label"], p["name"]) for p in record["places"]] == [
        *(("basin A", "global minimum"), ("basin B", "local minimum")),
        ("summit 1", "local maximum"),
    ]
    assert record["places"][0]["at"] == list(relief.minima[0].at)
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_a_climb_s_record_ends_where_a_climber_leaves() -> None:
    relief = survey(bowl(), 21)
    climbs = climb(relief.landscape, [[0.5, 0.5], [0.0, 0.0]], Gait("uphill", 0.5, steps=9))
    record = climbs_record(relief, climbs)
    left = record["left"][0]
    assert [len(path) for path in record["paths"]] == [left + 1, 10]
    assert record["left"][1] is None
    assert record["paths"][0] == climbs.paths[: left + 1, 0].tolist()
    assert record["heights"][1] == climbs.heights[:, 1].tolist()
    assert record["slopes"][0] == climbs.slopes[: left + 1, 0].tolist()
    assert Gait(**record["gait"]) == climbs.gait
    assert [e["how"] for e in record["ended"]] == [e.how for e in endings(relief, climbs)]
    assert sum(entry["count"] for entry in record["tally"]) == 2


def test_a_story_goes_both_ways_from_the_same_starts_with_each_rate() -> None:
    told = double_well().story(climbers=7, rates=(0.01, 0.05), momenta=(0.0, 0.5), steps=9)
    gaits = [record["gait"] for record in told["climbs"]]
    assert [(g["direction"], g["rate"], g["momentum"]) for g in gaits] == [
        (d, r, m) for d in ("downhill", "uphill") for r in (0.01, 0.05) for m in (0.0, 0.5)
    ]
    starts = rounded(spread(double_well(), 7), 5)
    assert all([path[0] for path in c["paths"]] == starts for c in told["climbs"])
    usual = told["map"]["rate"]
    three = double_well().story(climbers=1, steps=1)["climbs"]
    assert [c["gait"]["rate"] / usual for c in three[:3]] == pytest.approx([1 / 3, 1, 3], rel=2e-3)


def test_the_usual_rate_moves_a_hundredth_of_the_map_at_the_usual_slope() -> None:
    # Of |x|, with the slope ±1 everywhere and a plain of half the map beside it.
    tent = Landscape("", (Axis("x", -2, 6),), lambda u: np.minimum(np.abs(u[:, 0]), 2.0))
    relief = survey(tent)
    assert map_record(relief)["slope"] == pytest.approx(1)
    assert usual_rate(relief) == 0.1  # 0.08, rounded to 1, 2 or 5 times a power of ten


def test_a_cliff_between_two_points_of_the_grid_has_the_mean_slope() -> None:
    cliff = Landscape(
        "", (Axis("x", 0, 4),), lambda u: np.where(u[:, 0] > 1.001, 1.0, 0.0) + 0 * u[:, 0]
    )
    assert map_record(survey(cliff, 5))["slope"] == pytest.approx(0.25)


def test_numbers_are_rounded_to_significant_digits() -> None:
    assert rounded(np.array([[123456.0, -0.000123456], [0.0, 1.0]]), 3) == [
        *([123000.0, -0.000123], [0.0, 1.0]),
    ]
    assert rounded(np.array([0.1 + 0.2]), None) == [0.1 + 0.2]


def test_basins_have_letters_and_summits_numbers() -> None:
    assert [label("minimum", k) for k in (0, 25, 26)] == ["basin A", "basin Z", "basin 27"]
    assert label("maximum", 0) == "summit 1"
