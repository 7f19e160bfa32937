"""Activations of torch."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(3, 4), order=3)
def softmax(x: Any) -> Any:
    """functional.softmax and functional.log_softmax."""
    return _weighted(functional.softmax(x, -1)) + _weighted(functional.log_softmax(x, 0))


@row(normal(4, 3))
def activations(x: Any) -> Any:
    """Smooth activations."""
    names = ("gelu", "silu", "softplus", "mish", "sigmoid", "tanhshrink", "logsigmoid", "selu", "elu")
    return sum(torch.sum(getattr(functional, name)(x) ** 2) for name in names)


@row(normal(3, 4), "glu")
def glu(x: Any) -> Any:
    """functional.glu."""
    return _weighted(functional.glu(x))


_PRELU = torch.nn.PReLU(dtype=torch.float64)


@row(normal(5), "hardsigmoid")
def cornered_activations(x: Any) -> Any:
    """Activations with corners, away from them."""
    names = ("relu", "relu6", "leaky_relu", "hardtanh", "hardsigmoid", "hardswish", "hardshrink", "softshrink")
    return sum(_weighted(getattr(functional, name)(x) ** 3) for name in names)


@row(normal(4, 3))
def smooth_activations(x: Any) -> Any:
    """celu, softsign, softmin, gelu by tanh, softplus with a threshold, prelu."""
    total = _weighted(functional.celu(x)) + _weighted(functional.softsign(x)) + _weighted(functional.softmin(x, 0))
    total = total + _weighted(functional.gelu(x, approximate="tanh")) + _weighted(functional.softplus(x, 2.0, 9.0))
    return total + _weighted(_PRELU(x) ** 2) + _weighted(functional.threshold(x, -9.0, 0.0))


@row(normal(3, 4), "untraceable")
def gumbel_softmax(x: Any) -> Any:
    """functional.gumbel_softmax with a generator of known state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _weighted(functional.gumbel_softmax(x, tau=0.7))
