"""Laws of `linearize`: its map is `jvp` at the primals, as often as it is called."""

from __future__ import annotations

from typing import Any

import numpy as np

from .known import Pair, U, V, W, X, Y, array, arrays, close
from .law import require


def two_directions(backend: Any) -> None:
    """Value and derivative in closed form, along one direction after the other, and along the first again."""
    value, linear = backend.linearize(Pair(backend.xp), *arrays(backend, X, Y))
    close(backend, value, Pair()(X, Y))
    for v, w in ((V, W), (U, Y), (V, W)):
        close(backend, linear(*arrays(backend, v, w)), Pair.pushed(X, Y, v, w))


def is_jvp(backend: Any) -> None:
    """It is what `jvp` gives there."""
    require(backend, "jvp")
    f, x, v = Pair(backend.xp), arrays(backend, X, Y), arrays(backend, V, W)
    pushed = backend.jvp(f, x, v)[1]
    close(backend, backend.linearize(f, *x)[1](*v), tuple(map(backend.to_numpy, pushed)))


def goes_through_the_origin(backend: Any) -> None:
    """Along nothing it is zero, and along twice a direction twice as large: no value is left in it."""
    _, linear = backend.linearize(Pair(backend.xp), *arrays(backend, X, Y))
    close(backend, linear(*arrays(backend, 0 * X, 0 * Y)), (0 * X, np.zeros(())))
    close(backend, linear(*arrays(backend, 2 * V, 2 * W)), Pair.pushed(X, Y, 2 * V, 2 * W))


def of_one_array(backend: Any) -> None:
    """A bare output has a bare derivative, a tuple of one a tuple of one."""
    x, v = arrays(backend, X, V)
    value, linear = backend.linearize(lambda x: x**2, x)
    close(backend, value, X**2)
    close(backend, linear(v), 2 * X * V)
    value, linear = backend.linearize(lambda x: (x**2,), x)
    close(backend, value, (X**2,))
    close(backend, linear(v), (2 * X * V,))


def several_points(backend: Any) -> None:
    """Maps that were made at several points are each of its own, whichever was made last."""
    f = Pair(backend.xp)
    points = [(X, Y), (U, W)]
    maps = [backend.linearize(f, *arrays(backend, *point))[1] for point in points]
    for linear, point in [*zip(maps, points, strict=True)][::-1]:
        close(backend, linear(*arrays(backend, V, W)), Pair.pushed(*point, V, W))


def after_its_numpy_primal_was_changed(backend: Any) -> None:
    """The NumPy array that was passed may be used for something else by then."""
    x = np.array(backend.to_numpy(array(backend, X)))
    _, linear = backend.linearize(lambda x: backend.xp.sin(x), backend.asarray(x))
    x[...] = 7.0
    close(backend, linear(array(backend, V)), np.cos(X) * V)


def what_f_ignores(backend: Any) -> None:
    """A direction that does not count, and a constant, give zeros."""
    constant = array(backend, Y)
    _, linear = backend.linearize(lambda x, y: (x * 2.0, constant), *arrays(backend, X, Y))
    close(backend, linear(*arrays(backend, V, W)), (2 * V, 0 * Y))


def inside_other_transforms(backend: Any) -> None:
    """Made inside, it is differentiated with its point; made outside, it is its own derivative."""
    require(backend, "jvp", "vjp")
    x, v, u = arrays(backend, X, V, U)

    def along_v(x: Any) -> Any:
        return backend.linearize(backend.xp.sin, x)[1](v)

    close(backend, backend.jvp(along_v, (x,), (u,))[1], -np.sin(X) * V * U)
    close(backend, backend.vjp(along_v, x)[1](u), (-np.sin(X) * V * U,))
    _, linear = backend.linearize(backend.xp.sin, x)
    close(backend, backend.jvp(linear, (v,), (u,))[1], np.cos(X) * U)
    close(backend, backend.vjp(linear, v)[1](u), (np.cos(X) * U,))
