"""Figures for people: a table on a terminal, lines elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.table import Column, Table

from .bounds import bound_of, is_beyond
from .figures import Figure

_HEADINGS = ("case", "µs", "beside", "µs", "ratio", "more, µs", "bound")


def table(shown: Sequence[Figure]) -> Table:
    """Figures of some cases; those beyond their bound are red."""
    made = Table(*(Column(name, overflow="fold") for name in _HEADINGS), box=None, header_style="bold")
    for _, group in groupby(shown, lambda one: one.case):
        for number, figure in enumerate(group):
            case, ours, *others = _cells(figure)
            own = ("", "") if number else (case, ours)
            made.add_row(*own, *others, style="red" if is_beyond(figure) else None)
    return made


def line(figure: Figure) -> str:
    """One figure, in one line."""
    case, ours, beside, theirs, ratio, more, bound = _cells(figure)
    told = f"{case}: {ours} µs, {beside} {theirs} µs, {ratio}, {more} µs"
    return f"{told}, bound {bound}" if bound else told


def short(number: float) -> str:
    """A number in three digits, or in whole ones if it is larger."""
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _cells(figure: Figure) -> tuple[str, ...]:
    """A figure in words, in the order of the headings: behind the ratio is the middle half of the rounds."""
    bound, ratio = bound_of(figure), figure.ratio
    return (
        figure.case,
        short(figure.ours.median),
        figure.beside,
        short(figure.theirs.median),
        f"{ratio.median:.2f} × ({ratio.low:.2f} to {ratio.high:.2f})",
        f"{'+' if figure.more.median >= 0 else ''}{short(figure.more.median)}",
        "" if bound is None else bound.told(bound.most),
    )
