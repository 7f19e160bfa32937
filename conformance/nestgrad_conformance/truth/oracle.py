"""The truth about the derivatives of one function at one point.

For f: Rⁿ → R and directions v₁, v₂, … the *vector* of order k is Dᵏf(x)[v₁, …, vₖ₋₁, ·], shape (n,): the law of
every nesting of k letters with an R in it. The *scalar* is Dᵏf(x)[v₁, …, vₖ]: the law of the all-F nesting.

Truth is a closed form where there is one. Otherwise order 1 is differenced from values of f, and order k from
one derivative of order k-1 that an engine computed and that was itself found right, at x and at both ends of
the stencil. Differences of differences are never taken: their bars understate. Where no gradient is right, order
2 is differenced from values of f too, by a stencil for second derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from .curvature import curvature
from .differences import EPSILON, START, differentiate_along
from .truth import DOUBLE, Array, Precision, Truth, Uncertain, largest, length, narrow, truth_of

T = TypeVar("T")
Directions = tuple[Array, ...]
Function = Callable[[Array], float]
Derivative = Callable[..., npt.ArrayLike]  # (x, *directions) ↦ a vector or a scalar
ClosedForm = Callable[..., npt.ArrayLike | None]  # (x, *directions) ↦ the vector of order len(directions) + 1

COORDINATES = 64  # up to this n every coordinate of a gradient is differenced; above it PROBES projections
PROBES = 3
CLOSED_FORM_ULPS = 8
STEADY_ULPS = 64  # two answers of one function may differ so: by the order of threads, or where LAPACK's memory lies
STARTS = tuple(START / 16**i for i in range(4))  # drawn in while there is no truth at the ends of the stencil


@dataclass(frozen=True)
class Source:
    """A derivative that an engine computes; not trusted until checked.

    Attributes:
        nesting: letters F and R, outermost first.
        call: (x, *directions) ↦ what the law says of this nesting: a vector if it has an R, else a scalar.
    """

    nesting: str
    call: Derivative


@dataclass(eq=False)
class Oracle:
    """Tells the truth about the derivatives of f at x; what was asked once is remembered.

    Attributes:
        function: f in NumPy, float64; nan, an ArithmeticError or a ValueError outside its domain.
        x: the point, shape (n,), float64.
        sources: derivatives of f to difference, tried in this order.
        closed_form: (x, *directions) ↦ the vector of order len(directions) + 1, or None. Trusted.
        seed: of the projections for large n.
        precision: that of `function` and of the sources.
    """

    function: Function
    x: Array
    _: KW_ONLY
    sources: Sequence[Source] = ()
    closed_form: ClosedForm | None = None
    seed: int = 0
    precision: Precision = DOUBLE
    _memory: dict[tuple[object, ...], Any] = field(default_factory=dict, init=False, repr=False)

    def vector(self, *directions: npt.ArrayLike) -> Truth:
        """Dᵏf(x)[v₁, …, vₖ₋₁, ·] for k-1 directions.

        Raises:
            Uncertain: the truth cannot be had, or not narrowly enough to judge by.
        """
        vs = _vectors(directions)
        try:
            return self.from_sources(*vs)
        except Uncertain as no_source:
            if len(vs) != 1 or self.unfit() is not None:
                raise
            reason = str(no_source)
        try:
            return self._once(("curvature", *_key(vs)), lambda: narrow(self._curvature(*vs), 2, self.precision))
        except Uncertain as vague:
            told = Uncertain(f"{reason}; {vague}")
            told.truth = vague.truth
            raise told from None

    def from_sources(self, *directions: npt.ArrayLike) -> Truth:
        """The same, for order 2 and above from a closed form or a derivative that an engine computes, alone."""
        vs = _vectors(directions)
        return self._once(("vector", *_key(vs)), lambda: narrow(self._vector(vs), len(vs) + 1, self.precision))

    def scalar(self, *directions: npt.ArrayLike) -> Truth:
        """Dᵏf(x)[v₁, …, vₖ] for k ≥ 1 directions.

        Raises:
            Uncertain: the truth cannot be had, or not narrowly enough to judge by.
        """
        vs = _vectors(directions)
        return self._once(("scalar", *_key(vs)), lambda: narrow(self._scalar(vs[:-1], vs[-1]), len(vs), self.precision))

    def unfit(self) -> str | None:
        """Why f has no derivative at x to speak of, or None: it has no value there, or more than one."""
        return self._once(("unfit",), self._unfit)

    def _unfit(self) -> str | None:
        first, again = self._value(self.x), self._value(self.x)
        if not np.isfinite(first):
            return f"the function is {first} at the point"
        if not abs(first - again) <= STEADY_ULPS * self.precision.epsilon * abs(first):
            return f"the function answers differently twice: {first}, then {again}"
        return None

    def _once(self, key: tuple[object, ...], compute: Callable[[], T]) -> T:
        if key not in self._memory:
            try:
                self._memory[key] = compute()
            except Uncertain as reason:
                self._memory[key] = reason
        known: T | Uncertain = self._memory[key]
        if isinstance(known, Uncertain):
            raise known
        return known

    def _vector(self, directions: Directions) -> Truth:
        if self._vanishes(directions):
            return Truth(np.zeros_like(self.x), np.zeros_like(self.x), 0.0, "linearity")
        exact = self._exact(directions)
        if exact is not None:
            scale = largest(exact) or self._scale_below(directions)
            return Truth(exact, np.full_like(exact, CLOSED_FORM_ULPS * EPSILON * scale), scale, "closed form")
        if directions:
            return self._differenced(directions[:-1], directions[-1], vector=True)
        probes = self._probes()
        return (
            self._derivatives(np.eye(self.x.size))
            if probes is None
            else replace(self._derivatives(probes), probes=probes)
        )

    def _probes(self) -> Array | None:
        """None where there are few enough coordinates to know them all."""
        if self.x.size <= COORDINATES:
            return None
        return np.random.default_rng(self.seed).standard_normal((PROBES, self.x.size))

    def _curvature(self, direction: Array) -> Truth:
        """Order 2 from values of f, where no gradient is right."""
        probes = self._probes()
        others = np.eye(self.x.size) if probes is None else probes
        found = curvature(self._value, self.x, direction, others, epsilon=self.precision.epsilon)
        return replace(truth_of(found, length(direction), "second differences of values"), probes=probes)

    def _scalar(self, held: Directions, last: Array) -> Truth:
        if self._vanishes((*held, last)):
            return Truth(np.zeros(()), np.zeros(()), 0.0, "linearity")
        if not held and self._exact(()) is None:
            derivative = self._derivatives(last[np.newaxis])
            return replace(derivative, value=derivative.value.reshape(()), bar=derivative.bar.reshape(()))
        attempts: tuple[Callable[[], Truth], ...] = (
            lambda: self.from_sources(*held).along(last),
            lambda: self._differenced(held, last, vector=False),
            lambda: self.vector(*held).along(last),
        )
        reasons = []
        for attempt in attempts:
            try:
                return attempt()
            except Uncertain as reason:
                reasons.append(str(reason))
        raise Uncertain("; ".join(dict.fromkeys(reasons)))

    def _vanishes(self, directions: Directions) -> bool:
        return not self.x.size or not all(v.any() for v in directions)

    def _exact(self, directions: Directions) -> Array | None:
        exact = None if self.closed_form is None else self.closed_form(self.x, *directions)
        return None if exact is None else np.asarray(exact, dtype=np.float64)

    def _scale_below(self, directions: Directions) -> float:
        """The scale of a derivative that is exactly zero."""
        if directions:
            return self.vector(*directions[:-1]).scale * length(directions[-1])
        value = self._value(self.x)
        return abs(value) if np.isfinite(value) else 0.0

    def _value(self, point: Array) -> float:
        try:
            with np.errstate(all="ignore"):
                return float(self.function(point))
        except (ArithmeticError, ValueError):  # math.log(-1), np.linalg.LinAlgError
            return np.nan

    def _derivatives(self, directions: Array) -> Truth:
        """Order 1 along each row of `directions`, from values of f."""
        unfit = self.unfit()
        if unfit is not None:
            raise Uncertain(unfit)
        found = differentiate_along(
            lambda points: [self._value(p) for p in points], self.x, directions, epsilon=self.precision.epsilon
        )
        return truth_of(found, max(map(length, directions)), "differences of values")

    def _differenced(self, held: Directions, last: Array, *, vector: bool) -> Truth:
        """One order more than the first source of this kind that serves."""
        order = len(held) + 1 if vector else len(held)
        failures = []
        for source in self._sources(order, held, vector=vector):
            failure = self._refusal(source, held)
            if failure is None:
                try:
                    return self._differences_of(source, held, last)
                except Uncertain as reason:
                    failure = str(reason)
            failures.append(f"{source.nesting}: {failure}")
        what = f"no {'vector' if vector else 'scalar'} of order {order} to difference"
        raise Uncertain(f"{what}: {'; '.join(failures)}" if failures else what)

    def _sources(self, order: int, directions: Directions, *, vector: bool) -> Iterator[Source]:
        if vector and self.closed_form is not None and self._exact(directions) is not None:
            yield Source("R" * order, cast(Derivative, self.closed_form))  # passes its own check
        for source in self.sources:
            if len(source.nesting) == order and ("R" in source.nesting) == vector:
                yield source

    def _differences_of(self, source: Source, held: Directions, last: Array) -> Truth:
        shape = self._shape(source)
        how = "closed form" if source.call is self.closed_form else f"checked {source.nesting}"
        reason = Uncertain()
        for start in STARTS:
            found = differentiate_along(
                lambda p: _sample(source, p, held, shape), self.x, last, start=start, epsilon=self.precision.epsilon
            )
            truth = truth_of(found, length(last), f"differences of {how}")
            if np.all(np.abs(truth.value) <= truth.bar):  # zero, and what was differenced may be but rounding too
                truth = replace(truth, scale=max(truth.scale, self._scale_below((*held, last))))
            narrow(truth, len(source.nesting) + 1, self.precision)
            try:
                ends = [self.at(self.x + reach * last) for reach in (found.reach, -found.reach)]
                refusals = [end._refusal(source, held) for end in ends]
            except Uncertain as no_truth_there:
                reason = no_truth_there
                continue
            for refusal in filter(None, refusals):
                raise Uncertain(f"{refusal} at an end of the stencil")
            return truth
        raise Uncertain(f"cannot be checked at the ends of the stencil: {reason}")

    def at(self, point: Array) -> Oracle:
        """The oracle of the same function at another point."""
        return self._once(("at", point.tobytes()), lambda: replace(self, x=point))

    def _shape(self, source: Source) -> tuple[int, ...]:
        return self.x.shape if "R" in source.nesting else ()

    def _refusal(self, source: Source, directions: Directions) -> str | None:
        """Why a source is not to be trusted at x, or None."""
        return self._once((source, *_key(directions)), lambda: self._check(source, directions))

    def _check(self, source: Source, directions: Directions) -> str | None:
        truth = self.vector(*directions) if "R" in source.nesting else self.scalar(*directions)
        try:
            with np.errstate(all="ignore"):
                found = np.asarray(source.call(self.x, *directions), dtype=np.float64)
        except MemoryError:
            raise
        except Exception as exception:
            return f"raises {type(exception).__name__}: {exception}"
        if found.shape != self._shape(source):
            return f"has shape {found.shape} instead of {self._shape(source)}"
        if not np.all(np.isfinite(found)):
            return "is not finite"
        if truth.agrees(found, self.precision):
            return None
        error, tolerance = truth.difference(found, self.precision)
        return f"is off by {largest(error):.1e} where {largest(tolerance):.1e} is allowed"


def _vectors(directions: Sequence[npt.ArrayLike]) -> Directions:
    return tuple(np.asarray(v, dtype=np.float64) for v in directions)


def _key(directions: Directions) -> tuple[bytes, ...]:
    return tuple(v.tobytes() for v in directions)


def _sample(source: Source, point: Array, directions: Directions, shape: tuple[int, ...]) -> Array:
    try:
        return np.asarray(source.call(point, *directions), dtype=np.float64).reshape(shape)
    except MemoryError:
        raise
    except Exception:  # whatever an engine raises outside the domain
        return np.full(shape, np.nan)
