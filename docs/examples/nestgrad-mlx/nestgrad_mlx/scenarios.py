"""MLX's own calls as scenarios of the suite. Data only: the functions are named here and found in the worker.

Importing this module needs the conformance suite, and no engine. Nothing else in this package does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nestgrad.extend import hookimpl
from nestgrad_conformance.scenarios import Scenario, normal


def _mlx(name: str, inputs: Callable[..., Any], *features: str) -> Scenario:
    return Scenario(
        id=f"mlx_{name}",
        function=f"nestgrad_mlx._scenario_functions:{name}",
        inputs=inputs,
        tier="native",
        features=frozenset(features),
        engine="mlx",
    )


SCENARIOS = (
    _mlx("linear", normal(3, 3), "matmul", "addmm"),
    _mlx("scatter_add", normal(4), "scatter"),
    _mlx("cumulative_max", normal(5), "cumulative_max"),
    _mlx("checkpoint", normal(4), "checkpoint"),
    _mlx("compiled_part", normal(4)),
    _mlx("custom_function", normal(4), "custom_rule"),
)


@hookimpl
def nestgrad_scenarios() -> tuple[Scenario, ...]:
    """See `nestgrad_scenarios` among nestgrad's hooks."""
    return SCENARIOS
