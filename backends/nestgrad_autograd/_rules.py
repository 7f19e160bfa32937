"""The nodes of this backend's traces: autograd's own rules, behind the repairs.

A trace that carries these nodes consults the repairs first, so what they decide holds for our own
calls alone, in every thread separately, and autograd's tables stay as they are. Whatever a rule does,
a node either holds a derivative of the right shape or is refused with the name of its operation.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

from autograd.core import JVPNode, VJPNode, primitive_jvps, primitive_vjps
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.tracer import notrace_primitives

from nestgrad.extend import own_rule

from ._errors import PASSED, Call, MissingRule, RefusedError, missing
from ._guard.arguments import readable
from ._guard.own_rules import is_engines
from ._held import here
from ._repairs.table import FORWARD, REVERSE, VARYING

_numbers = itertools.count()


class ForwardNode(JVPNode):
    """A node that pushes tangents."""

    __slots__ = ()

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, argnums: Any, parents: Any) -> None:
        try:
            rule = _rule(fun, primitive_jvps, FORWARD)
            tangents = [parent.g for parent in parents]
            self.g = rule(argnums, tangents, value, *readable(fun, args, kwargs, argnums))  # type: ignore[misc]  # a slot of the base
            _check_shape(self.g, shape_of(value))
        except (MissingRule, *PASSED):
            raise
        except Exception as error:
            raise missing(fun, "forward", error, Call(fun, args, kwargs, argnums)) from error


class ReverseNode(VJPNode):
    """A node that pulls cotangents.

    Attributes:
        fun: what computed the value.
        shape: that of the value, and so of its cotangent; `None` if it is no array or number.
        number: above that of every node it depends on.
    """

    __slots__ = ("fun", "number", "shape")

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, argnums: Any, parents: Any) -> None:
        self.parents = parents  # type: ignore[misc]  # a slot of the base
        self.fun, self.shape, self.number = fun, shape_of(value), next(_numbers)
        if (kept := here.now) is not None:
            kept.nbytes += getattr(innermost(value), "nbytes", 0)
            args, kwargs = kept.arguments(args, kwargs, argnums)
        try:
            self.vjp = _rule(fun, primitive_vjps, REVERSE)(argnums, value, *readable(fun, args, kwargs, argnums))  # type: ignore[misc]
        except (MissingRule, *PASSED):
            raise
        except Exception as error:
            raise missing(fun, "reverse", error) from error

    @classmethod
    def root(cls, primal: Any) -> ReverseNode:
        """The node of an input."""
        root = cls.__new__(cls)
        root.parents, root.shape, root.number = (), shape_of(primal), next(_numbers)
        return root

    def pull(self, cotangent: Any) -> tuple[Any, ...]:
        """The cotangents of what the value was computed from, one for each of `parents`."""
        try:
            pulled = tuple(self.vjp(cotangent))
            for part, parent in zip(pulled, self.parents, strict=True):
                if shape_of(part) != parent.shape:
                    _check_shape(part, parent.shape)
        except (MissingRule, *PASSED):
            raise
        except Exception as error:
            raise missing(self.fun, "reverse", error) from error
        return pulled


class _Constant:
    """autograd's set of the functions that are constant almost everywhere, without those that are not."""

    def __init__(self, engine: set[Any]) -> None:
        self._engine = engine  # not a copy: a user may register more

    def __contains__(self, fun: Any) -> bool:
        return fun in self._engine and fun not in VARYING


notrace_primitives[ForwardNode] = _Constant(notrace_primitives[JVPNode])
notrace_primitives[ReverseNode] = _Constant(notrace_primitives[VJPNode])


def _rule(fun: Any, table: dict[Any, Any], repairs: dict[Any, Any]) -> Any:
    """The repair, which is given autograd's own rule if there is one, or that rule itself; `KeyError` if neither."""
    if not is_engines(fun):
        own_rule(getattr(fun, "__name__", repr(fun)))
    repair = repairs.get(fun)
    return table[fun] if repair is None else functools.partial(repair, table.get(fun))


def innermost(value: Any) -> Any:
    """What all its boxes hold, which is much quicker to ask than they are."""
    while type(value) is ArrayBox:
        value = value._value
    return value


def shape_of(value: Any) -> Any:
    """The shape of an array or number, `None` if the value is another thing (a tuple, a sparse cotangent)."""
    while type(value) is ArrayBox:
        value = value._value
    return () if type(value) is float else getattr(value, "shape", None)


def _check_shape(derivative: Any, expected: Any) -> None:
    """Rules that forget about broadcasting have the wrong shape, and broadcast into a wrong number later."""
    if expected is not None and (shape := shape_of(derivative)) != expected and shape is not None:
        raise RefusedError(f"autograd's rule gives the shape {shape} where {expected} is due")
