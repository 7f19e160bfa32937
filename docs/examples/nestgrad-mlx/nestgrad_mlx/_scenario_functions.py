"""What users of MLX call, where it is not in the Array API standard: the functions of the scenarios."""

from __future__ import annotations

from typing import Any

import mlx.core as mx


def linear(x: Any) -> Any:
    """A linear layer as `mlx.nn.Linear` evaluates it, a matrix product with a bias."""
    return mx.sum(mx.addmm(mx.sum(x, axis=0), x, mx.transpose(x)) ** 3)


def scatter_add(x: Any) -> Any:
    """Entries added up by index, some of them at one place."""
    return mx.sum(mx.zeros_like(x).at[mx.array([0, 2, 2, 1])].add(x) ** 3)


def cumulative_max(x: Any) -> Any:
    """Running maxima; no two entries are equal."""
    return mx.sum(mx.cummax(x) ** 3)


def checkpoint(x: Any) -> Any:
    """A part whose intermediates are computed again in the reverse pass."""
    return mx.sum(mx.checkpoint(lambda y: mx.tanh(y) ** 2)(x) * x)


def compiled_part(x: Any) -> Any:
    """A compiled function inside."""
    return mx.sum(mx.compile(lambda y: mx.tanh(y) * y)(x) ** 2)


@mx.custom_function
def _softplus(x: Any) -> Any:
    return mx.log1p(mx.sinh(x) + mx.cosh(x))


_softplus.vjp(lambda x, cotangent, _: cotangent * (1 + mx.tanh(x / 2)) / 2)
_softplus.jvp(lambda x, tangent: tangent * (1 + mx.tanh(x / 2)) / 2)


def custom_function(x: Any) -> Any:
    """A rule of each mode by `mx.custom_function`."""
    return mx.sum(_softplus(x) ** 2)
