"""F along a line: t ↦ f(x + tv), in the engine's own arrays, and in NumPy's."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nestgrad.extend import Array, Backend, Function, Leaves, UnsupportedExecutionError, of_the_user

from ._richardson import Precision, Values

_DOUBLE = float(np.finfo(np.float64).eps)
_BFLOAT16 = 2.0**-7  # whose dtype is not NumPy's own
_SMALLEST = 0.25  # the power of ε that says how much less than x as a whole an entry of it can move


class Sample(NamedTuple):
    """The values of f at a point.

    Attributes:
        arrays: the engine's, one for each output.
        numbers: those in them, in 64 bits.
        is_tuple: f returns a tuple of outputs.
    """

    arrays: Leaves
    numbers: tuple[Values, ...]
    is_tuple: bool

    def is_finite(self) -> bool:
        """Whether all numbers are."""
        return all(np.isfinite(numbers).all() for numbers in self.numbers)


class Lengths(NamedTuple):
    """Steps along v, in units of v, that are natural to x.

    Attributes:
        small: moves an entry of x by its own size, and none by more, as far as rounding lets it.
        large: moves x by its own size, or by one where that is more.
        resolution: how far, at most, x + tv is from what was asked for, since it is rounded.
        epsilon: the spacing of numbers at 1 in the dtype of x.
    """

    small: float
    large: float
    resolution: float
    epsilon: float


class Curve:
    """f along v at x. What f raises beside x is marked as the user's: there it is evaluated by itself."""

    def __init__(self, engine: Backend, f: Function, x: Leaves, v: Leaves, has_aux: bool) -> None:
        self._engine, self._f, self._x, self._v, self._has_aux = engine, f, x, v, has_aux
        self._points = [self.numbers(leaf) for leaf in x]
        self._pushes = [self.numbers(leaf) for leaf in v]

    def here(self) -> tuple[Any, ...]:
        """What f returns at x, its values, and the aux if there is one."""
        output, *aux = self._parts(self._f(*[_own(leaf) for leaf in self._x]))
        return output, self._sample(output), *aux

    def at(self, t: float) -> Sample:
        """The values of f at x + tv."""
        point = [_like(x, x + t * v) for x, v in zip(self._x, self._v, strict=True)]
        try:
            with np.errstate(all="ignore"):  # what NumPy warns of beside x is no concern of the user's
                output = self._f(*point)
        except Exception as error:
            raise of_the_user(error) from error.__cause__
        return self._sample(self._parts(output)[0])

    def numbers(self, array: Array) -> Values:
        """The numbers of an array, as float64 or complex128.

        Raises:
            UnsupportedExecutionError: it has none, as where a compiler or a transform traces.
        """
        try:
            found = np.asarray(self._engine.to_numpy(array))
            if found.dtype.kind == "O":
                raise TypeError("these are objects, such as tracers")
        except Exception as error:
            raise UnsupportedExecutionError(
                f"numeric looks at numbers, and {self._engine.name} gives none here ({type(error).__name__}). Inside "
                "jit, vmap, grad or another transform arrays have none: take the derivative outside of it. Of a dtype "
                "that NumPy lacks, such as bfloat16, convert x first."
            ) from error
        return found.astype(np.complex128 if found.dtype.kind == "c" else np.float64)

    def precision(self, array: Array) -> Precision:
        """What an output is worth: what it and x are rounded to."""
        epsilon = self._epsilon(array)
        is_double = max(epsilon, self.lengths().epsilon) <= _DOUBLE
        return Precision(epsilon, *((1e-6, 1e-9) if is_double else (1e-3, 1e-4)))

    def lengths(self) -> Lengths:
        """The lengths that are natural to x, where it moves at all."""
        epsilon = max(map(self._epsilon, self._x))
        found = [
            _lengths(np.abs(x[v != 0]), np.abs(v[v != 0]), epsilon)
            for x, v in zip(self._points, self._pushes, strict=True)
            if v.any()
        ]
        small, large, resolution = zip(*found, strict=True)
        return Lengths(min(small), min(large), max(resolution), epsilon)

    def moves(self) -> bool:
        """Whether v is anything but zero."""
        return any(v.any() for v in self._pushes)

    def is_finite(self) -> bool:
        """Whether x and v are."""
        return all(np.isfinite(numbers).all() for numbers in (*self._points, *self._pushes))

    def zeros(self, like: Array) -> Array:
        """As many zeros as an output has entries."""
        numbers = self._engine.to_numpy(like)
        return self._engine.asarray(np.zeros_like(numbers), like)

    def _parts(self, output: Any) -> tuple[Any, ...]:
        return tuple(output) if self._has_aux else (output,)

    def _sample(self, output: Any) -> Sample:
        is_tuple = isinstance(output, tuple)
        arrays = output if is_tuple else (output,)
        return Sample(arrays, tuple(map(self.numbers, arrays)), is_tuple)

    def _epsilon(self, array: Array) -> float:
        dtype = np.asarray(self._engine.to_numpy(array)).dtype
        return max(float(np.finfo(dtype).eps), _DOUBLE) if dtype.kind in "fc" else _BFLOAT16


def _lengths(x: Values, v: Values, epsilon: float) -> tuple[float, float, float]:
    """The same for one leaf of x."""
    with np.errstate(all="ignore"):
        size, push = float(x.max()), float(v.max())
        own = (size or 1.0) / push
        least = float(np.min(x / v, where=x > 0, initial=np.inf))
        return float(np.clip(least, epsilon**_SMALLEST * own, own)), max(size, 1.0) / push, epsilon * size / push


def _own(leaf: Array) -> Array:
    """A copy of a NumPy array, which f may write into."""
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _like(x: Array, moved: Array) -> Array:
    """An array where NumPy gives a number for one of shape ()."""
    return np.asarray(moved) if isinstance(x, np.ndarray) else moved
