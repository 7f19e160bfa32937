"""The table of what TensorFlow differentiates wrongly, without an error, under some nestings.

Measured with TensorFlow 2.21, by the suite and by running its public operations under every nesting up to
order 3 against differences of values.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nestgrad.extend import Nesting, UnsupportedNestingError

from . import _repairs
from ._call import Call, has_zero, is_floating, is_of_moments
from ._calls import Node


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

    def refusal(self, word: str) -> UnsupportedNestingError:
        """The error to raise instead of the number."""
        use = next((Nesting(code) for code in self.use if len(code) == len(word)), None)
        return UnsupportedNestingError(
            backend="tensorflow", nesting=Nesting(word), operation=self.operation, reason=self.reason, use=use
        )


def _by_op(wrongs: Iterable[Wrong]) -> dict[str, tuple[Wrong, ...]]:
    table: dict[str, tuple[Wrong, ...]] = {}
    for wrong in wrongs:
        for op in wrong.ops:
            table[op] = (*table.get(op, ()), wrong)
    return table


_DIVIDES = "TensorFlow's rule divides by the factors, and one is zero (tensorflow#119430)"

TABLE = _by_op(
    (
        Wrong(
            "moments",
            ("StopGradient",),
            ("*",),
            "TensorFlow takes the mean inside the variance for a constant (tensorflow#19609).",
            repair=lambda call: [call.inputs[0]],
            when=is_of_moments,
            when_inside=lambda node: "moments/" in node.definition.name,
        ),
        Wrong("cumprod", ("Cumprod",), ("*",), f"{_DIVIDES}.", repair=_repairs.cumprod, when=has_zero),
        Wrong(
            "reduce_prod",
            ("Prod",),
            ("?*F*",),
            f"{_DIVIDES}.",
            use=("RR", "RRR"),
            by_two_pullbacks=True,
            when=has_zero,
            when_inside=lambda node: False,
        ),
        Wrong(
            "reduce_prod",
            ("Prod",),
            ("??*",),
            f"{_DIVIDES}.",
            when=lambda call: False,
        ),
        Wrong(
            "pow",
            ("Pow",),
            ("???*",),
            "TensorFlow's rule gives nan for the derivatives of x**n at 0 that are zero.",
            repair=_repairs.power,
            when=_repairs.is_small_power,
            when_inside=_repairs.is_small_power_inside,
        ),
    )
)
