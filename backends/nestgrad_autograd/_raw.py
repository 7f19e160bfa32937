"""autograd itself, without nestgrad's repairs and refusals: what a raw measurement runs."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from autograd.builtins import tuple as traced_tuple
from autograd.core import make_jvp, make_vjp
from autograd.tracer import isbox

from nestgrad.extend import NotDifferentiableError, plain_numpy

from . import _namespace
from ._lift import lift


class RawAutograd:
    """NumPy arrays, and autograd's own `make_jvp` and `make_vjp`, which have no aux."""

    name = "autograd"
    xp: ModuleType = _namespace
    preferred = ("RR", "FR", "RF")

    def asarray(self, value: Any, like: Any = None) -> Any:
        """See `nestgrad.extend.Backend.asarray`. Always exact: these are NumPy arrays."""
        if isbox(value):
            return value
        if isinstance(value, (np.ndarray, np.generic)):
            return plain_numpy(value)  # autograd has boxes for ndarray itself alone, not for np.memmap
        if isinstance(value, (int, float, complex)):
            return np.asarray(value, dtype=getattr(like, "dtype", None))
        raise NotDifferentiableError(f"{type(value).__module__}.{type(value).__name__} is no array for autograd.")

    def to_numpy(self, array: Any) -> Any:
        """See `nestgrad.extend.Backend.to_numpy`."""
        return np.asarray(array)

    def lift(self, node: Any, *arrays: Any) -> tuple[Any, ...]:
        """See `nestgrad.extend.Lift.lift`."""
        return lift(node, *arrays)

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        value, tangent = make_jvp(_packed(f), traced_tuple(primals))(traced_tuple(tangents))
        return value, tangent

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ReverseMode.vjp`."""
        pull, value = make_vjp(_packed(f), traced_tuple(primals))
        return value, lambda cotangent: tuple(pull(cotangent))


def _packed(f: Callable[..., Any]) -> Callable[[Any], Any]:
    """F of one traced tuple, its own tuple traced as well."""

    def packed(x: Any) -> Any:
        value = f(*x)
        return traced_tuple(value) if type(value) is tuple else value

    return packed
