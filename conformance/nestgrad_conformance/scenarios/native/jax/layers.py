"""Layers of jax: attention, convolution, pooling, lookups, images."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(4, 3), "attention")
def attention(x: Any) -> Any:
    """Causal attention by jax.nn.softmax with a mask; jax.nn.dot_product_attention computes in float32 inside."""
    weights = jax.nn.softmax(x @ (x**2).T, axis=-1, where=jnp.tri(len(x), dtype=bool))
    return _weighted(weights @ x)


@row(normal(4, 5), "convolution")
def convolution(x: Any) -> Any:
    """lax.conv_general_dilated, its kernel a part of x."""
    return _weighted(lax.conv_general_dilated(x[None, None], x[None, None, :2, :2], (2, 1), "SAME"))


@row(normal(4, 4), "max_pool")
def max_pool(x: Any) -> Any:
    """lax.reduce_window by maximum: no two entries are equal."""
    return _weighted(lax.reduce_window(x, -jnp.inf, lax.max, (2, 2), (2, 2), "VALID"))


@row(normal(3, 4))
def mean_pool(x: Any) -> Any:
    """lax.reduce_window by sum."""
    return _weighted(lax.reduce_window(x**3, 0.0, lax.add, (2, 2), (1, 2), "VALID"))


@row(normal(5, 2), "embedding")
def embedding(x: Any) -> Any:
    """Rows by index, one of them twice."""
    return _weighted(jnp.take(x, jnp.array([0, 2, 2, 4]), axis=0) ** 2)


@row(normal(4, 3), "dropout")
def dropout(x: Any) -> Any:
    """Dropout with a fixed key."""
    return _weighted(jnp.where(jax.random.bernoulli(jax.random.key(0), 0.5, x.shape), x / 0.5, 0.0))


@row(normal(3, 6), "convolution")
def grouped_convolution(x: Any) -> Any:
    """A depthwise convolution with dilation, its kernel a part of x."""
    kernel = x[:2, None, :2]
    return _weighted(
        lax.conv_general_dilated(x[None, :2], kernel, (1,), "VALID", rhs_dilation=(2,), feature_group_count=2)
    )


@row(normal(3, 4), "convolution")
def transposed_convolution(x: Any) -> Any:
    """lax.conv_transpose."""
    return _weighted(lax.conv_transpose(x[None, :, :, None], x[:2, :2, None, None] ** 2, (2, 2), "SAME"))


@row(normal(4, 4), "convolution")
def convolution_patches(x: Any) -> Any:
    """lax.conv_general_dilated_patches."""
    return _weighted(lax.conv_general_dilated_patches(x[None, None], (2, 2), (1, 1), "VALID") ** 2)


@row(normal(4, 4))
def average_pool(x: Any) -> Any:
    """An average over windows at the border, by the count of each."""
    total = lax.reduce_window(x**3, 0.0, lax.add, (3, 3), (1, 1), "SAME")
    return _weighted(total / lax.reduce_window(jnp.ones_like(x), 0.0, lax.add, (3, 3), (1, 1), "SAME"))


@row(normal(4, 4), "max_pool")
def min_pool(x: Any) -> Any:
    """lax.reduce_window by minimum, windows that overlap."""
    return _weighted(lax.reduce_window(x, jnp.inf, lax.min, (2, 2), (1, 1), "VALID"))


@row(normal(6), "reduce_window")
def product_pool(x: Any) -> Any:
    """lax.reduce_window by product."""
    return _weighted(lax.reduce_window(x, 1.0, lax.mul, (2,), (2,), "VALID"))


@row(normal(2, 3))
def reduced(x: Any) -> Any:
    """lax.reduce by a function of the user's."""
    return _weighted(lax.reduce(x, 0.0, lambda a, b: a + b, (0,))) + lax.reduce(x, 1.0, lax.mul, (0, 1))


@row(normal(4, 3), "recurrent")
def gated_unit(x: Any) -> Any:
    """A cell of a gated recurrent unit over a sequence, its weights constants."""

    def step(state: Any, entry: Any) -> Any:
        reset, update = jnp.split(jax.nn.sigmoid(entry @ _ramp(3, 6) + state @ _ramp(3, 6)), 2)
        candidate = jnp.tanh(entry @ _ramp(3, 3) + reset * (state @ _ramp(3, 3)))
        return (1 - update) * candidate + update * state, state

    return _weighted(lax.scan(step, x[0], x[1:])[0])


@row(normal(5, 2), "embedding")
def embedding_by_one_hot(x: Any) -> Any:
    """Rows by the product with one-hot rows, and by an index out of bounds that is filled."""
    rows = jax.nn.one_hot(jnp.array([0, 2, 2]), 5) @ x
    return _weighted(rows**2) + _weighted(jnp.take(x, jnp.array([1, 7]), axis=0, mode="fill", fill_value=0.5) ** 2)


@row(normal(4, 4), "resize")
def resized_image(x: Any) -> Any:
    """jax.image.resize, cubic and linear."""
    image = jax.image
    return _weighted(image.resize(x, (6, 5), "cubic")) + _weighted(image.resize(x**2, (2, 3), "linear"))


@row(normal(4, 4), "resize")
def scaled_and_translated(x: Any) -> Any:
    """jax.image.scale_and_translate, in image, scale and translation."""
    moved = jax.image.scale_and_translate(x, (3, 3), (0, 1), 1 + x[0, :2] / 9, x[1, :2] / 9, "cubic")
    return _weighted(moved)


@row(normal(4, 4))
def map_coordinates(x: Any) -> Any:
    """jax.scipy.ndimage.map_coordinates, in image and coordinates, away from the lines between pixels."""
    places = 1.5 + 0.3 * jnp.tanh(x[:2])
    return _weighted(jax.scipy.ndimage.map_coordinates(x, places, order=1) ** 2)


@row(normal(4, 4))
def regular_grid(x: Any) -> Any:
    """jax.scipy.interpolate.RegularGridInterpolator, in values and points."""
    grid = jnp.arange(4.0)
    points = 1.5 + 0.3 * jnp.tanh(x[:, :2])
    return _weighted(jax.scipy.interpolate.RegularGridInterpolator((grid, grid), x)(points) ** 2)


@row(normal(4, 3), "ragged_dot")
def ragged_dot(x: Any) -> Any:
    """lax.ragged_dot: rows in groups, a matrix for each."""
    return _weighted(lax.ragged_dot(x, jnp.stack([x[:3, :3], x[1:, :3] ** 2]), jnp.array([1, 3], dtype=jnp.int32)))


@row(normal(4))
def trees(x: Any) -> Any:
    """jax.tree.map over a tree made inside, and ravel_pytree."""
    tree = {"w": x[:2], "b": (x[2], x[3] ** 2)}
    flat, rebuild = jax.flatten_util.ravel_pytree(jax.tree.map(jnp.sin, tree))
    return jnp.sum(flat**2) + jnp.sum(rebuild(flat * 2)["w"])
