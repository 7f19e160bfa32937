"""Foreign functions inside of what only one outer engine has: its loops, branches and transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nestgrad_conformance.scenarios._scenario import Scenario, normal

from ._crossing import OUTER
from .calls import _mixed


def _loop(np: Any, x: Any) -> Any:
    state = x
    for _ in range(3):
        state = np.sin(_mixed(np, state)) + x
    return np.sum(_mixed(np, state))


def _mapped(np: Any, x: Any) -> Any:
    return np.sum(_mixed(np, x) * _mixed(np, 2.0 * x))


def _jacobian(np: Any, x: Any) -> Any:
    """By hand: ∂yᵢ/∂xⱼ = 2 xⱼ sin xᵢ + δᵢⱼ (Σx² cos xᵢ + 1), times x, squared and added."""
    return np.sum((2 * np.sum(x**2) * np.sin(x) + (np.sum(x**2) * np.cos(x) + 1) * x) ** 2)


def _inside(engine: str, name: str, reference: Callable[..., Any], letters: str = "") -> Scenario:
    return Scenario(
        id=f"foreign_{engine}_{name}",
        function=f"nestgrad_conformance.scenarios.foreign.{engine}:{name}",
        inputs=normal(3),
        pieces=(_mixed,),
        tier="foreign",
        features=OUTER,
        order=2,
        reference=reference,
        letters_inside=letters,
        engine=engine,
        executions=("eager",),
    )


SCENARIOS = (
    _inside("autograd", "jacobian", _jacobian, letters="R"),
    _inside("jax", "scan", _loop),
    _inside("tensorflow", "while_loop", _loop),
    _inside("torch", "vmap", _mapped),
)
