"""Eigenvalues and singular values with their vectors, which have no derivative where two values are equal.

autograd's rules divide by the gaps between the values, or by 1 or 1e-20 where those are 0. A quotient of 0 by 0 is
then 0: a plausible number, where a function of the vectors is differentiated, or one of the values twice.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.tracer import isbox

from nestgrad.extend import Function, emulated
from nestgrad_autograd._errors import RefusedError


def eigh_reverse(own: Function, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    """Autograd's formula, which itself leaves out eigenvectors whose cotangent has the value 0.

    Differentiated again such a cotangent counts: it is left out here only if it is a constant.
    """
    emulated("eigh", "autograd's rule drops a cotangent that is zero in value, though not its derivative")
    values, vectors = ans
    uplo = kwargs.get("UPLO", args[1] if len(args) > 1 else "L")

    def pull(cotangent: Any) -> tuple[Any]:
        of_values, of_vectors = cotangent
        _check_apart(values, of_vectors)
        inner = of_values[..., None, :] * np.eye(anp.shape(vectors)[-1])
        if _counts(of_vectors):
            inner = inner + anp.matmul(_transposed(vectors), of_vectors) * _inverse_gaps(values)
        full = anp.matmul(anp.matmul(anp.conj(vectors), inner), _transposed(vectors))
        return (folded((full + anp.conj(_transposed(full))) / 2, uplo),)

    return pull


def eig_reverse(own: Function, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    """Autograd's rule, where the eigenvalues are apart, and the eigenvectors as well."""
    pull, (values, vectors) = own(argnums, ans, args, kwargs), ans

    def pulled(cotangent: Any) -> Any:
        _check_apart(values, cotangent[1])
        plain = _innermost(vectors)
        if np.any(np.linalg.cond(plain) > np.finfo(plain.dtype).eps ** -0.5):
            raise RefusedError("eigenvectors that are nearly dependent have no derivative, and their eigenvalues none")
        return pull(cotangent)

    return pulled


def svd_reverse(own: Function, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    """Autograd's rule, where the singular values are apart; of the values alone one that divides by nothing."""
    pull = own(argnums, ans, args, kwargs)
    if not kwargs.get("compute_uv", args[2] if len(args) > 2 else True):
        return _checked(pull, ans)

    def pulled(cotangent: Any) -> Any:
        (of_left, of_values, of_right), (left, values, right) = cotangent, ans
        _check_apart(values, of_left, of_right)
        if not _counts(of_left) and not _counts(of_right):
            count = anp.shape(values)[-1]
            scaled = anp.conj(left[..., :count]) * of_values[..., None, :]
            return (anp.matmul(scaled, anp.conj(right[..., :count, :])),)
        return pull(cotangent)

    return pulled


def _checked(pull: Function, values: Any) -> Function:
    def pulled(cotangent: Any) -> Any:
        _check_apart(values)
        return pull(cotangent)

    return pulled


def _check_apart(values: Any, *of_vectors: Any) -> None:
    """Raise where values are so close that the derivatives have lost the digits that their gap has.

    A derivative of order n divides by its n-th power, one of the values alone by one power less.
    """
    powers, plain = _depth(values) + any(map(_counts, of_vectors)), _innermost(values)
    if powers == 0 or plain.shape[-1] < 2:
        return
    gaps = np.abs(plain[..., :, None] - plain[..., None, :]) + np.diag(np.full(plain.shape[-1], np.inf))
    tolerance = np.finfo(plain.dtype).eps ** (1 / (1 + powers))
    if np.any(gaps <= tolerance * np.max(np.abs(plain), axis=-1)[..., None, None]):
        raise RefusedError("at equal or close values the vectors have no derivative, the values no second one")


def _counts(cotangent: Any) -> bool:
    """Whether a cotangent is not 0, or varies."""
    return isbox(cotangent) or bool(np.any(cotangent))


def _depth(value: Any) -> int:
    """How many traces it varies in."""
    return 1 + _depth(value._value) if isbox(value) else 0


def _innermost(value: Any) -> Any:
    return _innermost(value._value) if isbox(value) else value


def _inverse_gaps(values: Any) -> Any:
    """1/(wⱼ - wᵢ) off the diagonal, 0 on it."""
    eye = np.eye(anp.shape(values)[-1])
    return (1 - eye) / (values[..., None, :] - values[..., :, None] + eye)


def folded(symmetric: Any, uplo: str) -> Any:
    """The cotangent of a symmetric matrix as that of the triangle it is read from."""
    triangle = np.tril if uplo.upper() == "L" else np.triu
    ones = np.ones(anp.shape(symmetric)[-2:])
    return symmetric * (2 * triangle(ones) - np.eye(len(ones)))


def _transposed(x: Any) -> Any:
    return anp.swapaxes(x, -1, -2)
