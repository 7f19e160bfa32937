"""`array_api.linalg`, of functions that autograd has rules for."""

from __future__ import annotations

import functools
from typing import Any

import autograd.numpy as anp
import numpy as np

matmul, outer, tensordot = anp.matmul, anp.outer, anp.tensordot


def matrix_transpose(x: Any) -> Any:
    """`array_api.matrix_transpose`."""
    return anp.swapaxes(x, -1, -2)


def vecdot(x1: Any, x2: Any, *, axis: int = -1) -> Any:
    """`array_api.vecdot`."""
    return anp.sum(anp.conj(x1) * x2, axis=axis)


def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    """`array_api.linalg.cholesky`; autograd's rule knows the lower factor."""
    lower = anp.linalg.cholesky(anp.conj(matrix_transpose(x)) if upper else x)
    return anp.conj(matrix_transpose(lower)) if upper else lower


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """`array_api.linalg.cross`."""
    a, b = anp.moveaxis(x1, axis, -1), anp.moveaxis(x2, axis, -1)
    after, second = np.array([1, 2, 0]), np.array([2, 0, 1])
    return anp.moveaxis(a[..., after] * b[..., second] - a[..., second] * b[..., after], -1, axis)


def eigvalsh(x: Any, /) -> Any:
    """`array_api.linalg.eigvalsh`."""
    return anp.linalg.eigh(x)[0]


def svdvals(x: Any, /) -> Any:
    """`array_api.linalg.svdvals`."""
    return anp.linalg.svd(x, compute_uv=False)


def matrix_power(x: Any, n: int, /) -> Any:
    """`array_api.linalg.matrix_power`."""
    factors = [anp.linalg.inv(x) if n < 0 else x] * abs(n)
    return functools.reduce(anp.matmul, factors) if factors else x * 0.0 + np.eye(anp.shape(x)[-1])


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002
    """`array_api.linalg.matrix_norm`."""
    found = _matrix_norm(x, ord)
    return found[..., None, None] if keepdims else found


def _matrix_norm(x: Any, ord: Any) -> Any:  # noqa: A002
    if ord == "fro":
        return vector_norm(x, axis=(-2, -1))
    sizes = _sums(x, ord) if ord in (1, -1, np.inf, -np.inf) else svdvals(x)
    if ord == "nuc":
        return anp.sum(sizes, axis=-1)
    return (anp.max if ord > 0 else anp.min)(sizes, axis=-1)


def _sums(x: Any, ord: float) -> Any:  # noqa: A002
    """Sums of magnitudes: of every column for the orders ±1, of every row for ±∞."""
    return anp.sum(anp.abs(x), axis=-2 if abs(ord) == 1 else -1)


def diagonal(x: Any, *, offset: int = 0) -> Any:
    """`array_api.linalg.diagonal`: autograd's reverse rule has it for squares, without an offset."""
    rows, columns = anp.shape(x)[-2:]
    return x[(..., *np.nonzero(np.eye(rows, columns, k=offset)))]


def trace(x: Any, *, offset: int = 0) -> Any:
    """`array_api.linalg.trace`."""
    return anp.sum(diagonal(x, offset=offset), axis=-1)


def vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:  # noqa: A002
    """`array_api.linalg.vector_norm`."""
    if ord == 2:
        squares = anp.real(x * anp.conj(x)) if anp.iscomplexobj(x) else x * x
        return anp.sqrt(anp.sum(squares, axis=axis, keepdims=keepdims))
    if abs(ord) == np.inf:
        return (anp.max if ord > 0 else anp.min)(anp.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return anp.sum(anp.not_equal(x, 0) * 1.0, axis=axis, keepdims=keepdims)
    return anp.sum(anp.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def __getattr__(name: str) -> Any:
    return getattr(anp.linalg, name)
