"""Forward mode by differences of values, over the arrays of any engine."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from nestgrad.extend import (
    Array,
    Backend,
    Function,
    Leaves,
    Nesting,
    Tree,
    UnsupportedNestingError,
    embedded,
    get_backend,
    offers,
)

from ._curve import Curve, Sample
from ._ladder import climb, not_finite, uncertain

_MOST = 64  # engines at once
_running: ContextVar[bool] = ContextVar("nestgrad_numeric_running", default=False)


class Numeric:
    """The derivative along a direction by central differences, extrapolated to step zero.

    f is only ever evaluated, so it may be anything: a function of any engine, and itself a derivative. That makes it
    the one outer mode that does not depend on the inner engine. A smooth f is evaluated about 15 times, at least 13
    and at most 85 times; once more where x is NumPy's, to see of which engine f is. Results are arrays of the engine
    that x is of, and differentiable by its own means, as the sum of values that they are.

    An error bar wider than 1e-6 (1e-3 where x or what f returns is in less than float64) is an `UncertainError`. It is
    relative to the largest entry of the derivative of each array that f returns, or to what that array changes by over
    a step, per unit of the step, where that is more: a derivative of zero is known as well.

    Never picked by itself, but by `backend="numeric"` alone. Safe to use from several threads at once.

    Args:
        engine: the backend of the arrays; by default the embedded one. `over` gives that of each call.
    """

    name = "numeric"
    max_order = 1
    _over: ClassVar[dict[int, Numeric]] = {}

    def __init__(self, engine: Backend | None = None) -> None:
        self._engine = get_backend(embedded()) if engine is None else engine
        self._offers = offers(self._engine)
        self.xp = self._engine.xp

    def over(self, engine: Backend) -> Backend:
        """See `nestgrad.extend.Abilities.over`."""
        if isinstance(engine, Numeric):
            return engine
        found = self._over.get(id(engine))  # which lives as long as it is kept here
        if found is None:
            if len(self._over) >= _MOST:
                self._over.clear()
            found = self._over[id(engine)] = Numeric(engine)
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

    def run(self, nesting: Nesting, route: Function, *inputs: Array) -> tuple[Any, ...]:
        """Evaluate a route, unless it is inside a function that is being differenced: that would be a second order."""
        if _running.get():
            raise UnsupportedNestingError(
                backend=self.name,
                nesting=nesting,
                operation="nested derivative",
                reason="differences of differences are too inaccurate.",
                instead="Let another backend take the derivative inside.",
            )
        token = _running.set(True)
        try:
            found: tuple[Any, ...] = route(*inputs)
        finally:
            _running.reset(token)
        return found

    def jvp(
        self, f: Function, primals: Sequence[Array], tangents: Sequence[Array], *, has_aux: bool = False
    ) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`, and the class.

        Raises:
            UncertainError: the derivative is not known well enough, or x, v or f(x) is not finite.
            UnsupportedExecutionError: arrays have no numbers here, as in a compiler.
        """
        curve = Curve(self._engine, f, tuple(primals), tuple(tangents), has_aux)
        value, here, *aux = curve.here()
        derivative = _derivative(curve, here)
        return value, derivative if isinstance(value, tuple) else derivative[0], *aux


def _derivative(curve: Curve, here: Sample) -> Leaves:
    """The derivative of each output along the curve."""
    if not curve.is_finite() or not here.is_finite():
        raise not_finite(here)
    if not curve.moves() or not any(numbers.size for numbers in here.numbers):
        return tuple(map(curve.zeros, here.arrays))
    lengths, tried = curve.lengths(), []
    for unit in dict.fromkeys((lengths.small, lengths.large)):
        found = climb(curve, here, unit, lengths)
        if found.is_known:
            return found.derivative
        tried.append(found)
    raise uncertain(min(tried, key=lambda one: one.relative), here)


if TYPE_CHECKING:
    from nestgrad.extend import ForwardMode

    class _Spec(Backend, ForwardMode, Protocol): ...

    _: _Spec = Numeric()
