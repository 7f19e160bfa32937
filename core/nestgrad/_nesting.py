"""Nestings: sequences of the two modes of automatic differentiation, outermost first."""

from __future__ import annotations

import fnmatch
import itertools
from enum import Enum
from typing import TYPE_CHECKING

from ._errors import InvalidNestingError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator


class Mode(Enum):
    """One mode of differentiation; its value is its long name."""

    FORWARD = "forward"
    REVERSE = "reverse"

    __hash__ = object.__hash__  # Enum's own is written in Python, and called some ten times for each plan

    @property
    def letter(self) -> str:
        """`F` or `R`."""
        return self.name[0]


_LETTERS = {mode.letter: mode for mode in Mode}
_NAMES = {mode.value: mode for mode in Mode}


class Nesting:
    """A non-empty sequence of modes, outermost first.

    Written long (`"forward_over_reverse"`) or short (`"FR"`); both are the same nesting. It iterates
    over its modes, and is immutable and hashable.

    The law, for a smooth scalar f, a nesting of order k and directions v₁, v₂, …: with at least one R
    it gives Dᵏf(x)[v₁, …, vₖ₋₁, ·], shaped like x, and all such nestings of one order agree; one of F
    alone gives the scalar Dᵏf(x)[v₁, …, vₖ].

    Raises:
        InvalidNestingError: the spelling is empty or has a letter or name that is no mode.

    Example:
        >>> Nesting("forward_over_reverse") == Nesting("FR")
        True
        >>> str(Nesting("RF")), Nesting("FFR").order, Nesting("FFR").directions
        ('reverse_over_forward', 3, 2)
    """

    __slots__ = ("_modes", "code")
    _modes: tuple[Mode, ...]
    code: str
    """The short name: one letter a mode."""

    def __new__(cls, spelling: str | Nesting) -> Nesting:
        if isinstance(spelling, Nesting):
            return spelling
        nesting = super().__new__(cls)
        object.__setattr__(nesting, "_modes", _parse(spelling))
        object.__setattr__(nesting, "code", "".join(mode.letter for mode in nesting._modes))
        return nesting

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Nesting is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a Nesting is immutable")

    @property
    def order(self) -> int:
        """How often the function is differentiated."""
        return len(self._modes)

    @property
    def outer(self) -> Mode:
        """The mode applied last."""
        return self._modes[0]

    @property
    def inner(self) -> Mode:
        """The mode applied first."""
        return self._modes[-1]

    @property
    def directions(self) -> int:
        """How many directions the nesting consumes: the order, less one if it has an R."""
        return self.order - (Mode.REVERSE in self._modes)

    def matches(self, pattern: str) -> bool:
        """Whether the code matches a pattern, as `fnmatch` reads it: `?` is one mode, `*` any number of them.

        Example:
            >>> Nesting("FRR").matches("?R*"), Nesting("R").matches("?R*")
            (True, False)
        """
        return fnmatch.fnmatchcase(self.code, pattern)

    def __iter__(self) -> Iterator[Mode]:
        return iter(self._modes)

    def __len__(self) -> int:
        return len(self._modes)

    def __contains__(self, mode: object) -> bool:
        return mode in self._modes

    def __str__(self) -> str:
        return "_over_".join(mode.value for mode in self._modes)

    def __repr__(self) -> str:
        return f"Nesting({self.code!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Nesting) and self._modes == other._modes

    def __hash__(self) -> int:
        return hash((Nesting, self._modes))

    def __reduce__(self) -> tuple[object, ...]:
        return Nesting, (self.code,)


def nestings(order: int) -> tuple[Nesting, ...]:
    """Every nesting of one order.

    Example:
        >>> [nesting.code for nesting in nestings(2)]
        ['FF', 'FR', 'RF', 'RR']
    """
    return tuple(Nesting("".join(letters)) for letters in itertools.product("FR", repeat=order))


def _parse(spelling: object) -> tuple[Mode, ...]:
    if not isinstance(spelling, str):
        raise InvalidNestingError(f"A nesting is a string such as 'FR' or 'forward_over_reverse', not {spelling!r}.")
    if not spelling:
        raise InvalidNestingError("A nesting has at least one mode; the string is empty. Write 'R' for a gradient.")
    if set(spelling) <= _LETTERS.keys():
        return tuple(_LETTERS[letter] for letter in spelling)
    parts = spelling.split("_over_")
    if set(parts) <= _NAMES.keys():
        return tuple(_NAMES[part] for part in parts)
    if spelling.upper() != spelling and set(spelling.upper()) <= _LETTERS.keys():
        hint = f"Did you mean {spelling.upper()!r}?"
        raise InvalidNestingError(f"{spelling!r} is no nesting: short names are capitals. {hint}")
    known = (*nestings(1), *nestings(2))
    hint = did_you_mean(spelling, [name for nesting in known for name in (nesting.code, str(nesting))])
    raise InvalidNestingError(f"{spelling!r} is no nesting: its parts are 'forward' and 'reverse', or F and R. {hint}")
