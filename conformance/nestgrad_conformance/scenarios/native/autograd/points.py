"""Smooth functions of autograd at points where a rule or a formula has its own case."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import rotated, row, zero_inside, zero_row

from ._common import _weighted


@row(zero_inside, "power_zero")
def power_at_zero(x: Any) -> Any:
    """Powers at zero: the square's second derivative is 2, the cube's 0."""
    return np.sum(x**2) + np.sum(x**3.0 * x) + np.sum(np.power(x, 2.0) * x)


@row(zero_row, "norm_zero")
def norm_at_zero(x: Any) -> Any:
    """The square of numpy.linalg.norm at zero: the truth is 2x."""
    return np.linalg.norm(x[0]) ** 2 + np.sum(x**3)


@row(normal(3, 4), "norm")
def norm_of_a_square(x: Any) -> Any:
    """numpy.linalg.norm of vectors and matrices, in several orders."""
    norm = np.linalg.norm
    return norm(x) ** 3 + _weighted(norm(x, axis=1)) + np.sum(norm(x, ord=3, axis=0)) + norm(x, ord="fro")


@row(normal(4), "where", "where_guard")
def half_guarded_root(x: Any) -> Any:
    """A square root guarded by numpy.where on the outside alone: the truth is finite."""
    return np.sum(np.where(x > 0, np.sqrt(x), x**2))


@row(normal(4), "max")
def maximum_of_ties(x: Any) -> Any:
    """numpy.max of equal entries, which shares the cotangent: max(x, x) is x."""
    return np.sum(np.max(np.stack([x, x]), axis=0) * x) + np.sum(np.maximum(x, x) ** 2)


@row(zero_inside, "prod")
def product_with_a_zero(x: Any) -> Any:
    """numpy.prod past an entry that is zero."""
    return np.prod(x) + np.sum(x**3)


@row(zero_row, "std_zero")
def std_at_zero(x: Any) -> Any:
    """The square of numpy.std of equal entries: the variance, and smooth."""
    return np.std(x[0]) ** 2 + np.sum(x**3)


@row(normal(4), "sinc_zero")
def sinc(x: Any) -> Any:
    """numpy.sinc, at zero too."""
    return _weighted(np.sinc(x - x[0]))


@row(rotated([1.0, 1.0, 2.0]), "linalg", "eig", "equal_values")
def equal_eigenvalues(x: Any) -> Any:
    """The sum of the cubes of eigenvalues of which two are equal: smooth, as it is symmetric in them."""
    return np.sum(np.real(np.linalg.eig(x + x.T)[0] ** 3)) + np.sum(np.linalg.eigh(x + x.T)[0] ** 3)


@row(rotated([1.0, 1.0, 2.0]), "linalg", "svd", "equal_values")
def equal_singular_values(x: Any) -> Any:
    """The same of the fourth powers of singular values."""
    return np.sum(np.linalg.svd(x, compute_uv=False) ** 4) + np.sum(np.linalg.svd(x, full_matrices=False)[1] ** 4)
