"""A training's file: everything a run depends on, so that it goes on to the bit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import numpy as np

from backlight.errors import InputError
from backlight.networks.optimisers import Optimiser
from backlight.networks.saving import (
    check_kind,
    describe_network,
    network_described,
    read_tensors,
    write_tensors,
)
from backlight.networks.schedules import schedule_of
from backlight.networks.training import Training

_KIND: Final = "training"
_VERSION: Final = 1


def save_training(
    path: str | os.PathLike[str], training: Training, overwrite: bool = False
) -> Path:
    """Write a training to one safetensors file; returns the path.

    Raises:
        FileError: the file exists and may not be overwritten, or cannot be written.
        MissingExtraError: safetensors is not installed.
    """
    record = {
        "kind": _KIND,
        "version": _VERSION,
        **describe_network(training.network),
        "loss": training.loss.name,
        "optimiser": training.optimiser.record(),
        "schedule": training.schedule.record(),
        "schedule_memory": training.schedule_memory,
        "told": training.told,
        "watched": training.watched,
        "batch_size": training.batch_size,
        "weight_decay": training.weight_decay,
        "output_delta": training.output_delta,
        "shuffling": training.shuffling,
        "stopped": training.stopped,
    }
    arrays = {**training.state._asdict(), "losses": training.losses}
    arrays["order"] = training.order.astype(np.int64)
    return write_tensors(path, arrays, record, overwrite)


def load_training(path: str | os.PathLike[str]) -> Training:
    """The training that `save_training` wrote.

    Raises:
        InputError: the file is missing, damaged, or holds something else.
        MissingExtraError: safetensors is not installed.
    """
    arrays, record = read_tensors(path)
    check_kind(path, record, _KIND, _VERSION)
    try:
        return _restored(arrays, record)
    except (KeyError, TypeError, ValueError) as problem:
        raise InputError(f"{str(path)!r} is damaged: {problem}") from problem


def _restored(arrays: dict[str, Any], record: dict[str, Any]) -> Training:
    network = network_described(record)
    training = Training(
        network,
        loss=record["loss"],
        optimiser=Optimiser(**record["optimiser"]),
        learning_rate=schedule_of(record["schedule"]),
        batch_size=record["batch_size"],
        weight_decay=record["weight_decay"],
        output_delta=record["output_delta"],
        parameters=network.named(arrays["parameters"]),
        dtype=arrays["parameters"].dtype,
    )
    training.restore(arrays, record["shuffling"])
    training.schedule_memory = list(record["schedule_memory"])
    training.told = record["told"]
    training.watched = dict(record["watched"])
    training.stopped = record["stopped"]
    return training
