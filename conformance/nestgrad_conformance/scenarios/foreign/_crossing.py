"""What the scenarios across engines are made by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nestgrad_conformance.scenarios._scenario import Inputs, Scenario

OUTER = frozenset({"foreign"})
"""What an outer engine may declare of all of them."""


def crossing(
    inputs: Inputs, *pieces: Callable[..., Any], features: Iterable[str] = (), inside: Iterable[str] = (), **fields: Any
) -> Callable[[Callable[..., Any]], Scenario]:
    """Decorate a function of `(xp, x, *pieces)` into the scenario of its name; `inside` are tags of its pieces.

    A compiler is measured where `executions` says so: what it does with one foreign function it does with all.
    """
    fields = {"executions": ("eager",), "order": 3, **fields}
    return lambda f: Scenario(
        id=f"foreign_{f.__name__}",
        function=f,
        inputs=inputs,
        pieces=pieces,
        tier="foreign",
        features=OUTER.union(features),
        features_inside=frozenset(inside),
        **fields,
    )
