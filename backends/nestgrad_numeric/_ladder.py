"""The ladder of steps: walked down until the derivative is known well enough, or nothing can be gained any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from nestgrad.extend import Leaves, UncertainError

from ._curve import Curve, Lengths, Sample
from ._richardson import POINTS, SAFETY, Estimate, Precision, Reals, Values, estimate, weights

_START = 2**0.5 - 1  # irrational: a curve with a whole number of periods per step would look constant
_LEVELS = 20  # steps from the widest down to a millionth of it
_FEWEST = POINTS + 2  # so that an estimate has a coarser and a finer neighbour
_AGREEMENT = 1e-2  # how well, relatively, a plain quotient at a far smaller step has to agree


class Found(NamedTuple):
    """What a ladder gives: for each output of f its derivative as arrays of the engine, and what is known of it."""

    derivative: Leaves
    estimates: tuple[Estimate, ...]
    is_known: bool

    @property
    def relative(self) -> float:
        """The widest bar of all outputs, each relative to its scale."""
        return max(one.relative for one in self.estimates)


def climb(curve: Curve, here: Sample, unit: float, lengths: Lengths) -> Found:
    """The derivative by steps from `unit` down."""
    precisions = [curve.precision(array) for array in here.arrays]
    tiny = _START * unit * max(of.epsilon for of in precisions) ** (1 / 3)
    near = curve.at(tiny), curve.at(-tiny)
    steps: Reals = _START * unit * 0.5 ** np.arange(_LEVELS, dtype=np.float64)
    ahead, behind = list[Sample](), list[Sample]()
    estimates = tuple[Estimate, ...]()
    for step in steps:
        ahead.append(curve.at(float(step)))
        behind.append(curve.at(-float(step)))
        if len(ahead) < _FEWEST:
            continue
        estimates = tuple(
            estimate(
                steps[: len(ahead)],
                _stacked(ahead, i),
                _stacked(behind, i),
                here.numbers[i].ravel(),
                resolution=lengths.resolution,
                length=lengths.large,
                of=of,
            )
            for i, of in enumerate(precisions)
        )
        estimates = tuple(
            _beside(one, i, near, here, tiny, of) for i, (one, of) in enumerate(zip(estimates, precisions, strict=True))
        )
        if all(one.relative <= of.narrow or one.is_last for one, of in zip(estimates, precisions, strict=True)):
            break
    is_known = all(one.relative <= of.widest for one, of in zip(estimates, precisions, strict=True))
    derivative = tuple(_combined(steps, one, i, ahead, behind) for i, one in enumerate(estimates))
    return Found(derivative, estimates, is_known)


def _stacked(samples: list[Sample], i: int) -> Values:
    return np.stack([sample.numbers[i].ravel() for sample in samples])


def _beside(found: Estimate, i: int, near: tuple[Sample, Sample], here: Sample, step: float, of: Precision) -> Estimate:
    """An estimate beside a quotient at a tiny step, where what is narrower than all steps so far would show.

    Where they part, by more than rounding can, the bar is that wide.
    """
    ahead, behind, centre = (one.numbers[i].ravel() for one in (*near, here))
    with np.errstate(all="ignore"):
        gap = np.abs((ahead - behind) / (2 * step) - found.value)
        allowed = _AGREEMENT * found.scale + found.bar + SAFETY * of.epsilon * np.abs(centre) / step
    if np.all(gap <= allowed):
        return found
    bar = np.where(gap <= allowed, found.bar, np.where(np.isfinite(gap), np.maximum(found.bar, SAFETY * gap), np.inf))
    return replace(found, bar=bar, relative=np.inf, is_last=False)


def _combined(steps: Values, found: Estimate, i: int, ahead: list[Sample], behind: list[Sample]) -> Any:
    """The same number by the engine's own arithmetic: an array of the engine, which it can differentiate."""
    terms = [weight * (ahead[k].arrays[i] - behind[k].arrays[i]) for k, weight in weights(steps, found.first)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def uncertain(found: Found, here: Sample) -> UncertainError:
    """The error for a derivative that is not known well enough: of the output that is known worst."""
    worst = max(found.estimates, key=lambda one: one.relative)
    entry = int(np.argmax(worst.bar))
    value, bar = worst.value[entry], worst.bar[entry]
    return _error(
        f"numeric was asked for the derivative of f along v, and differences of f give {value:.6g} ± {bar:.1g}, "
        f"which is too wide: {_why(worst, entry)}",
        here,
        [one.value for one in found.estimates],
        [one.bar for one in found.estimates],
    )


def not_finite(here: Sample) -> UncertainError:
    """The error where there is nothing to take differences of."""
    return _error(
        "numeric was asked for the derivative of f along v, and x, v or f(x) is not finite. Take an x at which f is.",
        here,
        [np.full(numbers.size, np.nan) for numbers in here.numbers],
        [np.full(numbers.size, np.inf) for numbers in here.numbers],
    )


def _error(told: str, here: Sample, values: list[Values], bars: list[Values]) -> UncertainError:
    shaped = [
        tuple(one.reshape(numbers.shape) for one, numbers in zip(each, here.numbers, strict=True))
        for each in (values, bars)
    ]
    return UncertainError(told, *(shaped if here.is_tuple else [each[0] for each in shaped]))


def _why(found: Estimate, entry: int) -> str:
    """What makes a bar wide, and what to do."""
    if not np.isfinite(found.bar[entry]):
        return "f is not finite on both sides of x, so x is at the edge of its domain. Take x inside of it."
    kink, rounding, spread = (part[entry] for part in found.parts)
    if kink >= max(rounding, spread):
        return (
            "from the right and from the left it is another number, as at a kink of f. Take x or v so that f is smooth "
            "there, or use the backend of f's engine, which says what it takes for the derivative."
        )
    if rounding >= spread:
        return "rounding of f or of x hides it. Pass float64, or scale f and x so that it is no small part of f."
    return (
        "f is not smooth on the scale of x: it draws random numbers, rounds inside (float32), jumps, or changes faster "
        "than by steps of a millionth of x. Fix its seed, compute in float64, or scale x."
    )
