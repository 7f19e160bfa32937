"""What the programs are made of: the decorator, closed forms that several share, data that they capture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from nestgrad_conformance.scenarios._scenario import generator, scenario

program = partial(scenario, order=3)

_RNG = generator(0, "programs")
_WEIGHTS = (_RNG.standard_normal((4, 5)) / 2, _RNG.standard_normal((5, 5)) / 2, _RNG.standard_normal(5) / 2)
_BATCH = _RNG.standard_normal((6, 4))
_MATRICES = tuple(_RNG.standard_normal((4, 4)) / 2 for _ in range(3))


def separable(*derivatives: Callable[[Any], Any]) -> Callable[..., Any]:
    """The closed form of Σφ(xᵢ), from φ′, φ″ and so on."""

    def closed_form(x: Any, *directions: Any) -> Any:
        if len(directions) >= len(derivatives):
            return None
        result = derivatives[len(directions)](x)
        for direction in directions:
            result = result * direction
        return result

    return closed_form


def of_linear_map(matrix: Any, *derivatives: Callable[[Any], Any]) -> Callable[..., Any]:
    """The closed form of Σφᵢ((Ax)ᵢ), from φ′, φ″ and so on, each a function of Ax."""
    along = separable(*derivatives)

    def closed_form(x: Any, *directions: Any) -> Any:
        inner = along(matrix @ x, *(matrix @ direction for direction in directions))
        return None if inner is None else matrix.T @ inner

    return closed_form
