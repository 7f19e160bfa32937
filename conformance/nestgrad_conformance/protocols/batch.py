"""Laws of `vmap`: a loop over an axis of the arguments, its results stacked in front."""

from __future__ import annotations

from typing import Any

import numpy as np

from .known import Product, U, V, X, Y, array, arrays, close
from .law import require

_CUBE = np.random.default_rng(1).standard_normal((2, 3, 4))


def every_axis(backend: Any) -> None:
    """Axis 0, 1, 2 and −1 of one argument, each row by itself; 0 is the default."""
    f = backend.xp.sin
    for axis in (0, 1, 2, -1, -3):
        mapped = backend.vmap(lambda x: f(x) * 2.0, axis)(array(backend, _CUBE))
        close(backend, mapped, 2 * np.sin(np.moveaxis(_CUBE, axis, 0)))
    close(backend, backend.vmap(f)(array(backend, _CUBE)), np.sin(_CUBE))


def rows_are_apart(backend: Any) -> None:
    """What f reduces is one row, of every axis: neither the whole nor another row."""
    f = Product(backend.xp)
    for axis in (0, 1, -1):
        rows = np.moveaxis(_CUBE, axis, 0)
        mapped = backend.vmap(lambda x: f(x), axis)(array(backend, _CUBE))
        close(backend, mapped, np.array([Product()(row) for row in rows]))


def an_axis_for_each_argument(backend: Any) -> None:
    """A tuple has one for each argument, `None` for one that every row gets whole."""

    def f(x: Any, y: Any) -> Any:
        return backend.xp.sum(x * backend.xp.sin(y))

    x, y = array(backend, X), array(backend, Y)
    close(backend, backend.vmap(f, (0, None))(x, y), X @ np.sin(Y))
    close(backend, backend.vmap(f, (None, 0))(y, x), np.sin(X) @ Y)
    close(backend, backend.vmap(f, (0, 1))(x, array(backend, U.T)), np.sum(X * np.sin(U), axis=1))
    close(backend, backend.vmap(f, (-1, -2))(array(backend, X.T), array(backend, U)), np.sum(X * np.sin(U), axis=1))
    close(backend, backend.vmap(f, 1)(x, array(backend, U)), np.sum(X * np.sin(U), axis=0))


def an_array_that_is_captured(backend: Any) -> None:
    """It is whole in every row."""
    y = array(backend, Y)
    close(backend, backend.vmap(lambda x: backend.xp.sum(x * y))(array(backend, X)), X @ Y)


def tuple_outputs(backend: Any) -> None:
    """Each entry is stacked by itself; a tuple of one is one still."""
    mapped = backend.vmap(lambda x: (backend.xp.sum(x), x * 2.0))(array(backend, X))
    close(backend, mapped, (np.sum(X, axis=1), 2 * X))
    close(backend, backend.vmap(lambda x: (x * 2.0,))(array(backend, X)), (2 * X,))


def a_constant(backend: Any) -> None:
    """What does not depend on the row is repeated, once for each."""
    constant = array(backend, Y)
    close(backend, backend.vmap(lambda x: constant)(array(backend, X)), np.stack([Y, Y]))
    mapped = backend.vmap(lambda x: (x * 2.0, constant))(array(backend, X))
    close(backend, mapped, (2 * X, np.stack([Y, Y])))


def one_row(backend: Any) -> None:
    """An axis of length one is an axis."""
    close(backend, backend.vmap(lambda x: x * 2.0)(array(backend, X[:1])), 2 * X[:1])


def scalars(backend: Any) -> None:
    """Rows may have shape ()."""
    close(backend, backend.vmap(lambda x: x * x)(array(backend, Y)), Y**2)


def a_map_of_a_map(backend: Any) -> None:
    """Maps nest, each with its own axis."""
    mapped = backend.vmap(lambda x: backend.vmap(lambda y: backend.xp.sum(y) * x[0, 0], 1)(x), 2)
    expected = np.array([[np.sum(x[:, j]) * x[0, 0] for j in range(3)] for x in np.moveaxis(_CUBE, 2, 0)])
    close(backend, mapped(array(backend, _CUBE)), expected)


def of_a_pullback(backend: Any) -> None:
    """A gradient in each row is the gradient of that row."""
    require(backend, "vjp")
    one = array(backend, 1.0)

    def gradient(x: Any) -> Any:
        return backend.vjp(Product(backend.xp), x)[1](one)[0]

    for axis in (0, 1, -1):
        rows = np.moveaxis(_CUBE, axis, 0)
        mapped = backend.vmap(gradient, axis)(array(backend, _CUBE))
        close(backend, mapped, np.stack([Product.gradient(row) for row in rows]))


def of_a_derivative(backend: Any) -> None:
    """A directional derivative in each row, of one point along many directions and of many points along one."""
    require(backend, "jvp")
    f = Product(backend.xp)

    def along(x: Any, v: Any) -> Any:
        return backend.jvp(f, (x,), (v,))[1]

    x, v = arrays(backend, X, V)
    rows = np.stack([U, V, X])
    expected = [np.sum(Product.gradient(X) * row) for row in rows]
    close(backend, backend.vmap(along, (None, 0))(x, array(backend, rows)), np.array(expected))
    expected = [np.sum(Product.gradient(row) * V) for row in rows]
    close(backend, backend.vmap(along, (0, None))(array(backend, rows), v), np.array(expected))


def inside_a_derivative(backend: Any) -> None:
    """A map may be differentiated: pushed forward, pulled back."""
    x, v = arrays(backend, X, V)

    def f(x: Any) -> Any:
        return backend.vmap(lambda row: backend.xp.sum(row**3))(x)

    if "jvp" in dir(backend):
        close(backend, backend.jvp(f, (x,), (v,))[1], np.sum(3 * X**2 * V, axis=1))
    if "vjp" in dir(backend):
        u = array(backend, Y[:2])
        close(backend, backend.vjp(f, x)[1](u), (3 * X**2 * Y[:2, None],))
