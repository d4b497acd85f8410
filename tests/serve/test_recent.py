"""Kept in memory while among the last that were used."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from backlight.serve.recent import Recent


def of_bytes(value: bytes) -> Mapping[Hashable, int]:
    return {id(value): len(value)}


def test_what_was_used_longest_ago_goes_first() -> None:
    kept: Recent[bytes] = Recent(30, of_bytes)
    for name in "abc":
        kept.put(name, name.encode() * 10)
    kept.get("a")
    kept.put("d", b"d" * 10)
    assert kept.get("b") is None
    assert [kept.get(name) for name in "acd"] == [b"a" * 10, b"c" * 10, b"d" * 10]
    assert kept.bytes == 30


def test_the_last_is_kept_whatever_it_weighs() -> None:
    kept: Recent[bytes] = Recent(10, of_bytes)
    kept.put("small", b"1")
    kept.put("large", b"1" * 100)
    assert kept.get("small") is None
    assert kept.get("large") == b"1" * 100


def test_a_value_put_twice_counts_once() -> None:
    kept: Recent[bytes] = Recent(100, of_bytes)
    kept.put("a", b"1" * 60)
    kept.put("a", b"2" * 30)
    assert (len(kept), kept.bytes) == (1, 30)
    assert kept.get("a") == b"2" * 30


def test_what_several_share_counts_once_and_until_the_last_is_gone() -> None:
    kept: Recent[int] = Recent(1000, lambda value: {"photo": 100, value: 1}, most=2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.bytes == 102
    kept.put("c", 3)
    assert (len(kept), kept.bytes) == (2, 102)


def test_no_more_than_so_many() -> None:
    kept: Recent[bytes] = Recent(10**6, of_bytes, most=3)
    for name in "abcde":
        kept.put(name, b"1")
    assert [name for name in "abcde" if kept.get(name)] == ["c", "d", "e"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 40)), max_size=40))
def test_the_sum_is_that_of_what_is_kept(steps: list[tuple[str, int]]) -> None:
    kept: Recent[bytes] = Recent(50, of_bytes)
    for name, size in steps:
        kept.put(name, bytes(size))
    values = {name: value for name in "abcdef" if (value := kept.get(name)) is not None}
    assert kept.bytes == sum({id(value): len(value) for value in values.values()}.values())
    assert kept.bytes <= 50


def test_threads_may_share_it() -> None:
    kept: Recent[bytes] = Recent(500, of_bytes)

    def work(seed: int) -> None:
        for step in range(300):
            name = str((seed * 7 + step) % 20)
            kept.put(name, bytes(50))
            kept.get(str(step % 20))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    values = [value for i in range(20) if (value := kept.get(str(i))) is not None]
    assert kept.bytes == len(kept) * 50 == len(values) * 50 <= 500
