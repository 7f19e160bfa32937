"""Laws of a gradient with its pullback: it is what two vjps give, and may be pulled through again and again.

They are held of `Mixed`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import nestgrad as ng

from .known import Mixed, U, V, X, array, arrays, close

_A, _B, _C, _D = X[0], V[0], U[0], U[1]  # x and y, and a cotangent for each


def of_one_array_to_the_other(backend: Any) -> None:
    """The gradient in x is pulled back to y; the number of entries is that of the places."""
    gradient, pullback = backend.gradient_vjp(Mixed(backend.xp), arrays(backend, _A, _B), (0,), (1,))
    close(backend, tuple(gradient), (Mixed.gradient(_A, _B)[0],))
    close(backend, tuple(pullback((array(backend, _C),))), (Mixed.pulled(_A, _B, _C)[1],))


def of_all_to_all(backend: Any) -> None:
    """With all places at both sides the pullback is the Hessian: symmetric, and the product of reverse over reverse."""
    f = Mixed(backend.xp)
    gradient, pullback = backend.gradient_vjp(f, arrays(backend, _A, _B), (0, 1), (0, 1))
    close(backend, tuple(gradient), Mixed.gradient(_A, _B))
    one, other = (tuple(pullback(arrays(backend, *pair))) for pair in ((_C, _D), (_D, _C)))
    left = sum(np.sum(backend.to_numpy(a) * b) for a, b in zip(one, (_D, _C), strict=True))
    right = sum(np.sum(backend.to_numpy(a) * b) for a, b in zip(other, (_C, _D), strict=True))
    close(backend, array(backend, left), np.asarray(right))
    x, v = ({"x": array(backend, a), "y": array(backend, b)} for a, b in ((_A, _B), (_C, _D)))
    named = ng.reverse_over_reverse(lambda p: f(p["x"], p["y"]), backend=backend)(x, v)
    close(backend, one, (backend.to_numpy(named["x"]), backend.to_numpy(named["y"])))


def is_pulled_through_again(backend: Any) -> None:
    """A pullback may be called many times: it is linear, and leaves itself as it was."""
    _, pullback = backend.gradient_vjp(Mixed(backend.xp), arrays(backend, _A, _B), (0,), (0, 1))
    for factor in (1.0, 2.0, 1.0):
        expected = tuple(factor * entry for entry in Mixed.pulled(_A, _B, _C))
        close(backend, tuple(pullback((array(backend, factor * _C),))), expected)


def with_an_aux(backend: Any) -> None:
    """What f returns beside its value is behind the pullback, as it is."""
    f = Mixed(backend.xp)
    x = arrays(backend, _A, _B)
    gradient, pullback, aux = backend.gradient_vjp(lambda x, y: (f(x, y), "aux"), x, (0,), (1,), has_aux=True)
    close(backend, tuple(gradient), (Mixed.gradient(_A, _B)[0],))
    close(backend, tuple(pullback((array(backend, _C),))), (Mixed.pulled(_A, _B, _C)[1],))
    assert aux == "aux"


def of_what_does_not_depend(backend: Any) -> None:
    """The gradient of what is linear in y is pulled back to y as zero."""
    xp = backend.xp
    gradient, pullback = backend.gradient_vjp(
        lambda x, y: xp.sum(x * x) + xp.sum(y), arrays(backend, _A, _B), (1,), (1,)
    )
    close(backend, tuple(gradient), (np.ones(3),))
    close(backend, tuple(pullback((array(backend, _C),))), (np.zeros(3),))
