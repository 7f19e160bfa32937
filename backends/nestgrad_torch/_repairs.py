"""Operations that torch differentiates wrongly, without an error, under some nestings: refused by name.

Measured with torch 2.13. The look is taken below every transform, where functional calls, modules, scripted
code and calls of `torch.ops.aten` are one and the same operation; it is scoped to a call and to its thread.
"""

from __future__ import annotations

import contextlib
import fnmatch
import functools
from dataclasses import dataclass
from typing import Any

import torch
from torch._C._functorch import TransformType, get_interpreter_stack
from torch.utils._python_dispatch import TorchDispatchMode

from nestgrad.extend import Nesting, UnsupportedNestingError


@dataclass(frozen=True)
class Wrong:
    """One operation and the nestings in which torch's number is wrong.

    Attributes:
        operation: its name, as users of torch know it.
        aten: the operators that it becomes.
        nestings: patterns on the code of a word, as fnmatch reads them.
        reason: what torch does, with the thread.
        use: for each order, the word that is right, if there is one.
    """

    operation: str
    aten: tuple[str, ...]
    nestings: tuple[str, ...]
    reason: str
    use: str | None = None

    def covers(self, word: str) -> bool:
        """Whether the number is wrong under this nesting."""
        return any(fnmatch.fnmatchcase(word, pattern) for pattern in self.nestings)

    def refusal(self, word: str) -> UnsupportedNestingError:
        """The error to raise instead of the number."""
        use = Nesting(self.use) if self.use is not None and len(self.use) == len(word) else None
        return UnsupportedNestingError(
            backend="torch", nesting=Nesting(word), operation=self.operation, reason=self.reason, use=use
        )


TABLE = (
    Wrong(
        "layer_norm",
        ("native_layer_norm",),
        ("?F", "???*"),
        "torch differentiates its forward rule as if the saved mean and deviation were constants, and the "
        "number is wrong (pytorch#196700, pytorch#175754).",
        use="RR",
    ),
)

_LETTERS = {TransformType.Grad: "R", TransformType.Jvp: "F"}


def nesting_here() -> str:
    """The code of the nesting under which this line runs: nestgrad's transforms and the user's own."""
    return "".join(_LETTERS.get(level.key(), "") for level in get_interpreter_stack() or ())


def watched() -> contextlib.AbstractContextManager[Any]:
    """A context in which operations that are wrong under the present nesting are refused."""
    if torch.compiler.is_dynamo_compiling():
        return contextlib.nullcontext()
    word = nesting_here()
    return _Watch(word) if _refusals(word) else contextlib.nullcontext()


class _Watch(TorchDispatchMode):
    def __init__(self, word: str) -> None:
        super().__init__()
        self._word, self._refused = word, _refusals(word)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        wrong = self._refused.get(func.overloadpacket)
        if wrong is not None:
            raise wrong.refusal(self._word)
        return func(*args, **(kwargs or {}))


@functools.lru_cache(maxsize=64)
def _refusals(word: str) -> dict[Any, Wrong]:
    """The refused operators of a nesting."""
    return {getattr(torch.ops.aten, name): wrong for wrong in TABLE if wrong.covers(word) for name in wrong.aten}
