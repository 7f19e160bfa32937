"""Laws of the compilers: a compiled function has the values of f at what is passed now, not at what was first."""

from __future__ import annotations

from typing import Any

import numpy as np

import nestgrad as ng
from nestgrad.extend import COMPILERS, provides

from .known import Pair, Product, U, V, W, X, Y, array, arrays, close
from .law import require


def values(backend: Any, method: str) -> None:
    """Values are f's at each call, and f is not traced anew for the same shapes.

    A compiler that keeps the effects of Python has f's counter rise by one at each call.
    """
    calls = []
    f = Pair(backend.xp)

    def counted(x: Any, y: Any) -> Any:
        calls.append(1)
        return f(x, y)

    compiled = getattr(backend, method)(counted)
    for x, y in ((X, Y), (U, W), (X, Y)):
        close(backend, compiled(*arrays(backend, x, y)), Pair()(x, y))
    assert len(calls) in (1, 3), f"f was evaluated {len(calls)} times in three calls"


def other_shapes(backend: Any, method: str) -> None:
    """Arguments of another shape, and of the first again, are served as well."""
    compiled = getattr(backend, method)(lambda x: backend.xp.sum(x**2))
    for x in (X, Y, X[:1], X):
        close(backend, compiled(array(backend, x)), np.sum(x**2))


def trees(backend: Any, method: str) -> None:
    """Arguments and results are trees: dicts, tuples, lists, with `None` among them."""

    def f(parameters: Any, x: Any) -> Any:
        (weight, nothing), scale = parameters["layer"], parameters["scales"][0]
        assert nothing is None
        return {"product": weight * x, "scaled": (scale * x,)}

    compiled = getattr(backend, method)(f)
    for weight in (X, U):
        parameters = {"layer": (array(backend, weight), None), "scales": [array(backend, 2.0)]}
        found = compiled(parameters, array(backend, V))
        assert found.keys() == {"product", "scaled"}
        close(backend, found["product"], weight * V)
        close(backend, found["scaled"], (2 * V,))


def derivatives(backend: Any, method: str) -> None:
    """What is compiled may hold a derivative: its value follows x, v and u."""
    product = Product(backend.xp)

    def f(x: Any, v: Any) -> Any:
        if not provides(backend, "vjp"):
            return backend.jvp(product, (x,), (v,))[1]
        value, pullback = backend.vjp(product, x)
        return backend.xp.sum(pullback(backend.xp.ones_like(value))[0] * v)

    compiled = getattr(backend, method)(f)
    for x, v in ((X, V), (U, X)):
        close(backend, compiled(*arrays(backend, x, v)), np.sum(Product.gradient(x) * v))


def pulled_back(backend: Any, method: str) -> None:
    """A compiled function is differentiated like another one, or there is an error; never another number."""
    require(backend, "vjp")
    compiled = getattr(backend, method)(Product(backend.xp))
    for x in (X, U):
        try:
            _, pullback = ng.vjp(compiled, array(backend, x), backend=backend)
            (found,) = pullback(array(backend, 1.0))
        except ng.NestgradError:
            continue
        close(backend, found, Product.gradient(x))


def pushed_forward(backend: Any, method: str) -> None:
    """The same in forward mode."""
    require(backend, "jvp")
    compiled = getattr(backend, method)(Product(backend.xp))
    for x, v in ((X, V), (U, X)):
        try:
            _, found = ng.jvp(compiled, arrays(backend, x), arrays(backend, v), backend=backend)
        except ng.NestgradError:
            continue
        close(backend, found, np.sum(Product.gradient(x) * v))


def by_operators(backend: Any, method: str) -> None:
    """`ng.gradient(f, compile=…)` is the gradient at each x, and of a tree of arrays a tree."""
    require(backend, "vjp")
    execution = {name: execution for execution, name in COMPILERS.items()}[method]

    def f(x: Any) -> Any:
        return backend.xp.sum(backend.xp.sin(x["a"]) * x["b"][0])

    gradient = ng.gradient(f, backend=backend, compile=execution)
    for a, b in ((X, U), (U, V)):
        found = gradient({"b": [array(backend, b)], "a": array(backend, a)})
        close(backend, found["a"], np.cos(a) * b)
        close(backend, found["b"][0], np.sin(a))
