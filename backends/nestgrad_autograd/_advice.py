"""Which nesting to name in a refusal: reverse mode only, and only if the operation works in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.core import vspace
from autograd.tracer import getval

from . import _trace
from ._errors import Call, MissingRule


def reverse_nesting(missing: MissingRule, order: int) -> str | None:
    """As many reverse modes, if the operation that stopped another nesting was tried in them and worked."""
    if missing.call is None or not _works_in_reverse(missing.call, order):
        return None
    return "R" * order


def _works_in_reverse(call: Call, order: int) -> bool:
    """Whether the call, at the same values, can be differentiated by so many reverse modes."""
    values = [getval(arg) for arg in call.args]
    variables = tuple(values[argnum] for argnum in call.argnums)

    def function(*variables: Any) -> Any:
        given = dict(zip(call.argnums, variables, strict=True))
        return call.fun(*(given.get(i, value) for i, value in enumerate(values)), **call.kwargs)

    for _ in range(order):
        function = _pulled(function)
    try:
        function(*variables)
    except Exception:  # whatever it is, this nesting does not work either
        return False
    return True


def _pulled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function's pullback of ones, as a function of its variables."""

    def pulled(*variables: Any) -> Any:
        value, pullback, _ = _trace.vjp(function, variables, False)
        return pullback(vspace(value).ones())

    return pulled
