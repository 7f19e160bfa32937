"""Activations of jax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(5))
def activations(x: Any) -> Any:
    """Smooth activations of jax.nn."""
    names = ("gelu", "silu", "softplus", "mish", "sigmoid", "log_sigmoid", "soft_sign", "selu", "elu", "celu")
    return sum(jnp.sum(getattr(jax.nn, name)(x) ** 2) for name in names)


@row(normal(3, 4))
def glu(x: Any) -> Any:
    """jax.nn.glu."""
    return _weighted(jax.nn.glu(x))


@row(normal(2, 4))
def log_sum_exp(x: Any) -> Any:
    """jax.nn.logsumexp with weights and signs."""
    return _weighted(jax.nn.logsumexp(x, axis=-1, b=1 + x**2))


@row(uniform(0.5, 1.5, 4), "special")
def special(x: Any) -> Any:
    """Functions of jax.scipy.special."""
    s = jax.scipy.special
    return jnp.sum(s.gammaln(x) * s.erf(x) + s.digamma(x) + s.ndtri(x / 3) + s.i0e(x) + s.betaln(x, 1 + x))


@row(normal(5))
def cornered_activations(x: Any) -> Any:
    """Activations with corners, away from them."""
    names = ("relu", "relu6", "leaky_relu", "hard_tanh", "hard_sigmoid", "hard_silu")
    return sum(_weighted(getattr(jax.nn, name)(x) ** 3) for name in names)


@row(normal(4))
def sparse_activations(x: Any) -> Any:
    """squareplus, sparse_plus, sparse_sigmoid and log1mexp."""
    positive = 0.2 + 0.3 * jax.nn.sigmoid(x)
    names = ("squareplus", "sparse_plus", "log1mexp", "sparse_sigmoid")
    return sum(_weighted(getattr(jax.nn, name)(positive)) for name in names)


@row(normal(3, 4), "softmax")
def masked_softmax(x: Any) -> Any:
    """jax.nn.softmax and log_softmax where a mask allows it."""
    mask = jnp.array([[True, True, False, True], [False, True, True, True], [True, False, True, True]])
    logs = jnp.where(mask, jax.nn.log_softmax(x, where=mask), 0.0)
    return _weighted(jax.nn.softmax(x, where=mask)) + _weighted(logs) + _weighted(jax.nn.logmeanexp(x, axis=0))


@row(normal(3, 3), "softmax")
def softmax_of_a_masked_row(x: Any) -> Any:
    """Attention that masks a whole row: the row is zero, and so are its derivatives."""
    mask = jnp.array([[True, True, True], [False, False, False], [True, False, True]])
    return _weighted(jnp.where(mask, jax.nn.softmax(x, axis=-1, where=mask), 0.0))
