"""Layers of autograd: attention, convolution, pooling, lookups, images."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
from autograd.scipy.signal import convolve

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(4, 4), "convolution")
def convolution(x: Any) -> Any:
    """autograd.scipy.signal.convolve, its kernel a part of x."""
    return _weighted(convolve(x, x[:2, :2], mode="valid"))


@row(normal(5, 2), "embedding")
def embedding(x: Any) -> Any:
    """Rows by index, one of them twice."""
    return _weighted(x[np.array([0, 2, 2, 4])] ** 2)


@row(normal(4, 3), "attention")
def attention(x: Any) -> Any:
    """Attention by a softmax written out."""
    scores = np.dot(x, (x**2).T)
    weights = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return _weighted(np.dot(weights / np.sum(weights, axis=1, keepdims=True), x))


@row(normal(4, 4), "convolution")
def convolution_of_channels(x: Any) -> Any:
    """signal.convolve over axes, channels summed, as in a layer."""
    images, kernels = np.reshape(x[:2] ** 2, (1, 2, 4)), np.reshape(x[2:, :2], (2, 1, 2))
    return _weighted(convolve(images, kernels, axes=([2], [2]), dot_axes=([1], [0]), mode="valid"))
