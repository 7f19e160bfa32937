"""What an entry of the table of wrong operations says."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch._subclasses.fake_tensor import DataDependentOutputException
from torch.torch_version import TorchVersion

from nestgrad.extend import Nesting, UnsupportedNestingError

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Wrong:
    """One operation and the nestings in which torch's number is wrong.

    Attributes:
        operation: its name, as users of torch know it.
        nestings: patterns on the code of a word, as fnmatch reads them.
        reason: what torch does, with the thread if there is one.
        use: words that are right.
        aten: the operators that it becomes below every transform.
        nodes: what the tape calls it, where it cannot be told by its operator.
        directions: further patterns, of nestings that are wrong when the user's own tape records the direction.
        compiled: further patterns, of nestings that are wrong when torch.compile traces them.
        eager: only values tell, and too many calls are right: in compiled programs `_spoiled` sees to it.
        functions: what Python calls it, where it leaves no operator of its own; `torch.library.custom_op` stands
            for whatever was made by it.
        when: whether these arguments of the operator, by name, are concerned; all are by default.
        mended_in: the version of torch that was measured without it.
    """

    operation: str
    nestings: tuple[str, ...]
    reason: str
    use: tuple[str, ...] = ()
    aten: tuple[str, ...] = ()
    functions: tuple[Any, ...] = ()
    when: Callable[[Arguments], bool] = lambda arguments: True
    compiled: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    eager: bool = False
    mended_in: str | None = None

    def is_in(self, version: TorchVersion) -> bool:
        """Whether a version of torch has it."""
        return self.mended_in is None or bool(version < self.mended_in)

    def covers(self, word: str, compiled: bool, direction: bool = False) -> bool:
        """Whether the number is wrong under this nesting, or its gradient in the direction is."""
        if compiled and self.eager:
            return False
        patterns = self.nestings + self.compiled * compiled + self.directions * direction
        return any(fnmatch.fnmatchcase(word, pattern) for pattern in patterns)

    def concerns(self, arguments: Arguments) -> bool:
        """Whether these arguments are concerned; those without values, which a compiler traces, may be."""
        try:
            return self.when(arguments)
        except DataDependentOutputException:
            return True

    def refusal(self, word: str) -> UnsupportedNestingError:
        """The error to raise instead of the number."""
        use = next((Nesting(code) for code in self.use if len(code) == len(word)), None)
        return UnsupportedNestingError(
            backend="torch", nesting=Nesting(word), operation=self.operation, reason=self.reason, use=use
        )
