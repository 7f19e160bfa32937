"""Diagnose a function: thin, since judging is the conformance suite's; it is reached through a hook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from ._errors import ExtraNotInstalledError, PluginError
from ._nesting import Nesting
from ._spec import Backend, provides

INSTALL = "pip install 'nestgrad[conformance]'"


class Diagnosis(Protocol):
    """What was measured of a function's nestings. `str` and `print` give a table, and so does `rich.print`.

    Attributes:
        cells: one for each nesting and execution, with the fields of a conformance report's cells:
            `nesting` (the long name), `execution`, `outcome`, `error`, `tolerance`, `seconds`, `f_calls`, `route`,
            `message` and others. Outcomes are `correct`, `wrong`, `silent_zero`, `not_finite`, `refused`,
            `error`, `uncertain`.
        ok: every cell is correct or refused, and one at least is correct.
    """

    cells: Sequence[Any]

    @property
    def ok(self) -> bool: ...

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, ready for JSON."""


def diagnose(
    f: Callable[..., Any],
    x: Any,
    *args: Any,
    backend: str | Backend | None = None,
    nestings: Iterable[str | Nesting] | None = None,
    executions: Iterable[str] = ("eager",),
) -> Diagnosis:
    """Measure which nestings of `f` are right at `x`, by differences of f's undifferentiated values.

    Args:
        f: called as `f(x, *args)`; returns a real floating scalar of shape `()`. It is evaluated some hundred
            times, in this process, at x and around it.
        x: the point: real floating arrays of the engine, in any container.
        *args: passed on, not differentiated.
        backend: a name or a backend; by default as in every call.
        nestings: their names, or `"auto"`; by default all of order 1 and 2, and `auto`.
        executions: of `"eager"`, `"compiled"`, `"traced"`, `"xla"`: those that the backend has.

    Law: a cell is `correct` if its number is within an error bar of the truth. The truth of order 1 comes from
    values of f alone, so that a wrong rule of the engine cannot vouch for itself.

    Warns:
        PluginWarning: a plug-in of a third party is broken, and left out.

    Raises:
        ExtraNotInstalledError: the libraries of the conformance suite are missing.
        NonScalarOutputError, NotDifferentiableError: as any operator. What f raises at x is raised unchanged.
        UnsupportedExecutionError: the backend has no such execution.

    Example:
        >>> import autograd.numpy as np
        >>> diagnosis = diagnose(lambda x: np.sum(np.sin(x) ** 2), np.array([1.0, 2.0]), backend="autograd")
        >>> {cell.outcome for cell in diagnosis.cells}
        {'correct'}
    """
    from ._plugins import answers  # it imports what only plug-ins need

    asked = {"f": f, "x": x, "args": args, "backend": backend, "nestings": nestings, "executions": executions}
    for diagnosis in answers("nestgrad_diagnose", _checked, **asked):
        return diagnosis
    raise ExtraNotInstalledError(f"diagnose needs the conformance suite. Install it: {INSTALL}")


def _checked(given: Any) -> Diagnosis:
    if not hasattr(given, "cells") or not provides(given, "to_dict"):
        raise PluginError(f"Its hook nestgrad_diagnose gives a {type(given).__name__}, which is no diagnosis.")
    return given  # type: ignore[no-any-return]
