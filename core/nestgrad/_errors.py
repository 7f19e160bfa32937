"""Every error that nestgrad raises on purpose.

Each says what was asked, what is wrong, and what to do. `except NestgradError` catches them all; an exception that the
user's own function raises is never among them, but for `BackendNotFoundError`, which may stand for one that an engine
raised, or seems to have, where f was asked whose it is.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._nesting import Nesting


class NestgradError(Exception):
    """The base of all errors of this package."""

    ag_pass_through = True  # by which AutoGraph lets it by, instead of raising an error of its own with the same text


class InvalidNestingError(NestgradError, ValueError):
    """What was asked for is no nesting: empty, misspelt, or of the wrong order for the operator."""


class BackendNotFoundError(NestgradError, LookupError):
    """No installed distribution registers a backend of this name, or nothing in a call says which one is meant."""


class BackendUnavailableError(NestgradError, ImportError):
    """The backend is registered but cannot be used: its engine or the plug-in itself does not load."""


class PluginError(NestgradError):
    """A hook of a plug-in does not give what it should; the message says which, and what it gives."""


class PluginWarning(UserWarning):
    """A plug-in of a third party is broken and is left out: named once in a process, and everything else goes on."""


class BackendConflictError(NestgradError):
    """Two backends claim the same thing: one name, one array type, or the arrays of one call."""


class ExtraNotInstalledError(NestgradError, ImportError):
    """A part of nestgrad needs libraries that are not installed; the message has the install line."""


class UnsupportedExecutionError(NestgradError):
    """The backend lacks the execution that was asked for, such as `compile=True`."""


class NotDifferentiableError(NestgradError, TypeError):
    """A leaf of a differentiated argument, or the output, is not a real floating array."""


class PrecisionLossError(NestgradError, TypeError):
    """The engine, as it is set up, would store an input with fewer bits than it has."""


class StructureMismatchError(NestgradError, ValueError):
    """A direction does not have the structure, shapes, dtypes or devices of its primal."""


class NonScalarOutputError(NestgradError, TypeError):
    """The function does not return a single real number of shape `()`."""


class DependentRowsError(NestgradError, ValueError):
    """A function that was said to take its rows one by one has an output that depends on another, or may do so."""


class UncertainError(NestgradError, ArithmeticError):
    """Differences of f do not give its derivative well enough: the number is returned in the error alone.

    Attributes:
        value: the derivative, as far as it is known: a NumPy array of the output's shape, or a tuple of such.
        bar: how far each entry may be off, the same; inf where nothing is known.
    """

    def __init__(self, told: str, value: Any, bar: Any) -> None:
        super().__init__(told, value, bar)
        self.value, self.bar = value, bar

    def __str__(self) -> str:
        return str(self.args[0])


class StaleLinearizationError(NestgradError, RuntimeError):
    """What f captured was written since f was linearised at a point, or what was recorded has been freed."""


class EngineError(NestgradError, RuntimeError):
    """The engine raised something that its backend does not recognise; see `__cause__`.

    Attributes:
        use: a nesting that was found to work instead, or `None`.
        tried: others that were found not to work.
        instead: what else can be done, or `None`.
    """

    def __init__(
        self, told: str, use: Nesting | None = None, tried: tuple[Nesting, ...] = (), instead: str | None = None
    ) -> None:
        super().__init__(told, use, tried, instead)
        self.use, self.tried, self.instead = use, tried, instead

    def __str__(self) -> str:
        return f"{self.args[0]}{way_out(self.use, self.tried, self.instead)}"

    def advised(
        self, use: Nesting | None = None, tried: tuple[Nesting, ...] = (), instead: str | None = None
    ) -> EngineError:
        """The same, where this nesting was found to work, or these others not to."""
        return EngineError(self.args[0], use, tried, instead)


def way_out(use: Nesting | None, tried: tuple[Nesting, ...], instead: str | None) -> str:
    """Sentences that say what to do instead."""
    told = [f"Use {use.code!r} ({use}) instead."] if use else []
    if tried:
        told.append(f"No other nesting works either; tried: {', '.join(repr(one.code) for one in tried)}.")
    return "".join(f" {sentence}" for sentence in (*told, *([instead] if instead else [])))


class NestingFallbackWarning(UserWarning):
    """`nesting="auto"` used another nesting than the backend's first choice, which is refused for this function.

    Once for each operator. The result is right: the message says which nesting gave it, and what blocks the other.

    Attributes:
        nesting: the one that was used.
    """

    def __init__(self, operator: str, nesting: Nesting, refused: NestgradError) -> None:
        super().__init__(operator, nesting, refused)
        self.nesting = nesting

    def __str__(self) -> str:
        operator, nesting, refused = self.args
        each = " for each unit vector" if nesting.code == "FF" else ""
        return f"{operator} is taken by {nesting.code!r} ({nesting}){each}; f was evaluated again for it. {refused}"


MANY = 20
"""More names than a person reads in a message."""


def closest(word: str, known: Iterable[str]) -> list[str]:
    """Those of the known words that are close to `word`, best first."""
    from difflib import get_close_matches  # imported by mistakes alone

    known, word = sorted(known), word.strip()
    return get_close_matches(word, known, n=3, cutoff=0.5) or get_close_matches(word.lower(), known, n=3, cutoff=0.5)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the known words closest to `word`, or else all of them, if they are few."""
    known = sorted(known)
    close = closest(word, known)
    if close:
        return "Did you mean " + " or ".join(repr(name) for name in close) + "?"
    if len(known) > MANY:
        return f"None of the {len(known)} known ones is close to it."
    return "Known are: " + ", ".join(repr(name) for name in known) + "." if known else "None is installed."


def in_a_line(error: BaseException) -> str:
    """An exception of foreign code in one line, however long its message is, and even if that cannot be made."""
    try:
        text = str(error)
    except Exception:
        text = "(it has no message that can be shown)"
    return textwrap.shorten(f"{type(error).__name__}: {text}", 400).rstrip(".")
