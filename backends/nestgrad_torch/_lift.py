"""Functions of other engines as an `autograd.Function`: for the tape, forward mode and torch.func, to any order."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch._C._functorch import (
    TransformType,
    _unwrap_for_grad,
    _wrap_for_grad,
    get_dynamic_layer_stack_depth,
    maybe_get_level,
)
from torch._functorch.autograd_function import enable_single_level_autograd_function
from torch._functorch.pyfunctorch import retrieve_current_functorch_interpreter
from torch._subclasses.fake_tensor import FakeTensor
from torch.autograd import forward_ad
from torch.autograd.function import _SingleLevelFunction

from nestgrad.extend import Node, UnsupportedExecutionError, with_tangents

from ._faults.linearize import is_traced
from ._messages import BROKEN_ON_PURPOSE

_are_functorch_transforms_active = torch._C._are_functorch_transforms_active
_by_python = torch.compiler.disable(reason="the frames of another engine's are nothing to compile")


@_by_python
def lift(node: Node, *arrays: Any) -> tuple[Any, ...]:
    """See `nestgrad.extend.Lift.lift`. Arrays of any shapes."""
    device = next((array.device for array in arrays if isinstance(array, torch.Tensor)), None)
    tensors = [torch.as_tensor(array, device=device) for array in arrays]
    with torch._C.DisableTorchFunction():  # there is nothing of f in here to look at
        return _lifted(node, tensors)


@contextlib.contextmanager
def _looked_at() -> Iterator[None]:
    """Where the other engine calls torch, that is looked at again."""
    before = torch._C._get_torch_function_state()
    torch._C._set_torch_function_state(torch._C._TorchFunctionState.ENABLED)
    try:
        yield
    finally:
        torch._C._set_torch_function_state(before)


def _lifted(node: Node, tensors: Sequence[Any]) -> tuple[Any, ...]:
    """By Python, one transform of torch.func after the other: torch evaluates a value before it tells the tangents."""
    interpreter = retrieve_current_functorch_interpreter() if _are_functorch_transforms_active() else None
    is_taped = torch.is_grad_enabled() and any(one.requires_grad for one in tensors)
    kind = None if interpreter is None else interpreter.key()
    if kind in (None, TransformType.Jvp) and not is_taped and (along := _tangents(tensors)):
        return _pushed(node, tensors, along)
    if kind not in (TransformType.Grad, TransformType.Jvp) or (is_taped and kind is TransformType.Jvp):
        found: tuple[Any, ...] = Foreign.apply(node, None, *tensors)
        return found
    assert interpreter is not None
    lower = [_unwrap_for_grad(one, interpreter.level()) for one in tensors]
    with torch.enable_grad(), forward_ad._set_fwd_grad_enabled(True), interpreter.lower():  # as torch's own
        found = _lifted(node, lower)
    if not is_taped:
        return found
    with enable_single_level_autograd_function():
        at_level: tuple[Any, ...] = ForeignAtLevel.apply(node, _Known(found, interpreter.level()), *tensors)
    return at_level


def _tangents(tensors: Sequence[Any]) -> dict[int, Any]:
    """Those of the innermost forward mode, by place."""
    if forward_ad._current_level < 0:
        return {}
    depth = get_dynamic_layer_stack_depth()
    at_level = [i for i, one in enumerate(tensors) if maybe_get_level(one) == (depth or -1) and _moves(one)]
    pairs = [(i, forward_ad.unpack_dual(tensors[i])) for i in at_level if depth or not tensors[i].is_inference()]
    return {i: pair.tangent for i, pair in pairs if pair.tangent is not None}


def _pushed(node: Node, tensors: Sequence[Any], along: dict[int, Any]) -> tuple[Any, ...]:
    primals = [forward_ad.unpack_dual(one).primal if i in along else one for i, one in enumerate(tensors)]
    found = with_tangents(_lifted(node.value_and_jvp(tuple(along)), [*primals, *along.values()]), _moves)
    return tuple([y if t is None else forward_ad.make_dual(y, t) for y, t in found])


@torch.compiler.disable(reason=f"{BROKEN_ON_PURPOSE}a function of another engine is no part of a program of torch's.")
def untraced(evaluate: Any, *arguments: Any) -> Any:
    """See `nestgrad.extend.Abilities.untraced`."""
    return evaluate(*arguments)


class Foreign(torch.autograd.Function):
    """A node with its arguments; of one class for all nodes, since torch keeps classes for ever."""

    @staticmethod
    def forward(node: Node, known: None, *tensors: Any) -> tuple[Any, ...]:
        """The node's value."""
        device = tensors[0].device if tensors else None
        arrays = [_numpy(one) for one in tensors]
        with _looked_at():
            found = node(*arrays)
        return tuple([torch.tensor(array, device=device) for array in found])

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keep what the rules are given."""
        ctx.node = inputs[0]
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*[one for one in output if not _moves(one)])
        ctx.count = len(output)
        ctx.outputs = tuple(i for i, one in enumerate(output) if _moves(one))
        ctx.save_for_backward(*inputs[2:])
        ctx.save_for_forward(*inputs[2:])

    @staticmethod
    @_by_python  # the tape calls it, also while something around it is being compiled
    def backward(ctx: Any, *cotangents: Any) -> tuple[Any, ...]:
        """By the node's vjp, for the outputs that have a cotangent."""
        needed = ctx.needs_input_grad[2:]
        inputs = tuple(i for i, one in enumerate(needed) if one)
        outputs = tuple(i for i, one in enumerate(cotangents) if one is not None)
        if not inputs or not outputs:
            return (None,) * (2 + len(needed))
        given = [cotangents[i] for i in outputs]
        found = untraced(lift, ctx.node.vjp(inputs, outputs), *ctx.saved_tensors, *given)
        pulled = dict(zip(inputs, found, strict=True))
        return None, None, *[pulled.get(i) for i in range(len(needed))]

    @staticmethod
    def jvp(ctx: Any, _: None, known: None, *tangents: Any) -> tuple[Any, ...]:
        """By the node's jvp, along the tangents that there are."""
        inputs = tuple(i for i, one in enumerate(tangents) if one is not None)
        node, given = ctx.node.jvp(inputs, ctx.outputs), [tangents[i] for i in inputs]
        with forward_ad._set_fwd_grad_enabled(False):  # of the level that it is run for; others go on by torch.func
            found = lift(node, *ctx.saved_tensors, *given)
        pushed = dict(zip(ctx.outputs, found, strict=True))
        return tuple([pushed.get(i) for i in range(ctx.count)])

    @staticmethod
    def vmap(info: Any, axes: Any, node: Node, known: None, *tensors: Any) -> tuple[Any, Any]:
        """By the batched node."""
        rows = [
            one.expand(info.batch_size, *one.shape) if axis is None else one.movedim(axis, 0)
            for one, axis in zip(tensors, axes[2:], strict=True)
        ]
        found = lift(node.batched(), *rows)
        return found, (0,) * len(found)


class _Known(NamedTuple):
    """What a node has given below a level of torch.func."""

    found: tuple[Any, ...]
    level: int


class ForeignAtLevel(_SingleLevelFunction):
    """The same at one level of reverse mode, with what is known from below."""

    @staticmethod
    def forward(node: Node, known: _Known, *tensors: Any) -> tuple[Any, ...]:
        """What is known, as a value of the level."""
        return tuple([_wrap_for_grad(one, known.level) for one in known.found])

    setup_context = staticmethod(Foreign.setup_context)
    backward = staticmethod(Foreign.backward)


def _numpy(tensor: Any) -> Any:
    if is_traced() or isinstance(tensor, FakeTensor):
        raise UnsupportedExecutionError(
            "torch records its operations here, as make_fx and torch.export do, or has no values: a function of "
            "another engine is no operation of torch's, and would be recorded as a constant. Call it outside."
        )
    return tensor.numpy(force=True)


def _moves(tensor: Any) -> bool:
    return bool(tensor.is_floating_point() or tensor.is_complex())
