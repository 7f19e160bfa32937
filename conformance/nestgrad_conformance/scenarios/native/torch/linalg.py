"""Linear algebra of torch.

The functions of the scenarios in `native`, of one float64 tensor x each.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch

from .layers import _weighted


def cholesky(x: Any) -> Any:
    """torch.linalg.cholesky, cholesky_solve and cholesky_inverse."""
    factor = torch.linalg.cholesky(x @ x.mT + torch.eye(3))
    total = _weighted(factor) + _weighted(torch.cholesky_solve(x**2, factor))
    return total + _weighted(torch.cholesky_inverse(factor))


def cholesky_solve_batched(x: Any) -> Any:
    """torch.cholesky_solve with as many factors as rows, and one right-hand side for all of them."""
    factors = torch.linalg.cholesky(torch.stack([x @ x.mT, x.mT @ x]) + torch.eye(2))
    return _weighted(torch.cholesky_solve(x**2, factors))


def solve(x: Any) -> Any:
    """torch.linalg.solve from the right."""
    return _weighted(torch.linalg.solve(x, x**2, left=False))


def det(x: Any) -> Any:
    """torch.linalg.det."""
    return torch.linalg.det(x) ** 2


def det_of_a_singular_matrix(x: Any) -> Any:
    """torch.linalg.det where a column is zero: the truth is finite."""
    return torch.linalg.det(x) + torch.sum(x**3)


def lu_parts(x: Any) -> Any:
    """torch.linalg.lu, its factors."""
    _, lower, upper = torch.linalg.lu(x)
    return _weighted(lower) + _weighted(upper)


def svd(x: Any) -> Any:
    """torch.linalg.svd with vectors, squared: the singular values differ."""
    left, values, right = torch.linalg.svd(x, full_matrices=False)
    return _weighted(left**2) + _weighted(values) + _weighted(right**2)


def eigvals(x: Any) -> Any:
    """torch.linalg.eigvals of a general matrix, by a sum that is real."""
    values = torch.linalg.eigvals(x)
    return torch.sum(values**2 * torch.exp(values)).real


def eig(x: Any) -> Any:
    """torch.linalg.eig of a general matrix, by a sum that the vectors' phase does not change."""
    values, vectors = torch.linalg.eig(x)
    return torch.sum(values * torch.sum(vectors.abs() ** 4, 0)).real


def ldl(x: Any) -> Any:
    """torch.linalg.ldl_factor and ldl_solve, which have no derivative of the factor."""
    return _weighted(torch.linalg.ldl_solve(*torch.linalg.ldl_factor(x + x.mT), x**2))


def matrix_power(x: Any) -> Any:
    """torch.linalg.matrix_power, multi_dot, tensorsolve and vander."""
    total = _weighted(torch.linalg.matrix_power(x, 3)) + _weighted(torch.linalg.matrix_power(x, -2))
    return total + _weighted(torch.linalg.multi_dot([x, x.mT, x])) + _weighted(torch.linalg.vander(x[0]))


def triangular_solve(x: Any) -> Any:
    """torch.triangular_solve, which is deprecated; the lower triangle is not read."""
    with warnings.catch_warnings(action="ignore"):
        return _weighted(torch.triangular_solve(x[:, :1], x @ x.mT + 2 * torch.eye(3)).solution)
