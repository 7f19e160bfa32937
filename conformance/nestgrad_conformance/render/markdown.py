"""A report as Markdown: the matrix, or counts alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nestgrad_conformance.report.schema import Cell, Report
from nestgrad_conformance.report.summary import (
    COLUMNS,
    DECLARED,
    Gap,
    Marks,
    by_tier,
    columns,
    counts,
    gaps,
    grid,
    legend,
    mark,
    marks,
    problems,
    verdict_line,
)


def render(report: Report) -> str:
    """The matrix, the counts, what is refused and why, the findings, and where it was measured."""
    parts = [
        "# Which nestings work\n\n" + verdict_line(report),
        "## Counts\n\n" + _counts(report.cells, marks(report)),
        "## Matrix\n\n" + " · ".join(f"`{sign}` {name}" for sign, name in legend(report)),
        *(_matrix(report, column) for column in columns(report)),
    ]
    return page([*parts, *declared_gaps(report)], report)


def render_counts(report: Report) -> str:
    """The counts by tier, execution and nesting, the findings, and where it was measured: a page for the record."""
    parts = [
        "# Counts by tier and nesting\n\n" + verdict_line(report),
        *(f"## {tier}\n\n" + _counts(cells, marks(report)) for tier, cells in by_tier(report).items()),
    ]
    return page(parts, report)


def declared_gaps(report: Report) -> list[str]:
    """What is refused, and what is not finite, as declared."""
    return [
        f"## {heading}\n\n" + gap_table(found)
        for verdict, heading in DECLARED.items()
        if (found := gaps(report, verdict))
    ]


def page(parts: Sequence[str], report: Report) -> str:
    """The parts of a page, with the findings and where it was measured behind them."""
    findings = ["## Findings\n\n" + problem_table(report)] if problems(report) else []
    return "\n\n".join([*parts, *findings, "## Measured with\n\n" + environments(report)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a line of headings."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _counts(cells: Sequence[Cell], marks: Marks) -> str:
    shown = [name for name in marks if any(cell.verdict == name for cell in cells)]
    rows = [
        [backend, execution, f"`{nesting}`", *(str(by_verdict[name]) for name in shown)]
        for (backend, execution), by_nesting in counts(cells).items()
        for nesting, by_verdict in sorted(by_nesting.items(), key=lambda item: (len(item[0]), item[0]))
    ]
    return table(["backend", "execution", "nesting", *(name.replace("_", " ") for name in shown)], rows)


def _matrix(report: Report, column: tuple[str, str]) -> str:
    rows = [
        [scenario, *(mark(cells[column].get(nesting, []), marks(report)) for nesting in (*COLUMNS, "3+"))]
        for scenario, cells in grid(report).items()
        if column in cells
    ]
    return f"### {column[0]}, {column[1]}\n\n" + table(["scenario", *COLUMNS, "3+"], rows)


def gap_table(found: Sequence[Gap]) -> str:
    """What is declared and not given, a line for each limit."""
    rows = [
        [
            gap.backend,
            " ".join(gap.nestings),
            ", ".join(gap.scenarios),
            f"[{gap.limit}]({gap.link})" if gap.link else gap.limit,
        ]
        for gap in found
    ]
    return table(["backend", "nestings", "scenarios", "limit"], rows)


def problem_table(report: Report) -> str:
    """The cells that make the report a finding."""
    rows = [
        [cell.verdict, f"`{cell.id}`", cell.outcome, (cell.message or "").splitlines()[0] if cell.message else ""]
        for cell in problems(report)
    ]
    return table(["verdict", "cell", "outcome", "message"], rows)


def environments(report: Report) -> str:
    """Where each backend was measured."""
    rows = [
        [
            name,
            ", ".join(f"{engine} {version}" for engine, version in where.versions.items()),
            where.python,
            where.platform,
            where.device,
        ]
        for name, where in report.environments.items()
    ]
    return table(["backend", "engines", "Python", "platform", "device"], rows)
