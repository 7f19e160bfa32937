"""Functions of other engines as a primitive of jax's: with a forward rule, a transpose, a batching rule and a lowering.

It has to be a primitive: `jax.custom_vjp` of a callback has no forward mode, and `jax.custom_jvp` no reverse mode.
See https://docs.jax.dev/en/latest/jax-primitives.html.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax._src.callback import _callback_op_sharding
from jax._src.dispatch import prim_requires_devices_during_lowering
from jax.dtypes import canonicalize_dtype, float0
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from nestgrad.extend import Node, PrecisionLossError, ShapeDtype, UnsupportedExecutionError, with_tangents

foreign_p = Primitive("foreign")
foreign_p.multiple_results = True


def lift(node: Node, *arrays: Any) -> tuple[Any, ...]:
    """See `nestgrad.extend.Lift.lift`. Arrays of any shapes."""
    return tuple(foreign_p.bind(*map(jnp.asarray, arrays), node=node))


def _evaluated(*arrays: Any, node: Node) -> list[Any]:
    return [_to_jax(array) for array in node(*arrays)]


def _to_jax(array: Any) -> Any:
    _check_dtype(array.dtype)
    return jnp.asarray(array)


def _check_dtype(dtype: Any) -> None:
    kept = canonicalize_dtype(dtype)
    if kept != dtype:
        raise PrecisionLossError(
            f"jax would store {dtype}, which a function of another engine gives, as {kept}. Enable 64 bits at the "
            f"start of your program, jax.config.update('jax_enable_x64', True), or let the function give {kept}."
        )


def _shapes(node: Node, avals: Sequence[Any]) -> tuple[ShapeDtype, ...]:
    with jax.ensure_compile_time_eval():  # f may use jax itself, which is not to be traced here
        found = node.shapes([ShapeDtype(tuple(one.shape), np.dtype(one.dtype)) for one in avals])
    for one in found:
        _check_dtype(one.dtype)
    return found


def _abstract(*avals: Any, node: Node) -> list[Any]:
    return [jax.core.ShapedArray(one.shape, one.dtype) for one in _shapes(node, avals)]


def _lowered(context: Any, *operands: Any, node: Node) -> Any:
    """A call back into Python. `jax.pure_callback` is none for this.

    It puts what it is called with on a device, by threads that may all be waiting in such calls: eight threads with
    arrays of 10⁵ entries wait for ever. See https://github.com/jax-ml/jax/issues/24255. Here the arrays are NumPy's.
    """
    results, _, _ = mlir.emit_python_callback(
        context,
        functools.partial(_run, node),
        None,
        list(operands),
        context.avals_in,
        context.avals_out,
        has_side_effect=False,
        returns_token=False,
        sharding=_callback_op_sharding(context.module_context.axis_context, None, context.avals_out),
    )
    return results


_in_a_program: ContextVar[bool] = ContextVar("nestgrad_jax_in_a_program", default=False)


def _run(node: Node, *arrays: Any) -> tuple[Any, ...]:
    token = _in_a_program.set(True)
    try:
        found = node(*arrays)
    finally:
        _in_a_program.reset(token)
    for array in found:
        if canonicalize_dtype(array.dtype) != array.dtype:  # which jax would cast here
            raise PrecisionLossError(
                f"jax takes {array.dtype} for {canonicalize_dtype(array.dtype)} here: 64 bits that are enabled in a "
                "thread or a context alone are not so where its programs run. Enable them at the start of your "
                "program, jax.config.update('jax_enable_x64', True)."
            )
    return found


def evaluate_closed(evaluate: Callable[[], Any]) -> Any:
    """See `nestgrad.extend.Abilities.evaluate_closed`. A tracer that f captures has no values, as will be seen.

    Raises:
        UnsupportedExecutionError: a program of jax's has called another engine, and that one jax. Programs that wait
            for such calls take the threads that these need, and wait for ever: https://github.com/jax-ml/jax/issues/24255.
    """
    if _in_a_program.get():
        raise UnsupportedExecutionError(
            "A program of jax's calls a function of another engine, which calls a function of jax's: they may wait for "
            "each other for ever. Evaluate the first one outside of jax.jit, scan and other programs of jax's."
        )
    return evaluate()


def _jvp(primals: Sequence[Any], tangents: Sequence[Any], *, node: Node) -> tuple[list[Any], list[Any]]:
    inputs = tuple(i for i, t in enumerate(tangents) if not isinstance(t, ad.Zero) and t.dtype != float0)
    along = [tangents[i] for i in inputs]
    if inputs and all(map(_has_numbers, (*primals, *along))):  # nothing is staged that would be transposed
        found = with_tangents(foreign_p.bind(*primals, *along, node=node.value_and_jvp(inputs)), _moves)
        return [y for y, _ in found], [_zero(y) if t is None else t for y, t in found]
    outputs = foreign_p.bind(*primals, node=node)
    moved = tuple(i for i, y in enumerate(outputs) if _moves(y))
    pushed = [_zero(y) for y in outputs]
    if inputs and moved:
        found = foreign_p.bind(*primals, *along, node=node.jvp(inputs, moved))
        for i, tangent in zip(moved, found, strict=True):
            pushed[i] = tangent
    return outputs, pushed


def _has_numbers(array: Any) -> bool:
    return not isinstance(array, jax.core.Tracer) or array.to_concrete_value() is not None


def _moves(array: Any) -> bool:
    return bool(jnp.issubdtype(array.dtype, jnp.inexact))


def _zero(array: Any) -> Any:
    return ad.Zero(jax.typeof(array).to_tangent_aval())


def _transpose(cotangents: Sequence[Any], *inputs: Any, node: Node) -> list[Any]:
    split = len(inputs) - node.linear
    asked = [ad.is_undefined_primal(one) for one in inputs[split:]]  # others are zeros, which `jax.custom_jvp` makes
    moved = tuple(i for i, u in enumerate(cotangents) if not isinstance(u, ad.Zero))
    if not moved:
        return [None] * split + [ad.Zero(one.aval) if i else None for i, one in zip(asked, inputs[split:], strict=True)]
    pulled = foreign_p.bind(*inputs[:split], *(cotangents[i] for i in moved), node=node.transposed(moved))
    return [None] * split + [one if i else None for i, one in zip(asked, pulled, strict=True)]


def _batch(inputs: Sequence[Any], axes: Sequence[Any], *, node: Node) -> tuple[Any, Any]:
    size = next(array.shape[axis] for array, axis in zip(inputs, axes, strict=True) if axis is not None)
    rows = [
        jnp.broadcast_to(array, (size, *array.shape)) if axis is None else jnp.moveaxis(array, axis, 0)
        for array, axis in zip(inputs, axes, strict=True)
    ]
    outputs = foreign_p.bind(*rows, node=node.batched())
    return outputs, [0] * len(outputs)


foreign_p.def_impl(_evaluated)
foreign_p.def_abstract_eval(_abstract)
ad.primitive_jvps[foreign_p] = _jvp
ad.primitive_transposes[foreign_p] = _transpose
batching.primitive_batchers[foreign_p] = _batch
mlir.register_lowering(foreign_p, _lowered, cacheable=False)
prim_requires_devices_during_lowering.add(foreign_p)
