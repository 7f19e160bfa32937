"""Engines' own calls. Data only: the functions are named here and resolved in the worker."""

from __future__ import annotations

from typing import Any

from ._scenario import Inputs, Scenario, normal, uniform

_JAX = "nestgrad_conformance.scenarios.native_jax"


def _jax(name: str, inputs: Inputs, *features: str, **fields: Any) -> Scenario:
    return Scenario(
        id=f"jax_{name}",
        function=f"{_JAX}:{name}",
        inputs=inputs,
        tier="native",
        features=frozenset(features),
        engine="jax",
        **fields,
    )


SCENARIOS = (
    _jax("scan", normal(3), "control_flow"),
    _jax("cond", uniform(0.5, 1.5, 3), "control_flow"),
    _jax("fori_loop", normal(3), "control_flow"),
    _jax("while_loop", normal(3), "control_flow", "while_loop"),
    _jax("custom_jvp", normal(3), "custom_rule"),
    _jax("custom_vjp", normal(3), "custom_rule", "custom_vjp", "custom_vjp_recursive"),
    _jax("custom_vjp_plain", normal(3), "custom_rule", "custom_vjp"),
    _jax("pure_callback", normal(3), "pure_callback"),
)
