"""Normalisations of autograd."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(3, 5), "moments")
def moments(x: Any) -> Any:
    """numpy.var and std along axes."""
    return _weighted(np.var(x, axis=0)) + _weighted(np.std(x, axis=1))


@row(normal(4, 5), "layer_norm", order=3)
def layer_norm(x: Any) -> Any:
    """Layer normalisation by mean and std, its weight a part of x."""
    rows = x[1:]
    centred = rows - np.mean(rows, axis=-1, keepdims=True)
    return _weighted(x[0] * centred / (np.std(rows, axis=-1, keepdims=True) + 1e-3))


@row(normal(4, 3), "batch_norm")
def batch_norm(x: Any) -> Any:
    """Batch normalisation over the first axis by var."""
    return _weighted((x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0) + 1e-3))
