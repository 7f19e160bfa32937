"""Linear algebra: vectors where tf.linalg wants matrices, and results that carry names."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import tensorflow as tf

from .dtypes import finfo
from .elementwise import promoted, tensor
from .reductions import sum as accumulated

_np = tf.experimental.numpy

matrix_transpose = tf.linalg.matrix_transpose
matmul = _np.matmul
tensordot = _np.tensordot


class EighResult(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Any
    eigenvectors: Any


class QRResult(NamedTuple):
    """What `qr` returns."""

    Q: Any
    R: Any


class SlogdetResult(NamedTuple):
    """What `slogdet` returns."""

    sign: Any
    logabsdet: Any


class SVDResult(NamedTuple):
    """What `svd` returns."""

    U: Any
    S: Any
    Vh: Any


def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    """`array_api.linalg.cholesky`."""
    factor = tf.linalg.cholesky(x)
    return tf.linalg.adjoint(factor) if upper else factor


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """`array_api.linalg.cross`."""
    return _np.cross(x1, x2, axis=axis)


def det(x: Any, /) -> Any:
    """`array_api.linalg.det`."""
    return tf.linalg.det(x)


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """`array_api.linalg.diagonal`."""
    return tf.linalg.diag_part(x, k=offset)


def eigh(x: Any, /) -> EighResult:
    """`array_api.linalg.eigh`."""
    return EighResult(*tf.linalg.eigh(x))


def eigvalsh(x: Any, /) -> Any:
    """`array_api.linalg.eigvalsh`."""
    return tf.linalg.eigvalsh(x)


def inv(x: Any, /) -> Any:
    """`array_api.linalg.inv`."""
    return tf.linalg.inv(x)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002
    """`array_api.linalg.matrix_norm`."""
    if ord == "fro":
        return vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    by_sums = ord in (1, -1, math.inf, -math.inf)
    sums = tf.reduce_sum(abs(x), -2 if abs(ord) == 1 else -1) if by_sums else svdvals(x)
    reduce = tf.reduce_sum if ord == "nuc" else tf.reduce_max if ord > 0 else tf.reduce_min
    norms = reduce(sums, -1)
    return norms[..., None, None] if keepdims else norms


def matrix_power(x: Any, n: int, /) -> Any:
    """`array_api.linalg.matrix_power`, by repeated squaring."""
    if n < 0:
        return matrix_power(tf.linalg.inv(x), -n)
    if n == 0:
        return tf.eye(x.shape[-1], batch_shape=x.shape[:-2], dtype=x.dtype)
    half = matrix_power(x, n // 2)
    return half @ half @ x if n % 2 else half @ half


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """`array_api.linalg.matrix_rank`."""
    values = svdvals(x)
    return tf.reduce_sum(tf.cast(values > _cutoff(x, values, rtol), tf.int64), -1)


def outer(x1: Any, x2: Any, /) -> Any:
    """`array_api.linalg.outer`."""
    x1, x2 = promoted(x1, x2)
    return x1[:, None] * x2


def pinv(x: Any, /, *, rtol: Any = None) -> Any:
    """`array_api.linalg.pinv`, from the singular value decomposition."""
    u, s, vh = svd(x, full_matrices=False)
    kept = s > _cutoff(x, s, rtol)
    inverse = tf.where(kept, 1 / tf.where(kept, s, tf.ones_like(s)), tf.zeros_like(s))
    return tf.linalg.adjoint(vh) @ (tf.cast(inverse, x.dtype)[..., None] * tf.linalg.adjoint(u))


def qr(x: Any, /, *, mode: str = "reduced") -> QRResult:
    """`array_api.linalg.qr`."""
    return QRResult(*tf.linalg.qr(x, full_matrices=mode == "complete"))


def slogdet(x: Any, /) -> SlogdetResult:
    """`array_api.linalg.slogdet`."""
    return SlogdetResult(*tf.linalg.slogdet(x))


def solve(x1: Any, x2: Any, /) -> Any:
    """`array_api.linalg.solve`; x2 is one vector, or a stack of matrices."""
    x1, x2 = promoted(x1, x2)
    if x2.shape.rank == 1:
        return solve(x1, x2[:, None])[..., 0]
    batch = tf.broadcast_dynamic_shape(tf.shape(x1)[:-2], tf.shape(x2)[:-2])
    x1, x2 = (tf.broadcast_to(x, tf.concat([batch, tf.shape(x)[-2:]], 0)) for x in (x1, x2))
    return tf.linalg.solve(x1, x2)


def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    """`array_api.linalg.svd`."""
    s, u, v = tf.linalg.svd(x, full_matrices)
    return SVDResult(u, s, tf.linalg.adjoint(v))


def svdvals(x: Any, /) -> Any:
    """`array_api.linalg.svdvals`."""
    return tf.linalg.svd(x, compute_uv=False)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """`array_api.linalg.trace`."""
    return accumulated(diagonal(x, offset=offset), axis=-1, dtype=dtype)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """`array_api.linalg.vecdot`."""
    x1, x2 = promoted(x1, x2)
    return tf.reduce_sum(tf.math.conj(x1) * x2, axis)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:  # noqa: A002
    """`array_api.linalg.vector_norm`."""
    if ord == 2:
        return tf.sqrt(tf.reduce_sum(tf.math.real(x * tf.math.conj(x)), axis, keepdims))
    x = abs(x)
    if abs(ord) == math.inf:
        return (tf.reduce_max if ord > 0 else tf.reduce_min)(x, axis, keepdims)
    if ord == 0:
        return tf.reduce_sum(tf.cast(x != 0, x.dtype), axis, keepdims)
    return tf.reduce_sum(x**ord, axis, keepdims) ** (1 / ord)


def _cutoff(x: Any, values: Any, rtol: Any) -> Any:
    """The smallest singular value that counts."""
    rtol = max(x.shape[-2:]) * finfo(values).eps if rtol is None else rtol
    return tf.reduce_max(values, -1, keepdims=True) * tensor(rtol, values.dtype)[..., None]
