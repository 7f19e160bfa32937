"""Laws of `jvp` and `vjp` that hold of one call: values, structure, linearity, transposition, zeros, whole numbers.

Those that take a `transform` are for both: its derivative is pushed along ones, or ones are pulled back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nestgrad as ng
from nestgrad.extend import provides

from .known import Pair, U, V, W, X, Y, array, arrays, close
from .law import require, require_order


def jvp_of_several_leaves(backend: Any) -> None:
    """Value and derivative have the structure of the output, and are right."""
    x, v = arrays(backend, X, Y), arrays(backend, V, W)
    value, tangent = backend.jvp(Pair(backend.xp), x, v)
    close(backend, value, Pair()(X, Y))
    close(backend, tangent, Pair.pushed(X, Y, V, W))


def jvp_is_linear(backend: Any) -> None:
    """Along 2v − 3u it is twice that along v less three times that along u."""
    x = arrays(backend, X, Y)

    def pushed(*v: Any) -> Any:
        return backend.jvp(Pair(backend.xp), x, arrays(backend, *v))[1]

    along_v, along_u = (map(backend.to_numpy, pushed(*v)) for v in ((V, W), (U, Y)))
    combined = tuple(2 * one - 3 * other for one, other in zip(along_v, along_u, strict=True))
    close(backend, pushed(2 * V - 3 * U, 2 * W - 3 * Y), combined)


def jvp_along_nothing(backend: Any) -> None:
    """Along zero it is zero, which tells a linear map from one with a constant."""
    tangent = backend.jvp(Pair(backend.xp), arrays(backend, X, Y), arrays(backend, 0 * X, 0 * Y))[1]
    close(backend, tangent, (0 * X, np.zeros(())))


def jvp_inside_other_transforms(backend: Any) -> None:
    """A derivative is differentiated again, in its point and in its direction: D[cos(x) v] along (u, w)."""
    require_order(backend, 2)
    x, v, u, w = arrays(backend, X, V, U, X + 1)

    def pushed(x: Any, v: Any) -> Any:
        return backend.jvp(backend.xp.sin, (x,), (v,))[1]

    close(backend, backend.jvp(lambda x: pushed(x, x * 0.0 + v), (x,), (u,))[1], -np.sin(X) * U * V)
    close(backend, backend.jvp(pushed, (x, v), (u, w))[1], -np.sin(X) * U * V + np.cos(X) * (X + 1))
    if provides(backend, "vjp"):
        close(backend, backend.vjp(pushed, x, v)[1](u), (-np.sin(X) * U * V, np.cos(X) * U))


def vjp_of_several_leaves(backend: Any) -> None:
    """The value has the structure of the output, the pullback's result that of the primals; both are right."""
    value, pullback = backend.vjp(Pair(backend.xp), *arrays(backend, X, Y))
    close(backend, value, Pair()(X, Y))
    close(backend, pullback(arrays(backend, U, 0.7)), Pair.pulled(X, Y, U, 0.7))


def vjp_is_linear(backend: Any) -> None:
    """At 2u − v it is twice that at u less that at v; at nothing it is zero."""
    _, pullback = backend.vjp(Pair(backend.xp), *arrays(backend, X, Y))
    at_u, at_v = (map(backend.to_numpy, pullback(arrays(backend, *u))) for u in ((U, 0.7), (V, -2.0)))
    combined = tuple(2 * one - other for one, other in zip(at_u, at_v, strict=True))
    close(backend, pullback(arrays(backend, 2 * U - V, 3.4)), combined)
    close(backend, pullback(arrays(backend, 0 * U, 0.0)), (0 * X, 0 * Y))


def vjp_is_the_transpose_of_jvp(backend: Any) -> None:
    """⟨u, jvp(v)⟩ = ⟨vjp(u), v⟩."""
    require(backend, "jvp", "vjp")
    x, f = arrays(backend, X, Y), Pair(backend.xp)
    pushed = backend.jvp(f, x, arrays(backend, V, W))[1]
    pulled = backend.vjp(f, *x)[1](arrays(backend, U, 0.7))
    close(backend, array(backend, _inner(backend, pushed, (U, 0.7))), _inner(backend, pulled, (V, W)))


def _inner(backend: Any, one: Any, other: Any) -> Any:
    return sum(np.sum(backend.to_numpy(a) * b) for a, b in zip(one, other, strict=True))


def one_primal(backend: Any, transform: str) -> None:
    """A single array in, a single array out: the output is bare, and a pullback gives a tuple still."""
    value, derivative = _derivative(backend, transform)(lambda x: x**2, X)
    close(backend, value, X**2)
    close(backend, derivative, 2 * X if transform == "jvp" else (2 * X,))


def identity(backend: Any, transform: str) -> None:
    """What f returns as it came has the derivative that was put in."""
    value, derivative = _derivative(backend, transform)(lambda x: x, X)
    close(backend, value, X)
    close(backend, derivative, np.ones_like(X) if transform == "jvp" else (np.ones_like(X),))


def a_tuple_of_one(backend: Any, transform: str) -> None:
    """An output that is a tuple of one array is one still."""
    value, derivative = _derivative(backend, transform)(lambda x: (x**2,), X)
    close(backend, value, (X**2,))
    close(backend, derivative, (2 * X,))


def equal_outputs(backend: Any, transform: str) -> None:
    """One array returned twice counts twice."""

    def f(x: Any) -> Any:
        y = x**2
        return y, y

    value, derivative = _derivative(backend, transform)(f, X)
    close(backend, value, (X**2, X**2))
    close(backend, derivative, (2 * X, 2 * X) if transform == "jvp" else (4 * X,))


def one_primal_twice(backend: Any, transform: str) -> None:
    """The same array as both primals is two variables."""
    x = array(backend, X)
    if transform == "jvp":
        close(backend, backend.jvp(lambda x, y: x**2 * y, (x, x), arrays(backend, V, U))[1], 2 * X**2 * V + X**2 * U)
    else:
        close(backend, backend.vjp(lambda x, y: x**2 * y, x, x)[1](array(backend, U)), (2 * X**2 * U, X**2 * U))


def what_f_ignores(backend: Any, transform: str) -> None:
    """The derivative in what f does not look at is a zero like any other array."""
    value, derivative = _derivative(backend, transform)(lambda x, y: x * 2.0, X, Y)
    close(backend, value, 2 * X)
    close(backend, derivative, 2 * np.ones_like(X) if transform == "jvp" else (2 * np.ones_like(X), 0 * Y))
    if transform == "vjp":
        _is_an_ordinary_zero(backend, derivative[1], Y)


def a_constant(backend: Any, transform: str) -> None:
    """The derivative of what no input leads to is a zero like any other array."""
    constant = array(backend, W)
    value, derivative = _derivative(backend, transform)(lambda x, y: constant, X, Y)
    close(backend, value, W)
    for zero, like in zip(*(((derivative,), (W,)) if transform == "jvp" else (derivative, (X, Y))), strict=True):
        _is_an_ordinary_zero(backend, zero, like)


def a_constant_beside(backend: Any, transform: str) -> None:
    """One entry of the output is a constant, the other is not."""
    constant = array(backend, W)
    value, derivative = _derivative(backend, transform)(lambda x: (constant, x**2), X)
    close(backend, value, (W, X**2))
    close(backend, derivative, (0 * W, 2 * X) if transform == "jvp" else (2 * X,))
    if transform == "jvp":
        _is_an_ordinary_zero(backend, derivative[0], W)


def _is_an_ordinary_zero(backend: Any, zero: Any, like: Any) -> None:
    """It has a shape and the primal's dtype, can be computed with, and its result as well."""
    close(backend, zero, np.zeros_like(like))
    x = array(backend, like)
    assert backend.to_numpy(zero).dtype == backend.to_numpy(x).dtype
    close(backend, zero + x, like)
    close(backend, backend.xp.sin(zero) * x, 0 * like)
    close(backend, zero[0] + 1.0, np.ones_like(like[0]))


def whole_numbers(backend: Any, transform: str) -> None:
    """An output of whole numbers, alone or beside others, is a `NotDifferentiableError`."""
    for whole in (backend.asarray(np.array([1, 2])), backend.asarray(np.array(True))):
        for f in (lambda x, n=whole: n, lambda x, n=whole: (backend.xp.sum(x), n)):
            with np.testing.assert_raises(ng.NotDifferentiableError):
                _operator(backend, transform)(f, array(backend, X))


def whole_primals(backend: Any, transform: str) -> None:
    """A primal of whole numbers, text or nothing is a `NotDifferentiableError`."""
    for x in (np.array([1, 2]), np.array([True]), 3, np.array(["text"]), "text", None, object()):
        with np.testing.assert_raises(ng.NotDifferentiableError):
            ng.jvp(lambda x: x, (x,), (x,), backend=backend) if transform == "jvp" else ng.vjp(
                lambda x: x, x, backend=backend
            )


def nothing_to_differentiate_is_lost(backend: Any, transform: str) -> None:
    """Masks and the bits of long doubles: kept, or a typed error."""
    masked, wide = np.ma.masked_array(X, mask=X > 0), np.array([1, 2], np.longdouble) / 3
    for x in (masked, wide):
        try:
            value, *_ = _operator(backend, transform)(lambda x: x * 1, x)
        except ng.NestgradError:
            continue
        back = backend.to_numpy(value)
        np.testing.assert_array_equal(np.ma.getmaskarray(back), np.ma.getmaskarray(x))
        assert np.all(np.asarray(back, x.dtype) == x)


def later_changes_of_numpy_arrays(backend: Any, transform: str) -> None:
    """A result stays what it was when the NumPy arrays that were passed are changed in place."""
    x, direction = np.array(X), np.array(U)
    if transform == "jvp":
        results = backend.jvp(lambda x: x, *(((backend.asarray(one)),) for one in (x, direction)))
    else:
        value, pullback = backend.vjp(lambda x: x, backend.asarray(x))
        results = value, *pullback(backend.asarray(direction))
    x[...] = direction[...] = 7.0
    close(backend, tuple(results), (X, U))


def a_variable_that_is_captured(backend: Any, transform: str) -> None:
    """Inner and outer variables are told apart: the derivative of x · (d/dy (x + y) at y = 1) is 1, of x · x is 2x."""
    one = array(backend, np.ones_like(X))

    def inner(x: Any) -> Any:
        pushed = _operator(backend, transform)(lambda y: (x + y) * one, one)[1]
        return x * (pushed(one)[0] if callable(pushed) else pushed)

    try:
        _, derivative = _derivative(backend, transform)(inner, X, by_operator=True)
    except ng.UnsupportedNestingError:
        return
    close(backend, derivative, np.ones_like(X) if transform == "jvp" else (np.ones_like(X),))


def _operator(backend: Any, transform: str) -> Callable[..., Any]:
    """`ng.jvp` along ones, or `ng.vjp`, of a function of one argument."""

    def evaluate(f: Any, x: Any) -> Any:
        if transform == "vjp":
            return ng.vjp(f, x, backend=backend)
        along = np.ones_like(x) if isinstance(x, (np.ndarray, float)) else array(backend, np.ones(x.shape))
        return ng.jvp(f, (x,), (along,), backend=backend)

    return evaluate


def _derivative(backend: Any, transform: str) -> Callable[..., Any]:
    """The value of a function and its derivative along ones, or at a cotangent of ones."""

    def evaluate(f: Any, *x: Any, by_operator: bool = False) -> tuple[Any, Any]:
        primals, ones = arrays(backend, *x), arrays(backend, *map(np.ones_like, x))
        engine, keywords = (ng, {"backend": backend}) if by_operator else (backend, {})
        if transform == "jvp":
            value, tangent = engine.jvp(f, primals, ones, **keywords)
            return value, tangent
        value, pullback = engine.vjp(f, *primals, **keywords)
        return value, pullback(_ones_like(backend, value))

    return evaluate


def _ones_like(backend: Any, value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_ones_like(backend, entry) for entry in value)
    return array(backend, np.ones_like(backend.to_numpy(value)))
