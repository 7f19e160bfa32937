"""From cases to measurements: one worker for each engine, with one thread."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import msgspec

from nestgrad_conformance.processes.room import Replied, Room
from nestgrad_conformance.run.deaths import measurement_of
from nestgrad_conformance.run.worker import BACKEND

from .catalogue import Case, listed
from .timing import Effort
from .worker import Ask, Failed, Measured, Reply

HANDLER = "nestgrad_conformance.bench.worker:make"
_TIMEOUT = 180.0  # seconds for one case
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""Variables of all workers, and of nothing else."""

_REPLY: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def run(cases: Sequence[Case], effort: Effort) -> Generator[tuple[Case, Measured | Failed]]:
    """Measure cases of one engine, in turn.

    A case that kills the worker is `Failed`, and the next one has a new worker; if none starts, that is the last.
    """
    engine = cases[0].engine
    own = listed()[engine].environment if engine in listed() else {}
    environment = {**ONE_THREAD, **own, BACKEND: engine}
    with Room(HANDLER, timeout=_TIMEOUT, environment=environment) as room:
        for case in cases:
            answer = room.ask(msgspec.msgpack.encode(Ask(case, effort)))
            if isinstance(answer, Replied):
                yield case, _REPLY.decode(answer.payload)
                continue
            died = measurement_of(answer, "")
            yield case, Failed(f"{died.exception}: {died.message}")
            if answer.kind == "startup":  # so would be all others
                return
