"""Linear algebra of TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row, square, symmetric

from ._common import _weighted


@row(normal(4, 4), "sparse_matmul")
def sparse_matmul(x: Any) -> Any:
    """tf.sparse.sparse_dense_matmul, both factors of x."""
    sparse = tf.SparseTensor([[0, 1], [1, 3], [2, 0]], x[0, :3], [3, 4])
    return _weighted(tf.sparse.sparse_dense_matmul(sparse, x))


@row(normal(3, 4), "norm", "euclidean_norm")
def norms(x: Any) -> Any:
    """tf.norm, of several orders, and tf.math.reduce_euclidean_norm."""
    orders = (1, 2, 3, "euclidean")
    return tf.add_n([_weighted(tf.norm(x, order, -1)) for order in orders]) * tf.math.reduce_euclidean_norm(x)


@row(normal(3, 3), "einsum", order=3)
def einsum(x: Any) -> Any:
    """tf.einsum, x three times."""
    return tf.einsum("ij,kj,kl->", x, x**2, x)


@row(normal(3, 3))
def tensordot(x: Any) -> Any:
    """tf.tensordot, tf.linalg.matvec and tf.linalg.cross."""
    return tf.tensordot(x, x**2, 2) * tf.reduce_sum(tf.linalg.matvec(x, x[0])) + _weighted(tf.linalg.cross(x, x**2))


@row(normal(3, 3), "cholesky", "linalg", order=3)
def cholesky(x: Any) -> Any:
    """tf.linalg.cholesky and cholesky_solve."""
    factor = tf.linalg.cholesky(x @ tf.transpose(x) + _eye(x))
    return _weighted(factor) + _weighted(tf.linalg.cholesky_solve(factor, x))


@row(square, "det", "linalg", order=3)
def det(x: Any) -> Any:
    """tf.linalg.det."""
    return tf.linalg.det(x)


@row(square, "slogdet", "linalg")
def slogdet(x: Any) -> Any:
    """tf.linalg.slogdet and tf.linalg.logdet."""
    return tf.linalg.slogdet(x)[1] ** 2 + tf.linalg.logdet(x @ tf.transpose(x))


@row(square, "inv", "linalg", order=3)
def inverse(x: Any) -> Any:
    """tf.linalg.inv."""
    return _weighted(tf.linalg.inv(x))


@row(square, "solve", "linalg", order=3)
def solve(x: Any) -> Any:
    """tf.linalg.solve."""
    return _weighted(tf.linalg.solve(x, x**2))


@row(square, "triangular_solve", "linalg")
def triangular_solve(x: Any) -> Any:
    """tf.linalg.triangular_solve."""
    return _weighted(tf.linalg.triangular_solve(tf.linalg.band_part(x, -1, 0), x**2))


@row(normal(3, 4), "tridiagonal_solve", "linalg")
def tridiagonal_solve(x: Any) -> Any:
    """tf.linalg.tridiagonal_solve."""
    return _weighted(tf.linalg.tridiagonal_solve(tf.stack([x[0] / 4, 2 + x[1] ** 2, x[2] / 4]), x[0] ** 2))


@row(square, "lu", "linalg")
def lu(x: Any) -> Any:
    """tf.linalg.lu and lu_solve."""
    return _weighted(tf.linalg.lu_solve(*tf.linalg.lu(x), x**2))


@row(normal(4, 3), "lstsq", "linalg")
def lstsq(x: Any) -> Any:
    """tf.linalg.lstsq, overdetermined, regularised and by its complete decomposition."""
    return _weighted(tf.linalg.lstsq(x, x[:, :1] ** 2)) + _weighted(tf.linalg.lstsq(x, x[:, :1] ** 2, 0.1))


@row(normal(4, 3), "pinv", "linalg")
def pinv(x: Any) -> Any:
    """tf.linalg.pinv."""
    return _weighted(tf.linalg.pinv(x))


@row(square, "qr", "linalg")
def qr(x: Any) -> Any:
    """tf.linalg.qr, its triangle."""
    return _weighted(tf.linalg.qr(x)[1])


@row(normal(3, 3), "svd", "linalg")
def svd(x: Any) -> Any:
    """tf.linalg.svd, singular vectors squared: the singular values differ, signs do not matter."""
    s, u, v = tf.linalg.svd(x)
    return _weighted(s) + _weighted(u**2) + _weighted(v**2)


@row(normal(3, 3), "svd", "linalg")
def svdvals(x: Any) -> Any:
    """tf.linalg.svd, its values alone."""
    return _weighted(tf.linalg.svd(x, compute_uv=False))


@row(normal(3, 3), "eigh", "linalg")
def eigh(x: Any) -> Any:
    """tf.linalg.eigh, eigenvectors squared: the eigenvalues differ, signs do not matter."""
    values, vectors = tf.linalg.eigh(x + tf.transpose(x))
    return _weighted(values) + _weighted(vectors**2)


@row(normal(3, 3), "eigvalsh", "linalg")
def eigvalsh(x: Any) -> Any:
    """tf.linalg.eigvalsh."""
    return _weighted(tf.linalg.eigvalsh(x + tf.transpose(x)))


@row(normal(3, 3), "expm", "linalg")
def expm(x: Any) -> Any:
    """tf.linalg.expm."""
    return _weighted(tf.linalg.expm(x / 4))


@row(normal(3, 3), "logm", "linalg")
def logm(x: Any) -> Any:
    """tf.linalg.logm of a matrix near the identity."""
    return _weighted(tf.math.real(tf.linalg.logm(tf.complex(_eye(x) + x @ tf.transpose(x) / 8, 0 * x))))


@row(normal(3, 3), "sqrtm", "linalg")
def sqrtm(x: Any) -> Any:
    """tf.linalg.sqrtm of a positive matrix."""
    return _weighted(tf.linalg.sqrtm(_eye(x) + x @ tf.transpose(x) / 8))


@row(normal(3, 3), "linalg")
def matrix_parts(x: Any) -> Any:
    """tf.linalg.diag, diag_part, set_diag, band_part, trace and adjoint."""
    parts = tf.linalg.set_diag(tf.linalg.band_part(x, 1, 1), tf.linalg.diag_part(x) ** 2)
    return _weighted(parts @ tf.linalg.adjoint(x)) + tf.linalg.trace(x @ x) * tf.linalg.trace(tf.linalg.diag(x[0]))


def _eye(x: Any) -> Any:
    return tf.eye(x.shape[0], dtype=tf.float64)


@row(square, "linalg", "complex", "complex_det")
def complex_determinant(x: Any) -> Any:
    """tf.linalg.det of a complex matrix."""
    return tf.math.real(tf.linalg.det(tf.complex(x, x**2 / 3))) ** 2


@row(square, "linalg", "complex", "complex_sqrtm")
def complex_root_of_a_matrix(x: Any) -> Any:
    """tf.linalg.sqrtm of a complex matrix."""
    return _weighted(tf.math.real(tf.linalg.sqrtm(tf.complex(x, x**2 / 3))))


@row(square, "svd", "linalg", "complex", "complex_svd")
def complex_singular_vectors(x: Any) -> Any:
    """tf.linalg.svd of a complex matrix: magnitudes of its singular vectors, since phases do not matter."""
    _, u, v = tf.linalg.svd(tf.complex(x, x**2 / 3))
    return _weighted(tf.math.real(u * tf.math.conj(u))) + _weighted(tf.math.real(v * tf.math.conj(v)))


@row(symmetric, "cholesky", "linalg", "one_triangle")
def cholesky_of_one_triangle(x: Any) -> Any:
    """tf.linalg.cholesky of a matrix of which it reads the lower triangle alone."""
    return _weighted(tf.linalg.cholesky(x))
