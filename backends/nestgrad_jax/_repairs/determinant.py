"""The determinant with derivatives that hold at any rank, to order four; beyond, they hold or are nan.

jax has one rule for it, by the factors of the matrix: where they have a zero it puts constants in, which are right for
some matrices, and whose own derivatives are not those of the determinant (jax#2821). Here four rows and columns are
expanded, which divides by nothing; more are reduced to four by turning the matrix to its singular vectors, held fixed.
The four are those of the smallest singular values.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

RULES = ("_det", "_det_2x2", "_det_3x3")
"""The functions of jax that have the rule; until 0.12 two and three rows were expanded."""

_AXES = 2  # of a matrix
_ROWS = 4  # of what is expanded


def is_harmless(program: Any, equation: Any) -> bool:
    """Whether a call of the rule in a program is of a matrix of one entry."""
    return equation.primitive.name == "custom_jvp_call" and _is_entry(equation.invars[-1].aval.shape)


def _is_entry(shape: tuple[int, ...]) -> bool:
    """Whether it is of a matrix of one entry, of which jax's rule is right."""
    return shape[-2:] == (1, 1)


def determinant_of(f: Callable[..., Any], x: Any) -> list[Any] | None:
    """What f, which is jax's determinant under transformations, gives for x; None if jax is right."""
    return None if _is_entry(x.shape) else [_determinant(jnp.transpose(x, _axes(f, x)))]


@jax.custom_jvp
def _determinant(matrix: Any) -> Any:
    return jnp.linalg.det(matrix)


@_determinant.defjvp
def _rule(primals: Any, tangents: Any) -> Any:
    return _determinant(*primals), jax.jvp(_smooth, primals, tangents)[1]


@jax.jit
def _smooth(matrix: Any) -> Any:
    """The determinant, as what is to be differentiated."""
    if matrix.shape[-1] <= _ROWS:
        return _expanded(matrix, range(matrix.shape[-1]))
    factor, rest, has_rank = _reduced(matrix)
    return factor * _expanded(rest, range(_ROWS)) + _beyond(0, matrix, has_rank)


def _expanded(rows: Any, columns: Any) -> Any:
    """The determinant of the last rows in these columns, by the first of these rows."""
    if not columns:
        return jnp.ones(rows.shape[:-2], rows.dtype)
    minors = (_expanded(rows, [other for other in columns if other != column]) for column in columns)
    signed = zip(itertools.cycle((1, -1)), columns, minors)
    return sum(sign * rows[..., -len(columns), column] * minor for sign, column, minor in signed)


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _beyond(order: int, matrix: Any, has_rank: Any) -> Any:
    """0, with derivatives that are 0; nan at higher orders than there are rows left, where the others have not rank."""
    return jnp.where(has_rank, 0, np.nan if order > _ROWS else 0).astype(matrix.dtype)


@_beyond.defjvp
def _rule_beyond(order: int, primals: Any, tangents: Any) -> Any:
    return _beyond(order, *primals), jnp.sum(tangents[0], (-2, -1)) * _beyond(order + 1, *primals)


def _reduced(matrix: Any) -> tuple[Any, Any, Any]:
    """A factor and four rows, whose determinants multiply to that of the matrix, and whether the other rows have rank.

    If they do not, the factor is 0, as are the determinant and its derivatives to order four.
    """
    heights = _largest(matrix, -1)
    widths = _largest(matrix / heights, -2)
    scaled = matrix / heights / widths
    left, values, right = jnp.linalg.svd(lax.stop_gradient(scaled))
    turned = _product(_product(_adjoint(left), scaled), _adjoint(right))
    size = matrix.shape[-1] - _ROWS
    has_rank = values[..., size - 1] > values[..., 0] * jnp.finfo(values.dtype).eps ** 2
    upper = jnp.where(has_rank[..., None, None], turned[..., :size, :size], jnp.eye(size, dtype=matrix.dtype))
    sign, logarithm = jnp.linalg.slogdet(upper)
    logarithm += jnp.sum(jnp.log(heights), (-2, -1)) + jnp.sum(jnp.log(widths), (-2, -1))
    factor = jnp.where(has_rank, sign * jnp.exp(logarithm) * jnp.linalg.det(_product(left, right)), 0)
    eliminated = _product(turned[..., size:, :size], jnp.linalg.solve(upper, turned[..., :size, size:]))
    return factor, turned[..., size:, size:] - eliminated, has_rank


def _largest(matrix: Any, axis: int) -> Any:
    """The largest size along an axis, as a constant; 1 where all is zero."""
    largest = jnp.max(jnp.abs(lax.stop_gradient(matrix)), axis=axis, keepdims=True)
    return jnp.where(largest == 0, 1, largest)


def _adjoint(matrix: Any) -> Any:
    return jnp.conj(jnp.swapaxes(matrix, -1, -2))


def _product(a: Any, b: Any) -> Any:
    return jnp.matmul(a, b, precision="highest")


def _axes(f: Callable[..., Any], x: Any) -> tuple[int, ...]:
    """The axes of x in the order that f's result has, then those of the matrix: a vmap may have put them anywhere."""
    if x.ndim == _AXES:
        return (0, 1)
    probe = np.cos(np.arange(x.size) ** 2.0).reshape(x.shape)
    with jax.ensure_compile_time_eval():
        there = np.asarray(f(probe.astype(x.dtype))[0])

    def misfit(axes: tuple[int, ...]) -> Any:
        return np.nan_to_num(np.abs(np.linalg.det(probe.transpose(axes)) - there)).max(initial=0)

    fitting = [axes for axes in itertools.permutations(range(x.ndim)) if _is_batch(x, axes, there.shape)]
    return min(fitting, key=misfit)


def _is_batch(x: Any, axes: tuple[int, ...], batch: tuple[int, ...]) -> bool:
    *lengths, rows, columns = (x.shape[axis] for axis in axes)
    return rows == columns and tuple(lengths) == batch
