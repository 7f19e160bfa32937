"""What arrays can do: shapes, containers, indexing, order, sums of parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import collect, normal

from ._program import program


@program(normal(5, 3), "gather")
def gather(xp: Any, x: Any) -> Any:
    """Rows taken by index, one of them twice."""
    return xp.sum(xp.take(x, xp.asarray(np.array([0, 2, 2, 4])), axis=0) ** 3)


@program(normal(7), "sort")
def sort(xp: Any, x: Any) -> Any:
    """Order statistics, weighted by rank; no two are equal."""
    return xp.sum(xp.asarray(np.arange(1.0, 8.0)) * xp.sort(x) ** 3)


@program(normal(4, 3), "sort", "sort_axis")
def sort_rows(xp: Any, x: Any) -> Any:
    """Every row sorted."""
    return xp.sum(xp.asarray(np.arange(1.0, 4.0)) * xp.sort(x, axis=-1) ** 3)


@program(normal(6), "where")
def where(xp: Any, x: Any) -> Any:
    """Two smooth branches, away from the border between them."""
    return xp.sum(xp.where(x > 0, xp.sin(x), x**3))


@program(lambda rng: (rng.uniform(0.5, 2, 4), rng.uniform(-2, 2, 4)), "power", "tensor_exponent", "pytree", sample=True)
def power(xp: Any, x: Any) -> Any:
    """X to the power y, in both."""
    base, exponent = x
    return xp.sum(base**exponent)


@program(normal(6), "cumulative_sum", sample=True)
def cumulative_sum(xp: Any, x: Any) -> Any:
    """Squares of partial sums."""
    return xp.sum(xp.cumulative_sum(x) ** 3)


@program(normal(5), "cumulative_prod")
def cumulative_prod(xp: Any, x: Any) -> Any:
    """Squares of partial products."""
    return xp.sum(xp.cumulative_prod(x) ** 2)


@program(lambda rng: (rng.standard_normal((3, 1)), rng.standard_normal((1, 4)), rng.standard_normal(())), "pytree")
def broadcasting(xp: Any, x: Any) -> Any:
    """Three shapes broadcast against each other."""
    column, row, number = x
    return xp.sum(xp.sin(column * row + number) + xp.broadcast_to(row**2, (3, 4)) * column)


@program(normal(), "zero_dim")
def zero_dim(xp: Any, x: Any) -> Any:
    """A function of one number of shape ()."""
    return xp.sin(x) * x**2


@program(normal(0), "empty")
def empty(xp: Any, x: Any) -> Any:
    """An input without entries."""
    return xp.sum(x**2)


@program(normal(2, 3, 2))
def three_dim(xp: Any, x: Any) -> Any:
    """An array of three axes, permuted, reshaped and joined."""
    joined = xp.concat([xp.permute_dims(x, (2, 0, 1)), xp.reshape(x**2, (2, 2, 3))], axis=0)
    return xp.sum(xp.cos(joined) * joined)


@program(normal(5), "linear")
def linear(xp: Any, x: Any) -> Any:
    """A linear function: its Hessian is zero, and is not an error."""
    return xp.sum(xp.asarray(np.arange(1.0, 6.0)) * x)


@program(normal(3), "constant", revision=2)
def constant(xp: Any, x: Any) -> Any:
    """A function that ignores its input: its derivatives are zero, and are no error."""
    return xp.asarray(2.5, dtype=x.dtype)


@program(
    lambda rng: {"a": [rng.standard_normal(2), (rng.standard_normal(()),)], "b": rng.standard_normal((2, 2))},
    "pytree",
    revision=2,
)
def pytree(xp: Any, x: Any) -> Any:
    """Arrays in a nest of containers."""
    first, (second,) = x["a"]
    return xp.sum(xp.matmul(x["b"], first)) * second**2 + xp.sum(xp.exp(x["b"]))


@program(normal(4), "captured")
def captured(xp: Any, x: Any) -> Any:
    """An array that the function captures, multiplied into every term."""
    scale = xp.asarray(np.arange(1.0, 5.0))
    return xp.sum(xp.sin(scale * x) * scale)


SCENARIOS = collect(dict(globals()))
