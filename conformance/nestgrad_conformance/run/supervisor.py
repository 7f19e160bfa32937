"""The supervisor: worker processes for every backend, every planned cell accounted for."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import msgspec

from nestgrad import BackendUnavailableError
from nestgrad_conformance.report.schema import Cell, Report, ReportError, Run
from nestgrad_conformance.scenarios import load

from .backend_run import Bench, EnvironmentChanged, RawBench
from .lanes import measured
from .plan import WHOLE, Selection
from .worker import Absent


@dataclass
class Supervisor:
    """Runs a selection of the suite on backends.

    Iterate `cells()` to run; `report()` then has all that was finished, also after an interruption.

    Attributes:
        backends: their names.
        selection: the part of the suite.
        timeout: seconds for one cell.
        jobs: how many workers run at a time, over all backends.
        raw: measure the raw engines, without nestgrad's repairs and refusals.
    """

    backends: Sequence[str]
    selection: Selection = field(default_factory=Selection)
    timeout: float = 120
    jobs: int = 1
    raw: bool = False

    def __post_init__(self) -> None:
        scenarios = load()
        bench = RawBench if self.raw else Bench
        self.benches: list[Bench] = [bench(name, scenarios, self.selection, self.timeout) for name in self.backends]

    @property
    def expected(self) -> int:
        """How many cells are planned."""
        return sum(len(bench.tasks) for bench in self.benches)

    @property
    def planned(self) -> set[str]:
        """The ids of the planned cells."""
        return {bench.id(task) for bench in self.benches for task in bench.tasks}

    @property
    def finished(self) -> int:
        """How many of them need no measurement any more."""
        return sum(len(bench.results) for bench in self.benches)

    def resume(self, earlier: Report) -> None:
        """Keep the cells of an earlier report of this run; `cells()` measures the rest.

        Raises:
            ReportError: the report is of another run, or has cells that are not planned in this one.
        """
        for name, mine, theirs in (
            ("seeds", [self.selection.seed], earlier.run.seeds),
            ("raw", self.raw, earlier.run.raw),
        ):
            if mine != theirs:
                raise ReportError(f"The report to resume was run with {name} {theirs!r}, this run has {mine!r}.")
        planned = self.planned
        strangers = [cell.id for cell in earlier.cells if cell.id not in planned]
        if strangers:
            raise ReportError(
                f"The report to resume has {len(strangers)} cells that this run does not plan, such as "
                f"{strangers[0]}: give the options that it was run with, or a larger profile."
            )
        for bench in self.benches:
            if (environment := earlier.environments.get(bench.name)) is not None:
                bench.keep(earlier.cells, environment)

    def start(self) -> dict[str, BackendUnavailableError]:
        """Start a worker for each backend, which then measures; a backend that does not load is no part of the run.

        Returns:
            Those that do not load, and why.

        Raises:
            ReportError: an engine is not the one that the resumed report has measured.
        """
        broken: dict[str, BackendUnavailableError] = {}
        with ExitStack() as stack:
            stack.callback(self.close)
            for bench in self.benches:
                try:
                    bench.start()
                except BackendUnavailableError as error:
                    broken[bench.name] = error
                except EnvironmentChanged as error:
                    raise _changed(error) from error
            stack.pop_all()
        self.benches = [bench for bench in self.benches if bench.name not in broken]
        return broken

    def close(self) -> None:
        """Let the workers end that have been started and have nothing to do."""
        for bench in self.benches:
            bench.close()

    def cells(self) -> Generator[Cell | Absent]:
        """Every planned cell that is not finished, in the order in which they finish.

        Raises:
            ReportError: an engine is not the one that the resumed report has measured.
        """
        try:
            with closing(measured(self.benches, self.jobs)) as stream:
                for bench, task, result in stream:
                    bench.results[task] = result
                    yield result
        except EnvironmentChanged as error:
            raise _changed(error) from error
        finally:
            self.close()

    @property
    def run(self) -> Run:
        """What is asked for, with nothing done."""
        return Run(
            profile=self.selection.profile,
            seeds=[self.selection.seed],
            raw=self.raw,
            expected=self.expected,
            finished=0,
            absent=0,
            shard=None if self.selection.shard == WHOLE else str(self.selection.shard),
            selection=self.selection.narrowing,
        )

    def report(self) -> Report:
        """All that was finished, in the order of the plan."""
        cells = [cell for bench in self.benches for cell in bench.cells]
        absent = sum(bench.absent for bench in self.benches)
        run = msgspec.structs.replace(self.run, finished=len(cells), absent=absent)
        environments = {bench.name: bench.environment for bench in self.benches if bench.environment}
        return Report(environments=environments, run=run, cells=cells)


def _changed(error: EnvironmentChanged) -> ReportError:
    return ReportError(f"{error} Measure it without what was measured before.")
