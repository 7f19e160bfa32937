"""Linear algebra of autograd."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import autograd.scipy.linalg as linalg

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row, singular, square, symmetric, twice_symmetric

from ._common import _weighted


@row(normal(3, 3))
def einsum(x: Any) -> Any:
    """numpy.einsum with x twice."""
    return _weighted(np.einsum("ij,kj->ik", x, x**2))


@row(normal(3, 3), "linalg", "eigh")
def eigh(x: Any) -> Any:
    """numpy.linalg.eigh: the eigenvalues differ."""
    values, vectors = np.linalg.eigh(x + x.T)
    return _weighted(values) + _weighted(vectors**2)


@row(normal(3, 4), "linalg", "svd")
def svd(x: Any) -> Any:
    """numpy.linalg.svd: the singular values differ."""
    return _weighted(np.linalg.svd(x, compute_uv=False))


@row(normal(3, 4), "norm", "nuclear_norm")
def nuclear_norm(x: Any) -> Any:
    """numpy.linalg.norm by singular values."""
    return np.linalg.norm(x, ord="nuc") ** 2


@row(normal(3, 3), "diagonal", "numpy_diagonal")
def triangles(x: Any) -> Any:
    """numpy.tril, triu, diag, diagonal, trace and outer."""
    total = _weighted(np.tril(x) ** 2) + _weighted(np.triu(x, 1)) + _weighted(np.diag(x[0]) @ x) + np.trace(x) ** 2
    return total + _weighted(np.diagonal(x) ** 2) + _weighted(np.outer(x[0], x[1]))


@row(normal(4), "norm_infinite")
def largest_as_a_norm(x: Any) -> Any:
    """numpy.linalg.norm of infinite order."""
    return np.linalg.norm(x, np.inf) ** 3 + np.sum(x**3)


@row(normal(2, 2, 2), "kron")
def kronecker(x: Any) -> Any:
    """numpy.kron of arrays with three axes."""
    return _weighted(np.kron(x, x**2))


@row(symmetric, "linalg", "cholesky")
def cholesky_of_one_triangle(x: Any) -> Any:
    """numpy.linalg.cholesky of a matrix of which it reads the lower triangle alone."""
    return _weighted(np.linalg.cholesky(x))


@row(twice_symmetric, "linalg", "eigh")
def eigenvectors_at_rest(x: Any) -> Any:
    """A distance between the eigenvectors of two matrices: where they are equal its gradient is zero."""
    return np.sum((np.linalg.eigh(x[0])[1] - np.linalg.eigh(x[1])[1]) ** 2) + np.sum(x**3)


@row(square, "linalg", "solve")
def solve(x: Any) -> Any:
    """numpy.linalg.solve with several right sides."""
    return _weighted(np.linalg.solve(x, x**2))


@row(square, "linalg", "slogdet")
def slogdet(x: Any) -> Any:
    """numpy.linalg.slogdet and det."""
    return np.linalg.slogdet(x)[1] + np.linalg.det(x) ** 2


@row(singular, "linalg", "det", "det_singular")
def det_of_a_singular_matrix(x: Any) -> Any:
    """numpy.linalg.det where a column is zero: the truth is finite."""
    return np.linalg.det(x) + np.sum(x**3)


@row(square, "linalg", "inv")
def inverse(x: Any) -> Any:
    """numpy.linalg.inv."""
    return _weighted(np.linalg.inv(x))


@row(normal(4, 3), "linalg", "pinv")
def pseudo_inverse(x: Any) -> Any:
    """numpy.linalg.pinv."""
    return _weighted(np.linalg.pinv(x))


@row(normal(3, 3), "linalg", "cholesky")
def cholesky(x: Any) -> Any:
    """numpy.linalg.cholesky."""
    return _weighted(np.linalg.cholesky(x @ x.T + np.eye(3)))


@row(normal(3, 3), "linalg", "eig")
def eig(x: Any) -> Any:
    """numpy.linalg.eig of a general matrix, eigenvalues by a sum that is real."""
    values, _ = np.linalg.eig(x)
    return np.real(np.sum(values**2 * np.exp(values)))


@row(normal(3, 4), "linalg", "svd")
def singular_vectors(x: Any) -> Any:
    """numpy.linalg.svd with vectors, squared: the singular values differ."""
    left, values, right = np.linalg.svd(x, full_matrices=False)
    return _weighted(left**2) + _weighted(values) + _weighted(right**2)


@row(normal(3, 3), "linalg", "sqrtm")
def sqrtm(x: Any) -> Any:
    """scipy.linalg.sqrtm."""
    return _weighted(linalg.sqrtm(x @ x.T + np.eye(3)))


@row(square, "linalg", "triangular_solve")
def solve_triangular(x: Any) -> Any:
    """scipy.linalg.solve_triangular, transposed."""
    return _weighted(linalg.solve_triangular(x, x**2, lower=True, trans="T"))


@row(normal(4, 4), "linalg", "solve_banded")
def solve_banded(x: Any) -> Any:
    """scipy.linalg.solve_banded of three diagonals."""
    return _weighted(linalg.solve_banded((1, 1), np.vstack([x[0], 4 + x[1] ** 2, x[2]]), x[3] ** 2))


@row(square, "linalg", "sylvester")
def sylvester(x: Any) -> Any:
    """scipy.linalg.solve_sylvester."""
    return _weighted(linalg.solve_sylvester(x, np.eye(3), x**2))
