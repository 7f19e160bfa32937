"""Lanes: so many workers at a time, and the cells that they measure as one stream."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence

from nestgrad_conformance.processes.room import Room
from nestgrad_conformance.report.schema import Cell

from .backend_run import Bench
from .plan import Task
from .worker import Absent

Done = tuple[Bench, Task, Cell | Absent]


def measured(benches: Sequence[Bench], lanes: int) -> Generator[Done]:
    """Measure all that is left to do, in the order in which it finishes.

    Closing the iterator kills the workers: a cell under way is not finished.
    """
    traffic = _Traffic(benches)
    threads = [threading.Thread(target=traffic.lane, daemon=True) for _ in range(lanes)]
    try:
        for thread in threads:
            thread.start()
        yield from traffic.stream(len(threads))
    finally:
        traffic.stop()
        for thread in threads:
            thread.join()


class _Traffic:
    """Who measures what. A lane keeps to one backend while that has work, since a worker is slow to start."""

    def __init__(self, benches: Sequence[Bench]) -> None:
        self._waiting = {bench.name: (bench, deque(bench.groups())) for bench in benches}
        self._lanes: Counter[str] = Counter()  # how many lanes each backend has
        self._rooms: set[Room] = set()
        self._lock = threading.Lock()
        self._stopped = False
        self._done: queue.SimpleQueue[Done | BaseException | None] = queue.SimpleQueue()

    def stream(self, running: int) -> Iterator[Done]:
        """What the lanes have done, until all of them have ended."""
        while running:
            done = self._done.get()
            if isinstance(done, BaseException):
                raise done
            if done is None:
                running -= 1
            else:
                yield done

    def stop(self) -> None:
        """Let every lane end, at once."""
        with self._lock:
            self._stopped = True
            for room in self._rooms:
                room.abort()

    def lane(self) -> None:
        """One worker after the other, in this thread: a worker dies with the thread that started it."""
        try:
            while (bench := self._next_bench()) is not None:
                with self._room(bench) as room:
                    self._serve(bench, room)
            self._done.put(None)
        except BaseException as error:
            self._done.put(error)

    def _serve(self, bench: Bench, room: Room) -> None:
        bench.describe(room)
        while (group := self._next_group(bench)) is not None:
            for task in group:
                result = bench.measure(room, task)
                if self._stopped:  # the worker may have been killed in the middle of this
                    return
                self._done.put((bench, task, result))

    @contextlib.contextmanager
    def _room(self, bench: Bench) -> Iterator[Room]:
        with bench.room() as room:
            with self._lock:
                self._rooms.add(room)
            try:
                yield room
            finally:
                with self._lock:
                    self._rooms.discard(room)
                    self._lanes[bench.name] -= 1

    def _next_bench(self) -> Bench | None:
        """The first of the backends that have work and the fewest lanes."""
        with self._lock:
            names = [name for name, (_, groups) in self._waiting.items() if groups and not self._stopped]
            if not names:
                return None
            name = min(names, key=lambda name: self._lanes[name])
            self._lanes[name] += 1
            return self._waiting[name][0]

    def _next_group(self, bench: Bench) -> Sequence[Task] | None:
        with self._lock:
            groups = self._waiting[bench.name][1]
            return groups.popleft() if groups and not self._stopped else None
