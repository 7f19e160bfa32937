"""Hessian-vector products, by a nesting that is right: hvp, gradient_and_hvp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from ._hessian_product import HessianProduct
from ._hessian_vector import GradientAndHvp, Hvp
from ._nesting import Nesting
from ._operator import Operator, Options
from .typing import Function


def hvp(
    f: Function,
    nesting: str | Nesting = "auto",
    **options: Unpack[Options],
) -> HessianProduct:
    """∇²f(x)v, never forming the Hessian: `hvp(f)(x, v, *args, **kwargs)` is shaped like x.

    Args:
        f: returns a real floating scalar of shape `()`.
        nesting: `"FR"`, `"RF"`, `"RR"`, or `"auto"`: the backend's first choice where that is right for f, else the
            next one that is, with a `NestingFallbackWarning`; at last two forward modes for each of up to 64 unit
            vectors.
        **options: `backend`, `compile`, `has_aux`; see `Options`.

    Law: linear in v, and symmetric: ⟨u, hvp(v)⟩ = ⟨v, hvp(u)⟩. The cost is a small multiple of f's,
    whatever the size of x. See Pearlmutter, Fast exact multiplication by the Hessian (1994).

    Raises:
        InvalidNestingError: the nesting is no Hessian-vector product.
        UnsupportedNestingError: the backend refuses this nesting of f, or all of them; says why and what to use.
        Otherwise as `derivative`.

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> hvp(lambda x: (x**3).sum(), backend="autograd")(x, v)
        array([6., 0.])
    """
    return HessianProduct(f, Hvp(nesting), **options)


def gradient_and_hvp(
    f: Function,
    nesting: str | Nesting = "auto",
    **options: Unpack[Options],
) -> Callable[..., Any]:
    """(∇f(x), ∇²f(x)v): `gradient_and_hvp(f)(x, v, *args, **kwargs)`.

    Arguments, law and errors are those of `hvp`; FR and RR evaluate f once for both results. With
    `has_aux` the result is `((gradient, product), aux)`.

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> gradient_and_hvp(lambda x: (x**3).sum(), backend="autograd")(x, v)
        (array([ 3., 12.]), array([6., 0.]))
    """
    return Operator(f, GradientAndHvp(nesting), **options)
