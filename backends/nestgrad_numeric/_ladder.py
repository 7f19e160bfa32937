"""The ladder of steps: walked down until the derivative is known well enough, or nothing can be gained any more."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nestgrad.extend import Leaves, UncertainError

from ._curve import Curve, Lengths, Sample
from ._richardson import POINTS, SAFETY, Estimate, Values, estimate, weights

_START = 2**0.5 - 1  # irrational: a curve with a whole number of periods per step would look constant
_LEVELS = 20  # steps from the widest down to a millionth of it
_FEWEST = POINTS + 2  # so that an estimate has a coarser and a finer neighbour
_AGREEMENT = 1e-2  # how well, relatively, a plain quotient at a far smaller step has to agree


class Found(NamedTuple):
    """What a ladder gives: for each output of f its derivative as arrays of the engine, and what is known of it."""

    derivative: Leaves
    estimates: tuple[Estimate, ...]
    is_known: bool


def climb(curve: Curve, centre: Sample, unit: float, lengths: Lengths) -> Found:
    """The derivative by steps from `unit` down."""
    precisions = [curve.precision(array) for array in centre.arrays]
    smallest = _START * unit * max(of.epsilon for of in precisions) ** (1 / 3)
    near = curve.at(smallest), curve.at(-smallest)
    steps, ahead, behind = np.zeros(0), list[Sample](), list[Sample]()
    estimates, is_known = tuple[Estimate, ...](), False
    for level in range(_LEVELS):
        steps = np.append(steps, _START * unit / 2**level)
        ahead.append(curve.at(float(steps[-1])))
        behind.append(curve.at(-float(steps[-1])))
        if level + 1 < _FEWEST:
            continue
        estimates = tuple(
            estimate(
                steps,
                _stacked(ahead, i),
                _stacked(behind, i),
                here.ravel(),
                resolution=lengths.resolution,
                length=lengths.large,
                of=of,
            )
            for i, (here, of) in enumerate(zip(centre.numbers, precisions, strict=True))
        )
        confirmed = all(
            _agrees(one, *(part.numbers[i].ravel() for part in near), centre.numbers[i].ravel(), smallest, of.epsilon)
            for i, (one, of) in enumerate(zip(estimates, precisions, strict=True))
        )
        is_known = confirmed and all(one.relative <= of.widest for one, of in zip(estimates, precisions, strict=True))
        is_narrow = all(one.relative <= of.narrow or one.is_last for one, of in zip(estimates, precisions, strict=True))
        if confirmed and is_narrow:
            break
    derivative = tuple(_combined(steps, one, i, ahead, behind) for i, one in enumerate(estimates))
    return Found(derivative, estimates, is_known)


def _stacked(samples: list[Sample], i: int) -> Values:
    return np.stack([sample.numbers[i].ravel() for sample in samples])


def _agrees(found: Estimate, ahead: Values, behind: Values, centre: Values, step: float, epsilon: float) -> bool:
    """Whether a quotient at a small step says the same: what is narrower than all steps so far would show there."""
    with np.errstate(all="ignore"):
        quotient = (ahead - behind) / (2 * step)
        allowed = _AGREEMENT * found.scale + found.bar + SAFETY * epsilon * np.abs(centre) / step
        return bool(np.all(np.abs(quotient - found.value) <= allowed))


def _combined(steps: Values, found: Estimate, i: int, ahead: list[Sample], behind: list[Sample]) -> Any:
    """The same number by the engine's own arithmetic, so that it is an array of the engine that can be differentiated."""
    terms = [weight * (ahead[k].arrays[i] - behind[k].arrays[i]) for k, weight in weights(steps, found.first)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def uncertain(found: Found, centre: Sample, is_tuple: bool) -> UncertainError:
    """The error for a derivative that is not known well enough: of the output that is known worst."""
    worst = max(found.estimates, key=lambda one: one.relative)
    entry = int(np.argmax(worst.bar))
    value, bar = worst.value[entry], worst.bar[entry]
    shaped = [
        (one.value.reshape(here.shape), one.bar.reshape(here.shape))
        for one, here in zip(found.estimates, centre.numbers, strict=True)
    ]
    values, bars = zip(*shaped, strict=True)
    return UncertainError(
        f"numeric was asked for the derivative of f along v, and differences of f give {value:.6g} ± {bar:.1g}, "
        f"which is too wide: {_why(worst, entry)}",
        values if is_tuple else values[0],
        bars if is_tuple else bars[0],
    )


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
