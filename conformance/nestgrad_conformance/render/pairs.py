"""A report of pairs of engines as Markdown: outer by inner engine, for each nesting."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from nestgrad_conformance.nestings import code_of, order_of
from nestgrad_conformance.pairs import PLUS
from nestgrad_conformance.report.schema import Cell, Report
from nestgrad_conformance.report.summary import Marks, legend, marks, verdict_line

from .markdown import declared_gaps, page, table


def render(report: Report) -> str:
    """Counts by outer and inner engine for each nesting, then compiled; what is refused and why."""
    cells = [cell for cell in report.cells if PLUS in cell.backend]
    by_order = defaultdict(list)
    for cell in cells:
        if cell.execution == "eager":
            by_order[order_of(cell.nesting)].append(cell)
    compiled = [cell for cell in cells if cell.execution != "eager"]
    parts = [
        "# Engine over engine\n\n" + verdict_line(report),
        "In each field: how many functions, and who refuses. "
        + " · ".join(f"`{sign}` {name}" for sign, name in legend(report)),
        *(
            f"## Order {order}\n\n" + _grid(by_order[order], "nesting", _nesting, marks(report))
            for order in sorted(by_order)
        ),
    ]
    if compiled:
        parts.append("## Compiled by the outer engine\n\n" + _grid(compiled, "execution", _execution, marks(report)))
    return page([*parts, *declared_gaps(report)], report)


def _nesting(cell: Cell) -> str:
    return code_of(cell.nesting)


def _execution(cell: Cell) -> str:
    return cell.execution


def _grid(cells: Iterable[Cell], what: str, of: Callable[[Cell], str], marks: Marks) -> str:
    """A row for each value of `of` and each outer engine, a column for each inner one."""
    fields: dict[tuple[str, str], dict[str, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    inner: set[str] = set()
    for cell in cells:
        outside, _, inside = cell.backend.partition(PLUS)
        fields[of(cell), outside][inside].append(cell)
        inner.add(inside)
    values = list(dict.fromkeys(value for value, _ in fields))  # as the plan has them
    rows = [
        [f"`{value}`", outside, *(_told(row[inside], marks) for inside in sorted(inner))]
        for (value, outside), row in sorted(fields.items(), key=lambda field: (values.index(field[0][0]), field[0][1]))
    ]
    return table([what, "outer", *(f"inner {name}" for name in sorted(inner))], rows)


def _refusing(cell: Cell) -> str:
    return "" if cell.refusal is None else cell.refusal.backend or ""


def _told(cells: Iterable[Cell], marks: Marks) -> str:
    """How many of each mark, from the best, with the name of the engine that refuses."""
    counted = Counter((cell.verdict, _refusing(cell)) for cell in cells)
    best_first = sorted(counted, key=lambda one: (list(marks).index(one[0]), one[1]))
    return ", ".join(f"{counted[one]} {marks[one[0]]} {one[1]}".rstrip() for one in best_first)
