"""Normalisations of jax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(4, 5), "layer_norm")
def layer_norm(x: Any) -> Any:
    """Layer normalisation by jax.nn.standardize, its weight a part of x."""
    return _weighted(jax.nn.standardize(x[1:], axis=-1, epsilon=1e-3) * x[0])


@row(normal(4, 3), "batch_norm")
def batch_norm(x: Any) -> Any:
    """Batch normalisation over the first axis by jax.nn.standardize."""
    return _weighted(jax.nn.standardize(x, axis=0) ** 2)


@row(normal(3, 5), "moments")
def moments(x: Any) -> Any:
    """jnp.var, jnp.std, jnp.median and jnp.corrcoef."""
    return (
        _weighted(jnp.var(x, axis=0)) + _weighted(jnp.std(x, axis=1)) + jnp.median(x) ** 2 + _weighted(jnp.corrcoef(x))
    )


@row(normal(4, 6), "group_norm")
def group_norm(x: Any) -> Any:
    """Group normalisation by jax.nn.standardize over two axes, with given statistics in half of it."""
    grouped = x.reshape(2, 2, -1)
    fixed = jax.nn.standardize(x, mean=_ramp(x.shape[1]), variance=1.5 + _ramp(x.shape[1]))
    return _weighted(jax.nn.standardize(grouped, axis=(0, 2))) + _weighted(fixed)


@row(normal(4, 5), "rms_norm")
def rms_norm(x: Any) -> Any:
    """Root-mean-square normalisation by lax.rsqrt, its weight a part of x."""
    return _weighted(x * lax.rsqrt(jnp.mean(x**2, axis=-1, keepdims=True) + 1e-6) * x[0])
