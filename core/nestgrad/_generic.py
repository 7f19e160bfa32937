"""The direction along which a derivative is compared where the user gives none."""

from __future__ import annotations

import math

from ._offers import Offers
from ._unit_vectors import arange
from .typing import Array, Leaves

_PRIME = 89


def generic(offers: Offers, x: Leaves) -> Leaves:
    """A direction shaped like x, of numbers from 0.5 to 1.5 without a pattern that an f may have.

    Along ones, say, the second derivative of what does not change when all of x is shifted is zero, and so is that by
    many a wrong rule. They are ones where a dimension is unknown, as in a graph of TensorFlow, and where the backend's
    namespace is for functions of first order alone.
    """
    try:
        return tuple(_mixed(offers, leaf) for leaf in x)
    except (AttributeError, TypeError):
        return tuple(map(offers.backend.xp.ones_like, x))


def _mixed(offers: Offers, leaf: Array) -> Array:
    xp, places = offers.backend.xp, arange(offers, math.prod(leaf.shape), leaf) % _PRIME
    return xp.reshape(xp.astype(places * places * places * 37 % _PRIME, leaf.dtype) / _PRIME + 0.5, leaf.shape)
