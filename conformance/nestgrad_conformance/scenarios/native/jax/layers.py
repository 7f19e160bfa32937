"""Further layers, losses and images of jax. The functions of the scenarios in `native`, of one array x each."""

from __future__ import annotations

from typing import Any

import jax
import jax.flatten_util
import jax.numpy as jnp
from jax import lax

from .normalisation import _ramp, _weighted


def cornered_activations(x: Any) -> Any:
    """Activations with corners, away from them."""
    names = ("relu", "relu6", "leaky_relu", "hard_tanh", "hard_sigmoid", "hard_silu")
    return sum(_weighted(getattr(jax.nn, name)(x) ** 3) for name in names)


def sparse_activations(x: Any) -> Any:
    """squareplus, sparse_plus, sparse_sigmoid and log1mexp."""
    positive = 0.2 + 0.3 * jax.nn.sigmoid(x)
    names = ("squareplus", "sparse_plus", "log1mexp", "sparse_sigmoid")
    return sum(_weighted(getattr(jax.nn, name)(positive)) for name in names)


def masked_softmax(x: Any) -> Any:
    """jax.nn.softmax and log_softmax where a mask allows it."""
    mask = jnp.array([[True, True, False, True], [False, True, True, True], [True, False, True, True]])
    logs = jnp.where(mask, jax.nn.log_softmax(x, where=mask), 0.0)
    return _weighted(jax.nn.softmax(x, where=mask)) + _weighted(logs) + _weighted(jax.nn.logmeanexp(x, axis=0))


def softmax_of_a_masked_row(x: Any) -> Any:
    """Attention that masks a whole row: the row is zero, and so are its derivatives."""
    mask = jnp.array([[True, True, True], [False, False, False], [True, False, True]])
    return _weighted(jnp.where(mask, jax.nn.softmax(x, axis=-1, where=mask), 0.0))


def group_norm(x: Any) -> Any:
    """Group normalisation by jax.nn.standardize over two axes, with given statistics in half of it."""
    grouped = x.reshape(2, 2, -1)
    fixed = jax.nn.standardize(x, mean=_ramp(x.shape[1]), variance=1.5 + _ramp(x.shape[1]))
    return _weighted(jax.nn.standardize(grouped, axis=(0, 2))) + _weighted(fixed)


def rms_norm(x: Any) -> Any:
    """Root-mean-square normalisation by lax.rsqrt, its weight a part of x."""
    return _weighted(x * lax.rsqrt(jnp.mean(x**2, axis=-1, keepdims=True) + 1e-6) * x[0])


def grouped_convolution(x: Any) -> Any:
    """A depthwise convolution with dilation, its kernel a part of x."""
    kernel = x[:2, None, :2]
    return _weighted(
        lax.conv_general_dilated(x[None, :2], kernel, (1,), "VALID", rhs_dilation=(2,), feature_group_count=2)
    )


def transposed_convolution(x: Any) -> Any:
    """lax.conv_transpose."""
    return _weighted(lax.conv_transpose(x[None, :, :, None], x[:2, :2, None, None] ** 2, (2, 2), "SAME"))


def convolution_patches(x: Any) -> Any:
    """lax.conv_general_dilated_patches."""
    return _weighted(lax.conv_general_dilated_patches(x[None, None], (2, 2), (1, 1), "VALID") ** 2)


def average_pool(x: Any) -> Any:
    """An average over windows at the border, by the count of each."""
    total = lax.reduce_window(x**3, 0.0, lax.add, (3, 3), (1, 1), "SAME")
    return _weighted(total / lax.reduce_window(jnp.ones_like(x), 0.0, lax.add, (3, 3), (1, 1), "SAME"))


def min_pool(x: Any) -> Any:
    """lax.reduce_window by minimum, windows that overlap."""
    return _weighted(lax.reduce_window(x, jnp.inf, lax.min, (2, 2), (1, 1), "VALID"))


def product_pool(x: Any) -> Any:
    """lax.reduce_window by product."""
    return _weighted(lax.reduce_window(x, 1.0, lax.mul, (2,), (2,), "VALID"))


def reduced(x: Any) -> Any:
    """lax.reduce by a function of the user's."""
    return _weighted(lax.reduce(x, 0.0, lambda a, b: a + b, (0,))) + lax.reduce(x, 1.0, lax.mul, (0, 1))


def gated_unit(x: Any) -> Any:
    """A cell of a gated recurrent unit over a sequence, its weights constants."""

    def step(state: Any, entry: Any) -> Any:
        reset, update = jnp.split(jax.nn.sigmoid(entry @ _ramp(3, 6) + state @ _ramp(3, 6)), 2)
        candidate = jnp.tanh(entry @ _ramp(3, 3) + reset * (state @ _ramp(3, 3)))
        return (1 - update) * candidate + update * state, state

    return _weighted(lax.scan(step, x[0], x[1:])[0])


def embedding_by_one_hot(x: Any) -> Any:
    """Rows by the product with one-hot rows, and by an index out of bounds that is filled."""
    rows = jax.nn.one_hot(jnp.array([0, 2, 2]), 5) @ x
    return _weighted(rows**2) + _weighted(jnp.take(x, jnp.array([1, 7]), axis=0, mode="fill", fill_value=0.5) ** 2)


def losses(x: Any) -> Any:
    """Losses as users write them: hinge, Huber, focal, logistic, cosine."""
    target = jnp.sign(_ramp(*x.shape))
    hinge = jnp.sum(jnp.maximum(0.0, 9 - target * x) ** 2)
    huber = jnp.sum(jnp.where(jnp.abs(x) < 9, x**2 / 2, 9 * jnp.abs(x) - 40.5))
    chance = jax.nn.sigmoid(target * x)
    focal = -jnp.sum((1 - chance) ** 2 * jnp.log(chance))
    cosine = jnp.vdot(x[0], x[1]) / (jnp.linalg.norm(x[0]) * jnp.linalg.norm(x[1]))
    return hinge + huber + focal + cosine


def resized_image(x: Any) -> Any:
    """jax.image.resize, cubic and linear."""
    image = jax.image
    return _weighted(image.resize(x, (6, 5), "cubic")) + _weighted(image.resize(x**2, (2, 3), "linear"))


def scaled_and_translated(x: Any) -> Any:
    """jax.image.scale_and_translate, in image, scale and translation."""
    moved = jax.image.scale_and_translate(x, (3, 3), (0, 1), 1 + x[0, :2] / 9, x[1, :2] / 9, "cubic")
    return _weighted(moved)


def map_coordinates(x: Any) -> Any:
    """jax.scipy.ndimage.map_coordinates, in image and coordinates, away from the lines between pixels."""
    places = 1.5 + 0.3 * jnp.tanh(x[:2])
    return _weighted(jax.scipy.ndimage.map_coordinates(x, places, order=1) ** 2)


def regular_grid(x: Any) -> Any:
    """jax.scipy.interpolate.RegularGridInterpolator, in values and points."""
    grid = jnp.arange(4.0)
    points = 1.5 + 0.3 * jnp.tanh(x[:, :2])
    return _weighted(jax.scipy.interpolate.RegularGridInterpolator((grid, grid), x)(points) ** 2)


def ragged_dot(x: Any) -> Any:
    """lax.ragged_dot: rows in groups, a matrix for each."""
    return _weighted(lax.ragged_dot(x, jnp.stack([x[:3, :3], x[1:, :3] ** 2]), jnp.array([1, 3], dtype=jnp.int32)))


def trees(x: Any) -> Any:
    """jax.tree.map over a tree made inside, and ravel_pytree."""
    tree = {"w": x[:2], "b": (x[2], x[3] ** 2)}
    flat, rebuild = jax.flatten_util.ravel_pytree(jax.tree.map(jnp.sin, tree))
    return jnp.sum(flat**2) + jnp.sum(rebuild(flat * 2)["w"])
