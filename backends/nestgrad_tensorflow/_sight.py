"""How a fault of the ledger is seen in a call, and the two together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nestgrad.extend import Fault, UnsupportedNestingError
from nestgrad_tensorflow._inner_functions import Node
from nestgrad_tensorflow._operation import Call

from ._arguments import is_floating


@dataclass(frozen=True)
class Sight:
    """By what a call is known to be of a fault; by none of these where there is code of its own for it.

    Attributes:
        ops: what it is in TensorFlow's list of operations.
        operation: its name, as users of TensorFlow know it; the first one of the fault by default.
        repair: the right outputs for a call; without one the operation is refused.
        by_two_pullbacks: it is right as soon as forward mode is emulated.
        closes: its outputs may be used; a gradient through them is refused.
        when: whether this call is concerned; all are by default.
        when_inside: whether an operation inside an inner function, whose inputs are not known, is concerned.
    """

    ops: tuple[str, ...] = ()
    operation: str | None = None
    repair: Callable[[Call], list[Any]] | None = None
    by_two_pullbacks: bool = False
    closes: bool = False
    when: Callable[[Call], bool] = lambda call: True
    when_inside: Callable[[Node], bool] = is_floating


@dataclass(frozen=True)
class Seen:
    """A fault and one of its sights."""

    fault: Fault
    sight: Sight

    @property
    def operation(self) -> str:
        """What users of TensorFlow call it."""
        return self.sight.operation or self.fault.operations[0]

    def refusal(self, nesting: str, advice: str = "") -> UnsupportedNestingError:
        """The error to raise instead of the number."""
        return self.fault.refusal("tensorflow", nesting, self.operation, advice)
