"""The JAX backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import jax
import numpy as np

from nestgrad.extend import Canary, Nesting, Refusal, compose_gradient_vjp

from ._canary import make_canary
from ._guard.frozen_rules import marked_as_compiled
from ._guard.programs import run_inspected
from ._guard.watch import repaired
from ._messages import refusal_of
from ._operations import operations
from ._raw import LinearMap, RawJax


class Jax(RawJax):
    """JAX arrays, on whatever device they are.

    Untraced, every call is dispatched operation by operation, which is for debugging: a Hessian-vector product of
    Rosenbrock's function in ten variables takes 8 ms, and 7 ms by hand; compiled, microseconds. Use `compile=True`,
    or call the operator inside your own `jax.jit`. Safe to use from several threads.
    """

    def finite(self, value: Any) -> bool:
        """See `nestgrad.extend.Backend.finite`; an array on the host alone is looked at."""
        return not _is_on_host(value) or bool(np.isfinite(value).all())

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        return super().jvp(repaired(f), primals, tangents, has_aux=has_aux)

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ReverseMode.vjp`."""
        return super().vjp(repaired(f), *primals, has_aux=has_aux)

    def linearize(self, f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
        """See `nestgrad.extend.Linearize.linearize`."""
        return super().linearize(repaired(f), *primals)

    def gradient_vjp(self, f: Any, x: Any, inner: Any, outer: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.GradientVjp`."""
        gradient, pullback, *aux = compose_gradient_vjp(self, f, x, inner, outer, has_aux=has_aux)
        return gradient, LinearMap.of(pullback), *aux

    def operations(self, f: Callable[..., Any], *inputs: Any) -> frozenset[str]:
        """See `nestgrad.extend.Abilities.operations`."""
        return operations(f, *inputs)

    def compile(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """See `nestgrad.extend.Compile.compile`."""
        return super().compile(marked_as_compiled(f))

    def run(self, nesting: Nesting, route: Callable[..., Any], *inputs: Any) -> Any:
        """Evaluate a route, inside another trace only after a look at its program."""
        return run_inspected(nesting, route, inputs)

    def classify(self, exception: Exception, nesting: Nesting) -> Refusal | None:
        """Jax's refusals, by message; tested with the versions that constraints.txt names."""
        return refusal_of(exception, nesting)

    def canary(self) -> Canary:
        """See `nestgrad.extend.Canary`."""
        return make_canary()

    def raw(self) -> RawJax:
        """Jax itself, for raw measurements."""
        return RawJax()


def _is_on_host(value: Any) -> bool:
    """Whether a value is there to be read: no tracer, nor on an accelerator or another machine."""
    if not isinstance(value, jax.Array):
        return True  # a constant that jax keeps as a NumPy array
    if isinstance(value, jax.core.Tracer) or not value.is_fully_addressable:
        return False
    return all(device.platform == "cpu" for device in value.devices())


if TYPE_CHECKING:
    from nestgrad.extend import Backend, Batch, Compile, ForwardMode, GradientVjp, Linearize, ReverseMode

    class _Spec(Backend, ForwardMode, ReverseMode, Batch, Compile, Linearize, GradientVjp, Protocol): ...

    _: _Spec = Jax()
