"""Functions of the tier `programs` that are the inner engine's as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nestgrad_conformance.scenarios import programs
from nestgrad_conformance.scenarios._scenario import Scenario

from ._crossing import OUTER

_NAMES = ("rosenbrock", "mlp_tanh", "broadcasting", "zero_dim", "product_with_a_zero", "determinant", "solve")
_SAMPLE = ("rosenbrock", "mlp_tanh")
_LONG = ("determinant",)
"""Of order 3 the inner jax, which is not compiled, takes seven seconds for each nesting."""
_BY_ID = {one.id: one for one in programs.SCENARIOS}


def _called(xp: Any, x: Any, f: Any) -> Any:
    return f(x)


def _whole(name: str) -> Scenario:
    one = _BY_ID[name]
    assert callable(one.function)
    return replace(
        one,
        id=f"foreign_{name}",
        function=_called,
        pieces=(one.function,),
        tier="foreign",
        features=OUTER,
        order=2 if name in _LONG else 3,
        features_inside=one.features,
        sample=name in _SAMPLE,
        executions=("eager",),
    )


SCENARIOS = tuple(map(_whole, _NAMES))
