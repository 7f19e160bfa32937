"""Linear algebra of torch."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row, singular, square, symmetric

from ._common import _ramp, _weighted


@row(normal(3, 4))
def norms(x: Any) -> Any:
    """torch.linalg.norm of vectors and matrices."""
    vectors = sum(torch.sum(torch.linalg.vector_norm(x, order, -1)) for order in (1, 2, 3))
    return vectors + torch.linalg.matrix_norm(x) + torch.linalg.norm(x) ** 3


@row(normal(3, 3), "linalg")
def spectral_norms(x: Any) -> Any:
    """torch.linalg.matrix_norm by singular values."""
    return torch.linalg.matrix_norm(x, 2) + torch.linalg.matrix_norm(x, "nuc") + torch.linalg.cond(x)


@row(normal(4, 3), "linalg")
def pseudo_inverse(x: Any) -> Any:
    """torch.linalg.pinv."""
    return _weighted(torch.linalg.pinv(x))


@row(normal(4, 3), "linalg", "untraceable")
def least_squares(x: Any) -> Any:
    """torch.linalg.lstsq of a tall matrix."""
    return _weighted(torch.linalg.lstsq(x, x[:, :1] ** 2).solution)


@row(square, "slogdet", "linalg", order=3)
def slogdet(x: Any) -> Any:
    """torch.linalg.slogdet."""
    return torch.linalg.slogdet(x).logabsdet


@row(square, "linalg", order=3)
def inverse(x: Any) -> Any:
    """torch.linalg.inv."""
    return _weighted(torch.linalg.inv(x))


@row(square, "linalg")
def solve_triangular(x: Any) -> Any:
    """torch.linalg.solve_triangular."""
    return _weighted(torch.linalg.solve_triangular(torch.tril(x), x**2, upper=False))


@row(square, "linalg")
def lu(x: Any) -> Any:
    """torch.linalg.lu_factor and lu_solve."""
    return _weighted(torch.linalg.lu_solve(*torch.linalg.lu_factor(x), x**2))


@row(square, "linalg")
def qr(x: Any) -> Any:
    """torch.linalg.qr."""
    return _weighted(torch.linalg.qr(x).R)


@row(normal(3, 4), "linalg")
def svdvals(x: Any) -> Any:
    """torch.linalg.svdvals: the singular values differ."""
    return _weighted(torch.linalg.svdvals(x))


@row(normal(3, 3), "linalg", "eigvalsh", order=3)
def eigvalsh(x: Any) -> Any:
    """torch.linalg.eigvalsh: the eigenvalues differ."""
    return _weighted(torch.linalg.eigvalsh(x + x.mT))


@row(normal(3, 3), "linalg", "eigh")
def eigh(x: Any) -> Any:
    """torch.linalg.eigh, its eigenvectors squared: the eigenvalues differ, signs do not matter."""
    return _weighted(torch.linalg.eigh(x + x.mT).eigenvectors ** 2)


@row(normal(3, 3), "linalg")
def matrix_exp(x: Any) -> Any:
    """torch.linalg.matrix_exp."""
    return _weighted(torch.linalg.matrix_exp(x / 4))


@row(normal(4, 3), "linalg", "householder_product")
def householder(x: Any) -> Any:
    """torch.linalg.householder_product."""
    return _weighted(torch.linalg.householder_product(x, x[0] / 3))


@row(normal(3, 3), "linalg", "cholesky", "cholesky_inverse")
def cholesky(x: Any) -> Any:
    """torch.linalg.cholesky, cholesky_solve and cholesky_inverse."""
    factor = torch.linalg.cholesky(x @ x.mT + torch.eye(3))
    total = _weighted(factor) + _weighted(torch.cholesky_solve(x**2, factor))
    return total + _weighted(torch.cholesky_inverse(factor))


@row(normal(2, 2), "linalg", "cholesky_solve_batched", revision=2)
def cholesky_solve_batched(x: Any) -> Any:
    """torch.cholesky_solve with as many factors as rows, and one right-hand side for all of them."""
    factors = torch.linalg.cholesky(torch.stack([x @ x.mT, x.mT @ x]) + torch.eye(2))
    return _weighted(torch.cholesky_solve(x**2, factors))


@row(square, "linalg", "solve")
def solve(x: Any) -> Any:
    """torch.linalg.solve from the right."""
    return _weighted(torch.linalg.solve(x, x**2, left=False))


@row(square, "linalg", "det")
def det(x: Any) -> Any:
    """torch.linalg.det."""
    return torch.linalg.det(x) ** 2


@row(singular, "linalg", "det", "det_singular")
def det_of_a_singular_matrix(x: Any) -> Any:
    """torch.linalg.det where a column is zero: the truth is finite."""
    return torch.linalg.det(x) + torch.sum(x**3)


@row(square, "linalg")
def lu_parts(x: Any) -> Any:
    """torch.linalg.lu, its factors."""
    _, lower, upper = torch.linalg.lu(x)
    return _weighted(lower) + _weighted(upper)


@row(normal(3, 4), "linalg", "svd")
def svd(x: Any) -> Any:
    """torch.linalg.svd with vectors, squared: the singular values differ."""
    left, values, right = torch.linalg.svd(x, full_matrices=False)
    return _weighted(left**2) + _weighted(values) + _weighted(right**2)


@row(normal(3, 3), "linalg", "eigvals")
def eigvals(x: Any) -> Any:
    """torch.linalg.eigvals of a general matrix, by a sum that is real."""
    values = torch.linalg.eigvals(x)
    return torch.sum(values**2 * torch.exp(values)).real


@row(normal(3, 3), "linalg", "eig")
def eig(x: Any) -> Any:
    """torch.linalg.eig of a general matrix, by a sum that the vectors' phase does not change."""
    values, vectors = torch.linalg.eig(x)
    return torch.sum(values * torch.sum(vectors.abs() ** 4, 0)).real


@row(square, "linalg", "ldl")
def ldl(x: Any) -> Any:
    """torch.linalg.ldl_factor and ldl_solve, which have no derivative of the factor."""
    return _weighted(torch.linalg.ldl_solve(*torch.linalg.ldl_factor(x + x.mT), x**2))


@row(square, "linalg")
def matrix_power(x: Any) -> Any:
    """torch.linalg.matrix_power, multi_dot, tensorsolve and vander."""
    total = _weighted(torch.linalg.matrix_power(x, 3)) + _weighted(torch.linalg.matrix_power(x, -2))
    return total + _weighted(torch.linalg.multi_dot([x, x.mT, x])) + _weighted(torch.linalg.vander(x[0]))


@row(normal(3, 3), "linalg", "triangular_solve_deprecated")
def triangular_solve(x: Any) -> Any:
    """torch.triangular_solve, which is deprecated; the lower triangle is not read."""
    with warnings.catch_warnings(action="ignore"):
        return _weighted(torch.triangular_solve(x[:, :1], x @ x.mT + 2 * torch.eye(3)).solution)


@row(normal(3, 3))
def einsum(x: Any) -> Any:
    """torch.einsum with a repeated operand, tensordot, kron, cross, baddbmm and addmm."""
    total = _weighted(torch.einsum("ij,kj,ik->i", x, x**2, x)) + _weighted(torch.tensordot(x, x, 1))
    total = total + _weighted(torch.kron(x, x[:1])) + _weighted(torch.linalg.cross(x[0], x[1] ** 2))
    return total + _weighted(torch.addmm(x, x, x, beta=0.5)) + _weighted(torch.baddbmm(x[None], x[None], x[None]))


@row(symmetric, "linalg", "cholesky")
def cholesky_of_one_triangle(x: Any) -> Any:
    """torch.linalg.cholesky of a matrix of which it reads the lower triangle alone."""
    return _weighted(torch.linalg.cholesky(x))


@row(symmetric, "linalg", "eigh")
def eigenvectors_of_one_triangle(x: Any) -> Any:
    """torch.linalg.eigh of a matrix of which it reads the upper triangle alone; signs do not matter."""
    values, vectors = torch.linalg.eigh(x, UPLO="U")
    return _weighted(values) + _weighted(vectors**2)


@row(symmetric, "linalg", "cholesky_solve")
def factor_of_one_triangle(x: Any) -> Any:
    """torch.cholesky_solve by a factor of which it reads the lower triangle alone."""
    return _weighted(torch.cholesky_solve(_ramp(3, 2), x))
