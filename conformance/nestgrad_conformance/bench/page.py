"""Figures for the documents: tables of Markdown, made of what was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pyperf import BenchmarkSuite

from .catalogue import SIZES, STARTUP, listed
from .figures import Figure, figures
from .table import short

_SHOWN = ("10", "10³", "10⁶")
_CODES = ("R", "FR", "RF", "RR")


def setting(suite: BenchmarkSuite) -> str:
    """What the figures were measured with."""
    told = next(iter(suite)).get_metadata()
    engines = dict.fromkeys(one.get_metadata()["engines"] for one in suite)
    head = f"nestgrad {told['nestgrad']}, Python {told['python_version']}, {told['platform']}, with"
    return "\n".join((head, "", *(f"- {one}" for one in engines)))


def starting(suite: BenchmarkSuite) -> str:
    """What it takes to start."""
    rows = [
        [one.case.removeprefix(f"{STARTUP}/").replace("/", " "), _time(one.ours.median), f"`{one.beside}`",
         _time(one.theirs.median), _ratio(one)]
        for one in _of(STARTUP, suite)
    ]  # fmt: skip
    return _markdown(("", "nestgrad", "beside", "takes", "ratio"), rows)


def by_hand(suite: BenchmarkSuite) -> str:
    """For each engine nestgrad beside the best by hand, which is the first of the other routes, by size."""
    return _by_engine(suite, _by_hand)


def _by_hand(engine: str, suite: BenchmarkSuite) -> str:
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for one in _first(_of(engine, suite)):
        _, call, program, size, *how = one.case.split("/")
        column, what = (size, program) if size in SIZES else (SIZES[0], f"{program} of {size}")
        rows.setdefault((f"`{call}`", what, " ".join(how), one.beside), {})[column] = _cell(one)
    sized = [[*head, *(row.get(size, "") for size in SIZES)] for head, row in rows.items()]
    return _markdown(("operator", "of", "execution", "beside", *_SHOWN), sized)


def as_written(suite: BenchmarkSuite) -> str:
    """Nestgrad beside what a library has for the same, by engine."""
    return _by_engine(suite, _as_written)


def _as_written(engine: str, suite: BenchmarkSuite) -> str:
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for one in _of(engine, suite):
        _, call, program, size, *how = one.case.split("/")
        if one.beside not in _CODES and size in SIZES:
            row = rows.setdefault((f"`{one.beside}`", f"`{call}` of {program}", " ".join(how)), {})
            row[size] = f"{_time(one.theirs.median)}, {_ratio(one)}"
    sized = [[*head, *(row.get(size, "") for size in SIZES)] for head, row in rows.items()]
    return _markdown(("what is written", "for", "execution", *_SHOWN), sized)


def nestings(suite: BenchmarkSuite) -> str:
    """What each nesting takes by hand, with the one that `auto` takes first."""
    rows = []
    first = {one.get_metadata()["case"]: one.get_metadata().get("auto", "") for one in suite}
    by_case: dict[str, dict[str, float]] = {}
    for one in figures(suite):
        if "/hvp/" in one.case and one.beside in _CODES:
            by_case.setdefault(one.case, {})[one.beside] = one.theirs.median
    for case, times in by_case.items():
        if len(times) > 1:
            engine, _, program, size, execution = case.split("/")
            own = [_time(times[code]) for code in ("FR", "RR")]
            rows.append([engine, execution, program, size, *own, f"`{first[case]}`"])
    return _markdown(("engine", "execution", "of", "n", "`FR`", "`RR`", "`auto` takes"), rows)


SECTIONS: Mapping[str, Callable[[BenchmarkSuite], str]] = {
    "setting": setting,
    "starting": starting,
    "by hand": by_hand,
    "as written": as_written,
    "nestings": nestings,
}
"""What a document has between two comments, by what these say."""


def _by_engine(suite: BenchmarkSuite, table: Callable[[str, BenchmarkSuite], str]) -> str:
    made = {engine: table(engine, suite) for engine in listed()}
    return "\n\n".join(f"### {engine}\n\n{text}" for engine, text in made.items() if text)


def _of(engine: str, suite: BenchmarkSuite) -> list[Figure]:
    return [one for one in figures(suite) if one.case.startswith(f"{engine}/")]


def _first(shown: Iterable[Figure]) -> Iterator[Figure]:
    """The first figure of each case."""
    seen = set[str]()
    for one in shown:
        if one.case not in seen:
            seen.add(one.case)
            yield one


def _cell(one: Figure) -> str:
    return f"{_time(one.ours.median)}, {_ratio(one)}"


def _ratio(one: Figure) -> str:
    return f"{one.ratio.median:.2f} ×"


def _time(microseconds: float) -> str:
    """Microseconds, or milliseconds where those would be thousands."""
    return f"{short(microseconds)} µs" if microseconds < 1000 else f"{short(microseconds / 1000)} ms"


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table, or nothing if it has no rows."""
    if not rows:
        return ""
    lines = (headings, ["---"] * len(headings), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
