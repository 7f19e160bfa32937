"""The scalar function whose gradient a reverse rule gives: what an engine's own route of second order is for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from ._compose import at
from ._errors import StructureMismatchError
from ._inner import Inner
from ._layout import Layout
from ._native import native
from ._nesting import Nesting
from ._user_function import UserFunction
from .typing import Array, Function, Leaves

Places = tuple[int, ...]


class Weighted:
    """(x…, u…) ↦ Σ⟨f(x), u⟩, a cotangent u for each of these outputs, all of any shapes.

    It stays the same function as long as its node lives, so that a backend can know it again.
    """

    def __init__(self, f: Inner, run: Function, inputs: Places, outputs: Places) -> None:
        self._f, self._run, self._inputs, self._outputs = f, run, inputs, outputs
        layout = Layout(inputs, tuple(range(len(inputs))), ((None, 1),) * len(inputs), f.offers)
        self._layout, self._solve = layout, native(f.offers, Nesting("FR"), layout, False)

    def __call__(self, *arrays: Array) -> Array:
        """The sum, of no axes."""
        count, xp = len(self._outputs), self._f.offers.backend.xp
        values, cotangents = at(self._run(*arrays[:-count]), self._outputs), arrays[-count:]
        check_told(self._f, values, cotangents)
        total = [xp.sum(value * cotangent) for value, cotangent in zip(values, cotangents, strict=True)]
        return sum(total[1:], total[0])

    def gradient_and_product(self, arrays: Leaves, inputs: Places, tangents: Leaves) -> Leaves | None:
        """Each part of the gradient in these inputs, and its derivative along the tangents behind it.

        None where the backend has no forward over reverse of its own, or takes it for other arrays.
        """
        dtype = arrays[0].dtype
        is_real = self._f.offers.backend.xp.isdtype(dtype, "real floating")
        if self._solve is None or inputs != self._inputs or not is_real or any(one.dtype != dtype for one in arrays):
            return None
        others = tuple(one for place, one in enumerate(arrays) if place not in inputs)
        f = UserFunction(self, self._layout, others, name=self._f.name)
        found = self._solve(f, at(arrays, inputs), (tangents,))
        gradient, product = [part if isinstance(part, tuple) else (part,) for part in found]
        return tuple(chain.from_iterable(zip(gradient, product, strict=True)))


def check_told(f: Inner, values: Sequence[Array], cotangents: Sequence[Array]) -> None:
    """An engine that traces made the cotangents by what it was told; another one may broadcast them."""
    for value, cotangent in zip(values, cotangents, strict=True):
        if tuple(value.shape) != tuple(cotangent.shape) or value.dtype != cotangent.dtype:
            raise StructureMismatchError(
                f"{f.name} gave an array of shape {tuple(value.shape)} and dtype {value.dtype}; where it was "
                f"traced it was to be {tuple(cotangent.shape)} and {cotangent.dtype}. What f returns must depend "
                "on the shapes and dtypes of its arguments alone, and shapes= must tell it."
            )
