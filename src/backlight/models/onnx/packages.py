"""The two packages that ONNX files need, and their errors in one line."""

from __future__ import annotations

import importlib
from typing import Any

from backlight.errors import MissingExtraError, ModelError


def onnx_package() -> Any:
    """The package onnx.

    Raises:
        MissingExtraError: it is not installed.
    """
    return _package("onnx", "onnx, which reads the file,")


def runtime_package() -> Any:
    """The package onnxruntime.

    Raises:
        MissingExtraError: it is not installed.
    """
    return _package("onnxruntime", "onnxruntime, which runs ONNX files,")


def _package(name: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            raise MissingExtraError(what, "onnx") from error
        raise ModelError(f"{name} cannot be imported: {error}") from error


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())
