"""An entry of the table of what TensorFlow differentiates wrongly."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nestgrad.extend import Nesting, UnsupportedNestingError
from nestgrad_tensorflow._guard.call import Call, is_floating
from nestgrad_tensorflow._guard.inner_functions import Node


@dataclass(frozen=True)
class Wrong:
    """One operation and the nestings in which TensorFlow's number is wrong.

    Attributes:
        operation: its name, as users of TensorFlow know it.
        ops: what it is in TensorFlow's list of operations.
        nestings: patterns on the code of a word, as fnmatch reads them.
        reason: what TensorFlow does, with the thread if there is one.
        use: words that are right.
        repair: the right outputs for a call; without one the operation is refused.
        by_two_pullbacks: it is right as soon as forward mode is emulated.
        when: whether this call is concerned; all are by default.
        when_inside: whether an operation inside an inner function, whose inputs are not known, is concerned.
    """

    operation: str
    ops: tuple[str, ...]
    nestings: tuple[str, ...]
    reason: str
    use: tuple[str, ...] = ()
    repair: Callable[[Call], list[Any]] | None = None
    by_two_pullbacks: bool = False
    when: Callable[[Call], bool] = lambda call: True
    when_inside: Callable[[Node], bool] = is_floating

    def covers(self, word: str) -> bool:
        """Whether the number is wrong under this nesting."""
        return any(fnmatch.fnmatchcase(word, pattern) for pattern in self.nestings)

    def refusal(self, word: str, advice: str = "") -> UnsupportedNestingError:
        """The error to raise instead of the number."""
        use = next((Nesting(code) for code in self.use if len(code) == len(word)), None)
        reason = f"{self.reason} {advice}".rstrip()
        return UnsupportedNestingError(
            backend="tensorflow", nesting=Nesting(word), operation=self.operation, reason=reason, use=use
        )
