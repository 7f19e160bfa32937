"""Which operations of an engine a report has measured: those of the functions that have correct cells."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from nestgrad.extend import Backend, Nesting
from nestgrad.internal import descriptor
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.nestings import AUTO, code_of
from nestgrad_conformance.scenarios import Scenario
from nestgrad_conformance.versions import brought, version_of

from .schema import Report, ReportError

_ORDERS = (1, 2)


def found(report: Report, backend: Backend, scenarios: Mapping[str, Scenario]) -> dict[str, Any]:
    """What a backend's file of measured operations holds: the engine's version, and nestings by operation.

    Args:
        report: has an environment of the backend.
        backend: loaded, and this process prepared for it.
        scenarios: by id; those that the report has and this has not are passed over.

    Raises:
        ReportError: the engine is not the version that was measured.
    """
    engine = descriptor(backend.name).engine
    measured, here = (version_of(engine, one) for one in (report.environments[backend.name].engines, brought(engine)))
    if measured != here:
        raise ReportError(f"The report is of {engine} {measured}, and {here} is installed.")
    nestings: defaultdict[str, set[str]] = defaultdict(set)
    for scenario, codes in _correct(report, backend.name).items():
        if scenario in scenarios:
            for operation in Subject(scenarios[scenario], backend, seed=0).operations() or ():
                nestings[operation] |= codes
    return {
        "engine": f"{engine} {measured}",
        "operations": {operation: " ".join(sorted(codes)) for operation, codes in sorted(nestings.items())},
    }


def text(found: Mapping[str, Any]) -> str:
    """The file, one operation in a line."""
    return f"{json.dumps(found, indent=1)}\n"


def _correct(report: Report, backend: str) -> Mapping[str, set[str]]:
    """By scenario, the codes of the nestings of order 1 and 2 that were correct, in whichever execution."""
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for cell in report.cells:
        code = code_of(cell.nesting)
        if cell.backend == backend and cell.outcome == "correct" and code != AUTO and Nesting(code).order in _ORDERS:
            codes[cell.scenario].add(code)
    return codes
