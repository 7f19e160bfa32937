"""What the tables of engines' own calls are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import Inputs, Scenario


def native(engine: str, module: str, name: str, inputs: Inputs, *features: str, **fields: Any) -> Scenario:
    """The scenario of the function `name` in `scenarios/{module}.py`, which a worker resolves."""
    return Scenario(
        id=f"{engine}_{name}",
        function=f"nestgrad_conformance.scenarios.{module}:{name}",
        inputs=inputs,
        tier="native",
        features=frozenset(features),
        engine=engine,
        **fields,
    )


def square(rng: np.random.Generator) -> Any:
    """A well-conditioned matrix."""
    return rng.standard_normal((3, 3)) / 4 + 2 * np.eye(3)
