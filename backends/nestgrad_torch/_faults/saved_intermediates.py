"""What an `autograd.Function` computes for itself and saves: a constant to whoever differentiates its backward rule.

Torch records nothing inside of `forward` and `setup_context`. What these save is right in a first derivative; in a
second it has none of its own, unless it is an input or an output. Torch's tutorial on double backward says so;
nothing raises.
"""

from __future__ import annotations

import sys
from typing import Any

import torch
from torch._library.custom_ops import OPDEFS
from torch._library.utils import fill_defaults, has_kwarg_only_args
from torch._ops import OpOverload
from torch.autograd.function import BackwardCFunction, FunctionCtx
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from nestgrad_torch._ledger import refusal
from nestgrad_torch._variables import is_variable

SAVED = "saved_intermediates"
"""Its name in the ledger."""

_MARK = "nestgrad_hidden"
_RULES = ("forward", "setup_context")
_STEPS = frozenset(
    getattr(owner, name)
    for owner in (torch, torch.Tensor)
    for name in (
        *("sign", "sgn", "round", "floor", "ceil", "trunc", "heaviside", "bernoulli"),
        *("zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like"),
        *("new_zeros", "new_ones", "new_full", "new_empty"),
    )
    if hasattr(owner, name)
)
"""What gives constants, and constants between steps, of whatever it is given."""


def mark(func: Any, arguments: Any, result: Any) -> bool:
    """Mark what an operation makes inside of a rule, out of torch's sight; whether it has made any such thing."""
    if func in _STEPS or not _is_in_rule():
        return False
    given = [leaf for leaf in tree_leaves(arguments) if _has_derivative(leaf)]
    goes_on = any(map(_is_marked, given))
    if not (goes_on or any(map(is_variable, given))):
        return False
    made = given[:1] if result is None else tree_leaves(result)
    hidden = [leaf for leaf in made if _has_derivative(leaf) and (goes_on or not leaf.requires_grad)]
    for leaf in hidden:
        setattr(leaf, _MARK, True)
    return bool(hidden)


def saves_hidden(rule: Any) -> bool:
    """Whether a node of the graph, or the context of a rule, holds what the rule has computed for itself."""
    if hasattr(rule, _MARK):
        return True
    with Marks():  # a checkpoint runs the rule again, to give what it saves
        saved = rule.saved_tensors
    return any(map(_is_marked, tree_leaves((saved, vars(rule)))))


def seen(rule: type[torch.autograd.Function], nesting: str) -> type[torch.autograd.Function]:
    """The rule as torch.func takes it, refused if it saves such a thing."""

    class Seen(rule):
        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            with Marks():
                rule.setup_context(ctx, inputs, output)
            kept = [getattr(ctx, name, None) for name in ("to_save", "saved_for_forward")]
            if any(map(_is_marked, tree_leaves((kept, vars(ctx))))):
                raise refusal(SAVED, nesting)

    return Seen


def mark_operator(operator: OpOverload, args: Any, kwargs: dict[str, Any], result: Any) -> bool:
    """Whether a `torch.library.custom_op` saves such a thing; if so its node of the graph is marked.

    Python's modes are off where torch sets up its context: it is set up once more, for a look.
    """
    set_up = OPDEFS[operator.name()]._setup_context_fn
    if set_up is None or not any(map(is_variable, tree_leaves((args, result)))):
        return False
    ctx = FunctionCtx()
    ctx.needs_input_grad = tuple(getattr(value, "requires_grad", False) for value in args)
    inputs, named = fill_defaults(operator._schema, args, kwargs)
    more = {"keyword_only_inputs": named} if has_kwarg_only_args(operator._schema) else {}

    def setup_context(ctx: FunctionCtx) -> None:
        set_up(ctx=ctx, inputs=inputs, output=result, **more)

    with torch.no_grad(), Marks():
        setup_context(ctx)
    if not any(map(_is_marked, tree_leaves(vars(ctx)))):
        return False
    for leaf in tree_leaves(result):
        if isinstance(leaf, torch.Tensor) and isinstance(leaf.grad_fn, BackwardCFunction):
            setattr(leaf.grad_fn, _MARK, True)
    return True


class Marks(TorchFunctionMode):
    """Marks what rules make for themselves, where the look-out does not reach: below a call that it has seen."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        mark(func, (args, kwargs or {}), result)
        return result


def _is_marked(value: Any) -> bool:
    """What a rule returns is in sight again."""
    return hasattr(value, _MARK) and not isinstance(value.grad_fn, BackwardCFunction)


def _has_derivative(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex())


def _is_in_rule() -> bool:
    """Whether the present line is called by the `forward` or the `setup_context` of a rule, which has a context."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        # only of these: to read the locals of some frames of Dynamo's spoils them
        if code.co_name in _RULES and isinstance(frame.f_locals.get(code.co_varnames[0]), FunctionCtx):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
