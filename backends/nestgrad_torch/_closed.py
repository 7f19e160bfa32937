"""A function that another engine differentiates: what it captures is constant there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from nestgrad.extend import NotDifferentiableError

from ._recording import nodes, requires_grad


def evaluate_closed(evaluate: Callable[[], Any]) -> Any:
    """See `nestgrad.extend.Abilities.evaluate_closed`."""
    found = evaluate()
    if any(map(requires_grad, found)):
        leaves = [node.variable for node in nodes(tuple(found)) if hasattr(node, "variable")]
        what = f"a tensor of shape {tuple(leaves[0].shape)} that requires grad" if leaves else "a tensor with a grad_fn"
        raise NotDifferentiableError(
            f"The function captures {what}, whose gradient would be lost: another engine differentiates in arguments "
            "alone. Make it an argument (ng.functional_call does so for the parameters of a module), or freeze it with "
            "requires_grad_(False)."
        )
    return found


def draws(evaluate: Callable[[], Any]) -> bool:
    """See `nestgrad.extend.Abilities.draws`: of the generators that are there for all."""
    before = _states()
    evaluate()
    return not all(map(torch.equal, before, _states()))


def _states() -> list[torch.Tensor]:
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return [torch.get_rng_state(), *devices]
