"""A pytest session of the suite: rooms for the backends, cells on test reports, one report at the end."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Generator
from typing import Any

import msgspec
import pytest

import nestgrad as ng
from nestgrad_conformance.judge.verdict import fails
from nestgrad_conformance.limits.limit import LimitsError
from nestgrad_conformance.processes.room import Room
from nestgrad_conformance.pytest_plugin.options import FIXTURE
from nestgrad_conformance.report.keeping import check_report_file
from nestgrad_conformance.report.schema import Cell, Environment, NotWrittenError, Report, ReportError, Run, write
from nestgrad_conformance.report.summary import problems, shortcomings
from nestgrad_conformance.run.backend_run import Bench
from nestgrad_conformance.run.plan import Selection, Task
from nestgrad_conformance.run.saving import EVERY
from nestgrad_conformance.run.worker import Absent
from nestgrad_conformance.scenarios import Scenario, load

_TIMEOUT = 120.0
_RESULT = pytest.StashKey[dict[str, Any]]()


class ConformanceSession:
    """Measures in this process's rooms; under xdist every worker has its own and the controller gathers.

    A cell travels as an attribute of its test's report, which pytest-xdist carries as it is.
    """

    def __init__(self, config: pytest.Config, backends: list[str]) -> None:
        self._profile: str = config.getoption("--nestgrad-profile")
        self._file: str | None = config.getoption("--nestgrad-report")
        self._is_controller = not hasattr(config, "workerinput")
        self._rooms: dict[str, Room] = {}
        self._results: list[dict[str, Any]] = []
        self._met: set[str] = set()  # backends of which there was a test
        self._failures: list[str] = []
        self._saved = time.monotonic()
        try:
            scenarios, selection = self._scenarios(config), Selection(profile=self._profile)
            self._benches = {name: Bench(name, scenarios, selection, _TIMEOUT) for name in backends}
            if self._file is not None and self._is_controller:
                planned = {self._benches[name].id(task) for name, task in self.tasks()}
                check_report_file(self._file, planned, self.report().run)
        except (ng.NestgradError, LimitsError, ReportError, ng.PluginWarning) as error:
            raise pytest.UsageError(" ".join(str(error).split())) from error

    def _scenarios(self, config: pytest.Config) -> dict[str, Scenario]:
        """The scenarios; that a pack is left out is a warning of the session, told by the controller alone."""
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            scenarios = load()
        for one in found if self._is_controller else ():
            if isinstance(one.message, ng.PluginWarning):
                config.issue_config_time_warning(one.message, stacklevel=2)
        return scenarios

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Start a worker for each backend: one that does not load ends the session before anything is measured."""
        if not self._is_controller or session.config.option.collectonly:
            return
        with contextlib.ExitStack() as stack:
            for bench in self._benches.values():
                stack.callback(bench.close)
                try:
                    bench.start()
                except ng.BackendUnavailableError as error:
                    raise pytest.UsageError(str(error)) from error
            if not session.config.pluginmanager.hasplugin("dsession"):  # xdist's workers have rooms of their own
                stack.pop_all()

    def tasks(self) -> list[tuple[str, Task]]:
        """Every planned cell with its backend."""
        return [(name, task) for name, bench in self._benches.items() for task in bench.tasks]

    @staticmethod
    def test_id(backend: str, task: Task) -> str:
        """How a test is called."""
        return f"{backend}-{task.scenario}-{task.nesting}-{task.execution}"

    def measure(self, backend: str, task: Task) -> tuple[Cell | Absent, Environment | None]:
        """Have one cell measured."""
        bench = self._benches[backend]
        if backend not in self._rooms:
            self._rooms[backend] = bench.room()
            bench.describe(self._rooms[backend])
        return bench.measure(self._rooms[backend], task), bench.environment

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the cell on the report of its test, or that there is none where it was skipped before."""
        report = yield
        if FIXTURE in getattr(item, "fixturenames", ()) and call.when != "teardown":
            backend, _ = item.callspec.params[FIXTURE]  # type: ignore[attr-defined]
            report.nestgrad = item.stash.get(_RESULT, {"backend": backend})  # type: ignore[attr-defined]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the cells, on the controller."""
        if self._is_controller and (found := getattr(report, "nestgrad", None)) is not None:
            self._met.add(found["backend"])
            if "cell" in found:
                self._results.append(found)
                self._save_now_and_then()

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Close the rooms, write the report, and fail if that shows anything that no test does."""
        with contextlib.ExitStack() as stack:
            for bench in self._benches.values():
                stack.callback(bench.close)
            for room in self._rooms.values():
                stack.callback(room.close)
        if not self._is_controller or not self._met:
            return
        report = self.report()
        self._failures += self._shortcomings(report)
        if self._file is not None and self._results:
            try:
                write(report, self._file)
            except NotWrittenError as error:
                self._failures.append(str(error))
        if session.exitstatus == pytest.ExitCode.OK and (self._failures or problems(report)):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what failed that no test has told."""
        for failure in self._failures:
            terminalreporter.write_line(f"nestgrad: {failure}", red=True)

    def _save_now_and_then(self) -> None:
        """A session that is killed loses little; what cannot be written is told at the end."""
        if self._file is not None and time.monotonic() > self._saved + EVERY:
            with contextlib.suppress(NotWrittenError):
                write(self.report(), self._file)
            self._saved = time.monotonic()

    def _shortcomings(self, report: Report) -> list[str]:
        """What is wrong with the session as a whole."""
        lacking = sorted(self._met - {cell.backend for cell in report.cells})
        if lacking:
            return [f"no cell of {name} was measured: each one is absent or was skipped." for name in lacking]
        uncertain = sum(cell.verdict == "uncertain" for cell in problems(report))
        found = [f"{uncertain} cells are uncertain, which is too much of their tier."] if uncertain else []
        return found + shortcomings(report)

    def report(self) -> Report:
        """All cells gathered so far."""
        cells = [msgspec.convert(result["cell"], Cell) for result in self._results if result["cell"]]
        environments = {
            result["backend"]: msgspec.convert(result["environment"], Environment)
            for result in self._results
            if result["environment"]
        }
        run = Run(
            profile=self._profile,
            seeds=[0],
            raw=False,
            expected=len(self.tasks()),
            finished=len(cells),
            absent=len(self._results) - len(cells),
            selection={},
        )
        return Report(environments=environments, run=run, cells=cells)


def check(item: pytest.Item, session: ConformanceSession, backend: str, task: Task) -> None:
    """Measure a cell as a test: it fails by the verdict, and is skipped where the backend lacks what it is about."""
    result, environment = session.measure(backend, task)
    item.stash[_RESULT] = {
        "backend": backend,
        "cell": None if isinstance(result, Absent) else msgspec.to_builtins(result),
        "environment": msgspec.to_builtins(environment),
    }
    if isinstance(result, Absent):
        pytest.skip(f"absent: {result.reason}")
    if fails(result):
        pytest.fail(
            f"{result.verdict}: declared {result.declared}, measured {result.outcome}. {result.message or ''}",
            pytrace=False,
        )
