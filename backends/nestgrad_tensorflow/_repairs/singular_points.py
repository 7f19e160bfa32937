"""Special functions whose rules put a constant in the place of a quotient at one point: power series around it.

To TensorFlow I₁'(0) is 1, where the truth is 1/2; a constant also loses every further derivative. The series are those
of I and J around 0 (DLMF 10.25.2, 10.2.2), of sin(πx)/πx, and of the dilogarithm, which `spence` is at 1 - x (DLMF
25.12.1). Elsewhere TensorFlow's own function is right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad_tensorflow._operation import Call, value_of
from nestgrad_tensorflow._unseen import unseen


@dataclass(frozen=True)
class Series:
    """A function by its power series around a point.

    Attributes:
        function: TensorFlow's own, to use elsewhere.
        centre: the point.
        radius: how far from it the terms give all digits, of low derivatives as well.
        near: the sum of the terms, of the distance from the point.
    """

    function: Callable[[Any], Any]
    centre: float
    radius: float
    near: Callable[[Any], Any]

    def is_near(self, call: Call) -> bool:
        """Whether an entry is, or may be, where the series is to be taken."""
        return self.has_near(call.inputs[0])

    def has_near(self, x: Any) -> bool:
        """The same of a tensor."""
        values = value_of(x)
        return values is None or bool(np.any(np.abs(values - self.centre) < self.radius))

    def repair(self, call: Call) -> list[Any]:
        """The function, in two parts, none of which sees what is for the other."""
        x = call.inputs[0]
        distance = x - tf.constant(self.centre, x.dtype)
        is_near = tf.abs(distance) < tf.constant(self.radius, x.dtype)
        near = self.near(tf.where(is_near, distance, tf.zeros_like(x)))
        with unseen():
            far = self.function(tf.where(is_near, tf.constant(self.centre + self.radius, x.dtype), x))
        return [tf.where(is_near, near, far)]


def _polynomial(terms: Sequence[float], x: Any) -> Any:
    return tf.math.polyval([tf.constant(term, x.dtype) for term in reversed(terms)], x)


def _even(order: int, sign: int) -> Callable[[Any], Any]:
    """The terms of a Bessel function over (x/2)^order, in x/2."""
    terms = [sign**m / (math.factorial(m) * math.factorial(m + order)) for m in range(14)]
    return lambda half: _polynomial(terms, half * half)


def _dilogarithm(distance: Any) -> Any:
    return _polynomial([0.0, *(1 / k**2 for k in range(1, 64))], -distance)


def _cardinal_sine(x: Any) -> Any:
    terms = [(-1) ** m / math.factorial(2 * m + 1) for m in range(16)]
    return _polynomial(terms, tf.square(np.pi * x))


SINC = Series(lambda x: tf.sin(np.pi * x) / (np.pi * x), 0.0, 0.5, _cardinal_sine)
_I0, _I1, _J0, _J1 = _even(0, 1), _even(1, 1), _even(0, -1), _even(1, -1)

SERIES = {
    "bessel_i0": ("BesselI0", Series(tf.math.bessel_i0, 0.0, 1.0, lambda x: _I0(x / 2))),
    "bessel_i1": ("BesselI1", Series(tf.math.bessel_i1, 0.0, 1.0, lambda x: x / 2 * _I1(x / 2))),
    "bessel_j0": ("BesselJ0", Series(tf.math.special.bessel_j0, 0.0, 1.0, lambda x: _J0(x / 2))),
    "bessel_j1": ("BesselJ1", Series(tf.math.special.bessel_j1, 0.0, 1.0, lambda x: x / 2 * _J1(x / 2))),
    "spence": ("Spence", Series(tf.math.special.spence, 1.0, 0.5, _dilogarithm)),
}
"""The operation and its series, by the name that it has in the ledger."""
