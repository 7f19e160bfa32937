"""Laws of the pullback: it is of the point where it was made, whenever and wherever it is called."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

import nestgrad as ng

from .known import Pair, U, V, X, Y, array, arrays, close
from .law import require


def called_twice(backend: Any) -> None:
    """The second call, and a call after one with another cotangent, give what the first gave."""
    _, pullback = backend.vjp(Pair(backend.xp), *arrays(backend, X, Y))
    for u, c in ((U, 0.7), (V, -1.0), (U, 0.7), (U, 0.7)):
        close(backend, pullback(arrays(backend, u, c)), Pair.pulled(X, Y, u, c))


def called_late(backend: Any) -> None:
    """After other evaluations of f, with and without a derivative, it is of its own."""
    f, x, elsewhere = Pair(backend.xp), arrays(backend, X, Y), arrays(backend, U, 2 * Y)
    _, pullback = backend.vjp(f, *x)
    f(*elsewhere)
    with contextlib.suppress(AttributeError):
        backend.jvp(f, elsewhere, x)
    close(backend, pullback(arrays(backend, U, 0.7)), Pair.pulled(X, Y, U, 0.7))


def called_after_another_of_the_same_shape(backend: Any) -> None:
    """Several pullbacks of one f, made one after the other and called in turn, are each of its own point."""
    f = Pair(backend.xp)
    points = [(X, Y), (U, 2 * Y), (V, -Y)]
    pullbacks = [backend.vjp(f, *arrays(backend, *point))[1] for point in points]
    for pullback, point in [*zip(pullbacks, points, strict=True)][::-1] * 2:
        close(backend, pullback(arrays(backend, U, 0.7)), Pair.pulled(*point, U, 0.7))


def called_in_turn_with_another_function(backend: Any) -> None:
    """Pullbacks of two functions of the same shape do not mix."""
    x, u = arrays(backend, X, U)
    xp = backend.xp
    _, sine = backend.vjp(xp.sin, x)
    _, exponential = backend.vjp(xp.exp, x)
    for _ in range(2):
        close(backend, sine(u), (np.cos(X) * U,))
        close(backend, exponential(u), (np.exp(X) * U,))


def called_after_its_numpy_primal_was_changed(backend: Any) -> None:
    """The NumPy array that was passed may be used for something else by then; so by `ng.vjp`."""
    for make in (lambda f, x: backend.vjp(f, *map(backend.asarray, x)), lambda f, x: ng.vjp(f, *x, backend=backend)):
        x, y = _numpy(backend, X), _numpy(backend, Y)
        _, pullback = make(Pair(backend.xp), (x, y))
        x[...] = y[...] = 7.0
        close(backend, pullback(arrays(backend, U, 0.7)), Pair.pulled(X, Y, U, 0.7))


def called_after_its_primal_was_changed(backend: Any) -> None:
    """An engine's array that was changed in place since is as good as ever, or an error; never another number."""
    primals = arrays(backend, X, Y)
    _, pullback = backend.vjp(Pair(backend.xp), *primals)
    for x in primals:
        _overwrite(x)
    _right_or_error(backend, pullback, arrays(backend, U, 0.7), Pair.pulled(X, Y, U, 0.7))


def called_after_its_value_was_changed(backend: Any) -> None:
    """The same of the value, which rules like to keep, and of what an earlier call returned."""
    u = array(backend, U)
    for f, expected in ((backend.xp.exp, np.exp(X) * U), (lambda x: x, U)):
        value, pullback = backend.vjp(f, array(backend, X))
        _overwrite(value)
        _right_or_error(backend, pullback, u, (expected,))
    _, pullback = backend.vjp(backend.xp.exp, array(backend, X))
    _overwrite(pullback(u)[0])
    _right_or_error(backend, pullback, u, (np.exp(X) * U,))


def _overwrite(array: Any) -> None:
    """Fill an array with another number, if the engine lets one."""
    with contextlib.suppress(Exception):
        array[...] = 7.0


def _right_or_error(backend: Any, pullback: Any, cotangent: Any, expected: Any) -> None:
    try:
        pulled = pullback(cotangent)
    except Exception:  # the engine noticed
        return
    close(backend, pulled, expected)


def results_are_apart(backend: Any) -> None:
    """A cotangent's NumPy array may be filled anew for the next call: results of earlier calls stay."""
    buffer = _numpy(backend, U)
    _, pullback = backend.vjp(lambda x: x, array(backend, X))
    first = pullback(backend.asarray(buffer))
    buffer[...] = 7.0
    second = pullback(backend.asarray(buffer))
    close(backend, first, (U,))
    close(backend, second, (np.full_like(U, 7.0),))


def _numpy(backend: Any, values: Any) -> Any:
    """A NumPy array of one's own, in the dtype of `known.array`."""
    return np.array(backend.to_numpy(array(backend, values)))


def made_outside_called_inside(backend: Any) -> None:
    """As a function of its cotangent it is linear: pushed forward it is itself, pulled back it is `jvp`."""
    require(backend, "jvp")
    f, x = Pair(backend.xp), arrays(backend, X, Y)
    u, v = arrays(backend, U, 0.7), arrays(backend, V, -1.0)
    _, pullback = backend.vjp(f, *x)

    def pull(*u: Any) -> Any:
        return pullback(u)

    pulled, pushed = backend.jvp(pull, u, v)
    close(backend, pulled, Pair.pulled(X, Y, U, 0.7))
    close(backend, pushed, Pair.pulled(X, Y, V, -1.0))
    directions = arrays(backend, V, Y)
    close(backend, backend.vjp(pull, *u)[1](directions), Pair.pushed(X, Y, V, Y))


def made_outside_called_in_a_map(backend: Any) -> None:
    """Mapped over its cotangents it is a loop over them."""
    require(backend, "vmap")
    _, pullback = backend.vjp(lambda x: backend.xp.sin(x) * 2.0, array(backend, X))
    rows = np.stack([U, V, 0 * U])
    mapped = backend.vmap(lambda u: pullback(u)[0])(array(backend, rows))
    close(backend, mapped, 2 * np.cos(X) * rows)


def made_and_called_inside(backend: Any) -> None:
    """Inside of a transform its result depends on the primal: the derivative of cos(x) u is −sin(x) u."""
    require(backend, "jvp")
    x, u, v = arrays(backend, X, U, V)

    def gradient(x: Any) -> Any:
        return backend.vjp(backend.xp.sin, x)[1](u)[0]

    close(backend, backend.jvp(gradient, (x,), (v,))[1], -np.sin(X) * U * V)
    close(backend, backend.vjp(gradient, x)[1](v), (-np.sin(X) * U * V,))


def made_and_called_in_a_map(backend: Any) -> None:
    """Inside of a map it is that of each row."""
    require(backend, "vmap")

    def gradient(x: Any) -> Any:
        return backend.vjp(lambda x: backend.xp.sum(backend.xp.sin(x) ** 2), x)[1](array(backend, 1.0))[0]

    close(backend, backend.vmap(gradient)(array(backend, X)), np.sin(2 * X))


def made_inside_called_outside_of_the_inner(backend: Any) -> None:
    """Both its point and its cotangent may be variables of outer transforms: D²[sin](x) u, by x and by u."""
    require(backend, "jvp")
    x, u, v, w = arrays(backend, X, U, V, V + 1)

    def f(x: Any, u: Any) -> Any:
        return backend.vjp(backend.xp.sin, x)[1](u)[0]

    expected = -np.sin(X) * U * V + np.cos(X) * (V + 1)
    close(backend, backend.jvp(f, (x, u), (v, w))[1], expected)
    close(backend, backend.vjp(f, x, u)[1](v), (-np.sin(X) * U * V, np.cos(X) * V))
