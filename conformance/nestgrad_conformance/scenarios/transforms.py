"""A representative choice of the other tiers' functions, called in every setting that users call operators in.

A scenario here is one of the other tiers with a setting: same function, same truth, another way to call the
operator; or it is one in float32. Settings that only the arrays or the calls concern take a few functions of
each shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from . import native, ops, programs
from ._scenario import Scenario

_FEW = (
    *("rosenbrock", "mlp_tanh", "attention_from_parts", "broadcasting", "determinant", "product_with_a_zero"),
    *("zero_dim", "linear", "captured", "confusion_aliased"),
)
_MANY = (
    *_FEW,
    *("inverse_norm", "beale", "log_sum_exp", "softmax_cross_entropy", "poisson_regression", "matmul_chain", "solve"),
    *("gaussian_process", "kalman_filter", "layer_norm_from_parts", "recurrent_net", "message_passing", "power"),
    *("lennard_jones", "runge_kutta_step", "gather", "where", "cumulative_sum", "constant", "seed_composite"),
)
_WITHOUT_CONSTANTS = (
    *("rosenbrock", "beale", "inverse_norm", "log_sum_exp", "power", "where", "cumulative_sum", "determinant"),
    *("product_with_a_zero", "broadcasting", "zero_dim", "transformer_block", "batch_norm_from_parts"),
    *("fixed_point_layer", "runge_kutta_step", "lennard_jones", "confusion_aliased", "hamiltonian_flow"),
)
"""What captures no array of float64: with one, its results would be of float64."""
_OWN = {
    "autograd": ("autograd_primitive_both", "autograd_convolution"),
    "jax": ("jax_custom_vjp", "jax_custom_jvp"),
    "torch": ("torch_layer_norm", "torch_attention"),
    "tensorflow": ("tensorflow_custom_gradient", "tensorflow_while_loop"),
}
"""What an engine has rules of its own for, or refuses."""

_ANYWHERE = {
    "strided": "anywhere:strided",
    "reversed_views": "anywhere:reversed_views",
    "planned_elsewhere": "anywhere:planned_elsewhere",
    "captured": "anywhere:captured",
    "argument": "anywhere:argument",
    "threads": "threads:crossing",
}
_EXECUTIONS = ("eager", "compiled", "traced")
_PRODUCTS = "FR R? auto"
_OPERATORS = {
    **dict.fromkeys(("at", "batch", "hessian", "hessian_diagonal", "linear_operator", "nested_gradient"), _PRODUCTS),
    **dict.fromkeys(("laplacian", "batched"), "FF"),
    "jacobian": "? ??",
}
"""Operators that give a nesting's number by a law, and of which nestings."""
_UNSTABLE = {"torch": ("mlp_tanh", "gaussian_process", "softmax_cross_entropy")}
"""What is right or refused by what the engine's compiler did before: torch's guard on NumPy arrays."""
_COMPILERS = {"jax": "jit", "torch": "compile", "tensorflow": "function"}
_GRADIENTS = {"autograd": ("grad",), "jax": ("grad",), "torch": ("tape", "grad"), "tensorflow": ("tape",)}
"""The engine's own reverse modes: each has a setting of its name, and one `_in_direction`."""
_LINEARIZED = {"jax": ("jax_custom_jvp",), "torch": _OWN["torch"]}
"""Of what an engine has rules of its own for, what its linearize takes a derivative of."""

_BY_ID = {one.id: one for one in (*programs.SCENARIOS, *native.SCENARIOS)}


def called(one: Scenario, setting: str, function: str, **fields: Any) -> Scenario:
    """A scenario in a setting: `function` is its `module:name` in the folder of settings."""
    return replace(
        one,
        id=f"{setting}_of_{one.id}",
        base=one.id,
        features=one.features | {f"in_{setting}"},
        order=2,
        sample=False,
        setting=f"nestgrad_conformance.scenarios.settings.{function}",
        **{"executions": ("eager",), **fields},
    )


def single(one: Scenario) -> Scenario:
    """A scenario in float32."""
    return replace(
        one,
        id=f"float32_of_{one.id}",
        base=one.id,
        plain=False,
        features=one.features | {"float32"},
        order=2,
        sample=False,
        dtype="float32",
    )


def _called(base: str, setting: str, function: str, **fields: Any) -> Scenario:
    return called(_BY_ID[base], setting, function, tier="transforms", **fields)


def _scenarios() -> Iterator[Scenario]:
    own = [base for bases in _OWN.values() for base in bases]
    for base in (*_MANY, *own):
        yield _called(base, "vmap", "anywhere:vmap", capability="vmap")
    for setting, function in _ANYWHERE.items():
        for base in (*_FEW, *own):
            yield _called(base, setting, function)
    for base in (*_FEW, *own):
        yield _called(base, "pulled_twice", "anywhere:pulled_twice", nestings="R")
    for operator, nestings in _OPERATORS.items():
        for base in (*_FEW, *own):
            yield _called(base, f"by_{operator}", f"operators:{operator}", nestings=nestings, executions=_EXECUTIONS)
    for engine, setting in _COMPILERS.items():
        for base in (*_MANY, *_OWN[engine]):
            if base not in _UNSTABLE.get(engine, ()):
                yield _called(base, f"{engine}_{setting}", f"{engine}:{setting}", engine=engine)
    for engine, gradients in _GRADIENTS.items():
        settings = (
            (name + more, nestings) for name in gradients for more, nestings in (("", "R?*"), ("_in_direction", "??*"))
        )
        for setting, nestings in settings:
            for base in (*_FEW, *_OWN[engine]):
                yield _called(base, f"{engine}_{setting}", f"{engine}:{setting}", engine=engine, nestings=nestings)
    for base in (*_FEW, *_OWN["torch"]):
        yield _called(base, "torch_captured_x", "torch:captured_x", engine="torch")
    for engine, bases in _LINEARIZED.items():
        for base in (*_FEW, *bases):
            yield _called(base, f"{engine}_linearize", f"{engine}:linearize", engine=engine, nestings="F?*")


def _single(one: Scenario) -> Scenario:
    return replace(single(one), tier="transforms")


def _operations() -> list[Scenario]:
    """The first row of each operation: an engine has kernels, and sometimes rules, for each dtype."""
    rows = {one.operation: one for one in reversed(ops.SCENARIOS) if not one.probe}
    return [replace(_single(one), nestings="?", executions=("eager",)) for one in reversed(rows.values())]


SCENARIOS = (
    *_scenarios(),
    *(_single(_BY_ID[base]) for base in _WITHOUT_CONSTANTS),
    *_operations(),
)
