"""What the scenarios across engines are made by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nestgrad_conformance.scenarios._scenario import Inputs, Scenario

OUTER = frozenset({"foreign"})
"""What an outer engine may declare of all of them."""


def crossing(inputs: Inputs, *pieces: Callable[..., Any], **fields: Any) -> Callable[[Callable[..., Any]], Scenario]:
    """Decorate a function of `(xp, x, *pieces)` into the scenario of its name.

    Those that are no sample are measured eagerly alone: what a compiler does with one foreign function it does with all.
    """
    fields = {"executions": () if fields.get("sample") else ("eager",), "order": 3, "features": OUTER, **fields}
    return lambda f: Scenario(
        id=f"foreign_{f.__name__}", function=f, inputs=inputs, tier="foreign", pieces=pieces, **fields
    )
