"""The steps that pictures and pages of a sweep go by."""

from __future__ import annotations

from backlight.show.sweep_steps import drawn_units, layer_steps, unit_steps


def test_layer_by_layer_forward_then_back() -> None:
    assert [(step.phase, step.layer, step.units) for step in layer_steps((2, 3, 1))] == [
        ("inputs", 0, (0, 1)),
        ("forward", 1, (0, 1, 2)),
        ("forward", 2, (0,)),
        ("cost", None, ()),
        ("delta", 2, (0,)),
        ("slopes", 2, (0,)),
        ("delta", 1, (0, 1, 2)),
        ("slopes", 1, (0, 1, 2)),
        ("update", None, ()),
    ]


def test_unit_by_unit_every_unit_has_its_own_steps() -> None:
    steps = unit_steps((2, 2, 2))
    assert len(steps) == 1 + 4 + 1 + 8 + 1
    assert [step.units for step in steps if step.phase == "delta"] == [(0,), (1,), (0,), (1,)]
    assert [step.layer for step in steps if step.phase == "delta"] == [2, 2, 1, 1]


def test_both_walks_meet_every_unit_once_in_each_phase() -> None:
    for sizes in ((2, 2, 2), (3, 20, 9, 1)):
        for steps in (layer_steps(sizes), unit_steps(sizes)):
            for phase in ("forward", "delta", "slopes"):
                met = sorted((s.layer, u) for s in steps if s.phase == phase for u in s.units)
                every = [(k, u) for k in range(1, len(sizes)) for u in range(sizes[k])]
                assert met == every


def test_steps_are_told_in_words() -> None:
    words = [step.words for step in layer_steps((1, 2, 3, 1))]
    assert words[1] == "Forward: the net and the signal of both units of layer 1"
    assert words[2] == "Forward: the net and the signal of all 3 units of layer 2"
    assert words[3] == "Forward: the net and the signal of the output"
    by_unit = [step.words for step in unit_steps((1, 20, 2))]
    assert by_unit[1] == "Forward: the net and the signal of unit 1 of layer 1"
    assert by_unit[8] == "Forward: the net and the signal of the 13 other units of layer 1"
    assert by_unit[9] == "Forward: the net and the signal of output 1"


def test_large_layers_are_drawn_by_their_first_and_last_units() -> None:
    assert drawn_units(8) == tuple(range(8))
    assert drawn_units(784) == (0, 1, 2, 3, 781, 782, 783)
