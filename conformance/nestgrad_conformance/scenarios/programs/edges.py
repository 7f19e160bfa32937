"""Numbers at which a formula is 0/0, 0·∞ or ∞ − ∞ and the truth is finite, or at which digits are lost."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import collect

from ._program import program, separable


def _one_zero(rng: np.random.Generator) -> Any:
    x = rng.standard_normal(5)
    x[2] = 0.0
    return x


def _two_zeros(rng: np.random.Generator) -> Any:
    x = rng.standard_normal((2, 4))
    x[0, 1] = x[0, 2] = x[1, 3] = 0.0
    return x


@program(_one_zero, "prod", "prod_zero", sample=True)
def product_with_a_zero(xp: Any, x: Any) -> Any:
    """A product in which one factor is zero: its derivatives are finite."""
    return xp.prod(x) + xp.sum(x**2)


@program(_two_zeros, "prod", "prod_zero")
def product_with_two_zeros(xp: Any, x: Any) -> Any:
    """Row products with one and two zeros."""
    return xp.sum(xp.prod(x, axis=-1) * xp.asarray(np.array([2.0, 3.0]))) + xp.sum(x**3)


def _near_zero(rng: np.random.Generator) -> Any:
    x = rng.standard_normal(5)
    x[1] *= 1e-9
    return x


@program(_near_zero, "prod", "prod_near_zero")
def product_near_zero(xp: Any, x: Any) -> Any:
    """A product in which one factor is tiny: a rule that divides by it loses all digits."""
    return xp.prod(x) + xp.sum(x**2)


def _zero_row(rng: np.random.Generator) -> Any:
    x = rng.standard_normal((2, 3))
    x[0] = 0.0
    return x


def _norm_squared_closed(x: Any, *directions: Any) -> Any:
    if len(directions) > 1:
        return np.zeros(x.size)
    return 2 * np.ravel(*directions or (x,))


@program(_zero_row, "norm", "zero_times_infinity", closed_form=_norm_squared_closed)
def norm_squared_at_zero(xp: Any, x: Any) -> Any:
    """Σ‖row‖² through a square root, where one row is zero: a polynomial, but √ has an infinite slope there."""
    return xp.sum(xp.sqrt(xp.sum(x * x, axis=-1)) ** 2)


def _both_signs(rng: np.random.Generator) -> Any:
    return rng.uniform(0.5, 2, 6) * np.array([1, -1, 1, 1, -1, 1])


def _guarded_values(np: Any, x: Any) -> Any:
    return np.sum(np.where(x > 0, np.sqrt(np.abs(x)), x**2))


_guarded_branches = separable(
    lambda x: np.where(x > 0, np.abs(x) ** -0.5 / 2, 2 * x),
    lambda x: np.where(x > 0, -(np.abs(x) ** -1.5) / 4, 2.0),
    lambda x: np.where(x > 0, np.abs(x) ** -2.5 * 3 / 8, 0.0),
)


@program(_both_signs, "where", "masked_infinity", reference=_guarded_values, closed_form=_guarded_branches)
def guarded_sqrt(xp: Any, x: Any) -> Any:
    """√x where x is positive, x² elsewhere: the square root of a negative number is computed, and not taken."""
    return xp.sum(xp.where(x > 0, xp.sqrt(x), x**2))


SCENARIOS = collect(dict(globals()))
