"""A report as one plain page: no script, nothing from elsewhere, every mark with its name as text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from nestgrad_conformance.judge.verdict import Verdict, fails
from nestgrad_conformance.nestings import code_of
from nestgrad_conformance.report.levels import level
from nestgrad_conformance.report.schema import Cell, Report
from nestgrad_conformance.report.summary import (
    COLUMNS,
    MARKS,
    RAW_MARKS,
    Column,
    Marks,
    columns,
    counts,
    grid,
    legend,
    marks,
    verdict_line,
    worst,
)

_NESTINGS = (*COLUMNS, "3+")
_GOOD: tuple[Verdict, ...] = ("supported", "correct")
_NAMES: dict[Verdict, str] = {name: name.replace("_", " ") for name in (*MARKS, *RAW_MARKS)}


def render(report: Report) -> str:
    """The matrix of every backend, then each cell that is not plainly right, with the reason."""
    style = (files(__package__) / "report.css").read_text(encoding="utf-8")
    parts = [
        f"<h1>Which nestings work</h1>\n<p>{escape(verdict_line(report))}</p>",
        _section("Measured with", _environments(report)),
        _section("Counts", _counts(report)),
        _section("Matrix", _legend(report) + "".join(_matrix(report, column) for column in columns(report))),
        _section("Cells that are not plainly right", _details(report)),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Which nestings work</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _section(title: str, body: str) -> str:
    return f'<section aria-labelledby="{_slug(title)}">\n<h2 id="{_slug(title)}">{title}</h2>\n{body}</section>'


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of HTML cells, the first of each row its heading; it scrolls by itself where it is too wide."""
    heads = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "\n".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows
    )
    return (
        f'<div class="wide" role="region" aria-label="{escape(caption)}" tabindex="0"><table>'
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>\n"
    )


def _environments(report: Report) -> str:
    rows = [
        [
            escape(text)
            for text in (
                name,
                ", ".join(f"{engine} {version}" for engine, version in where.versions.items()),
                where.python,
                where.platform,
                where.device,
                where.nestgrad,
            )
        ]
        for name, where in report.environments.items()
    ]
    levels = [
        f"<p>{escape(name)}: {escape(str(found))}.</p>\n"
        for name in report.environments
        if (found := level(report, name))
    ]
    return "".join(levels) + _table(
        "Environments", ["backend", "engines", "Python", "platform", "device", "nestgrad"], rows
    )


def _counts(report: Report) -> str:
    shown = [name for name in marks(report) if any(cell.verdict == name for cell in report.cells)]
    rows = [
        [f"{escape(backend)} {execution} <code>{nesting}</code>", *(str(by_verdict[name]) for name in shown)]
        for (backend, execution), by_nesting in counts(report.cells).items()
        for nesting, by_verdict in sorted(by_nesting.items(), key=lambda item: (len(item[0]), item[0]))
    ]
    return _table("Cells by nesting and verdict", ["nesting", *map(_NAMES.__getitem__, shown)], rows)


def _legend(report: Report) -> str:
    entries = "".join(f"<li>{_mark(sign, name)} {name}</li>" for sign, name in legend(report))
    return f'<ul class="legend">{entries}</ul>\n'


def _matrix(report: Report, column: Column) -> str:
    signs = marks(report)
    rows = [
        [_place(scenario, column, report), *(_marked(cells[column].get(nesting, []), signs) for nesting in _NESTINGS)]
        for scenario, cells in grid(report).items()
        if column in cells
    ]
    return _table(" ".join(column), ["scenario", *_NESTINGS], rows)


def _place(scenario: str, column: Column, report: Report) -> str:
    """A scenario's name, linked to its details if it has some."""
    name = escape(scenario)
    of_column = (cell for cell in report.cells if (cell.backend, cell.execution) == column)
    told = any(cell.scenario == scenario and cell.verdict not in _GOOD for cell in of_column)
    return f'<a href="#{_anchor(column[0], scenario)}">{name}</a>' if told else name


def _marked(verdicts: list[Verdict], marks: Marks) -> str:
    if not verdicts:
        return '<span class="sr">not measured</span>'
    shown = worst(verdicts, marks)
    return _mark(marks[shown], _NAMES[shown])


def _mark(sign: str, name: str) -> str:
    kind = {"✓": "good", "e": "good", "–": "told", "∞": "told", "?": "told"}.get(sign, "bad")
    return f'<span class="{kind}" aria-hidden="true">{sign}</span><span class="sr">{name}</span>'


def _details(report: Report) -> str:
    groups: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in report.cells:
        if cell.verdict not in _GOOD:
            groups[cell.backend, cell.scenario].append(cell)
    if not groups:
        return "<p>None.</p>\n"
    return "".join(
        f'<h3 id="{_anchor(*place)}">{escape(" ".join(place))}</h3>\n<dl>\n{_reasons(cells, marks(report))}</dl>\n'
        for place, cells in groups.items()
    )


def _reasons(cells: list[Cell], marks: Marks) -> str:
    """The cells of one scenario; those with one verdict and one reason are told together."""
    alike: dict[tuple[Verdict, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        alike[cell.verdict, _reason(cell)].append(cell)
    return "".join(
        f"<dt>{_mark(marks[verdict], '')} {_NAMES[verdict]}: {', '.join(map(_which, of))}</dt>\n<dd>{reason}</dd>\n"
        for (verdict, reason), of in alike.items()
    )


def _which(cell: Cell) -> str:
    off = f", off by {cell.error:.1e} where {cell.tolerance:.1e} is allowed" if _is_off(cell) else ""
    outcome = f", {cell.outcome.replace('_', ' ')}" if fails(cell) and cell.outcome != cell.verdict else ""
    return f"<code>{code_of(cell.nesting)}</code> {cell.execution}{outcome}{off}"


def _is_off(cell: Cell) -> bool:
    return cell.error is not None and cell.tolerance is not None and cell.error > cell.tolerance


def _reason(cell: Cell) -> str:
    """The limit, the message and the link of a cell, as HTML."""
    parts = [f"computed by other means: {', '.join(cell.repairs)}" if cell.repairs else None, cell.limit]
    parts.append(f"{cell.exception}: {cell.message}" if cell.exception and cell.message else cell.message)
    texts = [f"<p>{escape(part)}</p>" for part in parts if part]
    if cell.link and cell.link.startswith(("https:", "http:")):
        texts.append(f'<p><a href="{escape(cell.link)}">{escape(cell.link)}</a></p>')
    return "".join(texts) or "<p>No reason is known.</p>"


def _anchor(backend: str, scenario: str) -> str:
    return _slug(f"{backend}-{scenario}")


def _slug(text: str) -> str:
    return escape("-".join(text.lower().split()))
