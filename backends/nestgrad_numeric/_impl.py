"""Forward mode by differences of values, over the arrays of any engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nestgrad.extend import Array, Backend, Function, Leaves, Tree, UncertainError, offers

from ._curve import Curve
from ._ladder import climb, uncertain
from ._plain import Plain

_MOST = 64  # engines at once


class Numeric:
    """The derivative along a direction by central differences, extrapolated to step zero.

    f is only ever evaluated, so it may be anything: a function of any engine, and itself a derivative. That makes it
    the one outer mode that does not depend on the inner engine. A smooth f is evaluated about 15 times, 85 times at most; once
    more where x is NumPy's, to see of which engine f is. Results are arrays of the engine that x is of, and
    differentiable by its own means, as the sum of values that they are.

    An error bar wider than 1e-6 of the derivative (1e-3 if x or f is in less than float64) is an `UncertainError`; the
    derivative is that of each array that f returns, by its largest entry or, about a place where it is zero, by how f
    changes over the steps. Never picked by itself, but by `backend="numeric"` alone. Safe to use from several threads
    at once.

    Args:
        engine: the backend of the arrays; `numeric` picks it for each call, with `over`.
    """

    name = "numeric"
    max_order = 1

    def __init__(self, engine: Backend | None = None) -> None:
        self._engine: Backend = Plain() if engine is None else engine
        self._offers = offers(self._engine)
        self._known: dict[int, Numeric] = {}
        self.xp = self._engine.xp

    def over(self, engine: Backend) -> Backend:
        """See `nestgrad.extend.Abilities.over`."""
        if isinstance(engine, Numeric):
            return engine
        found = self._known.get(id(engine))  # which lives as long as it is kept here
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[id(engine)] = Numeric(engine)
        return found

    def asarray(self, value: Any, like: Array | None = None) -> Array:
        """See `nestgrad.extend.Backend.asarray`."""
        return self._engine.asarray(value, like)

    def to_numpy(self, array: Array) -> Any:
        """See `nestgrad.extend.Backend.to_numpy`."""
        return self._engine.to_numpy(array)

    def flatten(self, tree: Tree) -> tuple[list[Any], Any]:
        """The engine's containers."""
        return self._offers.flatten(tree)

    def unflatten(self, structure: Any, leaves: Leaves) -> Tree:
        """The inverse of `flatten`."""
        return self._offers.unflatten(structure, leaves)

    def open_module(self, module: Any) -> tuple[dict[str, Array], dict[str, Array]] | None:
        """The engine's modules."""
        return self._offers.open_module(module)

    def evaluate_module(self, module: Any, f: Function, values: Any) -> tuple[Any, dict[str, Array]]:
        """See `nestgrad.extend.Abilities.evaluate_module`."""
        return self._offers.evaluate_module(module, f, values)

    def device(self, array: Array) -> Any:
        """Where the engine has an array."""
        return self._offers.device(array)

    def jvp(self, f: Function, primals: Leaves, tangents: Leaves, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`, and the class.

        Raises:
            UncertainError: the derivative is not known well enough, or f is not finite at x.
            UnsupportedExecutionError: arrays have no numbers here, as in a compiler.
        """
        curve = Curve(self._engine, f, tuple(primals), tuple(tangents), has_aux)
        value, here, aux = curve.here()
        is_tuple = isinstance(value, tuple)
        if not curve.is_finite() or not all(np.isfinite(numbers).all() for numbers in here.numbers):
            unknown = [np.full(numbers.shape, np.nan) for numbers in here.numbers]
            bars = [np.full(numbers.shape, np.inf) for numbers in here.numbers]
            raise UncertainError(
                "numeric was asked for a derivative where x, the direction or f(x) is not finite. Take an x at which "
                "they are.",
                tuple(unknown) if is_tuple else unknown[0],
                tuple(bars) if is_tuple else bars[0],
            )
        if not curve.moves() or not any(numbers.size for numbers in here.numbers):
            derivative = tuple(map(curve.zeros, here.arrays))
            return value, derivative if is_tuple else derivative[0], *aux
        lengths = curve.lengths()
        tried = []
        for unit in (lengths.small, lengths.large):
            found = climb(curve, here, unit, lengths)
            if found.is_known:
                return value, found.derivative if is_tuple else found.derivative[0], *aux
            tried.append(found)
        best = min(tried, key=lambda one: max(estimate.relative for estimate in one.estimates))
        raise uncertain(best, here, is_tuple)


if TYPE_CHECKING:
    from nestgrad.extend import ForwardMode

    class _Spec(Backend, ForwardMode, Protocol): ...

    _: _Spec = Numeric()
