"""Linear algebra of jax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.experimental import sparse
from jax.scipy import linalg

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import larger_singular, row, singular, square, symmetric

from ._common import _ramp, _weighted


@row(normal(3, 3), "linalg", "eigh")
def eigh(x: Any) -> Any:
    """jnp.linalg.eigh, eigenvectors squared: the eigenvalues differ."""
    values, vectors = jnp.linalg.eigh(x + x.T)
    return _weighted(values) + _weighted(vectors**2)


@row(normal(3, 4), "linalg", "svd")
def svd(x: Any) -> Any:
    """jnp.linalg.svd: the singular values differ."""
    return _weighted(jnp.linalg.svd(x, compute_uv=False))


@row(normal(4, 3), "linalg", "qr")
def qr(x: Any) -> Any:
    """jnp.linalg.qr."""
    return _weighted(jnp.linalg.qr(x)[1])


@row(square, "linalg", "slogdet")
def slogdet(x: Any) -> Any:
    """jnp.linalg.slogdet and inv."""
    return jnp.linalg.slogdet(x)[1] + _weighted(jnp.linalg.inv(x))


@row(normal(3, 3), "linalg", "expm")
def expm(x: Any) -> Any:
    """jax.scipy.linalg.expm."""
    return _weighted(jax.scipy.linalg.expm(x / 4))


@row(normal(3, 4), "norm", "linalg")
def norms(x: Any) -> Any:
    """jnp.linalg.norm: of rows, of a matrix, nuclear."""
    norm = jnp.linalg.norm
    return _weighted(norm(x, axis=-1)) + norm(x) ** 3 + norm(x, ord="nuc") + norm(x, ord=3, axis=0).sum()


def _positive(x: Any) -> Any:
    return x @ x.T + jnp.eye(x.shape[0])


@row(normal(3, 3), "linalg", "cholesky")
def cholesky(x: Any) -> Any:
    """jnp.linalg.cholesky and scipy's cho_solve."""
    matrix = _positive(x)
    return _weighted(jnp.linalg.cholesky(matrix)) + _weighted(linalg.cho_solve(linalg.cho_factor(matrix), x[0] ** 2))


@row(normal(3, 3), "linalg", "cholesky_update")
def cholesky_update(x: Any) -> Any:
    """lax.linalg.cholesky_update of rank one."""
    return _weighted(lax.linalg.cholesky_update(jnp.linalg.cholesky(_positive(x)).T, x[0]))


@row(square, "linalg", "det")
def det(x: Any) -> Any:
    """jnp.linalg.det."""
    return jnp.linalg.det(x) ** 2


@row(singular, "linalg", "det", "det_singular")
def det_of_a_singular_matrix(x: Any) -> Any:
    """jnp.linalg.det where a column is zero: the truth is finite."""
    return jnp.linalg.det(x) + jnp.sum(x**3)


@row(larger_singular, "linalg", "det", "det_singular", order=3)
def det_of_a_larger_singular_matrix(x: Any) -> Any:
    """The same of more rows than jax ever expanded by itself."""
    return jnp.linalg.det(x) + jnp.sum(x**3)


@row(square, "linalg", "solve")
def solve(x: Any) -> Any:
    """jnp.linalg.solve with several right sides."""
    return _weighted(jnp.linalg.solve(x, x**2))


@row(square, "linalg", "triangular_solve")
def solve_triangular(x: Any) -> Any:
    """SciPy's solve_triangular, transposed."""
    return _weighted(linalg.solve_triangular(x, x**2, lower=True, trans=1))


@row(square, "linalg", "lu")
def lu(x: Any) -> Any:
    """SciPy's lu, lu_factor and lu_solve."""
    _, lower, upper = linalg.lu(x)
    return _weighted(lower) + _weighted(upper) + _weighted(linalg.lu_solve(linalg.lu_factor(x), x[0] ** 2))


@row(normal(4, 3), "linalg", "lstsq")
def lstsq(x: Any) -> Any:
    """jnp.linalg.lstsq of a tall matrix."""
    return _weighted(jnp.linalg.lstsq(x, x[:, 0] ** 2)[0])


@row(normal(4, 3), "linalg", "pinv")
def pinv(x: Any) -> Any:
    """jnp.linalg.pinv."""
    return _weighted(jnp.linalg.pinv(x))


@row(square, "linalg")
def matrix_power(x: Any) -> Any:
    """jnp.linalg.matrix_power, of a negative exponent too."""
    return _weighted(jnp.linalg.matrix_power(x, 3)) + _weighted(jnp.linalg.matrix_power(x, -2))


@row(normal(3, 3), "linalg")
def multi_dot(x: Any) -> Any:
    """jnp.linalg.multi_dot, tensorsolve, trace and vecdot."""
    product = jnp.linalg.multi_dot([x, x.T, x])
    return _weighted(product) + jnp.trace(product) ** 2 + _weighted(jnp.linalg.vecdot(x, x**2))


@row(normal(3, 4), "linalg", "svd")
def singular_vectors(x: Any) -> Any:
    """jnp.linalg.svd with vectors, squared: the singular values differ."""
    left, values, right = jnp.linalg.svd(x, full_matrices=False)
    return _weighted(left**2) + _weighted(values) + _weighted(right**2)


@row(normal(3, 3), "linalg", "svd")
def spectral_norms(x: Any) -> Any:
    """jnp.linalg.norm by singular values, and cond."""
    return jnp.linalg.norm(x, 2) + jnp.linalg.norm(x, -2) + jnp.linalg.cond(x)


@row(normal(3, 3), "linalg", "eigvals")
def eigenvalues(x: Any) -> Any:
    """jnp.linalg.eigvals of a general matrix, by sums that are real."""
    values = jnp.linalg.eigvals(x)
    return jnp.real(jnp.sum(values**2 * jnp.exp(values)))


@row(normal(3, 3), "linalg", "eig")
def eigenvectors(x: Any) -> Any:
    """jnp.linalg.eig of a general matrix, by a sum that their phase does not change."""
    values, vectors = jnp.linalg.eig(x)
    return jnp.real(jnp.sum(values * jnp.sum(jnp.abs(vectors) ** 4, axis=0)))


@row(normal(3, 3), "linalg", "eigh")
def eigh_generalised(x: Any) -> Any:
    """SciPy's eigh, eigenvalues of a pencil."""
    return _weighted(linalg.eigh(x + x.T, eigvals_only=True))


@row(normal(2, 4), "linalg", "eigh_tridiagonal")
def eigh_tridiagonal(x: Any) -> Any:
    """SciPy's eigh_tridiagonal."""
    return _weighted(linalg.eigh_tridiagonal(x[0], x[1, :-1], eigvals_only=True))


@row(normal(3, 3), "linalg", "sqrtm")
def sqrtm(x: Any) -> Any:
    """SciPy's sqrtm."""
    return _weighted(jnp.real(linalg.sqrtm(_positive(x))))


@row(normal(3, 3), "linalg", "funm")
def funm(x: Any) -> Any:
    """SciPy's funm, by the Schur form."""
    return _weighted(jnp.real(linalg.funm(x, jnp.exp)))


@row(square, "linalg", "polar")
def polar(x: Any) -> Any:
    """SciPy's polar decomposition."""
    unitary, positive = linalg.polar(x)
    return _weighted(unitary) + _weighted(positive)


@row(normal(3, 3), "linalg", "expm")
def expm_frechet(x: Any) -> Any:
    """SciPy's expm_frechet."""
    value, derivative = linalg.expm_frechet(x / 4, x.T / 3)
    return _weighted(value) + _weighted(derivative)


@row(normal(3, 3), "linalg", "sylvester")
def sylvester(x: Any) -> Any:
    """SciPy's solve_sylvester."""
    return _weighted(jnp.real(linalg.solve_sylvester(_positive(x), jnp.eye(3), x)))


@row(normal(3, 3), "linalg")
def structured_matrices(x: Any) -> Any:
    """SciPy's toeplitz, block_diag and circulant, jnp.kron."""
    parts = linalg.toeplitz(x[0], x[1]), linalg.block_diag(x, x[:1]), jnp.kron(x[:2], x[1:])
    return sum(_weighted(part**2) for part in parts)


@row(square, "linalg", "qr")
def full_qr(x: Any) -> Any:
    """jnp.linalg.qr of a square matrix, both factors."""
    q, r = jnp.linalg.qr(x)
    return _weighted(q) + _weighted(r)


@row(normal(4, 3), "linalg", "qr", "qr_complete")
def complete_qr(x: Any) -> Any:
    """jnp.linalg.qr of a tall matrix in mode complete, by what is defined: R."""
    return _weighted(jnp.linalg.qr(x, mode="complete")[1])


@row(normal(4, 3), "linalg", "householder_product")
def householder(x: Any) -> Any:
    """lax.linalg.householder_product."""
    return _weighted(lax.linalg.householder_product(x, x[0] / 3))


@row(normal(3, 3), "linalg", "hessenberg")
def hessenberg(x: Any) -> Any:
    """SciPy's Hessenberg form, by its trace."""
    return jnp.trace(linalg.hessenberg(x) ** 2)


@row(normal(3, 3), "linalg", "schur")
def schur(x: Any) -> Any:
    """SciPy's Schur form, by its trace."""
    return jnp.trace(linalg.schur(x)[0] ** 2)


@row(normal(4, 4), "linalg", "tridiagonal_solve")
def tridiagonal_solve(x: Any) -> Any:
    """lax.linalg.tridiagonal_solve."""
    lower = x[0].at[0].set(0.0)
    upper = x[1].at[-1].set(0.0)
    return _weighted(lax.linalg.tridiagonal_solve(lower, 4 + x[2] ** 2, upper, x[3][:, None] ** 2))


@row(square, "linalg", "triangular_solve")
def triangular_solve_of_lax(x: Any) -> Any:
    """lax.linalg.triangular_solve from the right, unit diagonal."""
    return _weighted(lax.linalg.triangular_solve(x, x**2, left_side=False, lower=True, unit_diagonal=True))


@row(normal(2, 4), "sparse", "bcoo_spdot_general")
def sparse_product(x: Any) -> Any:
    """A BCOO matrix times a vector, its values a part of x."""
    indices = jnp.array([[0, 1], [1, 2], [2, 0], [3, 3]])
    matrix = sparse.BCOO((x[0], indices), shape=(4, 4))
    return _weighted(matrix @ x[1]) + _weighted(matrix @ matrix.T @ x[1])


@row(normal(2, 4), "sparse")
def sparsified(x: Any) -> Any:
    """jax.experimental.sparse.sparsify of a dense function."""
    matrix = sparse.BCOO((x[0], jnp.array([[0, 1], [1, 2], [2, 0], [3, 3]])), shape=(4, 4))
    return _weighted(sparse.sparsify(lambda m, v: m @ (v * 2) + v)(matrix, x[1]))


@row(square, "linalg")
def batched_inverse(x: Any) -> Any:
    """jnp.linalg.inv batched over a leading axis by jax.vmap."""
    return _weighted(jax.vmap(jnp.linalg.inv)(jnp.stack([x, x.T + jnp.diag(_ramp(3))])))


@row(symmetric, "linalg", "cholesky")
def factor_of_one_triangle(x: Any) -> Any:
    """jax.scipy.linalg.cho_factor of a matrix of which it reads the upper triangle alone."""
    factor, _ = linalg.cho_factor(x)
    return _weighted(jnp.triu(factor))


@row(symmetric, "linalg", "eigh")
def eigenvectors_of_one_triangle(x: Any) -> Any:
    """jnp.linalg.eigh of a matrix that it is told not to make symmetric; signs do not matter."""
    values, vectors = jnp.linalg.eigh(x, symmetrize_input=False)
    return _weighted(values) + _weighted(vectors**2)
