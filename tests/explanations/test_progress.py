"""Progress is told between the parts of a run, and whoever is told may end it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.errors import OutputError
from backlight.explanations import channels
from backlight.explanations.methods import METHODS

from .networks import gap_linear_net, photos, resnet_like
from .sponge import changes, image, snapshot, sponge
from .test_threads import together

WAYS = ("dual", "central", "richardson")


class Stop(Exception):
    """Nothing in the package knows it."""


class Told(list[tuple[int, int]]):
    """Everything that was told; raises `error` when it has been told `after` times."""

    def __init__(self, after: int = -1, error: BaseException | None = None) -> None:
        super().__init__()
        self.after, self.error = after, error or Stop("enough")

    def __call__(self, done: int, total: int) -> None:
        self.append((done, total))
        if len(self) == self.after:
            raise self.error


@pytest.fixture
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feature maps are moved one at a time."""
    monkeypatch.setattr(channels, "_CHUNK_BYTES", 1)


@contextmanager
def counted(module: nn.Module) -> Iterator[Callable[[], int]]:
    """How often this module has been run, replicas of it included: they share its hooks."""
    calls: list[None] = []
    handle = module.register_forward_pre_hook(lambda *_: calls.append(None))
    try:
        yield lambda: len(calls)
    finally:
        handle.remove()


@pytest.mark.parametrize("gradients", ["backprop", *WAYS])
@pytest.mark.usefixtures("_small_chunks")
def test_what_is_done_never_falls_and_ends_at_the_total(gradients: str) -> None:
    told = Told()

    bl.explain(gap_linear_net(), photos(), 1, gradients=gradients, progress=told)

    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] > 0
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(done <= total for done, total in told)


@pytest.mark.usefixtures("_small_chunks")
def test_by_duals_every_feature_map_is_a_piece() -> None:
    told = Told()
    bl.explain(gap_linear_net(channels=5), photos(), 1, gradients="dual", progress=told)
    assert {total for _, total in told} == {5}
    assert [done for done, _ in dict.fromkeys(told)] == [0, 1, 2, 3, 4, 5]


def test_by_backpropagation_there_is_the_pass_forward_and_a_sweep_for_each_target() -> None:
    told = Told()
    bl.explain(resnet_like(), photos(), targets=[1, bl.Not(2)], progress=told)
    assert told == [(0, 3), (1, 3), (3, 3)]
    told = Told()
    bl.explain(resnet_like(), photos(), 1, method="guided-grad-cam", progress=told)
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


@pytest.mark.usefixtures("_small_chunks")
def test_the_total_grows_with_every_layer() -> None:
    told = Told()
    layers = ["layer2", "layer3"]  # of 8 and 10 feature maps
    bl.explain(resnet_like(), photos(), 1, layer=layers, gradients="dual", progress=told)
    assert list(dict.fromkeys(total for _, total in told)) == [8, 18]


@pytest.mark.parametrize("gradients", ["backprop", *WAYS])
def test_being_told_changes_no_number(gradients: str) -> None:
    network, batch = resnet_like(), photos()
    alone = bl.explain(network, batch, 2, gradients=gradients)
    found = bl.explain(network, batch, 2, gradients=gradients, progress=Told())
    assert torch.equal(found.map, alone.map)
    assert torch.equal(found.scores, alone.scores)


@pytest.mark.parametrize("gradients", WAYS)
@pytest.mark.usefixtures("_small_chunks")
def test_after_it_is_ended_the_model_is_not_run_again(gradients: str) -> None:
    network, batch = resnet_like(), photos()
    bl.layers(network, batch)  # the survey is made once
    with counted(network.fc) as calls:
        bl.explain(network, batch, 2, layer="layer3", gradients=gradients)
        whole = calls()
    with counted(network.fc) as calls:
        at_the_end: list[int] = []

        def stop(done: int, total: int) -> None:
            if done >= 3:
                at_the_end.append(calls())
                raise Stop

        with pytest.raises(Stop):
            bl.explain(network, batch, 2, layer="layer3", gradients=gradients, progress=stop)
        assert at_the_end == [calls()]  # told once, and not a pass after
        assert calls() < whole


@pytest.mark.parametrize(
    "error",
    [
        Stop("enough"),
        OutputError("as if a layer were no good"),
        RuntimeError("as if 'view' did not fit"),
        ValueError("as if the size were wrong"),
        KeyboardInterrupt(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("gradients", ["backprop", "dual", "central"])
def test_what_is_raised_comes_out_as_it_is(
    gradients: str, after: int, error: BaseException
) -> None:
    """Also what would elsewhere be a sign to try something else."""
    told = Told(after, error)
    with pytest.raises(type(error)) as caught:
        bl.explain(resnet_like(), photos(), 2, gradients=gradients, progress=told)
    assert caught.value is error
    assert len(told) == after


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("after", [1, 2])
def test_an_ended_run_leaves_everything_as_it_was(method: str, after: int) -> None:
    torch.manual_seed(0)
    model, picture = sponge(), image()
    before = snapshot(model, picture)

    with pytest.raises(Stop):
        bl.explain(model, picture, 1, method=method, progress=Told(after))

    assert changes(before, snapshot(model, picture)) == []


@pytest.mark.parametrize("gradients", ["dual", "central"])
@pytest.mark.usefixtures("_small_chunks")
def test_an_ended_run_by_another_way_leaves_everything_as_it_was(gradients: str) -> None:
    torch.manual_seed(0)
    model, picture = sponge(), image()
    before = snapshot(model, picture)

    with pytest.raises(Stop):
        bl.explain(model, picture, 1, gradients=gradients, progress=Told(3))

    assert changes(before, snapshot(model, picture)) == []


@pytest.mark.usefixtures("_small_chunks")
def test_threads_are_told_in_their_own_and_end_only_themselves() -> None:
    network, batch = resnet_like(), photos()
    alone = bl.explain(network, batch, 2, gradients="dual")

    def work(index: int) -> Any:
        own, seen = threading.get_ident(), set()

        def progress(done: int, total: int) -> None:
            seen.add(threading.get_ident())
            if index % 2 and done >= 2:
                raise Stop

        try:
            found = bl.explain(network, batch, 2, gradients="dual", progress=progress).map
        except Stop:
            found = None
        return found, seen == {own}

    for index, (found, in_own_thread) in enumerate(together(work, 6)):
        assert in_own_thread
        assert (found is None) == bool(index % 2)
        if found is not None:
            torch.testing.assert_close(found, alone.map, rtol=1e-10, atol=1e-12)


def test_a_layer_that_is_given_up_is_not_waited_for() -> None:
    class Detector(nn.Module):
        """Boxes come from the coarse map; nothing leads from them to the last one."""

        def __init__(self) -> None:
            super().__init__()
            self.early = nn.Conv2d(3, 4, 3, stride=4)
            self.late = nn.Conv2d(4, 4, 1)

        def forward(self, picture: Tensor) -> list[dict[str, Tensor]]:
            early = self.early(picture)
            late = self.late(early)
            scores = early.mean((1, 2, 3))
            box = torch.tensor([[0.0, 0.0, 8.0, 8.0]], dtype=picture.dtype)
            return [
                {
                    "boxes": box + 0 * late.sum().detach(),
                    "scores": score[None],
                    "labels": torch.tensor([1]),
                }
                for score in scores
            ]

    torch.manual_seed(0)
    told = Told()
    why = bl.explain(Detector().double(), photos(1), bl.Box(0), progress=told)
    assert why.layer == "early"
    assert told[-1][0] == told[-1][1]
