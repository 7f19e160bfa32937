"""Derivatives by the name of a nesting: those of second order, and of any order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from ._derivative import Derivative
from ._hessian_product import HessianProduct
from ._nesting import Nesting
from ._operator import Operator, Options
from .typing import Function


def derivative(
    f: Function,
    nesting: str | Nesting,
    **options: Unpack[Options],
) -> Callable[..., Any]:
    """The derivative that a nesting names: `derivative(f, "FFR")(x, v1, v2, *args, **kwargs)`.

    Args:
        f: returns a real floating scalar of shape `()`.
        nesting: by its short or long name, such as `"FR"` or `"forward_over_reverse"`, of any order.
        **options: `backend`, `compile`, `has_aux`; see `Options`.

    Each direction has the structure, shapes and dtypes of x.

    Law: a nesting of order k with an R takes k - 1 directions and gives Dᵏf(x)[v1, …, ·], shaped like x;
    all such nestings of one order agree. One of F alone takes k directions and gives a scalar.

    Raises:
        InvalidNestingError: the nesting is empty or misspelt.
        NotDifferentiableError, StructureMismatchError: bad x or directions, with the path.
        NonScalarOutputError: f does not return a scalar of shape `()`.
        UnsupportedNestingError: the backend refuses this nesting of f; says why and what to use.
        EngineError: the engine failed for a reason its backend does not recognise.

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 1.0])
        >>> derivative(lambda x: (x**3).sum(), "RRR", backend="autograd")(x, v, v)
        array([6., 6.])
    """
    return Operator(f, Derivative("derivative", Nesting(nesting)), **options)


def forward_over_reverse(f: Function, **options: Unpack[Options]) -> HessianProduct:
    """∇²f(x)v by forward mode over the gradient: `forward_over_reverse(f)(x, v, *args, **kwargs)`.

    Options and errors are those of `derivative`.

    Law: d/dα ∇f(x + αv) at α = 0. See Pearlmutter, Fast exact multiplication by the Hessian (1994).

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> forward_over_reverse(lambda x: (x**3).sum(), backend="autograd")(x, v)
        array([6., 0.])
    """
    return HessianProduct(f, Derivative("forward_over_reverse", Nesting("FR")), **options)


def reverse_over_forward(f: Function, **options: Unpack[Options]) -> HessianProduct:
    """∇²f(x)v as the gradient of a directional derivative: `reverse_over_forward(f)(x, v, *args, **kwargs)`.

    Options and errors are those of `derivative`.

    Law: ∇ₓ [d/dα f(x + αv) at α = 0].

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> reverse_over_forward(lambda x: (x**3).sum(), backend="autograd")(x, v)
        array([6., 0.])
    """
    return HessianProduct(f, Derivative("reverse_over_forward", Nesting("RF")), **options)


def reverse_over_reverse(f: Function, **options: Unpack[Options]) -> HessianProduct:
    """∇²f(x)v as the gradient of ⟨∇f(x), v⟩: `reverse_over_reverse(f)(x, v, *args, **kwargs)`.

    Options and errors are those of `derivative`.

    Law: ∇ₓ ⟨∇f(x), v⟩ with v held.

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> reverse_over_reverse(lambda x: (x**3).sum(), backend="autograd")(x, v)
        array([6., 0.])
    """
    return HessianProduct(f, Derivative("reverse_over_reverse", Nesting("RR")), **options)


def forward_over_forward(f: Function, **options: Unpack[Options]) -> Callable[..., Any]:
    """D²f(x)[v1, v2], a scalar, by two forward passes: `forward_over_forward(f)(x, v1, v2, *args, **kwargs)`.

    Options and errors are those of `derivative`.

    Law: symmetric in v1 and v2; equal to ⟨∇²f(x)v1, v2⟩.

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> float(forward_over_forward(lambda x: (x**3).sum(), backend="autograd")(x, v, v))
        6.0
    """
    return Operator(f, Derivative("forward_over_forward", Nesting("FF")), **options)
