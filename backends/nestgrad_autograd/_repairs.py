"""Operations whose rules autograd lacks or has wrong, measured with autograd 1.8 and 1.9.

A rule here takes the place of autograd's in traces that this backend makes. It is either a right
decomposition, declared as emulated, or a refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.tracer import getval

from nestgrad.extend import emulated


class MissingRule(NotImplementedError):
    """autograd has no right rule of this mode for this operation; `reversible` if it has one for reverse mode."""

    def __init__(self, operation: str, mode: str, why: str, *, reversible: bool = False) -> None:
        super().__init__(f"{operation} in {mode} mode: {why}")
        self.operation, self.mode, self.why, self.reversible = operation, mode, why, reversible


def _prod_reverse(own: Callable[..., Any], argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    if not _has_zero(args[0]):
        return own(argnums, ans, args, kwargs)
    others, axis, keepdims = _other_factors(*args, **kwargs)

    def pull(cotangent: Any) -> tuple[Any]:
        spread = cotangent if axis is None or keepdims else anp.expand_dims(cotangent, axis)
        return (spread * others,)

    return pull


def _prod_forward(own: Callable[..., Any], argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    if not _has_zero(args[0]):
        return own(argnums, tangents, ans, args, kwargs)
    others, axis, keepdims = _other_factors(*args, **kwargs)
    return anp.sum(tangents[0] * others, axis=axis, keepdims=keepdims)


def _other_factors(x: Any, axis: int | None = None, keepdims: bool = False, **_: Any) -> tuple[Any, int | None, bool]:
    """For each entry of x, the product of the other entries along the axis: no division by a zero entry."""
    emulated("prod", "autograd's rule divides by the factors, and one is zero")
    if isinstance(axis, tuple):
        raise MissingRule("prod", "either", "over several axes, with a zero entry")
    rows = anp.reshape(x, (-1,)) if axis is None else anp.moveaxis(x, axis, -1)
    eye = np.eye(rows.shape[-1], dtype=rows.dtype)
    others = anp.prod(rows[..., None, :] * (1 - eye) + eye, axis=-1)
    shaped = anp.reshape(others, anp.shape(x)) if axis is None else anp.moveaxis(others, -1, axis)
    return shaped, axis, keepdims


def _has_zero(x: Any) -> bool:
    while hasattr(x, "_value"):
        x = getval(x)
    return bool(np.any(np.asarray(x) == 0))


def _sort_forward(own: Callable[..., Any], argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    if anp.ndim(args[0]) > 1:
        # autograd permutes the tangent along its first axis whatever the axis of the sort: a wrong number
        raise MissingRule("sort", "forward", "autograd's rule is right for vectors only")
    return own(argnums, tangents, ans, args, kwargs)


FORWARD: dict[Any, Callable[..., Any]] = {anp.prod: _prod_forward, anp.sort: _sort_forward}
REVERSE: dict[Any, Callable[..., Any]] = {anp.prod: _prod_reverse}
