"""A call of Python's, and what is called in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from nestgrad.extend import emulated
from nestgrad_torch._ledger import FAULTS
from nestgrad_torch._recording import leads_elsewhere
from nestgrad_torch._variables import is_variable, unwrapped


class Call(NamedTuple):
    """A function, and what it is called with."""

    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        """The argument of this position or name."""
        return self.args[position] if position < len(self.args) else self.kwargs.get(name, default)


Repair = Callable[[str, Call], Call]
"""What is called in the place of a call under the nesting of this code: the call itself where that is right."""


def any_may_vary(*values: Any) -> bool:
    """Whether a derivative may be taken in one of these arguments; Dynamo cannot tell."""
    tensors = [value for value in values if isinstance(value, torch.Tensor)]
    return bool(tensors) and (torch.compiler.is_dynamo_compiling() or any(map(is_variable, tensors)))


def with_tapes_around(nesting: str, *values: Any) -> str:
    """The nesting, with one R more where a tape around nestgrad's call records one of these; not under Dynamo."""
    if torch.compiler.is_dynamo_compiling():
        return nesting
    return "R" + nesting if any(leads_elsewhere(unwrapped(value)) for value in values) else nesting


@torch.compiler.assume_constant_result
def tell(fault: str, operation: str) -> None:
    """Declare that an operation is computed by other means, for the reason that is in the ledger."""
    emulated(operation, FAULTS[fault].reason)
