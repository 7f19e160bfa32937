"""What was measured, as pyperf keeps it: `python -m pyperf show FILE` and its `compare_to` read it."""

from __future__ import annotations

import io
from pathlib import Path

from pyperf import Benchmark, BenchmarkSuite, Run

from nestgrad_conformance.report.keeping import write_page

from .catalogue import Case
from .worker import Measured

_DIGITS = 4


def benchmarks(case: Case, found: Measured) -> list[Benchmark]:
    """A benchmark for each route: its values are seconds of one call, a value a round."""
    return [
        Benchmark([
            Run(
                [float(f"{one:.{_DIGITS}g}") for one in route.seconds],
                metadata={"name": f"{case.id} {name}", "case": case.id, "route": name, "loops": route.loops, **told},
                collect_metadata=False,  # it has the name of the machine, and its paths
            )
        ])
        for told in [found.metadata]
        for name, route in found.routes.items()
    ]  # fmt: skip


def write(suite: BenchmarkSuite, path: Path) -> None:
    """Write a suite, whole or not at all.

    Raises:
        ReportError: as `write_page`.
    """
    text = io.StringIO()
    suite.dump(text)
    write_page(path, text.getvalue())


def read(path: Path) -> BenchmarkSuite:
    """Read a suite."""
    return BenchmarkSuite.load(str(path))
