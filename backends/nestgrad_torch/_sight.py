"""How a fault of the ledger is seen in a call, and the two together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch._subclasses.fake_tensor import DataDependentOutputException

from nestgrad.extend import Fault, UnsupportedNestingError

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Sight:
    """By what a call is known to be of a fault; by none of these where a look-out has code of its own for it.

    Attributes:
        aten: the operators that it becomes below every transform.
        functions: what Python calls it, where it leaves no operator of its own; `torch.library.custom_op` stands
            for whatever was made by it.
        nodes: what the tape calls it, where it cannot be told by its operator; without a number, all that differ by it.
        when: whether these arguments of the operator, by name, are concerned; all are by default.
        eager: only values tell, and too many calls are right: in compiled programs `zero_norms` sees to it.
    """

    aten: tuple[str, ...] = ()
    functions: tuple[Any, ...] = ()
    nodes: tuple[str, ...] = ()
    when: Callable[[Arguments], bool] = lambda arguments: True
    eager: bool = False


@dataclass(frozen=True)
class Seen:
    """A fault and one of its sights."""

    fault: Fault
    sight: Sight

    def covers(self, nesting: str, *, compiled: bool = False, in_direction: bool = False) -> bool:
        """Whether the number is wrong under the nesting of this code."""
        hidden = compiled and self.sight.eager
        return not hidden and self.fault.covers(nesting, compiled=compiled, in_direction=in_direction)

    def concerns(self, arguments: Arguments) -> bool:
        """Whether these arguments are concerned; those without values, which a compiler traces, may be."""
        try:
            return self.sight.when(arguments)
        except DataDependentOutputException:
            return True

    def refusal(self, nesting: str, function: Any = None) -> UnsupportedNestingError:
        """The error to raise instead of the number; of a fault with several operations it names the function's."""
        name = getattr(function, "__name__", "").removeprefix("special_")  # torch's own for torch.special
        return self.fault.refusal("torch", nesting, name if name in self.fault.operations else None)
