"""A derivative that is known, and how well: what a candidate is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .differences import EPSILON, Difference

Array = npt.NDArray[np.float64]

# An engine's own rounding, relative to the scale: below 1e-12 in float64 where the function is well-conditioned;
# an engine that computes in float32 inside is off by 6e-8.
SLACK = 1e-9
LIMITS = {1: 1e-6, 2: 1e-6}  # the widest bar to judge by, relative to the scale, by order …
LIMIT = 1e-4  # … and above


@dataclass(frozen=True)
class Precision:
    """What to expect of numbers in a floating-point format, relative to their scale.

    Attributes:
        dtype: the format.
        slack: how far a right engine's own rounding may take it.
        limits: the widest bar to judge by, by order; `limit`: above.
    """

    dtype: str
    slack: float
    limits: Mapping[int, float]
    limit: float

    @property
    def epsilon(self) -> float:
        """The format's rounding unit."""
        return float(np.finfo(self.dtype).eps)


DOUBLE = Precision("float64", SLACK, LIMITS, LIMIT)
SINGLE = Precision("float32", 1e-3, {}, 1e-3)
PRECISIONS = {one.dtype: one for one in (DOUBLE, SINGLE)}


class Uncertain(Exception):
    """There is no truth to judge by; the message says why.

    Attributes:
        truth: what is known, if it is only too vague to judge by.
    """

    truth: Truth | None = None


@dataclass(frozen=True)
class Truth:
    """What a derivative is, and how well that is known.

    Attributes:
        value: the derivative; with `probes`, its inner products with them.
        bar: the derivative is within `bar` of `value`, elementwise.
        scale: the largest |value|; for a value that cannot be told from zero (a linear function's Hessian) the
            size of what was differenced times |v|, as if that changed by its size per unit of x.
        how: where it comes from.
        probes: None where every coordinate is known, else the vectors, shape (3, n), on which it is.
    """

    value: Array
    bar: Array
    scale: float
    how: str
    probes: Array | None = None

    def tolerance(self, precision: Precision = DOUBLE) -> Array:
        """How far a right engine may be from `value`, elementwise."""
        return self.bar + precision.slack * self.scale

    def difference(self, candidate: npt.ArrayLike, precision: Precision = DOUBLE) -> tuple[Array, Array]:
        """How far a candidate is from the truth and how far it may be, both shaped like `value`."""
        found = np.asarray(candidate, dtype=np.float64)
        with np.errstate(all="ignore"):
            error = np.abs((found if self.probes is None else self.probes @ found) - self.value)
        return error, self.tolerance(precision)

    def agrees(self, candidate: npt.ArrayLike, precision: Precision = DOUBLE) -> bool:
        """Whether a candidate is right; one that is not finite never is."""
        error, tolerance = self.difference(candidate, precision)
        return bool(np.all(error <= tolerance))

    def along(self, direction: Array) -> Truth:
        """The scalar ⟨value, direction⟩ of a vector whose every coordinate is known."""
        rounding = len(direction) * EPSILON * np.abs(self.value)
        bar = np.asarray((self.bar + rounding) @ np.abs(direction))
        return Truth(np.asarray(self.value @ direction), bar, self.scale * length(direction), self.how)


def truth_of(found: Difference, length: float, how: str) -> Truth:
    """The truth from the derivative of a curve along a direction of this length."""
    is_zero = bool(np.all(np.abs(found.value) <= found.bar))
    scale = largest(found.size) * length if is_zero else largest(found.value)
    return Truth(found.value, found.bar, scale, how)


def narrow(truth: Truth, order: int, precision: Precision = DOUBLE) -> Truth:
    """The truth itself, if it is known well enough to judge by."""
    if np.all(truth.bar <= precision.limits.get(order, precision.limit) * truth.scale):
        return truth
    vague = Uncertain(f"the error bar is {largest(truth.bar):.1e} at scale {truth.scale:.1e} ({truth.how})")
    vague.truth = truth
    raise vague


def largest(value: Array) -> float:
    """The largest magnitude; 0 for an empty array."""
    return float(np.max(np.abs(value), initial=0.0))


def length(direction: Array) -> float:
    """The Euclidean norm."""
    return float(np.linalg.norm(direction))
