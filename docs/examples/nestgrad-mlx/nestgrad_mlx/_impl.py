"""The backend: MLX's two transforms under nestgrad's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import mlx.core as mx
import numpy as np

from nestgrad.extend import Canary, Nesting, NotDifferentiableError, PrecisionLossError, Refusal

from . import _namespace
from ._canary import make_canary
from ._messages import recognised


class Mlx:
    """MLX arrays, on the default stream of the thread that calls.

    MLX has float64 on the CPU alone: on a machine with a GPU, work inside `with mx.stream(mx.cpu):`. RR
    comes first, as MLX has a reverse rule for more operations than a forward rule. Safe to use from several
    threads at once: MLX keeps its streams by thread.
    """

    name = "mlx"
    xp: ModuleType = _namespace
    preferred = ("RR", "FR", "RF")
    max_order = 2  # the third derivative of a power in its exponent is wrong in every word of length 3

    def asarray(self, value: Any, like: Any = None) -> Any:
        """See `nestgrad.extend.Backend.asarray`."""
        if isinstance(value, mx.array):
            return value
        if isinstance(value, (np.ndarray, np.generic)):
            return _from_numpy(value)
        if isinstance(value, (int, float, complex)):
            return mx.array(value, dtype=None if like is None else like.dtype)
        raise NotDifferentiableError(f"{type(value).__module__}.{type(value).__name__} is no array for mlx.")

    def to_numpy(self, array: Any) -> Any:
        """See `nestgrad.extend.Backend.to_numpy`."""
        return np.asarray(array)

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        call = _Call(f, has_aux)
        values, derivatives = mx.jvp(call, _fresh(primals), list(tangents))
        return call.shaped(values), call.shaped(derivatives), *call.aux

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ReverseMode.vjp`.

        MLX takes the cotangents together with the function. So f is traced once for its value and once more
        at each call of the pullback; of the second trace only the derivative is ever computed, as MLX is lazy.
        """
        call = _Call(f, has_aux)
        value = call.shaped(call(*primals))

        def pullback(cotangent: Any) -> tuple[Any, ...]:
            cotangents = list(cotangent) if isinstance(cotangent, tuple) else [cotangent]
            _, slopes = mx.vjp(_Call(f, has_aux), _fresh(primals), cotangents)
            return tuple(slopes)

        return value, pullback, *call.aux

    def compile(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """See `nestgrad.extend.Compile.compile`."""
        return mx.compile(f)

    def classify(self, exception: Exception, word: Nesting) -> Refusal | None:
        """MLX's refusals, by message; tested with the version that the matrix names."""
        return recognised(exception, word)

    def prepare_worker(self) -> None:
        """Everything on the CPU, which has 64 bits, in a process of the conformance suite."""
        mx.set_default_device(mx.cpu)

    def canary(self) -> Canary:
        """See `nestgrad.extend.Canary`."""
        return make_canary()


class _Call:
    """f as MLX calls it, arrays in and a list of arrays out; what else f returned is kept here."""

    def __init__(self, f: Callable[..., Any], has_aux: bool) -> None:
        self._f, self._has_aux = f, has_aux
        self._is_tuple = False
        self.aux: tuple[Any, ...] = ()

    def __call__(self, *x: Any) -> list[Any]:
        output = self._f(*x)
        if self._has_aux:
            output, *self.aux = output
        self._is_tuple = isinstance(output, tuple)
        entries = output if self._is_tuple else (output,)
        return [_typed_like(x[0], y) for y in entries]

    def shaped(self, arrays: Sequence[Any]) -> Any:
        """A list of arrays as f's output is: a tuple, or the one array."""
        return tuple(arrays) if self._is_tuple else arrays[0]


def _typed_like(x: Any, y: Any) -> Any:
    """An output of f as an array, in x's dtype if it is real: MLX makes float32 of a constant without a dtype."""
    if isinstance(y, mx.array) and not mx.isdtype(y.dtype, "real floating"):
        return y
    return mx.array(y, dtype=x.dtype)


def _fresh(primals: Sequence[Any]) -> list[Any]:
    """The same values in new nodes of the graph.

    When a transform ends, MLX no longer takes for traced what its function captured. A transform of the very
    same array would then lose the outer derivative: zero, without a word.
    """
    return [mx.contiguous(x) for x in primals]


def _from_numpy(value: Any) -> Any:
    """A copy with the same dtype: left to itself, MLX would store float64 as float32."""
    dtype = mx.bool_ if value.dtype == bool else getattr(mx, value.dtype.name, None)
    if not isinstance(dtype, mx.Dtype):
        raise PrecisionLossError(f"mlx has no dtype for NumPy's {value.dtype}. Pass an array of a dtype that it has.")
    return mx.array(np.asarray(value, dtype=value.dtype.newbyteorder("="), order="C"), dtype=dtype)
