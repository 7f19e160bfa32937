"""Second order and any order: the nestings by name, hvp, gradient_and_hvp, derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from ._choose import chosen_for_hvp, hvp_nesting, require
from ._native import solve_derivative, solve_gradient_and_hvp
from ._nesting import Nesting
from ._operator import Operator, Options
from ._problem import Rule
from ._spec import Backend
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
    return Operator(f, _rule_of(Nesting(nesting), "derivative"), **options)


def forward_over_reverse(f: Function, **options: Unpack[Options]) -> Callable[..., Any]:
    """∇²f(x)v by forward mode over the gradient: `forward_over_reverse(f)(x, v, *args, **kwargs)`.

    Options and errors are those of `derivative`.

    Law: d/dα ∇f(x + αv) at α = 0. See Pearlmutter, Fast exact multiplication by the Hessian (1994).

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> forward_over_reverse(lambda x: (x**3).sum(), backend="autograd")(x, v)
        array([6., 0.])
    """
    return _named("FR", f, options)


def reverse_over_forward(f: Function, **options: Unpack[Options]) -> Callable[..., Any]:
    """∇²f(x)v as the gradient of a directional derivative: `reverse_over_forward(f)(x, v, *args, **kwargs)`.

    Options and errors are those of `derivative`.

    Law: ∇ₓ [d/dα f(x + αv) at α = 0].

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> reverse_over_forward(lambda x: (x**3).sum(), backend="autograd")(x, v)
        array([6., 0.])
    """
    return _named("RF", f, options)


def reverse_over_reverse(f: Function, **options: Unpack[Options]) -> Callable[..., Any]:
    """∇²f(x)v as the gradient of ⟨∇f(x), v⟩: `reverse_over_reverse(f)(x, v, *args, **kwargs)`.

    Options and errors are those of `derivative`.

    Law: ∇ₓ ⟨∇f(x), v⟩ with v held.

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> reverse_over_reverse(lambda x: (x**3).sum(), backend="autograd")(x, v)
        array([6., 0.])
    """
    return _named("RR", f, options)


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
    return _named("FF", f, options)


def hvp(
    f: Function,
    nesting: str | Nesting = "auto",
    **options: Unpack[Options],
) -> Callable[..., Any]:
    """∇²f(x)v, never forming the Hessian: `hvp(f)(x, v, *args, **kwargs)` is shaped like x.

    Args:
        f: returns a real floating scalar of shape `()`.
        nesting: `"FR"`, `"RF"`, `"RR"`, or `"auto"`: the backend's first choice.
        **options: `backend`, `compile`, `has_aux`; see `Options`.

    Law: linear in v, and symmetric: ⟨u, hvp(v)⟩ = ⟨v, hvp(u)⟩. The cost is a small multiple of f's,
    whatever the size of x. See Pearlmutter, Fast exact multiplication by the Hessian (1994).

    Raises:
        InvalidNestingError: the nesting is no Hessian-vector product.
        UnsupportedNestingError: the backend refuses this nesting of f; says why and what to use.
        Otherwise as `derivative`.

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> hvp(lambda x: (x**3).sum(), backend="autograd")(x, v)
        array([6., 0.])
    """
    return Operator(f, Rule("hvp", 1, (0,), _hvp_choice(nesting), solve_derivative), **options)


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
    rule = Rule("gradient_and_hvp", 1, (0,), _hvp_choice(nesting), solve_gradient_and_hvp)
    return Operator(f, rule, **options)


def _hvp_choice(nesting: str | Nesting) -> Callable[[Backend], Nesting]:
    if nesting != "auto":
        hvp_nesting(nesting)  # a misspelt nesting is an error now, not at the first call
    return lambda backend: chosen_for_hvp(backend, nesting)


def _rule_of(nesting: Nesting, name: str) -> Rule:
    return Rule(name, nesting.directions, (0,), lambda backend: require(backend, nesting), solve_derivative)


def _named(code: str, f: Function, options: Options) -> Operator:
    nesting = Nesting(code)
    return Operator(f, _rule_of(nesting, str(nesting)), **options)
