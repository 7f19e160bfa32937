"""Functions of other engines as an `autograd.Function`: for the tape, forward mode and torch.func, to any order."""

from __future__ import annotations

from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.autograd import forward_ad

from nestgrad.extend import Node, UnsupportedExecutionError

from ._faults.linearize import is_traced
from ._messages import BROKEN_ON_PURPOSE

_by_python = torch.compiler.disable(reason="the frames of another engine's are nothing to compile")


@_by_python
def lift(node: Node, *arrays: Any) -> tuple[Any, ...]:
    """See `nestgrad.extend.Lift.lift`. Arrays of any shapes."""
    device = next((array.device for array in arrays if isinstance(array, torch.Tensor)), None)
    tensors = [torch.as_tensor(array, device=device) for array in arrays]
    found: tuple[Any, ...] = Foreign.apply(node, *tensors)
    return found


@torch.compiler.disable(reason=f"{BROKEN_ON_PURPOSE}a function of another engine is no part of a program of torch's.")
def untraced(evaluate: Any, *arguments: Any) -> Any:
    """See `nestgrad.extend.Abilities.untraced`."""
    return evaluate(*arguments)


class Foreign(torch.autograd.Function):
    """A node with its arguments; of one class for all nodes, since torch keeps classes for ever."""

    @staticmethod
    def forward(node: Node, *tensors: Any) -> tuple[Any, ...]:
        """The node's value."""
        device = tensors[0].device if tensors else None
        return tuple([torch.tensor(array, device=device) for array in node(*[_numpy(one) for one in tensors])])

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keep what the rules are given."""
        ctx.node = inputs[0]
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*[one for one in output if not _moves(one)])
        ctx.count = len(output)
        ctx.outputs = tuple(i for i, one in enumerate(output) if _moves(one))
        ctx.save_for_backward(*inputs[1:])
        ctx.save_for_forward(*inputs[1:])

    @staticmethod
    @_by_python  # the tape calls it, also while something around it is being compiled
    def backward(ctx: Any, *cotangents: Any) -> tuple[Any, ...]:
        """By the node's vjp, for the outputs that have a cotangent."""
        needed = ctx.needs_input_grad[1:]
        inputs = tuple(i for i, one in enumerate(needed) if one)
        outputs = tuple(i for i, one in enumerate(cotangents) if one is not None)
        if not inputs or not outputs:
            return (None,) * (1 + len(needed))
        given = [cotangents[i] for i in outputs]
        found = untraced(lift, ctx.node.vjp(inputs, outputs), *ctx.saved_tensors, *given)
        pulled = dict(zip(inputs, found, strict=True))
        return None, *[pulled.get(i) for i in range(len(needed))]

    @staticmethod
    def jvp(ctx: Any, _: None, *tangents: Any) -> tuple[Any, ...]:
        """By the node's jvp, along the tangents that there are."""
        inputs = tuple(i for i, one in enumerate(tangents) if one is not None)
        node, given = ctx.node.jvp(inputs, ctx.outputs), [tangents[i] for i in inputs]
        with forward_ad._set_fwd_grad_enabled(False):  # of the level that it is run for; others go on by torch.func
            found = lift(node, *ctx.saved_tensors, *given)
        pushed = dict(zip(ctx.outputs, found, strict=True))
        return tuple([pushed.get(i) for i in range(ctx.count)])

    @staticmethod
    def vmap(info: Any, axes: Any, node: Node, *tensors: Any) -> tuple[Any, Any]:
        """By the batched node."""
        rows = [
            one.expand(info.batch_size, *one.shape) if axis is None else one.movedim(axis, 0)
            for one, axis in zip(tensors, axes[1:], strict=True)
        ]
        found = lift(node.batched(), *rows)
        return found, (0,) * len(found)


def _numpy(tensor: Any) -> Any:
    if is_traced() or isinstance(tensor, FakeTensor):
        raise UnsupportedExecutionError(
            "torch records its operations here, as make_fx and torch.export do, or has no values: a function of "
            "another engine is no operation of torch's, and would be recorded as a constant. Call it outside."
        )
    return tensor.numpy(force=True)


def _moves(tensor: Any) -> bool:
    return bool(tensor.is_floating_point() or tensor.is_complex())
