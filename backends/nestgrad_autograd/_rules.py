"""The nodes of this backend's traces: autograd's own rules, behind the repairs.

A trace that carries these nodes consults the repairs first, so what they decide holds for our own
calls alone, in every thread separately, and autograd's tables stay as they are.
"""

from __future__ import annotations

import functools
from typing import Any

from autograd.core import JVPNode, VJPNode, primitive_jvps, primitive_vjps
from autograd.tracer import notrace_primitives

from ._repairs import FORWARD, REVERSE, MissingRule


class ForwardNode(JVPNode):  # type: ignore[misc]
    """A node that pushes tangents."""

    __slots__ = ()

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, argnums: Any, parents: Any) -> None:
        rule = _rule(fun, "forward", primitive_jvps, FORWARD)
        try:
            self.g = rule(argnums, [parent.g for parent in parents], value, args, kwargs)
        except KeyError as error:  # the table has the function, not this argument
            raise _missing(fun, "forward") from error


class ReverseNode(VJPNode):  # type: ignore[misc]
    """A node that pulls cotangents."""

    __slots__ = ()

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, argnums: Any, parents: Any) -> None:
        self.parents = parents
        self.vjp = _rule(fun, "reverse", primitive_vjps, REVERSE)(argnums, value, args, kwargs)


# autograd keeps, per type of node, the functions that are constant almost everywhere
notrace_primitives[ForwardNode] = notrace_primitives[JVPNode]
notrace_primitives[ReverseNode] = notrace_primitives[VJPNode]


def _rule(fun: Any, mode: str, table: dict[Any, Any], repairs: dict[Any, Any]) -> Any:
    if fun not in table:
        raise _missing(fun, mode)
    repair = repairs.get(fun)
    return table[fun] if repair is None else functools.partial(repair, table[fun])


def _missing(fun: Any, mode: str) -> MissingRule:
    name = getattr(fun, "__name__", str(fun))
    return MissingRule(name, mode, "autograd has no such rule", reversible=mode == "forward" and fun in primitive_vjps)
