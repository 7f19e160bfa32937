"""The PyTorch backend."""

from __future__ import annotations

import cmath
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch.compiler import is_dynamo_compiling

from nestgrad.extend import Canary, Nesting, Refusal, by_leaves

from . import _batch, _forward, _modules, _reverse
from ._canary import make_canary
from ._compile import compiled
from ._effects import attempt
from ._faults.linearize import is_linearized, is_traced
from ._gradient import Gradient
from ._guard.dynamo_graph import is_compilable, uncompiled
from ._guard.recorded import guard
from ._ledger import refusal
from ._messages import refusal_of
from ._operations import operations
from ._raw import RawTorch
from ._scripted import plans_are_on, turn_plans
from ._traced import double_reverse

_transforms_are_active = torch._C._are_functorch_transforms_active
_FEW = 32  # numbers that Python looks at sooner than torch adds them


class Torch(RawTorch):
    """PyTorch tensors, on whatever device they are.

    Results are differentiable by `backward()` with respect to whatever requires grad, if grad mode is on;
    under `no_grad` and `inference_mode` they come without a graph. Where torch gets that further derivative
    wrong, `backward()` refuses; of what was compiled it cannot be watched. `.grad` is never touched.

    RR comes first: the tape's double backward is the fastest nesting and the one with the fewest gaps. Safe to
    use from several threads at once; forward mode, which torch keeps one of per process, waits its turn, and
    so do compiled calls, whose compiler enters it.
    """

    preferred = ("RR", "FR", "RF")

    def finite(self, value: Any) -> bool:
        """See `nestgrad.extend.Backend.finite`; a tensor on the host alone is looked at, outside of transforms."""
        if is_dynamo_compiling() or not value.is_cpu or _transforms_are_active() or is_traced():
            return True
        # NaN and infinity survive a sum, which is a third of the time of isfinite; it may overflow, though.
        if value.dim() == 1 and value.shape[0] <= _FEW and cmath.isfinite(sum(value.tolist())):
            return True
        if value.requires_grad:
            value = value.detach()
        return cmath.isfinite(value.sum().item()) or bool(torch.isfinite(value).all())

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        return _forward.jvp(f, tuple(primals), tuple(tangents), has_aux)

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ReverseMode.vjp`."""
        return _reverse.vjp(f, primals, has_aux)

    def value_and_gradient(self, f: Any, *primals: Any) -> tuple[Any, Any]:
        """See `nestgrad.extend.ValueAndGradient`."""
        return _reverse.value_and_gradient(f, primals)

    def forward_over_reverse(self, f: Any, primal: Any, tangent: Any) -> tuple[Any, Any]:
        """See `nestgrad.extend.ForwardOverReverse`."""
        return by_leaves(lambda f, x, v: self.jvp(Gradient(f), x, v), f, primal, tangent)

    def reverse_over_reverse(self, f: Any, primal: Any, tangent: Any) -> tuple[Any, Any]:
        """See `nestgrad.extend.ReverseOverReverse`."""
        second_order = double_reverse if is_dynamo_compiling() else _reverse.reverse_over_reverse
        return by_leaves(second_order, f, primal, tangent)

    def gradient_vjp(self, f: Any, x: Any, inner: Any, outer: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.GradientVjp`."""
        return _reverse.gradient_vjp(f, x, inner, outer, has_aux)

    def compile(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """See `nestgrad.extend.Compile.compile`: by torch.compile with inductor."""
        return compiled(f, "inductor")

    def compile_traced(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Traced as by `compile` and then run operator by operator: torch.compile with aot_eager."""
        return compiled(f, "aot_eager")

    def attempts(self) -> Callable[..., Any] | None:
        """See `nestgrad.extend.Abilities.attempts`; Dynamo traces one way alone."""
        return None if is_dynamo_compiling() else attempt

    def operations(self, f: Callable[..., Any], *inputs: Any) -> frozenset[str]:
        """See `nestgrad.extend.Abilities.operations`."""
        return operations(f, *inputs)

    def run(self, nesting: Nesting, route: Callable[..., Any], *inputs: Any) -> Any:
        """Evaluate a route; inside torch.compile without it where its number could not be trusted."""
        if is_dynamo_compiling():
            return route(*inputs) if is_compilable(nesting.code) else uncompiled(route, *inputs)
        if is_linearized():
            raise refusal("linearize", nesting.code)
        makes_plans = plans_are_on()
        turn_plans(False)
        try:
            found = route(*inputs)
        finally:
            turn_plans(makes_plans)
        derivative = found[0]
        if type(derivative) is not torch.Tensor or derivative.requires_grad:
            guard(nesting.code, derivative, inputs)
        return found

    def vmap(self, f: Callable[..., Any], in_axes: Any = 0) -> Callable[..., Any]:
        """See `nestgrad.extend.Batch.vmap`."""
        return _batch.vmap(f, in_axes)

    def classify(self, exception: Exception, nesting: Nesting) -> Refusal | None:
        """Torch's refusals, by message; tested with the version that constraints.txt names."""
        return refusal_of(exception, nesting)

    def raw(self) -> RawTorch:
        """torch.func without the look-out."""
        return RawTorch()

    def sample_module(self) -> tuple[Any, tuple[Any, ...]]:
        """See `nestgrad.extend.Abilities.sample_module`."""
        return _modules.sample_module()

    def canary(self) -> Canary:
        """See `nestgrad.extend.Canary`."""
        return make_canary()


if TYPE_CHECKING:
    from nestgrad import extend

    class _Spec(
        extend.Backend,
        extend.ForwardMode,
        extend.ReverseMode,
        extend.Batch,
        extend.Compile,
        extend.ValueAndGradient,
        extend.ForwardOverReverse,
        extend.ReverseOverReverse,
        extend.GradientVjp,
        Protocol,
    ): ...

    _: _Spec = Torch()
