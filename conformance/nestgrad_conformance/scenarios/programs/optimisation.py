"""Test functions of optimisation, by their usual names, and the seed's f and g."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import collect, normal, uniform

from ._program import program, separable


def _inverse_norm_closed(x: Any, *directions: Any) -> Any:
    r = np.sqrt(x @ x)
    if not directions:
        return -x / r**3
    if len(directions) == 1:
        (v,) = directions
        return 3 * x * (x @ v) / r**5 - v / r**3
    return None


@program(normal(5), "norm", closed_form=_inverse_norm_closed, sample=True)
def inverse_norm(xp: Any, x: Any) -> Any:
    """The seed's f: 1/‖x‖."""
    return 1 / xp.sqrt(xp.sum(x * x))


@program(normal(5), "power")
def sum_cubed(xp: Any, x: Any) -> Any:
    """The seed's g: (Σx)³."""
    return xp.sum(x) ** 3


@program(normal(6), sample=True)
def rosenbrock(xp: Any, x: Any) -> Any:
    """Rosenbrock's valley."""
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@program(normal(4), "index")
def wood(xp: Any, x: Any) -> Any:
    """Wood's function of four variables."""
    a, b, c, d = (x[i] for i in range(4))
    valleys = 100 * (b - a**2) ** 2 + (1 - a) ** 2 + 90 * (d - c**2) ** 2 + (1 - c) ** 2
    return valleys + 10.1 * ((b - 1) ** 2 + (d - 1) ** 2) + 19.8 * (b - 1) * (d - 1)


@program(normal(4), "index")
def powell_singular(xp: Any, x: Any) -> Any:
    """Powell's function, whose Hessian is singular at the minimum."""
    a, b, c, d = (x[i] for i in range(4))
    return (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4


@program(normal(2), "index")
def beale(xp: Any, x: Any) -> Any:
    """Beale's function."""
    a, b = x[0], x[1]
    return (1.5 - a * (1 - b)) ** 2 + (2.25 - a * (1 - b**2)) ** 2 + (2.625 - a * (1 - b**3)) ** 2


@program(normal(7))
def broyden_tridiagonal(xp: Any, x: Any) -> Any:
    """Broyden's tridiagonal least squares: the rows at both ends have one neighbour."""
    own = (3 - 2 * x) * x + 1
    first, last = own[:1] - 2 * x[1:2], own[-1:] - x[-2:-1]
    residual = xp.concat([first, own[1:-1] - x[:-2] - 2 * x[2:], last], axis=0)
    return xp.sum(residual**2)


@program(normal(2), "index")
def himmelblau(xp: Any, x: Any) -> Any:
    """Himmelblau's function, which has four minima."""
    a, b = x[0], x[1]
    return (a**2 + b - 11) ** 2 + (a + b**2 - 7) ** 2


@program(uniform(-1, 1, 2), "index")
def goldstein_price(xp: Any, x: Any) -> Any:
    """Goldstein and Price's function: a product of two polynomials."""
    a, b = x[0], x[1]
    left = 19 - 14 * a + 3 * a**2 - 14 * b + 6 * a * b + 3 * b**2
    right = 18 - 32 * a + 12 * a**2 + 48 * b - 36 * a * b + 27 * b**2
    return (1 + (a + b + 1) ** 2 * left) * (30 + (2 * a - 3 * b) ** 2 * right)


@program(normal(5), "norm")
def ackley(xp: Any, x: Any) -> Any:
    """Ackley's function, away from its cusp at the origin."""
    waves = xp.exp(xp.mean(xp.cos(2 * xp.pi * x)))
    return -20 * xp.exp(-0.2 * xp.sqrt(xp.mean(x**2))) - waves


_rastrigin_closed = separable(
    lambda x: 2 * x + 20 * np.pi * np.sin(2 * np.pi * x),
    lambda x: 2 + 40 * np.pi**2 * np.cos(2 * np.pi * x),
    lambda x: -80 * np.pi**3 * np.sin(2 * np.pi * x),
)


@program(normal(5), closed_form=_rastrigin_closed)
def rastrigin(xp: Any, x: Any) -> Any:
    """Rastrigin's function: a bowl with ripples."""
    return xp.sum(x**2 - 10 * xp.cos(2 * xp.pi * x) + 10)


@program(
    normal(5),
    "power",
    closed_form=separable(lambda x: 2 * x**3 - 16 * x + 2.5, lambda x: 6 * x**2 - 16, lambda x: 12 * x),
)
def styblinski_tang(xp: Any, x: Any) -> Any:
    """Styblinski and Tang's function."""
    return xp.sum(x**4 - 16 * x**2 + 5 * x) / 2


@program(normal(5), "prod", "numpy_constants")
def griewank(xp: Any, x: Any) -> Any:
    """Griewank's function: a bowl less a product of cosines."""
    return 1 + xp.sum(x**2) / 40 - xp.prod(xp.cos(x / xp.asarray(_ROOTS)))


_ROOTS = np.sqrt(np.arange(1.0, 6.0))


@program(uniform(0, 5, 2), "index")
def branin(xp: Any, x: Any) -> Any:
    """Branin's function."""
    a, b = x[0], x[1]
    return (b - 0.13 * a**2 + 1.6 * a - 6) ** 2 + 9.6 * xp.cos(a) + 10


@program(normal(6), "numpy_constants")
def trigonometric(xp: Any, x: Any) -> Any:
    """Moré, Garbow and Hillstrom's trigonometric function: every residual has every variable."""
    residual = 6 - xp.sum(xp.cos(x)) + xp.asarray(_RANKS) * (1 - xp.cos(x)) - xp.sin(x)
    return xp.sum(residual**2)


_RANKS = np.arange(1.0, 7.0)


def _variably_dimensioned_closed(x: Any, *directions: Any) -> Any:
    s = _RANKS @ (x - 1)
    along = [_RANKS @ v for v in directions]
    if not directions:
        return 2 * (x - 1) + (2 * s + 4 * s**3) * _RANKS
    if len(directions) == 1:
        return 2 * directions[0] + (2 + 12 * s**2) * along[0] * _RANKS
    return 24 * s * along[0] * along[1] * _RANKS if len(directions) == 2 else None


@program(normal(6), "power", "numpy_constants", closed_form=_variably_dimensioned_closed)
def variably_dimensioned(xp: Any, x: Any) -> Any:
    """The variably dimensioned function: a diagonal and a matrix of rank one."""
    s = xp.sum(xp.asarray(_RANKS) * (x - 1))
    return xp.sum((x - 1) ** 2) + s**2 + s**4


@program(uniform(0.5, 2, 3), "atan2", "index")
def helical_valley(xp: Any, x: Any) -> Any:
    """Fletcher and Powell's helical valley, in the half-space where its angle is smooth."""
    a, b, c = (x[i] for i in range(3))
    angle = xp.atan2(b, a) / (2 * xp.pi)
    return 100 * ((c - 10 * angle) ** 2 + (xp.sqrt(a**2 + b**2) - 1) ** 2) + c**2


@program(normal(2), "index")
def six_hump_camel(xp: Any, x: Any) -> Any:
    """The camel with six humps."""
    a, b = x[0], x[1]
    return (4 - 2.1 * a**2 + a**4 / 3) * a**2 + a * b + (4 * b**2 - 4) * b**2


SCENARIOS = collect(dict(globals()))
