"""Products of small networks take one thread, and what other work may take is as it was."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import scipy.linalg.cython_blas  # noqa: F401
from threadpoolctl import threadpool_info, threadpool_limits

from backlight.networks.network import Network
from backlight.networks.threads import is_small, threads_for
from backlight.networks.training import Training

SMALL, LARGE = Network((64, 100, 10)), Network((4096, 4096, 10))


def blas() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads() -> Any:
    with threadpool_limits(2, user_api="blas"):
        assert blas() == {2}
        yield


def test_a_small_network_takes_one_and_a_large_one_all() -> None:
    with threads_for(SMALL, 200):
        assert blas() == {1}
    with threads_for(LARGE, 64):
        assert blas() == {2}
    assert blas() == {2}


def test_rows_make_a_product_large() -> None:
    assert is_small(SMALL, 1000)
    assert not is_small(SMALL, 100_000)


def test_after_an_error_it_is_as_before() -> None:
    with pytest.raises(KeyboardInterrupt), threads_for(SMALL, 1):
        raise KeyboardInterrupt
    assert blas() == {2}


def test_training_keeps_to_it() -> None:
    seen: set[int] = set()
    train(seen)
    assert seen == {1}


def test_after_runs_that_overlapped_it_is_as_before() -> None:
    threads = [threading.Thread(target=train, args=(set(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert blas() == {2}


def train(seen: set[int]) -> None:
    training = Training(SMALL, batch_size=20, learning_rate=1e-3)
    X, T = np.ones((60, 64)), np.ones((60, 10))
    training.run(X, T, 20, on_epoch=lambda _: seen.update(blas()))
