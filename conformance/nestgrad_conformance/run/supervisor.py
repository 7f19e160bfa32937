"""The supervisor: one worker per engine, every planned cell accounted for."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec

import nestgrad as ng
from nestgrad._registry import descriptor
from nestgrad_conformance.judge.limits import Limit, implied, read
from nestgrad_conformance.judge.measure import Measurement
from nestgrad_conformance.judge.subject import AUTO
from nestgrad_conformance.judge.verdict import Declared, Outcome, verdict
from nestgrad_conformance.report.schema import Cell, Environment, Report, Run
from nestgrad_conformance.scenarios import Scenario, load

from .handler import BACKEND, Absent, Describe, Reply
from .plan import Selection, Task, cell_id, long_name
from .room import Answer, Replied, Room

PROFILE = "standard"
_HANDLER = "nestgrad_conformance.run.handler:make"
_RAW_HANDLER = "nestgrad_conformance.run.handler:make_raw"
_OUTCOME: Mapping[str, Outcome] = {"crash": "crash", "exit": "crash", "timeout": "timeout"}
_REPLY: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


@dataclass
class Supervisor:
    """Runs a selection of the suite on backends.

    Iterate `cells()` to run; `report()` then has all that was finished, also after an interruption.

    Attributes:
        backends: their names.
        selection: the part of the suite.
        timeout: seconds for one cell.
        jobs: how many backends run at a time.
        raw: measure the bare engines, without nestgrad's repairs and refusals.
    """

    backends: Sequence[str]
    selection: Selection = field(default_factory=Selection)
    timeout: float = 120
    jobs: int = 1
    raw: bool = False

    def __post_init__(self) -> None:
        self._scenarios = load()
        bench = RawBench if self.raw else Bench
        self._benches = [bench(name, self._scenarios, self.selection, self.timeout) for name in self.backends]

    @property
    def expected(self) -> int:
        """How many cells are planned."""
        return sum(len(bench.tasks) for bench in self._benches)

    def cells(self) -> Iterator[Cell | Absent]:
        """Every planned cell, in the order in which they finish."""
        if self.jobs > 1:
            yield from _in_threads([bench.run() for bench in self._benches], self.jobs)
        else:
            for bench in self._benches:
                yield from bench.run()

    def report(self) -> Report:
        """All that was finished."""
        cells = [cell for bench in self._benches for cell in bench.finished]
        absent = sum(bench.absent for bench in self._benches)
        run = Run(
            profile=PROFILE,
            seeds=[self.selection.seed],
            raw=self.raw,
            expected=self.expected,
            finished=len(cells),
            absent=absent,
        )
        environments = {bench.name: bench.environment for bench in self._benches if bench.environment}
        return Report(environments=environments, run=run, cells=cells)


class Bench:
    """One backend's cells, measured one after the other in a room."""

    handler = _HANDLER

    def __init__(self, name: str, scenarios: Mapping[str, Scenario], selection: Selection, timeout: float) -> None:
        described = descriptor(name)
        module = next(info.module for info in ng.backends() if info.name == name)
        self.name, self.engine, self._scenarios, self._timeout = name, described.engine, scenarios, timeout
        self.tasks = selection.tasks(scenarios.values(), described.engine)
        self._declared: tuple[Limit, ...] = read(module, described.limits)
        self.environment: Environment | None = None
        self.finished: list[Cell] = []
        self.absent = 0

    def run(self) -> Iterator[Cell | Absent]:
        """Measure every task; what kills the worker is an outcome of that one cell."""
        with self.room() as room:
            self.describe(room)
            for task in self.tasks:
                yield self.measure(room, task)

    def room(self) -> Room:
        """A worker for this backend."""
        return Room(self.handler, timeout=self._timeout, environment={BACKEND: self.name})

    def describe(self, room: Room) -> None:
        """Learn where the worker measures, and which limits follow from what the backend lacks."""
        answer = room.ask(msgspec.msgpack.encode(Describe()))
        if isinstance(answer, Replied):
            self.environment = msgspec.msgpack.decode(answer.payload, type=Environment)
            self._declared += implied(self.environment.modes, self.environment.max_order)

    def measure(self, room: Room, task: Task) -> Cell | Absent:
        """Have one task measured, and judge it."""
        answer = room.ask(msgspec.msgpack.encode(task))
        reply = _measurement(answer, task)
        if isinstance(reply, Absent):
            self.absent += 1
            return reply
        cell = self._judged(task, reply)
        self.finished.append(cell)
        return cell

    def _judged(self, task: Task, found: Measurement) -> Cell:
        scenario = self._scenarios[task.scenario]
        limit = self._limit(scenario, found.word, task.execution)
        declared = self._declares(limit)
        return Cell(
            id=cell_id(self.name, scenario, task),
            backend=self.name,
            scenario=scenario.id,
            tier=scenario.tier,
            features=sorted(scenario.features),
            nesting=long_name(task.word),
            execution=task.execution,
            dtype=task.dtype,
            device=self.environment.device if self.environment else None,
            outcome=found.outcome,
            declared=declared,
            verdict=verdict(declared, found.outcome, found.route),
            route=found.route,
            repairs=found.repairs,
            limit=f"{limit.kind}: {limit.reason}" if limit else None,
            error=found.error,
            tolerance=found.tolerance,
            oracle=found.oracle,
            seconds=found.seconds,
            f_calls=found.f_calls,
            exception=found.exception,
            message=found.message,
            link=limit.link if limit else None,
        )

    def _declares(self, limit: Limit | None) -> Declared | None:
        return "limit" if limit else "supported"

    def _limit(self, scenario: Scenario, word: str, execution: str) -> Limit | None:
        version = self.environment.engines.get(self.engine, "0") if self.environment else "0"
        known = (word, scenario.id, scenario.features, version, execution)
        return next((one for one in self._declared if one.covers(*known)), None)


class RawBench(Bench):
    """The same for the bare engine, which declares nothing and has no choice of its own between words."""

    handler = _RAW_HANDLER

    def __init__(self, name: str, scenarios: Mapping[str, Scenario], selection: Selection, timeout: float) -> None:
        super().__init__(name, scenarios, selection, timeout)
        self.tasks = [task for task in self.tasks if task.word != AUTO]

    def _declares(self, limit: Limit | None) -> None:
        return None

    def _limit(self, scenario: Scenario, word: str, execution: str) -> None:
        return None


def _in_threads(runs: Sequence[Iterator[Cell | Absent]], jobs: int) -> Iterator[Cell | Absent]:
    """What all runs yield, as it comes. Each run stays in one thread: its worker ends with that thread."""
    done: queue.SimpleQueue[Cell | Absent | Exception | None] = queue.SimpleQueue()
    stop = threading.Event()

    def drain(run: Iterator[Cell | Absent]) -> None:
        try:
            for cell in run:
                done.put(cell)
                if stop.is_set():
                    break
            done.put(None)
        except Exception as error:
            done.put(error)

    with ThreadPoolExecutor(jobs, thread_name_prefix="nestgrad-bench") as pool:
        running = len([pool.submit(drain, run) for run in runs])
        try:
            while running:
                cell = done.get()
                if isinstance(cell, Exception):
                    raise cell
                if cell is None:
                    running -= 1
                else:
                    yield cell
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)


def _measurement(answer: Answer, task: Task) -> Reply:
    if isinstance(answer, Replied):
        return _REPLY.decode(answer.payload)
    last_words = answer.tail.strip().splitlines()[-1:] if answer.kind in ("exit", "startup") else []
    return Measurement(
        word=task.word,
        outcome=_OUTCOME.get(answer.kind, "error"),
        exception="MemoryError" if answer.kind == "memory" else answer.kind,
        message="; ".join([answer.detail, *last_words]),
    )
