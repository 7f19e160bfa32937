"""An `autograd.Function` under two forward modes: torch runs its jvp rule with the tangents of both turned off."""

from __future__ import annotations

from typing import Any

import torch
from torch._C._functorch import TransformType, get_interpreter_stack
from torch._functorch.autograd_function import custom_function_call
from torch.autograd import forward_ad
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

from nestgrad_torch._ledger import refusal

Rule = type[torch.autograd.Function]


def with_second_tangents(rule: Rule) -> Rule:
    """The rule as it is right here: under two forward modes its jvp is run with tangents on.

    Raises:
        UnsupportedNestingError: there is a batch too, for which torch makes a rule that is out of reach.
    """
    levels = [level.key() for level in get_interpreter_stack() or ()]
    if levels.count(TransformType.Jvp) < 2:
        return rule
    if TransformType.Vmap in levels:
        raise refusal("custom_function_batched", "FF")

    class Again(rule):
        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> Any:
            with forward_ad._set_fwd_grad_enabled(True), _Inside():
                result = rule.jvp(ctx, *tangents)
                # of the level that it is run for it has none
                return tree_map_only(torch.Tensor, lambda tensor: forward_ad.unpack_dual(tensor).primal, result)

        @staticmethod
        def backward(ctx: Any, *cotangents: Any) -> Any:
            with _Inside():
                return rule.backward(ctx, *cotangents)

    return Again


class _Inside(TorchFunctionMode):
    """The same for what rules call: no other look-out is on there."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is custom_function_call:
            args = (with_second_tangents(args[0]), *args[1:])
        return func(*args, **(kwargs or {}))
