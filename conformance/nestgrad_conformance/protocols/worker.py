"""Where laws are held: in a worker process of the backend, so that a crash or a hang is one failed test."""

from __future__ import annotations

import contextlib
import os
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import msgspec

import nestgrad as ng
from nestgrad.extend import provides
from nestgrad_conformance.processes.room import Replied, Room
from nestgrad_conformance.run.backend_run import THREADS
from nestgrad_conformance.run.caches import CACHE, folder
from nestgrad_conformance.run.worker import BACKEND

from .law import Broken, Law, Outcome, outcome_of

_TIMEOUT = 600.0
_OUTCOME: msgspec.msgpack.Decoder[Outcome] = msgspec.msgpack.Decoder(Outcome)


def make() -> Callable[[bytes], bytes]:
    """The handler of a worker for the backend that the environment names."""
    backend: Any = ng.get_backend(os.environ[BACKEND])
    if provides(backend, "prepare_worker"):
        backend.prepare_worker()
    warnings.simplefilter("ignore")  # results are judged, not warnings

    def handle(request: bytes) -> bytes:
        row, law = pickle.loads(request)  # of our own process, which names a function of ours
        return msgspec.msgpack.encode(outcome_of(row, law, backend))

    return handle


class Workers(contextlib.ExitStack):
    """One worker for each backend that was asked about, until the stack is closed."""

    def __init__(self) -> None:
        super().__init__()
        self._rooms: dict[str, Room] = {}

    def outcome(self, backend: str, row: str, law: Law) -> Outcome:
        """Hold a backend to a law in its worker; a death of the worker breaks the law."""
        if backend not in self._rooms:
            environment = {BACKEND: backend, CACHE: str(folder()), THREADS: os.environ.get(THREADS, "1")}
            room = Room(f"{__name__}:make", timeout=_TIMEOUT, environment=environment)
            self._rooms[backend] = self.enter_context(room)
        answer = self._rooms[backend].ask(pickle.dumps((row, law)))
        if isinstance(answer, Replied):
            return _OUTCOME.decode(answer.payload)
        return Broken(f"{answer.kind}: {answer.detail}\n{answer.tail}")
