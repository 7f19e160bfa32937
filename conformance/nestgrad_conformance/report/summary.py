"""What a report says, as plain data for every renderer: counts, the grid of marks, limits, findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nestgrad.internal import nestings
from nestgrad_conformance.judge.verdict import SILENT, Judged, Outcome, Verdict, findings
from nestgrad_conformance.nestings import AUTO, code_of

from .levels import NAMES, level
from .schema import Cell, Report, Run

MARKS: dict[Judged, str] = {
    "supported": "✓",
    "probe": "·",
    "emulated": "e",
    "refused": "–",
    "not_finite": "∞",
    "undeclared": "u",
    "uncertain": "?",
    "broken": "!",
    "silently_wrong": "✗",
}
"""From the best verdict to the worst."""
RAW_MARKS: dict[Outcome, str] = {
    "correct": "✓",
    "probe": "·",
    "refused": "–",
    "error": "!",
    "timeout": "t",
    "crash": "c",
    "uncertain": "?",
    "not_finite": "n",
    "silent_zero": "0",
    "wrong": "✗",
}
"""The same for the outcomes of a raw engine, of which nothing is declared."""
DECLARED: dict[Verdict, str] = {
    "refused": "Refused, as declared",
    "not_finite": "Not finite where it was compiled, as declared",
}
"""The verdicts of limits that were met, with the heading that these have."""
COLUMNS = (*(nesting.code for order in (1, 2) for nesting in nestings(order)), AUTO)
"""The nestings of the grid; longer nestings are one column more, the sum of them."""

Marks = Mapping[Verdict, str]
Column = tuple[str, str]
"""A backend and an execution."""


@dataclass(frozen=True)
class Gap:
    """What a backend declares that it does not give, and why."""

    backend: str
    nestings: tuple[str, ...]
    scenarios: tuple[str, ...]
    limit: str
    link: str | None


def columns(report: Report) -> list[Column]:
    """The backends and executions that were measured."""
    return list(dict.fromkeys((cell.backend, cell.execution) for cell in report.cells))


def by_tier(report: Report) -> dict[str, list[Cell]]:
    """The cells of every tier."""
    table: dict[str, list[Cell]] = defaultdict(list)
    for cell in report.cells:
        table[cell.tier].append(cell)
    return table


def counts(cells: Iterable[Cell]) -> dict[Column, dict[str, Counter[Verdict]]]:
    """How many cells of each verdict, by backend and execution, then by nesting."""
    table: dict[Column, dict[str, Counter[Verdict]]] = defaultdict(lambda: defaultdict(Counter))
    for cell in cells:
        table[cell.backend, cell.execution][code_of(cell.nesting)][cell.verdict] += 1
    return table


def grid(report: Report) -> dict[str, dict[Column, dict[str, list[Verdict]]]]:
    """The verdicts of every scenario, by backend and execution, then by nesting; order 3 and up under `3+`."""
    table: dict[str, dict[Column, dict[str, list[Verdict]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for cell in report.cells:
        nesting = code_of(cell.nesting)
        place = nesting if nesting in COLUMNS else "3+"
        table[cell.scenario][cell.backend, cell.execution][place].append(cell.verdict)
    return table


def marks(report: Report) -> Marks:
    """The marks of this kind of report, from the best verdict to the worst."""
    return RAW_MARKS if report.run.raw else MARKS  # type: ignore[return-value]  # Mapping is invariant in its keys


def worst(verdicts: Iterable[Verdict], marks: Marks) -> Verdict:
    """The worst of some verdicts, which is what is shown of them: a reader must not miss it."""
    return max(verdicts, key=list(marks).index)


def mark(verdicts: list[Verdict], marks: Marks) -> str:
    """The mark of some cells."""
    return marks[worst(verdicts, marks)] if verdicts else " "


def legend(report: Report) -> list[tuple[str, str]]:
    """The marks that this kind of report can have, with what they mean."""
    return [(sign, name.replace("_", " ")) for name, sign in marks(report).items()]


def gaps(report: Report, verdict: Verdict) -> list[Gap]:
    """The limits that were met in cells of a verdict, each once, with the nestings and scenarios of these."""
    met: dict[tuple[str, str, str | None], list[Cell]] = defaultdict(list)
    for cell in report.cells:
        if cell.verdict == verdict and cell.limit:
            met[cell.backend, cell.limit, cell.link].append(cell)
    return [
        Gap(
            backend,
            tuple(sorted({code_of(cell.nesting) for cell in cells}, key=lambda nesting: (len(nesting), nesting))),
            tuple(sorted({cell.scenario for cell in cells})),
            limit,
            link,
        )
        for (backend, limit, link), cells in met.items()
    ]


def problems(report: Report) -> list[Cell]:
    """The cells that make the report a finding."""
    return findings(report.cells)  # type: ignore[return-value]


def shortcomings(report: Report) -> list[str]:
    """What makes a report no success though none of its cells fails, a sentence each; missing cells are told apart."""
    if not report.cells:
        return [f"No cell was measured: {report.run.expected} were planned, {report.run.absent} are absent."]
    started = {cell.backend for cell in report.cells if cell.exception != "startup"}
    silent = sorted({cell.backend for cell in report.cells} - started)
    if silent:
        return [f"{backend} was not measured: no worker of it has started." for backend in silent]
    levels = {backend: level(report, backend) for backend in report.environments}
    return [f"{backend} {found}." for backend, found in levels.items() if found and found.name == NAMES[0]]


def fails(report: Report) -> bool:
    """Whether the exit status of a report is 1."""
    return bool(problems(report) or report.run.partial or shortcomings(report))


def verdict_line(report: Report) -> str:
    """The report in one sentence, and what else is to be said of it as a whole."""
    parts = [_kind(report.run)]
    if report.cells:
        parts.append(_counted(report))
        if not any(cell.outcome in SILENT for cell in report.cells):
            parts.append("No number is silently wrong.")
    parts += shortcomings(report)
    if missing := report.run.expected - report.run.finished - report.run.absent:
        parts.append(f"PARTIAL: {missing} of {report.run.expected} cells are missing.")
    return " ".join(filter(None, parts))


def _counted(report: Report) -> str:
    found = Counter(cell.verdict for cell in report.cells)
    parts = ", ".join(f"{found[name]} {name.replace('_', ' ')}" for name in marks(report) if found[name])
    return f"{len(report.cells)} cells: {parts} ({report.run.absent} absent)."


def _kind(run: Run) -> str:
    """What was run, if it was not all that a backend does and the profile has."""
    parts = ["Raw engine, without repairs and refusals."] if run.raw else []
    if run.shard:
        parts.append(f"Shard {run.shard} alone.")
    if run.selection:
        options = (f"--{option} {value}" for option, values in run.selection.items() for value in values)
        parts.append(f"Selected by {' '.join(options)}.")
    return " ".join(parts)
