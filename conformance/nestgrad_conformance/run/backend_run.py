"""A bench: one backend's part of a run, and what has come of it."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from nestgrad import BackendUnavailableError
from nestgrad_conformance.judge.measurement import Measurement, Ran, fields_of
from nestgrad_conformance.judge.verdict import Declared, verdict
from nestgrad_conformance.limits.limit import Limit, implied
from nestgrad_conformance.nestings import AUTO, long_name
from nestgrad_conformance.pairs import described
from nestgrad_conformance.processes.room import Answer, Died, Replied, Room
from nestgrad_conformance.report.schema import Cell, Environment, cell_id
from nestgrad_conformance.scenarios import Scenario
from nestgrad_conformance.versions import UNKNOWN

from .caches import CACHE, folder
from .deaths import measurement_of, why_it_did_not_start
from .declaration import declarations
from .plan import Selection, Task
from .worker import BACKEND, Absent, Describe, Reply

THREADS = "OMP_NUM_THREADS"
"""One in every worker, unless it is set already: the threads of several workers get in each other's way."""

Said = tuple[Declared | None, str | None, str | None]

_REPLY: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


class EnvironmentChanged(Exception):
    """The workers of one backend do not measure in one environment, or not in that of the report that is resumed."""


class Bench:
    """One backend's cells: planned, measured in rooms, judged.

    Attributes:
        name: the backend's.
        described: what its plug-in tells of it.
        tasks: the planned cells.
        results: what was measured, or kept of an earlier run.
        environment: where the workers measure, once one has told.
    """

    handler = "nestgrad_conformance.run.worker:make"

    def __init__(self, name: str, scenarios: Mapping[str, Scenario], selection: Selection, timeout: float) -> None:
        self.name, self.described, self._scenarios, self._timeout = name, described(name), scenarios, timeout
        self.tasks = selection.tasks(scenarios.values(), self.described)
        self.results: dict[Task, Cell | Absent] = {}
        self.environment: Environment | None = None
        self._declarations = declarations(self.described)
        for one in self._declarations:
            one.check(scenarios.values())
        self._started: list[Room] = []

    @property
    def cells(self) -> list[Cell]:
        """The cells that are finished, in the order of the plan."""
        results = (self.results.get(task) for task in self.tasks)
        return [result for result in results if isinstance(result, Cell)]

    @property
    def absent(self) -> int:
        """How many of the planned cells the backend has no execution for."""
        return sum(isinstance(self.results.get(task), Absent) for task in self.tasks)

    def groups(self) -> list[Sequence[Task]]:
        """What is left to do, scenario by scenario; one empty group if nothing is, so that a worker is described."""
        left = (task for task in self.tasks if task not in self.results)
        return [list(tasks) for _, tasks in itertools.groupby(left, lambda task: task.scenario)] or [[]]

    def keep(self, cells: Iterable[Cell], environment: Environment) -> None:
        """Take cells of an earlier run for measured, except where something else is declared today."""
        self._settle(environment)
        known = {cell.id: cell for cell in cells}
        found = {task: known[cell] for task in self.tasks if (cell := self.id(task)) in known}
        changed = {
            (task.scenario, task.execution)
            for task, cell in found.items()
            if task.nesting != AUTO and self._said(task, task.nesting, cell) != (cell.declared, cell.limit, cell.link)
        }
        self.results |= {task: found[task] for task in found if (task.scenario, task.execution) not in changed}

    def id(self, task: Task) -> str:
        """The id of a planned cell."""
        return cell_id(
            backend=self.name,
            scenario=task.scenario,
            revision=self._scenarios[task.scenario].revision,
            nesting=task.nesting,
            execution=task.execution,
            dtype=task.dtype,
        )

    def start(self) -> None:
        """Start the worker that `room` gives first, and learn where it measures.

        Raises:
            BackendUnavailableError: the backend does not load there.
            EnvironmentChanged: the report that is resumed says otherwise.
        """
        room = self.room()
        self._started.append(room)
        answer = self.describe(room)
        if isinstance(answer, Died) and answer.kind == "startup":
            self.close()
            raise BackendUnavailableError(why_it_did_not_start(f"Backend {self.name!r}", answer))

    def close(self) -> None:
        """Let the worker end that was started, and that nobody has asked for."""
        while self._started:
            self._started.pop().close()

    def room(self) -> Room:
        """A place for a worker of this backend; the one that was started, the first time."""
        with contextlib.suppress(IndexError):  # another lane may have taken it
            return self._started.pop()
        environment = {BACKEND: self.name, CACHE: str(folder()), THREADS: os.environ.get(THREADS, "1")}
        return Room(self.handler, timeout=self._timeout, environment=environment)

    def describe(self, room: Room) -> Answer:
        """Learn where the worker measures, if it lives.

        Raises:
            EnvironmentChanged: another worker, or the report that is resumed, says otherwise.
        """
        answer = room.ask(msgspec.msgpack.encode(Describe()))
        if isinstance(answer, Replied):
            self._settle(msgspec.msgpack.decode(answer.payload, type=Environment))
        return answer

    def measure(self, room: Room, task: Task) -> Cell | Absent:
        """Have one task measured, and judge it; what kills the worker is an outcome of that one cell."""
        reply = _measurement(room.ask(msgspec.msgpack.encode(task)), task)
        return reply if isinstance(reply, Absent) else self._judged(task, reply)

    def _settle(self, environment: Environment) -> None:
        if self.environment not in (None, environment):
            raise EnvironmentChanged(_difference(self.name, self.environment, environment))
        self.environment = environment

    def _judged(self, task: Task, found: Ran) -> Cell:
        scenario = self._scenarios[task.scenario]
        declared, told, link = self._said(task, found.nesting, found, *found.otherwise)
        return Cell(
            id=self.id(task),
            backend=self.name,
            scenario=scenario.id,
            tier=scenario.tier,
            features=sorted(scenario.features | scenario.features_inside),
            nesting=long_name(task.nesting),
            execution=task.execution,
            dtype=task.dtype,
            device=self.environment.device if self.environment else None,
            declared=declared,
            verdict=verdict(declared, found.outcome, found.route),
            limit=told,
            link=link,
            **fields_of(found),
        )

    def _said(self, task: Task, nesting: str, found: Measurement, *otherwise: str) -> Said:
        """What is declared of a cell whose nesting this is: the fields `declared`, `limit` and `link`.

        It is supported if another one is that takes its place, which only what is refused leaves to it.
        """
        limit = self._limit(task, nesting, found)
        if limit is None:
            return "supported", None, None
        declared = limit.declares(task.execution)
        if declared == "limit" and any(self._limit(task, other, found) is None for other in otherwise):
            return "supported", None, None
        return declared, f"{limit.kind}: {limit.reason}", limit.link

    def _limit(self, task: Task, nesting: str, found: Measurement) -> Limit | None:
        scenario, where = self._scenarios[task.scenario], self.environment
        outer, *inner = self._declarations
        if found.route == "emulated":  # by other letters, so that an inner engine was asked for another nesting
            inner = []
        lacking = () if where is None else implied(where.modes, where.max_order)
        declared = (one.limit(scenario, nesting, task.execution, where) for one in (outer, *inner))
        asked = nesting + scenario.letters_inside  # of the inner engine of a pair, which both must have
        implicit = (one for one in lacking if one.covers(asked, scenario.id, scenario.features, UNKNOWN))
        return next(filter(None, (*declared, *implicit)), None)


class RawBench(Bench):
    """The same for the raw engine, which declares nothing and has no choice of its own between nestings."""

    handler = "nestgrad_conformance.run.worker:make_raw"

    def __init__(self, name: str, scenarios: Mapping[str, Scenario], selection: Selection, timeout: float) -> None:
        super().__init__(name, scenarios, selection, timeout)
        self.tasks = [task for task in self.tasks if task.nesting != AUTO]

    def _said(self, task: Task, nesting: str, found: Measurement, *otherwise: str) -> Said:
        return None, None, None


def _difference(name: str, one: Environment, other: Environment) -> str:
    fields = [field for field in one.__struct_fields__ if getattr(one, field) != getattr(other, field)]
    changes = (f"{field} was {getattr(one, field)!r} and is {getattr(other, field)!r}" for field in fields)
    return f"{name} is measured in another environment now: {'; '.join(changes)}."


def _measurement(answer: Answer, task: Task) -> Reply:
    if isinstance(answer, Replied):
        return _REPLY.decode(answer.payload)
    return measurement_of(answer, task.nesting)
