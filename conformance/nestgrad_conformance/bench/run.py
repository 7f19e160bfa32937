"""From cases to measurements: one worker for each engine, with one thread."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import msgspec

from nestgrad_conformance.processes.room import Replied, Room
from nestgrad_conformance.run.deaths import measurement_of
from nestgrad_conformance.run.worker import BACKEND

from .catalogue import Case
from .timing import Effort
from .worker import Ask, Failed, Measured, Reply

_TIMEOUT = 180.0  # seconds for one case
_NUMERIC = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_TENSORFLOW = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
ENVIRONMENT = {
    **dict.fromkeys((*_NUMERIC, *_TENSORFLOW), "1"),
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TORCHINDUCTOR_COMPILE_THREADS": "1",  # or others would compile, and their time would not be seen
    "TORCHINDUCTOR_FX_GRAPH_CACHE": "0",  # a first call is one
    "TORCHINDUCTOR_AUTOGRAD_CACHE": "0",
}
"""Of the workers alone. One thread, the host, 64 bits, and nothing that was compiled by an earlier run."""

_REPLY: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def run(cases: Sequence[Case], effort: Effort) -> Generator[tuple[Case, Measured | Failed]]:
    """Measure cases of one engine, in turn.

    A case that kills the worker is `Failed`, and the next one has a new worker; if none starts, that is the last.
    """
    environment = {**ENVIRONMENT, BACKEND: cases[0].engine}
    with Room("nestgrad_conformance.bench.worker:make", timeout=_TIMEOUT, environment=environment) as room:
        for case in cases:
            answer = room.ask(msgspec.msgpack.encode(Ask(case, effort)))
            if isinstance(answer, Replied):
                yield case, _REPLY.decode(answer.payload)
                continue
            died = measurement_of(answer, "")
            yield case, Failed(f"{died.exception}: {died.message}")
            if answer.kind == "startup":  # so would be all others
                return
