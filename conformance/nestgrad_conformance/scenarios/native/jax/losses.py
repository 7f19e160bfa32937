"""Losses and distances of jax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp


@row(normal(3, 5), "loss")
def cross_entropy(x: Any) -> Any:
    """jax.nn.log_softmax against one-hot labels."""
    return -jnp.mean(jnp.sum(jax.nn.one_hot(jnp.array([0, 3, 1]), 5) * jax.nn.log_softmax(x), axis=-1))


@row(normal(3, 4), "loss")
def losses(x: Any) -> Any:
    """Losses as users write them: hinge, Huber, focal, logistic, cosine."""
    target = jnp.sign(_ramp(*x.shape))
    hinge = jnp.sum(jnp.maximum(0.0, 9 - target * x) ** 2)
    huber = jnp.sum(jnp.where(jnp.abs(x) < 9, x**2 / 2, 9 * jnp.abs(x) - 40.5))
    chance = jax.nn.sigmoid(target * x)
    focal = -jnp.sum((1 - chance) ** 2 * jnp.log(chance))
    cosine = jnp.vdot(x[0], x[1]) / (jnp.linalg.norm(x[0]) * jnp.linalg.norm(x[1]))
    return hinge + huber + focal + cosine
