"""The values of an uncompiled f, which tell when jax takes one of them out of the derivative.

Where the shape of a result depends on values, as in `jnp.unique(x)` and `jnp.arange(x[0], n)`, jax asks for them. While
f is traced this is an error of jax. Uncompiled jax has them, and goes on with them as constants.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

import jax.numpy as jnp
from jax.core import ShapedArray, Trace, Tracer

from nestgrad.extend import RefusedOperation

_REASON = (
    "uncompiled, jax takes the values out of the derivative, since the shape of the result depends on them; "
    "jax.lax.stop_gradient says that they are constants."
)
_HARMLESS = ("item", "trim_zeros")
"""Who asks for values and goes on with the traced ones; `item` is how a user says constant."""
_NAMES = {"make_1d_grid_from_slice": "r_"}


class Seen(Tracer):
    """A value that varies, of some trace, where f gets it."""

    __slots__ = ("value",)

    def __init__(self, trace: Trace, value: Tracer) -> None:
        super().__init__(trace, value.aval)
        self.value = value

    def to_concrete_value(self) -> Any:
        """What jax calls to get the value.

        Raises:
            RefusedOperation: it is going to compute with it. To read a number, as an index, is not that.
        """
        asking = sys._getframe(1)
        while asking.f_code.co_name in ("to_concrete_value", "is_concrete"):  # of the traces around this one, and jax's
            asking = asking.f_back  # type: ignore[assignment]
        if asking.f_code.co_name.startswith("_get_monoid"):
            return None  # a reduction that starts from what varies is not the one that starts from its value
        if asking.f_code.co_name == "concrete_or_error" and asking.f_locals["force"] not in (int, float, bool):
            operation = asking.f_back.f_code.co_name.strip("_")  # type: ignore[union-attr]
            if operation not in _HARMLESS:
                raise RefusedOperation(_NAMES.get(operation, operation), _REASON)
        return self.value.to_concrete_value()


def seen(trace: Trace, value: Any) -> Any:
    """The value as `Seen`, if it varies and is known. Where it is not known, jax itself raises."""
    return Seen(trace, value) if isinstance(value, Tracer) and _is_known_variable(value) else value


def unseen(trace: Trace, value: Any) -> Any:
    """The inverse of `seen`."""
    return value.value if isinstance(value, Seen) and value._trace is trace else value


def _is_known_variable(value: Tracer) -> bool:
    aval = value.aval
    return isinstance(aval, ShapedArray) and _is_inexact(aval.dtype) and value.to_concrete_value() is not None


@functools.cache
def _is_inexact(dtype: Any) -> bool:
    return bool(jnp.issubdtype(dtype, jnp.inexact))
