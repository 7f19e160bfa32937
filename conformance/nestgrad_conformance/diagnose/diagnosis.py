"""The suite's judgement of a user's own function: one cell for each nesting and execution."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from rich.console import Console, RenderableType

from nestgrad import InvalidNestingError, UnsupportedExecutionError
from nestgrad.extend import COMPILERS, Backend, Nesting, provides
from nestgrad.internal import ABOUT_ARGUMENTS, did_you_mean, explain, of_outcome, select
from nestgrad_conformance.cases.function_case import OwnFunction
from nestgrad_conformance.judge.measure import measure as measured
from nestgrad_conformance.judge.measurement import Measurement, fields_of
from nestgrad_conformance.nestings import AUTO, long_name, order_of
from nestgrad_conformance.render.cells import table
from nestgrad_conformance.report.schema import Cell, cell_id
from nestgrad_conformance.truth.truth import SINGLE

TIER = "own"
"""The tier of cells that belong to no scenario of the suite."""
WIDTH = 120
DEFAULT = ("R", "F", "FR", "RF", "RR", "FF", AUTO)
"""Every nesting of order 1 and 2, those with a vector for result first: others are compared with it."""


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """See `nestgrad.Diagnosis`.

    Attributes:
        function: the function's name.
        backend: the backend's name.
        values: the dtype in which f's values were taken for the truth.
        cells: those that were measured.
    """

    function: str
    backend: str
    values: str
    cells: tuple[Cell, ...]

    @property
    def ok(self) -> bool:
        """Every cell is correct or refused, and one at least is correct."""
        outcomes = {cell.outcome for cell in self.cells}
        return "correct" in outcomes <= {"correct", "refused"}

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "function": self.function,
            "backend": self.backend,
            "values": self.values,
            "ok": self.ok,
            "cells": msgspec.to_builtins(self.cells),
        }

    def __rich__(self) -> RenderableType:
        return table(self.cells, f"{self.function} on {self.backend}", self._caption)

    def __repr__(self) -> str:
        console = Console(width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False)
        with console.capture() as text:
            console.print(self)
        return "\n".join(line.rstrip() for line in text.get().splitlines())

    @property
    def _caption(self) -> str:
        text = f"The truth is from values of f in {self.values}"
        if self.cells[0].dtype != "float64":
            text += f"; x is {self.cells[0].dtype}, so a number may be off by {SINGLE.slack:g} of its scale"
        return f"{text}."


def diagnose(
    f: Callable[..., Any],
    x: Any,
    args: tuple[Any, ...],
    backend: str | Backend | None,
    nestings: Iterable[str | Nesting] | None,
    executions: Iterable[str],
) -> Diagnosis:
    """See `nestgrad.diagnose`."""
    nestings = checked_nestings(nestings)
    picked = chosen(f, x, args, backend)
    runs = checked_executions(picked, executions)
    name = name_of(f)
    with np.errstate(all="ignore"):  # numbers are judged, not their warnings
        case = own_function(f, x, args, backend, picked)
        cells = [
            cell_of(name, picked.name, case.dtype, nesting, run, measured(case, nesting, run))
            for run in runs
            for nesting in nestings
        ]
    return Diagnosis(name, picked.name, case.values, tuple(cells))


def chosen(f: Callable[..., Any], x: Any, args: tuple[Any, ...], given: str | Backend | None = None) -> Backend:
    """The backend that a call with these arguments would pick."""
    return select(given, (x, *args), lambda: _named(x, args), lambda: of_outcome(f, (x, *args), {}, has_aux=False))


def own_function(
    f: Callable[..., Any], x: Any, args: tuple[Any, ...], given: str | Backend | None, backend: Backend
) -> OwnFunction:
    """The function at a point, to be measured; an error about x says which backend was picked, and why."""
    try:
        return OwnFunction(f, x, args, backend)
    except ABOUT_ARGUMENTS as error:
        explain(error, given, backend, lambda: _named(x, args))
        raise


def _named(x: Any, args: tuple[Any, ...]) -> list[tuple[str, Any]]:
    return [("x", x), *((f"args[{i}]", value) for i, value in enumerate(args))]


def checked_nestings(nestings: Iterable[str | Nesting] | None) -> tuple[str, ...]:
    """The codes of some nestings, or of the default ones.

    Raises:
        InvalidNestingError: one is no nesting.
    """
    if nestings is None:
        return DEFAULT
    given = (nestings,) if isinstance(nestings, (str, Nesting)) else tuple(nestings)
    codes = {AUTO if nesting == AUTO else Nesting(nesting).code for nesting in given}
    if not codes:
        raise InvalidNestingError("No nesting is asked for.")
    return tuple(sorted(codes, key=lambda code: (code == AUTO, order_of(code), "R" not in code, code)))


def checked_executions(backend: Backend, executions: Iterable[str]) -> tuple[str, ...]:
    """The executions themselves.

    Raises:
        UnsupportedExecutionError: there is none of this name, or the backend has none.
    """
    offered = ("eager", *(name for name, method in COMPILERS.items() if provides(backend, method)))
    asked = tuple(dict.fromkeys((executions,) if isinstance(executions, str) else executions))
    missing = [name for name in asked if name not in offered]
    if missing or not asked:
        what = f"has no execution {missing[0]!r}" if missing else "is asked for no execution"
        raise UnsupportedExecutionError(f"Backend {backend.name!r} {what}. {did_you_mean('', offered)}")
    return asked


def name_of(f: Callable[..., Any]) -> str:
    """What to call a function."""
    return str(getattr(f, "__name__", type(f).__name__))


def cell_of(function: str, backend: str, dtype: str, nesting: str, execution: str, found: Measurement) -> Cell:
    """A measurement as a cell; nothing is declared of a user's function, so that the verdict is the outcome."""
    return Cell(
        id=cell_id(backend=backend, scenario=function, revision=1, nesting=nesting, execution=execution, dtype=dtype),
        backend=backend,
        scenario=function,
        tier=TIER,
        features=[],
        nesting=long_name(nesting),
        execution=execution,
        dtype=dtype,
        device=None,
        declared=None,
        verdict=found.outcome,
        **fields_of(found),
    )
