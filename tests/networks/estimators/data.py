"""Data sets that several tests use, small ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.preprocessing import StandardScaler


def iris() -> tuple[Any, Any]:
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def cancer() -> tuple[Any, Any]:
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def blobs(rows: int = 60, classes: int = 2) -> tuple[Any, Any]:
    """Classes in order around a circle, easily told apart."""
    rng = np.random.default_rng(3)
    y = np.arange(rows) % classes
    angle = 2 * np.pi * y / classes
    X = 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.5 * rng.normal(size=(rows, 2))
    return X, y


def curve(rows: int = 80, outputs: int = 1) -> tuple[Any, Any]:
    """Smooth functions of two numbers."""
    X = np.random.default_rng(4).uniform(-1, 1, (rows, 2))
    Y = np.stack([np.sin(2 * X[:, 0]) + X[:, 1], X[:, 0] * X[:, 1]], axis=1)
    return X, Y[:, 0] if outputs == 1 else Y


def indicators(rows: int = 60) -> tuple[Any, Any]:
    """Three labels for each row, each decided by one number."""
    X = np.random.default_rng(5).normal(size=(rows, 3))
    return X, (X > 0.2).astype(int)
