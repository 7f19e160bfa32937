"""The backend: dualpy's dual numbers. It has a jvp and no vjp, so every nesting with an R is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from types import ModuleType
from typing import Any

import numpy as np
import optree
from dualpy.core import DualArray

from nestgrad.extend import Nesting, NotDifferentiableError, Refusal, UnsupportedNestingError, plain_numpy

from . import _namespace

_NO_RULE = re.compile(r"(?:ufunc|array function) (\w+) not implemented")
_NO_ATTRIBUTE = re.compile(r"'DualArray' object has no attribute '(\w+)'")
_running: ContextVar[bool] = ContextVar("nestgrad_dualpy_running", default=False)


class Dualpy:
    """NumPy arrays, and dual numbers while a derivative is taken. Safe to use from several threads at once."""

    name = "dualpy"
    xp: ModuleType = _namespace
    max_order = 2  # the third derivative of x**2 is NaN at 0: dualpy's rule divides by x there

    def asarray(self, value: Any, like: Any = None) -> Any:
        """See `nestgrad.extend.Backend.asarray`. Always exact: these are NumPy arrays."""
        if isinstance(value, DualArray):
            return value
        if isinstance(value, (np.ndarray, np.generic)):
            return np.asarray(plain_numpy(value))
        if isinstance(value, (int, float, complex)):
            return np.asarray(value, dtype=getattr(like, "dtype", None))
        raise NotDifferentiableError(f"{type(value).__module__}.{type(value).__name__} is no array for dualpy.")

    def to_numpy(self, array: Any) -> Any:
        """See `nestgrad.extend.Backend.to_numpy`."""
        return np.asarray(array)

    def finite(self, value: Any) -> bool:
        """See `nestgrad.extend.Backend.finite`; a dual array is not looked into."""
        return isinstance(value, DualArray) or bool(np.isfinite(value).all())

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        output = f(*map(DualArray, primals, tangents))
        output, *aux = output if has_aux else (output,)
        entries = output if isinstance(output, tuple) else (output,)
        values, tangents = (tuple(_typed_like(primals[0], part(y)) for y in entries) for part in (_primal, _tangent))
        aux = optree.tree_map(_primal, aux)
        return (values, tangents, *aux) if isinstance(output, tuple) else (values[0], tangents[0], *aux)

    def run(self, nesting: Nesting, route: Callable[..., Any], *inputs: Any) -> Any:
        """Evaluate a route, unless it is asked for inside a function that is being differentiated.

        A dual number of dualpy does not know to which derivative it belongs. One that f captures from
        outside would be taken for one of f's own: perturbation confusion, and a wrong number.
        """
        if _running.get():
            raise UnsupportedNestingError(
                backend=self.name,
                nesting=nesting,
                operation="nested derivative",
                reason="dualpy cannot tell the dual numbers of an inner derivative from those of the outer.",
            )
        token = _running.set(True)
        try:
            return route(*inputs)
        finally:
            _running.reset(token)

    def classify(self, exception: Exception, nesting: Nesting) -> Refusal | None:
        """See `nestgrad.extend.Backend`: rules that dualpy lacks, and some that cannot be differentiated again."""
        text = str(exception)
        if found := _NO_RULE.fullmatch(text):
            return Refusal(found[1], "dualpy has no rule for it.")
        if isinstance(exception, np.linalg.LinAlgError):
            return Refusal("inv", "dualpy's rule takes an inverse that does not exist.")
        if found := _NO_ATTRIBUTE.match(text):
            return Refusal(found[1], "an array has it, a dual number of dualpy has not; some rules of dualpy use it.")
        return None


def _primal(output: Any) -> Any:
    return output.primal if isinstance(output, DualArray) else output


def _tangent(output: Any) -> Any:
    return output.tangent if isinstance(output, DualArray) else np.zeros_like(output)


def _typed_like(x: Any, y: Any) -> Any:
    """A result of its own, in x's dtype if it is real: dualpy makes float64 of a Python number that x is combined with.

    What f returns as it came is the caller's array, which may be changed later.
    """
    if isinstance(x, DualArray) or isinstance(y, DualArray):
        return y
    return np.array(y, dtype=x.dtype if np.isrealobj(y) else None)
