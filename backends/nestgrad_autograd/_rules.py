"""The nodes of this backend's traces: autograd's own rules, behind the repairs.

A trace that carries these nodes consults the repairs first, so what they decide holds for our own
calls alone, in every thread separately, and autograd's tables stay as they are. Whatever a rule does,
a node either holds a derivative of the right shape or is refused with the name of its operation.
"""

from __future__ import annotations

import functools
from typing import Any

from autograd.core import JVPNode, VJPNode, primitive_jvps, primitive_vjps
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.tracer import notrace_primitives

from ._errors import PASSED, Call, MissingRule, RefusedError, missing
from ._guard.arguments import readable
from ._repairs.table import FORWARD, REVERSE, VARYING


class ForwardNode(JVPNode):
    """A node that pushes tangents."""

    __slots__ = ()

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, argnums: Any, parents: Any) -> None:
        try:
            rule = _rule(fun, primitive_jvps, FORWARD)
            tangents = [parent.g for parent in parents]
            self.g = rule(argnums, tangents, value, *readable(fun, args, kwargs, argnums))  # type: ignore[misc]  # a slot of the base
            _check_shape(self.g, _shape(value))
        except (MissingRule, *PASSED):
            raise
        except Exception as error:
            raise missing(fun, "forward", error, Call(fun, args, kwargs, argnums)) from error


class ReverseNode(VJPNode):
    """A node that pulls cotangents."""

    __slots__ = ()

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, argnums: Any, parents: Any) -> None:
        self.parents = parents  # type: ignore[misc]  # a slot of the base
        shapes = tuple([_shape(args[argnum]) for argnum in argnums])
        try:
            pull = _rule(fun, primitive_vjps, REVERSE)(argnums, value, *readable(fun, args, kwargs, argnums))
        except (MissingRule, *PASSED):
            raise
        except Exception as error:
            raise missing(fun, "reverse", error) from error

        def vjp(cotangent: Any) -> tuple[Any, ...]:
            try:
                pulled = tuple(pull(cotangent))
                if tuple(map(_shape, pulled)) != shapes:
                    for part, shape in zip(pulled, shapes, strict=True):
                        _check_shape(part, shape)
            except (MissingRule, *PASSED):
                raise
            except Exception as error:
                raise missing(fun, "reverse", error) from error
            return pulled

        self.vjp = vjp  # type: ignore[misc]  # a slot of the base


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
    repair = repairs.get(fun)
    return table[fun] if repair is None else functools.partial(repair, table.get(fun))


def _shape(value: Any) -> Any:
    """The shape of an array or number, `None` if the value is another thing (a tuple, a sparse cotangent)."""
    while type(value) is ArrayBox:
        value = value._value  # much quicker than the box's own property
    return () if type(value) is float else getattr(value, "shape", None)


def _check_shape(derivative: Any, expected: Any) -> None:
    """Rules that forget about broadcasting have the wrong shape, and broadcast into a wrong number later."""
    if expected is not None and (shape := _shape(derivative)) != expected and shape is not None:
        raise RefusedError(f"autograd's rule gives the shape {shape} where {expected} is due")
