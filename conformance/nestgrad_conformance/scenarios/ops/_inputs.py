"""Where functions of the standard are smooth, and points where a formula may fail though they are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import Inputs


def both(*parts: Inputs) -> Inputs:
    """A tuple of arrays."""
    return lambda rng: tuple(part(rng) for part in parts)


def twice(part: Inputs) -> Inputs:
    """A tuple of two equal arrays."""

    def inputs(rng: np.random.Generator) -> Any:
        x = part(rng)
        return x, x.copy()

    return inputs


def distinct(*shape: int) -> Inputs:
    """Entries in random order, any two at least 0.3 apart: for what depends on their order, or on ties."""

    def inputs(rng: np.random.Generator) -> Any:
        size = math.prod(shape)
        return (0.5 * (rng.permutation(size) - (size - 1) / 2) + rng.uniform(-0.1, 0.1, size)).reshape(shape)

    return inputs


def nonzero(*shape: int) -> Inputs:
    """Entries of both signs, away from zero."""
    return lambda rng: np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


def off_integers(*shape: int) -> Inputs:
    """Entries away from every multiple of one half, where a rounding has its step."""
    return lambda rng: np.asarray(rng.integers(-4, 4, shape) / 2 + rng.uniform(0.1, 0.4, shape))


def well_conditioned(*shape: int) -> Inputs:
    """Matrices near twice the identity."""
    return lambda rng: rng.standard_normal(shape) / 4 + 2 * np.eye(shape[-1])


def scaled(*values: Any) -> Inputs:
    """These values times one random factor: entries that are equal stay so."""
    return lambda rng: np.array(values) * rng.uniform(0.5, 1.5)


def holding(*values: Any) -> Inputs:
    """These values, and random ones where they are None."""

    def inputs(rng: np.random.Generator) -> Any:
        given = np.array(values, dtype=np.float64)
        return np.where(np.isnan(given), rng.uniform(0.5, 1.5, given.shape), given)

    return inputs
