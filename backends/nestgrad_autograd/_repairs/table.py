"""Operations whose rules autograd lacks or has wrong, measured with autograd 1.8 and 1.9.

A rule here takes the place of autograd's, which it is given as `own`, in traces that this backend
makes. It is either a right decomposition, declared as emulated, or a refusal. The arguments are those
that `_arguments.readable` gives: where to read them right is enough, autograd's own rule computes.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.numpy import numpy_wrapper
from autograd.numpy.numpy_vjps import unbroadcast
from autograd.tracer import getval, trace_primitives_map

from nestgrad.extend import Function, emulated
from nestgrad_autograd._errors import RefusedError

from .casts import cast_forward, cast_reverse
from .decompositions import eig_reverse, eigh_reverse, folded, svd_reverse
from .powers import power_forward, power_reverse

# Products: autograd's rule divides by the factors. At a zero that gives nan; near one the second and third
# derivatives are differences of huge numbers, and wrong.


def _prod_reverse(own: Function, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    others, axes = _other_factors(*args, **kwargs)

    def pull(cotangent: Any) -> tuple[Any]:
        return (anp.reshape(cotangent, _kept(anp.shape(others), axes)) * others,)

    return pull


def _prod_forward(own: Function, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    others, axes = _other_factors(*args, **kwargs)
    return anp.sum(tangents[0] * others, axis=axes, keepdims=kwargs.get("keepdims", False))


def _other_factors(x: Any, axis: Any = None, initial: Any = 1, **_: Any) -> tuple[Any, tuple[int, ...]]:
    """For each entry of x, the product of the other entries along the axes, and those axes."""
    emulated("prod", "autograd's rule divides by the factors, which may be zero or small")
    ndim = anp.ndim(x)
    axes = tuple(range(ndim)) if axis is None else tuple(np.atleast_1d(axis))
    last = tuple(range(ndim - len(axes), ndim))
    moved = anp.moveaxis(x, axes, last)
    rows = anp.reshape(moved, (*anp.shape(moved)[: ndim - len(axes)], -1))
    others = initial * _preceding(rows) * _preceding(rows[..., ::-1])[..., ::-1]
    return anp.moveaxis(anp.reshape(others, anp.shape(moved)), last, axes), axes


def _preceding(rows: Any) -> Any:
    """For each entry, the product of those before it in its row: log n steps, as cumprod has no rule."""
    products = anp.concatenate([np.ones_like(getval(rows[..., :1])), rows[..., :-1]], axis=-1)
    reach = 1
    while reach < anp.shape(rows)[-1]:
        longer = products[..., reach:] * products[..., :-reach]
        products = anp.concatenate([products[..., :reach], longer], axis=-1)
        reach *= 2
    return products


def _kept(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a reduction along the axes that keeps them."""
    return tuple(1 if axis in axes else size for axis, size in enumerate(shape))


# Broadcasting that autograd's rule forgets


def _broadcasting_reverse(operation: str) -> Function:
    def rule(own: Function, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        pull = own(argnums, ans, args, kwargs)
        metas = [anp.metadata(args[argnum]) for argnum in argnums]
        if all(meta[0] == anp.shape(ans) for meta in metas):
            return pull
        emulated(operation, "autograd's rule does not sum over the axes that an argument is broadcast along")
        return lambda cotangent: tuple(map(unbroadcast, pull(cotangent), metas))

    return rule


def _where_forward(own: Function, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    tangent = own(argnums, tangents, ans, args, kwargs)
    if anp.shape(tangent) == anp.shape(ans):
        return tangent
    emulated("where", "autograd's rule forgets the argument without a tangent, which may have more axes")
    return tangent + np.zeros(anp.shape(ans))


def _full_like_reverse(own: None, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    emulated("full_like", "autograd takes the filled array for a constant")
    metas = [anp.metadata(args[argnum]) for argnum in argnums]

    def pull(cotangent: Any) -> tuple[Any, ...]:
        return tuple(
            unbroadcast(cotangent, meta) if argnum == 1 else np.zeros(meta[0])
            for argnum, meta in zip(argnums, metas, strict=True)
        )

    return pull


def _full_like_forward(own: None, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    emulated("full_like", "autograd takes the filled array for a constant")
    zero = np.zeros(anp.shape(ans))
    return sum((tangent for argnum, tangent in zip(argnums, tangents, strict=True) if argnum == 1), zero)


# Reductions and orders along several axes


def _var_forward(own: Function, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    axis = kwargs.get("axis")
    if not isinstance(axis, tuple):
        return own(argnums, tangents, ans, args, kwargs)
    emulated("var", "autograd's rule does not count the entries along several axes")
    (x,), (tangent,) = args, tangents
    count = np.prod([anp.shape(x)[a] for a in axis]) - kwargs.get("ddof", 0)
    centred = anp.conj(x - anp.mean(x, axis=axis, keepdims=True))
    total = anp.sum(anp.real(tangent * centred), axis=axis, keepdims=kwargs.get("keepdims", False))
    return 2 * total / count


def _vectors_forward(own: Function, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    if anp.ndim(args[0]) > 1:
        # autograd permutes the tangent along its first axis whatever the axis of the sort: a wrong number
        raise RefusedError("autograd's rule is right for vectors only")
    return own(argnums, tangents, ans, args, kwargs)


def _pad_forward(own: Function, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    # autograd pads the tangent like the array, without the keywords: right if the padding copies entries
    mode = kwargs.get("mode", args[2] if len(args) > 2 else None)
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap") or kwargs.get("reflect_type") == "odd":
        raise RefusedError("autograd's rule holds for constant padding and for copies of entries")
    return own(argnums, tangents, ans, args, kwargs)


# Linear algebra


def _cholesky_reverse(own: Function, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    # NumPy reads the lower triangle alone, whether x is symmetric or not
    emulated("cholesky", "autograd's rule spreads the cotangent of the lower triangle over both")
    pull = own(argnums, ans, args, kwargs)
    return lambda cotangent: tuple(folded(symmetric, "L") for symmetric in pull(cotangent))


_PRIMITIVES = trace_primitives_map
FORWARD: dict[Any, Function] = {
    numpy_wrapper._astype: cast_forward,
    _PRIMITIVES[np.power]: power_forward,
    _PRIMITIVES[np.prod]: _prod_forward,
    _PRIMITIVES[np.where]: _where_forward,
    _PRIMITIVES[np.full_like]: _full_like_forward,
    _PRIMITIVES[np.var]: _var_forward,
    _PRIMITIVES[np.sort]: _vectors_forward,
    _PRIMITIVES[np.partition]: _vectors_forward,
    _PRIMITIVES[np.pad]: _pad_forward,
}
REVERSE: dict[Any, Function] = {
    numpy_wrapper._astype: cast_reverse,
    _PRIMITIVES[np.power]: power_reverse,
    _PRIMITIVES[np.prod]: _prod_reverse,
    _PRIMITIVES[np.where]: _broadcasting_reverse("where"),
    _PRIMITIVES[np.clip]: _broadcasting_reverse("clip"),
    _PRIMITIVES[np.full_like]: _full_like_reverse,
    _PRIMITIVES[np.linalg.cholesky]: _cholesky_reverse,
    _PRIMITIVES[np.linalg.eigh]: eigh_reverse,
    _PRIMITIVES[np.linalg.eig]: eig_reverse,
    _PRIMITIVES[np.linalg.svd]: svd_reverse,
}
# what autograd takes for constant and is not
VARYING = {_PRIMITIVES[np.full_like]}
