"""Laws of `lift`: a function of another engine is one of this, with its derivatives; the embedded default is inside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nestgrad import get_backend
from nestgrad.extend import Mode, Nesting, Node, ShapeDtype, compose
from nestgrad.internal import Inner, embedded, offers

from .known import Pair, Product, U, V, W, X, Y, array, arrays, close
from .law import require, require_order


def its_value(backend: Any) -> None:
    """A tuple of arrays of this engine."""
    found = backend.lift(_pair(), *arrays(backend, X, Y))
    close(backend, found, Pair()(X, Y))
    one = array(backend, X)
    assert type(backend.xp.sin(one)) is type(found[0])


def by_forward_mode(backend: Any) -> None:
    """The outputs' tangents, in both arguments and in one alone."""
    require(backend, "jvp")
    node, (x, y, v, w) = _pair(), arrays(backend, X, Y, V, W)
    _, pushed = backend.jvp(lambda x, y: backend.lift(node, x, y), (x, y), (v, w))
    close(backend, pushed, Pair.pushed(X, Y, V, W))
    _, pushed = backend.jvp(lambda y: backend.lift(node, x, y), (y,), (w,))
    close(backend, pushed, Pair.pushed(X, Y, 0 * V, W))


def by_reverse_mode(backend: Any) -> None:
    """The arguments' cotangents, of both outputs and of one alone."""
    require(backend, "vjp")
    node, (x, y, u, c) = _pair(), arrays(backend, X, Y, U, 0.5)
    _, pullback = backend.vjp(lambda x, y: backend.lift(node, x, y), x, y)
    close(backend, tuple(pullback((u, c))), Pair.pulled(X, Y, U, 0.5))
    _, pullback = backend.vjp(lambda x, y: backend.lift(node, x, y)[1], x, y)
    close(backend, tuple(pullback(c)), Pair.pulled(X, Y, 0 * U, 0.5))


def by_each_nesting(backend: Any) -> None:
    """Hessian-vector products, by all nestings of order 2 that the backend has."""
    require_order(backend, 2)
    node, x, v = _scalar(), array(backend, X), array(backend, V)
    modes = {Mode.FORWARD: "jvp", Mode.REVERSE: "vjp"}
    for nesting in map(Nesting, ("FR", "RF", "RR")):
        for mode in nesting:
            require(backend, modes[mode])
        (product,) = compose(backend, nesting)(lambda x: backend.lift(node, x)[0], (x,), (v,))
        close(backend, product, Product.product(X, V))


def in_a_map(backend: Any) -> None:
    """The engine's own map over rows, and over the rows of one argument alone."""
    require(backend, "vmap")
    node, (x, y) = _pair(), arrays(backend, X, Y)
    rows = array(backend, np.stack([X, -X, 2 * X]))
    expected = [Pair()(row, Y) for row in (X, -X, 2 * X)]
    mapped = backend.vmap(lambda x: backend.lift(node, x, y))(rows)
    close(backend, tuple(mapped), tuple(map(np.stack, zip(*expected, strict=True))))
    mapped = backend.vmap(lambda x, y: backend.lift(node, x, y), (0, None))(rows, y)
    close(backend, tuple(mapped), tuple(map(np.stack, zip(*expected, strict=True))))
    assert tuple(x.shape) == X.shape


def integers_go_along(backend: Any) -> None:
    """An argument and an output that are not differentiated."""
    require(backend, "vjp")
    xp = _inner().xp
    node = _node(lambda x, i: (xp.sum(xp.take(x, i) ** 2), i + 1), [((), float), ((2,), np.int32)], 2)
    i = backend.asarray(np.array([1, 1], np.int32))

    def f(y: Any) -> Any:
        value, after = backend.lift(node, y, i)
        return value, after

    value, pullback, after = backend.vjp(f, array(backend, Y), has_aux=True)
    close(backend, value, 2 * Y[1] ** 2)
    np.testing.assert_array_equal(backend.to_numpy(after), [2, 2])
    (pulled,) = pullback(backend.xp.ones_like(value))
    close(backend, pulled, np.array([0.0, 4 * Y[1], 0.0]))


def nothing_is_shared(backend: Any) -> None:
    """What the inner function keeps and writes later is not seen here."""
    kept: list[Any] = []

    def f(x: Any) -> tuple[Any, ...]:
        y = 2.0 * x
        kept.extend([x, y])
        return (y,)

    x = array(backend, X)
    (found,) = backend.lift(_node(f, [(X.shape, float)], 1), x)
    for one in kept:
        one[...] = 0.0
    close(backend, x, X)
    close(backend, found, 2 * X)


def _pair() -> Node:
    return _node(Pair(_inner().xp), [(X.shape, float), ((), float)], 2)


def _scalar() -> Node:
    f = Product(_inner().xp)
    return _node(lambda x: (f(x),), [((), float)], 1)


def _inner() -> Any:
    return get_backend(embedded())


def _node(f: Callable[..., Any], outputs: Sequence[tuple[tuple[int, ...], Any]], count: int) -> Node:
    """F of so many arrays as a node; its floating outputs have the dtype of its first argument."""

    def shapes(given: Sequence[ShapeDtype]) -> tuple[ShapeDtype, ...]:
        return tuple(
            ShapeDtype(shape, given[0].dtype if dtype is float else np.dtype(dtype)) for shape, dtype in outputs
        )

    inner = Inner(offers(_inner()), f, count, "a law's")
    return Node(inner, inner.evaluate, shapes)
