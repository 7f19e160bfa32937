"""MLX's transforms under nestgrad's names, and no more than that: what `nestgrad conformance mlx --raw` measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import mlx.core as mx
import numpy as np

from nestgrad.extend import NotDifferentiableError

from . import _names


class RawMlx:
    """MLX arrays, on the default stream of the thread that calls."""

    name = "mlx"
    xp: ModuleType = _names

    def asarray(self, value: Any, like: Any = None) -> Any:
        """See `nestgrad.extend.Backend.asarray`."""
        if isinstance(value, mx.array):
            return value
        if isinstance(value, (np.ndarray, np.generic)):
            return _names.from_numpy(value)
        if isinstance(value, complex):
            return _names.from_numpy(np.complex128(value))  # refused: MLX would drop the imaginary part, or bits
        if isinstance(value, (int, float)):
            return mx.array(value, dtype=None if like is None else like.dtype)
        raise NotDifferentiableError(f"{type(value).__module__}.{type(value).__name__} is no array for mlx.")

    def to_numpy(self, array: Any) -> Any:
        """See `nestgrad.extend.Backend.to_numpy`."""
        return np.asarray(array)

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        call = _Call(f, has_aux)
        values, derivatives = mx.jvp(call, self.inputs(primals), list(tangents))
        return call.shaped(values), call.shaped(derivatives), *call.aux

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ReverseMode.vjp`.

        MLX takes the cotangents together with the function. So f is traced once for its value and once more
        at each call of the pullback; of the second trace only the derivative is ever computed, as MLX is lazy.
        """
        call, held = _Call(f, has_aux), self.inputs(primals)  # held now: an array may be changed in place later
        value = call.shaped(call(*held))

        def pullback(cotangent: Any) -> tuple[Any, ...]:
            cotangents = list(cotangent) if isinstance(cotangent, tuple) else [cotangent]
            _, gradients = mx.vjp(_Call(f, has_aux), self.inputs(held), cotangents)
            return tuple(gradients)

        return value, pullback, *call.aux

    def compile(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """See `nestgrad.extend.Compile.compile`."""
        return mx.compile(f)

    def prepare_worker(self) -> None:
        """Everything on the CPU, which has 64 bits, in a process of the conformance suite."""
        mx.set_default_device(mx.cpu)

    def inputs(self, primals: Sequence[Any]) -> list[Any]:
        """What a transform is given for these primals."""
        return list(primals)


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
