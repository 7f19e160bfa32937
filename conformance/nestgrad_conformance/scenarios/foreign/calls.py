"""Foreign functions between pieces of the outer engine: behind one, before one, twice, in a row, in a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import collect, normal, uniform

from ._crossing import crossing


def _mixed(xp: Any, y: Any) -> Any:
    """A vector of a vector, whose Jacobian is full and not symmetric."""
    return xp.sum(y**2) * xp.sin(y) + y


def _energy(xp: Any, y: Any) -> Any:
    return xp.sum(y**2) * xp.sum(xp.sin(y))


@crossing(normal(3), _mixed, sample=True, executions=())
def between(xp: Any, x: Any, f: Any) -> Any:
    """A piece of the outer engine, one of the inner, and one of the outer again."""
    return xp.sum(xp.cos(f(xp.exp(0.5 * x))) * x)


@crossing(normal(3), _energy)
def called_twice(xp: Any, x: Any, f: Any) -> Any:
    """One foreign function at two points, multiplied."""
    return f(x) * f(xp.flip(x) * 2.0 + x)


def _linear(xp: Any, y: Any) -> Any:
    return 2.0 * xp.flip(y) + y


@crossing(normal(3), _energy, _linear)
def composed(xp: Any, x: Any, f: Any, g: Any) -> Any:
    """A foreign function of what another one gives, which has no second derivative."""
    return f(g(x**2))


def _couple(xp: Any, a: Any, b: Any) -> Any:
    return xp.sum(xp.sin(a) * xp.sum(b**3)) + a[0] * b[0]


@crossing(lambda rng: (rng.standard_normal(3), rng.standard_normal(2)), _couple, inside=["index"], sample=True)
def two_arguments(xp: Any, x: Any, f: Any) -> Any:
    """Of two arrays of other shapes, one of them made by the outer engine."""
    a, b = x
    return f(a**2, b) * xp.sum(a)


@crossing(normal(3), _couple, inside=["index"])
def one_twice(xp: Any, x: Any, f: Any) -> Any:
    """One array in the place of both arguments, which are not alike."""
    return f(x, x)


_HELD = np.asarray([0.5, -1.5, 2.0])


@crossing(normal(3), _couple, features=["numpy_constants"])
def constant_argument(xp: Any, x: Any, f: Any) -> Any:
    """Of an array that is not differentiated, before one that is."""
    return f(xp.asarray(_HELD), x**2)


def _power(xp: Any, y: Any, exponent: int, *, scale: float) -> Any:
    return scale * xp.sum(y**exponent)


@crossing(uniform(0.5, 1.5, 3), _power)
def static_arguments(xp: Any, x: Any, f: Any) -> Any:
    """Of Python's numbers, by place and by keyword; each makes another function."""
    return f(x, 3, scale=0.5) * f(x, 2, scale=2.0) + f(x, 3, scale=-1.0)


@crossing(
    normal(3),
    _energy,
    features=["nested"],
    letters_inside="R",
    nested=True,
    reference=lambda np, x: np.sum(np.sin(2 * x * np.sum(np.sin(x)) + np.sum(x**2) * np.cos(x)) * x),
)
def gradient_inside(xp: Any, x: Any, f: Any, inner: Any) -> Any:
    """A function of the outer engine of the gradient, by the outer engine, of a foreign function."""
    return xp.sum(xp.sin(inner(f, "R")(x)) * x)


def _product(xp: Any, y: Any, held: Any) -> Any:
    return xp.sum(held * y**3)


@crossing(
    normal(3), _product, features=["nested"], letters_inside="R", nested=True, reference=lambda np, x: np.sum(3 * x**4)
)
def confusion(xp: Any, x: Any, f: Any, inner: Any) -> Any:
    """The inner variable is the outer one: x · d/dy Σxy³ at y = x, where x is an argument too."""
    return xp.sum(x * inner(lambda y: f(y, x), "R")(x))


SCENARIOS = collect(dict(globals()))
