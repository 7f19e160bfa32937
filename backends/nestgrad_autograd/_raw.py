"""autograd itself, without nestgrad's repairs and refusals: what a raw measurement runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.builtins import tuple as traced_tuple
from autograd.core import make_jvp, make_vjp

from ._impl import Autograd


class RawAutograd(Autograd):
    """autograd's own `make_jvp` and `make_vjp`, plainly composed. They have no aux."""

    classify: Any = None
    finite: Any = None
    canary: Any = None

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        value, tangent = make_jvp(_packed(f), traced_tuple(primals))(traced_tuple(tangents))
        return value, tangent

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ReverseMode.vjp`."""
        pull, value = make_vjp(_packed(f), traced_tuple(primals))
        return value, lambda cotangent: tuple(pull(cotangent))


def _packed(f: Callable[..., Any]) -> Callable[[Any], Any]:
    """F of one traced tuple, its own tuple traced as well."""

    def packed(x: Any) -> Any:
        value = f(*x)
        return traced_tuple(value) if type(value) is tuple else value

    return packed
