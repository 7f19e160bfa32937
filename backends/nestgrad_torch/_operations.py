"""Which of torch's operators a function runs, as its dispatcher sees them: without those that are made of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

from ._effects import current


def operations(f: Callable[..., Any], *inputs: Any) -> frozenset[str]:
    """See `nestgrad.extend.Abilities.operations`; an operator that is not torch's has its library's name in front."""
    with _Names() as names:
        f(*inputs)
    return frozenset(names.seen)


class _Names(TorchDispatchMode):
    """The names of the operators that run; in an attempt, what they write and draw is kept to be undone."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen.add(func._schema.name.removeprefix("aten::"))
        effects = current.get()
        return func(*args, **(kwargs or {})) if effects is None else effects.operator(func, args, kwargs or {})
