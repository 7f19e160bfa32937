"""Nestings: words over the two modes of automatic differentiation, outermost first."""

from __future__ import annotations

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

    The law, for a smooth scalar f, a word of length k and directions v₁, v₂, …: a word with at least
    one R gives Dᵏf(x)[v₁, …, vₖ₋₁, ·], shaped like x, and all such words of one length agree; a word
    of F alone gives the scalar Dᵏf(x)[v₁, …, vₖ].

    Raises:
        InvalidNestingError: the word is empty or has a letter or name that is no mode.

    Example:
        >>> Nesting("forward_over_reverse") == Nesting("FR")
        True
        >>> str(Nesting("RF")), Nesting("FFR").order, Nesting("FFR").directions
        ('reverse_over_forward', 3, 2)
    """

    __slots__ = ("_modes",)
    _modes: tuple[Mode, ...]

    def __new__(cls, word: str | Nesting) -> Nesting:
        if isinstance(word, Nesting):
            return word
        nesting = super().__new__(cls)
        object.__setattr__(nesting, "_modes", _parse(word))
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
    def code(self) -> str:
        """The short name: one letter a mode."""
        return "".join(mode.letter for mode in self._modes)

    @property
    def directions(self) -> int:
        """How many directions the word consumes: the order, less one if it has an R."""
        return self.order - (Mode.REVERSE in self._modes)

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


def words(order: int) -> tuple[Nesting, ...]:
    """Every nesting of one order.

    Example:
        >>> [word.code for word in words(2)]
        ['FF', 'FR', 'RF', 'RR']
    """
    return tuple(Nesting("".join(letters)) for letters in itertools.product("FR", repeat=order))


def _parse(word: object) -> tuple[Mode, ...]:
    if not isinstance(word, str):
        raise InvalidNestingError(f"A nesting is a word such as 'FR' or 'forward_over_reverse', not {word!r}.")
    if not word:
        raise InvalidNestingError("A nesting has at least one mode; the word is empty. Write 'R' for a gradient.")
    if set(word) <= _LETTERS.keys():
        return tuple(_LETTERS[letter] for letter in word)
    parts = word.split("_over_")
    if set(parts) <= _NAMES.keys():
        return tuple(_NAMES[part] for part in parts)
    if word.upper() != word and set(word.upper()) <= _LETTERS.keys():
        raise InvalidNestingError(f"{word!r} is no nesting: short names are capitals. Did you mean {word.upper()!r}?")
    hint = did_you_mean(word, [spelling for order in (1, 2) for w in words(order) for spelling in (w.code, str(w))])
    raise InvalidNestingError(f"{word!r} is no nesting: its parts are 'forward' and 'reverse', or F and R. {hint}")
