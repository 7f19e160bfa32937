"""For the tests of other people's projects: claims about which nestings of a function work."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ._diagnose import Diagnosis, diagnose
from ._nesting import Nesting, nestings
from ._spec import Backend

_AUTO = "auto"
_SILENT = ("wrong", "silent_zero", "not_finite")


def assert_nestings(
    f: Callable[..., Any],
    x: Any,
    *args: Any,
    require: str = "",
    refuse: str = "",
    backend: str | Backend | None = None,
    executions: Iterable[str] = ("eager",),
) -> Diagnosis:
    """Assert which nestings of `f(x, *args)` work. Claims are checked both ways.

    Args:
        f: as for `nestgrad.diagnose`, and so are x, args, backend and executions.
        x: the point.
        *args: passed on to f.
        require: nestings, separated by blanks, that must be correct: `"FR RR auto"`.
        refuse: nestings that must be refused.
        backend: a name or a backend.
        executions: where the claims must hold.

    Every other nesting of order 1 and 2 is measured too, and may be correct, refused or fail aloud.

    Returns:
        The diagnosis.

    Raises:
        AssertionError: a required nesting is not correct, one of `refuse` is not refused, or one in neither list
            is silently wrong. The message has the table.

    Example:
        >>> import autograd.numpy as np
        >>> diagnosis = assert_nestings(lambda x: np.sum(x**3), np.ones(2), require="FR RR", backend="autograd")
    """
    required, refused = (tuple(map(_long_name, claim.split())) for claim in (require, refuse))
    known = (*map(str, (*nestings(1), *nestings(2))), _AUTO)
    if both := set(required) & set(refused):
        raise ValueError(f"required and refused at once: {', '.join(sorted(both))}")
    asked = tuple(dict.fromkeys((*known, *required, *refused)))
    diagnosis = diagnose(f, x, *args, backend=backend, nestings=asked, executions=executions)
    broken = [claim for cell in diagnosis.cells if (claim := _broken_claim(cell, required, refused))]
    if broken:
        raise AssertionError("\n".join([*broken, "", str(diagnosis)]))
    return diagnosis


def _long_name(nesting: str) -> str:
    return nesting if nesting == _AUTO else str(Nesting(nesting))


def _broken_claim(cell: Any, required: tuple[str, ...], refused: tuple[str, ...]) -> str | None:
    """What a cell makes untrue, in one sentence, or None."""
    found = f"{cell.nesting} ({cell.execution}) is {cell.outcome}"
    if cell.nesting in required:
        return None if cell.outcome == "correct" else f"{found}; it is required to be correct."
    if cell.nesting in refused:
        return None if cell.outcome == "refused" else f"{found}; it is claimed to be refused."
    return f"{found}, silently." if cell.outcome in _SILENT else None
