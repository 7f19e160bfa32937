"""Laws of `has_aux`: what f returns beside its output comes back as it is, of the evaluation that is differentiated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import nestgrad as ng

from .known import Pair, U, V, W, X, Y, array, arrays, close
from .law import require


class Point(NamedTuple):
    """A container with a name."""

    first: Any
    second: Any


class Thing:
    """Not a container, not an array."""


def value_and_derivative(backend: Any, transform: str) -> None:
    """They are those of the output alone."""
    f = Pair(backend.xp)
    value, derivative, aux = _evaluated(backend, transform)(lambda x, y: (f(x, y), x * 2.0), X, Y)
    close(backend, value, Pair()(X, Y))
    close(backend, derivative, Pair.pushed(X, Y, V, W) if transform == "jvp" else Pair.pulled(X, Y, U, 0.7))
    close(backend, aux, 2 * X)


def containers_and_leaves(backend: Any, transform: str) -> None:
    """Containers keep their kind, what is no array is the same object, arrays have f's values."""
    thing, constant = Thing(), array(backend, W)

    def f(x: Any) -> Any:
        nested = {"list": [x + 1.0, (2.5, "deep", {})], "point": Point(x, None), "empty": ()}
        return backend.xp.sum(x), {**nested, "thing": thing, "constant": constant, "flag": True, "text": "text", "n": 3}

    *_, aux = _evaluated(backend, transform)(f, X)
    nested = {"list": [X + 1, (2.5, "deep", {})], "point": Point(X, None), "empty": ()}
    _same(backend, aux, {**nested, "thing": thing, "constant": W, "flag": True, "text": "text", "n": 3})


def bare_leaves(backend: Any, transform: str) -> None:
    """An aux need be no container: a number, a text, nothing, an object, a function."""
    everything: tuple[Any, ...] = (3, 2.5, "text", None, True, Thing(), len, (), [], {})
    for aux in everything:
        *_, found = _evaluated(backend, transform)(lambda x, aux=aux: (backend.xp.sum(x), aux), X)
        _same(backend, found, aux)


def _same(backend: Any, found: Any, expected: Any) -> None:
    if isinstance(expected, np.ndarray):
        close(backend, found, expected)
    elif isinstance(expected, (tuple, list)):
        assert type(found) is type(expected), f"a {type(expected).__name__} came back as a {type(found).__name__}"
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            _same(backend, one, other)
    elif isinstance(expected, dict):
        assert type(found) is dict, f"a dict came back as a {type(found).__name__}"
        assert found.keys() == expected.keys()
        for key in expected:
            _same(backend, found[key], expected[key])
    else:
        assert type(found) is type(expected), f"{expected!r} came back as a {type(found).__name__}"
        assert found is expected or found == expected


def whole_numbers(backend: Any, transform: str) -> None:
    """Whole numbers and booleans are fine in an aux, and keep their dtype."""
    values = np.array([1, 2], np.int32)
    whole, truth = backend.asarray(values), backend.asarray(np.array([True, False]))
    *_, (number, flag) = _evaluated(backend, transform)(lambda x: (backend.xp.sum(x), (whole, truth)), X)
    np.testing.assert_array_equal(backend.to_numpy(number), values)
    assert backend.to_numpy(number).dtype == values.dtype
    np.testing.assert_array_equal(backend.to_numpy(flag), [True, False])


def one_evaluation(backend: Any, transform: str) -> None:
    """At the point that was asked for the function is evaluated once, for its value and its aux."""
    calls = []

    def f(x: Any) -> Any:
        if not _is_elsewhere(backend, x):
            calls.append(1)
        return backend.xp.sum(x), len(calls)

    if transform == "jvp":
        *_, aux = backend.jvp(f, arrays(backend, X), arrays(backend, V), has_aux=True)
    else:
        *_, aux = backend.vjp(f, array(backend, X), has_aux=True)
    assert (aux, len(calls)) == (1, 1), f"aux is of evaluation {aux}, of {len(calls)}"


def _is_elsewhere(backend: Any, x: Any) -> bool:
    """Whether an array can be seen to be another point, as where a derivative is made of values."""
    try:
        values = np.asarray(backend.to_numpy(x))
    except Exception:  # inside a transform there are none
        return False
    return values.dtype != object and not np.allclose(values, X, rtol=1e-6, atol=0.0)


def of_its_own_evaluation(backend: Any, transform: str) -> None:
    """The aux is of the point that was asked for, whatever was evaluated before and after."""

    def f(x: Any) -> Any:
        return backend.xp.sum(x**2), x**2

    evaluate = _evaluated(backend, transform)
    first, second = (evaluate(f, x)[-1] for x in (X, U))
    close(backend, first, X**2)
    close(backend, second, U**2)


def aux_is_differentiable(backend: Any, transform: str) -> None:
    """Inside of an outer transform an aux depends on the outer variable, and is differentiated with it."""
    require(backend, "jvp", "vjp")
    x, v = arrays(backend, X, V)

    def square(x: Any) -> Any:
        return _evaluated(backend, transform)(lambda y: (backend.xp.sum(y), {"square": y**2}), x)[-1]["square"]

    close(backend, backend.jvp(square, (x,), (v,))[1], 2 * X * V)
    close(backend, backend.vjp(square, x)[1](v), (2 * X * V,))


def text_inside_a_transform(backend: Any, transform: str) -> None:
    """What is no array passes through an inner transform as through the outermost."""
    require(backend, "jvp", "vjp")
    x, v = arrays(backend, X, V)
    found = []

    def outer(x: Any) -> Any:
        _, derivative, aux = _evaluated(backend, transform)(lambda y: (backend.xp.sum(y**2), ("text", 3)), x)
        found.append(aux)
        return derivative if transform == "jvp" else derivative[0]

    backend.jvp(outer, (x,), (v,))
    backend.vjp(outer, x)
    assert found == [("text", 3)] * 2


def operators_hand_it_on(backend: Any, transform: str) -> None:
    """So do `ng.jvp` and `ng.vjp`, and `ng.gradient` and `ng.value_and_gradient` of a backend with `vjp`."""
    x, v = arrays(backend, X, V)
    thing = Thing()

    def f(x: Any) -> Any:
        return backend.xp.sum(x**2), {"square": x**2, "thing": thing}

    keywords = {"backend": backend, "has_aux": True}
    if transform == "jvp":
        found = [ng.jvp(f, (x,), (v,), **keywords)]
        close(backend, found[0][1], np.sum(2 * X * V))
    else:
        found = [ng.vjp(f, x, **keywords), ng.gradient(f, **keywords)(x)]
        (_, aux), gradient = ng.value_and_gradient(f, **keywords)(x)
        found.append((gradient, aux))
        close(backend, found[1][0], 2 * X)
    for *_, aux in found:
        _same(backend, aux, {"square": X**2, "thing": thing})


def _evaluated(backend: Any, transform: str) -> Callable[..., Any]:
    """(value, derivative along or at fixed arrays, aux) of a function of one or of two primals."""

    def evaluate(f: Any, *x: Any) -> tuple[Any, Any, Any]:
        primals = tuple(array(backend, one) if isinstance(one, np.ndarray) else one for one in x)
        if transform == "jvp":
            return backend.jvp(f, primals, arrays(backend, V, W)[: len(x)], has_aux=True)  # type: ignore[no-any-return]
        value, pullback, aux = backend.vjp(f, *primals, has_aux=True)
        cotangent = arrays(backend, U, 0.7) if isinstance(value, tuple) else array(backend, 1.0)
        return value, pullback(cotangent), aux

    return evaluate
