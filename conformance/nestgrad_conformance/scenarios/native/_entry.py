"""What the tables of engines' own calls are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import Inputs, Scenario


def native(engine: str, module: str, name: str, inputs: Inputs, *features: str, **fields: Any) -> Scenario:
    """The scenario of the function `name` in `native/{engine}/{module}.py`, which a worker resolves."""
    return Scenario(
        id=f"{engine}_{name}",
        function=f"nestgrad_conformance.scenarios.native.{engine}.{module}:{name}",
        inputs=inputs,
        tier="native",
        features=frozenset(features),
        engine=engine,
        **fields,
    )


def row(inputs: Inputs, *features: str, **fields: Any) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Says of a function which scenario it is. `tables` reads it off the text: no engine is imported for that."""
    return lambda f: f


def square(rng: np.random.Generator) -> Any:
    """A well-conditioned matrix."""
    return rng.standard_normal((3, 3)) / 4 + 2 * np.eye(3)


def singular(rng: np.random.Generator) -> Any:
    """A matrix of rank 2 with a column of zeros."""
    return square(rng) * np.asarray([0.0, 1.0, 1.0])


def larger_singular(rng: np.random.Generator) -> Any:
    """A matrix of rank 4 with a column of zeros."""
    return rng.standard_normal((5, 5)) * np.asarray([0.0, 1.0, 1.0, 1.0, 1.0])


def zero_inside(rng: np.random.Generator) -> Any:
    """A vector with one entry that is zero."""
    x = rng.standard_normal(5)
    x[2] = 0.0
    return x


def one_inside(rng: np.random.Generator) -> Any:
    """A vector with one entry that is one."""
    x = rng.standard_normal(5)
    x[2] = 1.0
    return x


def both_signs(rng: np.random.Generator) -> Any:
    """A vector with entries of both signs, none of them near zero."""
    return rng.uniform(0.5, 2, 4) * np.asarray([1.0, -1.0, 1.0, -1.0])


def zero_row(rng: np.random.Generator) -> Any:
    """A matrix whose first row is zero."""
    return rng.standard_normal((2, 3)) * np.asarray([[0.0], [1.0]])


def symmetric(rng: np.random.Generator) -> Any:
    """A symmetric matrix that is positive definite."""
    root = square(rng)
    return root @ root.T


def rotated(values: list[float]) -> Inputs:
    """A symmetric matrix with these eigenvalues."""

    def inputs(rng: np.random.Generator) -> Any:
        vectors = np.linalg.qr(rng.standard_normal((len(values), len(values))))[0]
        return vectors * values @ vectors.T

    return inputs


def twice_symmetric(rng: np.random.Generator) -> Any:
    """One symmetric matrix that is positive definite, twice."""
    one = symmetric(rng)
    return np.stack([one, one])


def _colours(rng: np.random.Generator) -> Any:
    return np.asarray([0.8, 0.5, 0.2]) + rng.uniform(-0.1, 0.1, (4, 3))


def _with_a_zero(rng: np.random.Generator) -> Any:
    return np.asarray([1.0, 0.0, -1.0]) * rng.uniform(0.2, 0.45)


def _with_two_alike(rng: np.random.Generator) -> Any:
    return np.asarray([1.0, 1.0, 2.0]) * rng.uniform(0.2, 0.45)
