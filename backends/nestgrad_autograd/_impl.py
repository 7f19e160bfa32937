"""The HIPS autograd backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from autograd.tracer import isbox

from nestgrad.extend import Canary, Nesting, Refusal, compose_gradient_vjp

from . import _trace
from ._canary import make_canary
from ._held import Kept, keeping
from ._messages import refusal_of
from ._operations import operations
from ._raw import RawAutograd
from ._trace import own


class Autograd(RawAutograd):
    """HIPS autograd on NumPy arrays.

    Results are NumPy arrays of the primal's dtype. RR comes first: autograd has a reverse rule for far
    more operations than a forward rule. Safe to use from several threads at once; so is raw autograd
    inside of it, but not two threads of raw autograd beside each other (see `_trace`).
    """

    def finite(self, value: Any) -> bool:
        """See `nestgrad.extend.Backend.finite`; a box is not looked into."""
        return isbox(value) or bool(np.isfinite(value).all())

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        value, tangent, aux = _trace.jvp(f, tuple(primals), tuple(tangents), has_aux)
        return (value, tangent, aux) if has_aux else (value, tangent)

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ReverseMode.vjp`. The rules keep a copy: an array may be changed before they run."""
        value, pullback, aux = _trace.vjp(f, own(primals), has_aux)
        return (value, pullback, aux) if has_aux else (value, pullback)

    def gradient_vjp(self, f: Any, x: Any, inner: Any, outer: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.GradientVjp`."""
        with keeping() as kept:
            gradient, pullback, *aux = compose_gradient_vjp(self, f, x, inner, outer, has_aux=has_aux)
        return gradient, _GradientPullback(pullback, kept), *aux

    def operations(self, f: Callable[..., Any], *inputs: Any) -> frozenset[str]:
        """See `nestgrad.extend.Abilities.operations`."""
        return operations(f, *inputs)

    def classify(self, exception: Exception, nesting: Nesting) -> Refusal | None:
        """Autograd lacks rules, most of them forward; RR is the nesting with the fewest gaps."""
        return refusal_of(exception, nesting)

    def canary(self) -> Canary:
        """See `nestgrad.extend.Canary`."""
        return make_canary()

    def raw(self) -> RawAutograd:
        """Autograd itself, for raw measurements."""
        return RawAutograd()


class _GradientPullback(NamedTuple):
    """The pullback of a gradient, with what it holds."""

    pullback: Callable[[Any], Any]
    kept: Kept

    @property
    def held(self) -> Kept:
        """See `nestgrad.extend.Held`."""
        return self.kept.settled()

    def __call__(self, cotangent: Any) -> Any:
        return self.pullback(cotangent)


if TYPE_CHECKING:
    from nestgrad.extend import Backend, ForwardMode, GradientVjp, ReverseMode

    class _Spec(Backend, ForwardMode, ReverseMode, GradientVjp, Protocol): ...

    _: _Spec = Autograd()
