"""A network: its parameters by name and flat, how signals flow, and what it refuses."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backlight
from backlight.errors import InputError
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.initialisers import uniform
from backlight.networks.network import Network

from .examples import example_4, problem

NETWORK = Network((4, 5, 3), "tanh", "softmax")
some_sizes = st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple)


# ------------------------------------------------------------------ the architecture


def test_one_name_is_for_all_hidden_layers() -> None:
    network = Network([3, 4, 2, 1], "relu", "logistic")
    assert network == Network((3, 4, 2, 1), ("relu", "relu"), "sigmoid")
    assert network.activations == ("relu", "relu", "sigmoid")
    assert Network((2, 1), (), "sigmoid").hidden == Network((2, 1), "tanh").hidden == ()


def test_it_is_a_value_that_can_be_hashed_and_pickled() -> None:
    assert {NETWORK: 1}[Network((4, 5, 3), ("tanh",), "softmax")] == 1
    assert pickle.loads(pickle.dumps(NETWORK)) == NETWORK
    assert backlight.Network is Network


def test_parameters_come_a_pair_for_each_layer() -> None:
    assert list(NETWORK.shapes.items()) == [
        ("weights_1", (4, 5)),
        ("biases_1", (5,)),
        ("weights_2", (5, 3)),
        ("biases_2", (3,)),
    ]
    assert NETWORK.size == 43  # as published


def test_every_number_has_a_name_in_the_order_of_the_flat_vector() -> None:
    assert Network((2, 1)).parameter_names == ["weights_1[0, 0]", "weights_1[1, 0]", "biases_1[0]"]
    flat = NETWORK.flat(NETWORK.start(0))
    at = NETWORK.parameter_names.index("weights_2[3, 1]")
    assert flat[at] == NETWORK.named(flat)["weights_2"][3, 1]


@pytest.mark.parametrize("decay", [-0.1, np.nan, np.inf, "0.1", None])
def test_a_decay_that_is_none_is_refused(decay: Any) -> None:
    known = NETWORK.start(0)
    with pytest.raises(InputError, match="decay must be a number from 0, not "):
        NETWORK.cost(known, np.zeros((1, 4)), np.zeros((1, 3)), decay=decay)


@pytest.mark.parametrize(
    "sizes", [(), (3,), (3, 0, 2), (3, -1), (3, 2.0), (3, True), (3, "2"), 3, "32", None]
)
def test_sizes_that_are_none_are_refused(sizes: Any) -> None:
    with pytest.raises(InputError, match=r"sizes must be .*whole numbers from 1; not ") as caught:
        Network(sizes)
    assert str(caught.value).endswith(repr(sizes))


def test_sizes_may_be_of_numpy() -> None:
    assert Network(np.array([3, 2])).sizes == (3, 2)
    assert type(Network(np.array([3, 2])).sizes[0]) is int


def test_activations_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="2 activations for 1 hidden layers: give one name"):
        Network((4, 5, 3), ("tanh", "relu"))
    with pytest.raises(InputError, match="no activation 'tan'; did you mean 'tanh'"):
        Network((4, 5, 3), "tan")
    with pytest.raises(InputError, match="hidden must be a name, or one for each layer; not 7"):
        Network((4, 5, 3), 7)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="activation must be a name"):
        Network((4, 5, 3), "tanh", None)  # type: ignore[arg-type]


def test_softmax_of_one_unit_is_refused() -> None:
    with pytest.raises(InputError, match=r"single unit of layer 2 is always 1: .* use sigmoid"):
        Network((4, 5, 1), "tanh", "softmax")


# ------------------------------------------------------------------ parameters


@settings(max_examples=30, deadline=None)
@given(some_sizes)
def test_flat_and_named_are_each_others_inverse(sizes: tuple[int, ...]) -> None:
    network = Network(sizes)
    vector = np.arange(float(network.size))
    named = network.named(vector)
    assert {name: array.shape for name, array in named.items()} == network.shapes
    np.testing.assert_array_equal(network.flat(named), vector)
    assert network.size == sum(a * b + b for a, b in itertools.pairwise(sizes))


def test_the_order_is_a_row_for_each_input_then_the_biases() -> None:
    named = Network((2, 3, 1)).named(np.arange(13.0))
    np.testing.assert_array_equal(named["weights_1"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(named["biases_1"], [6, 7, 8])
    np.testing.assert_array_equal(named["weights_2"], [[9], [10], [11]])
    np.testing.assert_array_equal(named["biases_2"], [12])


def test_named_gives_views() -> None:
    vector = np.zeros(NETWORK.size)
    NETWORK.named(vector)["biases_2"][:] = 7
    np.testing.assert_array_equal(vector[-3:], 7)
    assert all(np.shares_memory(a, vector) for a in NETWORK.named(vector).values())


def test_flat_follows_the_names_not_the_order_of_the_dict() -> None:
    parameters = NETWORK.start(0)
    turned = dict(reversed(parameters.items()))
    np.testing.assert_array_equal(NETWORK.flat(turned), NETWORK.flat(parameters))


@pytest.mark.parametrize("vector", [np.zeros(42), np.zeros((43, 1)), 0.0, []])
def test_a_vector_of_another_length_is_refused(vector: Any) -> None:
    with pytest.raises(InputError, match=r"the vector has shape .*; expected \(43,\) for a net"):
        NETWORK.named(vector)


def changed(**changes: Any) -> dict[str, Any]:
    parameters = {**NETWORK.start(0), **changes}
    return {name: array for name, array in parameters.items() if array is not None}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (changed(biases_2=None), "parameter 'biases_2' is missing; expected weights_1, biases_1, "),
        (changed(bias_2=0.0), "has no parameter 'bias_2'; did you mean 'biases_2'"),
        (changed(w=0.0), "has no parameter 'w'; did you mean 'weights_1'"),
        (changed(weights_3=0.0), "has no parameter 'weights_3'; did you mean 'weights_"),
        (changed(xyz=0.0), "has no parameter 'xyz'; expected weights_1, biases_1, weights_2, bi"),
        (changed(weights_1=np.zeros((5, 4))), r"weights_1 has shape \(5, 4\); expected \(4, 5\)"),
        (changed(biases_1=np.zeros((1, 5))), r"biases_1 has shape \(1, 5\); expected \(5,\)"),
        (np.zeros(43), r"must be a dict of weights_1.*not a ndarray; named\(vector\) makes one"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters: Any, message: str) -> None:
    for call in (NETWORK.check, NETWORK.flat, lambda p: NETWORK.outputs(p, np.zeros((1, 4)))):
        with pytest.raises(InputError, match=message) as caught:
            call(parameters)
        assert "\n" not in str(caught.value)


# ------------------------------------------------------------------ start values


def test_a_seed_decides_the_start() -> None:
    first, again, other = NETWORK.start(5), NETWORK.start(5), NETWORK.start(6)
    np.testing.assert_array_equal(NETWORK.flat(first), NETWORK.flat(again))
    assert not np.array_equal(first["weights_1"], other["weights_1"])
    assert not np.array_equal(first["weights_1"][:3, :3], first["weights_2"][:3, :3])


def test_a_generator_is_drawn_from_layer_by_layer_weights_first() -> None:
    vector = NETWORK.flat(NETWORK.start(np.random.default_rng(5), uniform(-1, 1)))
    np.testing.assert_array_equal(vector, np.random.default_rng(5).uniform(-1, 1, 43))


def test_single_precision_is_the_double_rounded() -> None:
    single, double = NETWORK.start(5, "he-normal", np.float32), NETWORK.start(5, "he-normal")
    for name, array in single.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, double[name].astype(np.float32))
    assert NETWORK.outputs(single, np.zeros((1, 4), np.float32)).dtype == np.float32


@pytest.mark.parametrize("seed", [-1, 1.5, True, None, "7"])
def test_what_is_no_seed_is_refused(seed: Any) -> None:
    with pytest.raises(InputError, match="seed must be a whole number from 0 or a Generator, not"):
        NETWORK.start(seed)


@pytest.mark.parametrize("dtype", [np.float16, int, "float63", None, complex])
def test_other_precisions_are_refused(dtype: Any) -> None:
    with pytest.raises(InputError, match="dtype must be float64 or float32, not"):
        NETWORK.start(0, dtype=dtype)


def test_an_initialiser_that_draws_other_shapes_is_refused() -> None:
    with pytest.raises(InputError, match=r"weights_1 has shape \(5, 4\); expected \(4, 5\)"):
        NETWORK.start(0, lambda rng, fan_in, fan_out: (np.zeros((fan_out, fan_in)), np.zeros(5)))


# ------------------------------------------------------------------ signals


def test_signals_of_the_published_network() -> None:
    network, parameters, X, _ = example_4()
    hidden, outputs = network.signals(parameters, X)
    np.testing.assert_allclose(hidden, [[0.59326999, 0.59688438]], atol=5e-9)
    np.testing.assert_allclose(outputs, [[0.75136507, 0.77292847]], atol=5e-9)
    np.testing.assert_array_equal(network.outputs(parameters, X), outputs)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_signal_is_the_activation_of_its_net(name: str) -> None:
    network, parameters, X, _ = problem((3, 4, 4, 2), name, name)
    nets, signals = network.nets(parameters, X), network.signals(parameters, X)
    assert [z.shape for z in nets] == [a.shape for a in signals] == [(5, 4), (5, 4), (5, 2)]
    before = X
    for layer, (z, a) in enumerate(zip(nets, signals, strict=True), 1):
        sums = np.einsum("ri,iu->ru", before, parameters[f"weights_{layer}"])
        np.testing.assert_allclose(z, sums + parameters[f"biases_{layer}"], rtol=1e-12)
        np.testing.assert_array_equal(a, ACTIVATIONS[name].function(z))
        before = a


def test_rows_do_not_know_of_each_other() -> None:
    network, parameters, X, _ = problem((3, 4, 2), "gelu", "softmax")
    together = network.outputs(parameters, X)
    apart = np.concatenate([network.outputs(parameters, row[None]) for row in X])
    np.testing.assert_allclose(apart, together, rtol=1e-12)


def test_whole_numbers_and_lists_are_taken() -> None:
    parameters = NETWORK.start(0)
    expected = NETWORK.outputs(parameters, np.array([[1.0, 2.0, 3.0, 0.0]]))
    for X in ([[1, 2, 3, 0]], np.array([[1, 2, 3, 0]], np.uint8)):
        np.testing.assert_array_equal(NETWORK.outputs(parameters, X), expected)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((2, 3)), r"X has shape \(2, 3\); expected \(rows, 4\), a column for each of inp"),
        (np.zeros(4), r"X has shape \(4,\); expected \(rows, 4\).*one row is X\[None, :\]"),
        (np.zeros((2, 1, 4)), r"X has shape \(2, 1, 4\)"),
        (np.zeros((0, 4)), r"X has no row; expected \(rows, 4\)"),
        ([[1, 2, 3, 4], [1, 2]], "X must be an array of numbers, rows of one length"),
        ([["a", "b", "c", "d"]], "X must hold real numbers, not <U1"),
        (np.zeros((1, 4), complex), "X must hold real numbers, not complex128"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(X: Any, message: str) -> None:
    parameters = NETWORK.start(0)
    for call in (NETWORK.nets, NETWORK.signals, NETWORK.outputs):
        with pytest.raises(InputError, match=message) as caught:
            call(parameters, X)
        assert "\n" not in str(caught.value)
