from __future__ import annotations

import pytest
import torch
from torch import nn

from backlight.errors import ModelError
from backlight.models.model import Model


def test_a_module_is_wrapped_as_it_is() -> None:
    module = nn.Linear(2, 3).train()
    model = Model(module, labels=["a", "b", "c"])
    assert model.module is module
    assert module.training
    assert model.labels == ("a", "b", "c")
    assert model.name == "Linear"
    assert model.preprocess is None
    assert model.version is None


def test_the_device_is_that_of_the_parameters_or_of_the_buffers() -> None:
    assert Model(nn.Linear(1, 1, device="meta")).device == torch.device("meta")
    only_buffers = nn.Module()
    only_buffers.register_buffer("b", torch.empty(1, device="meta"))
    assert Model(only_buffers).device == torch.device("meta")
    assert Model(nn.Identity()).device == torch.device("cpu")


def test_the_dtype_is_known_only_when_all_parameters_share_it() -> None:
    assert Model(nn.Linear(1, 1).double()).dtype == torch.float64
    assert Model(nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1).half())).dtype is None
    assert Model(nn.Identity()).dtype is None


def test_integer_parameters_do_not_count_towards_the_dtype() -> None:
    module = nn.Linear(1, 1)
    module.register_parameter("n", nn.Parameter(torch.ones(1, dtype=torch.int64), False))
    assert Model(module).dtype == torch.float32


def test_what_is_not_a_module_is_refused() -> None:
    with pytest.raises(ModelError, match=r"needs a torch\.nn\.Module, got int"):
        Model(3)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="class Linear: make an instance"):
        Model(nn.Linear)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("labels", "words"),
    [("cat", "a single string"), (["cat", 2], "got int for class 1")],
)
def test_labels_that_are_not_a_list_of_strings_are_refused(labels: object, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Model(nn.Identity(), labels=labels)  # type: ignore[arg-type]


def test_preprocessing_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(ModelError, match="preprocess must be a Preprocess"):
        Model(nn.Identity(), preprocess=224)  # type: ignore[arg-type]


def test_a_task_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(ModelError, match="no task 'clasify'; did you mean 'classify'"):
        Model(nn.Identity(), task="clasify")  # type: ignore[arg-type]
