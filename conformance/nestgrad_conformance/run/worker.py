"""What a worker does: it loads one backend, then measures cells of it."""

from __future__ import annotations

import functools
import operator
import os
import platform
import sys
import warnings
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Any

import msgspec
import numpy as np

from nestgrad.extend import COMPILERS, SPEC_VERSION, Backend, provides
from nestgrad.internal import descriptor
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.judge.measure import measure
from nestgrad_conformance.judge.measurement import Ran
from nestgrad_conformance.judge.twin import beside
from nestgrad_conformance.pairs import loaded
from nestgrad_conformance.report.schema import Environment
from nestgrad_conformance.scenarios import load
from nestgrad_conformance.versions import installed

from .plan import Task

BACKEND = "NESTGRAD_ROOM_BACKEND"
"""The environment variable that tells a worker which backend it is for."""


class Describe(msgspec.Struct, frozen=True, tag=True):
    """Ask a worker about its backend and engine; the answer is an `Environment`."""


class Absent(msgspec.Struct, frozen=True, tag=True):
    """The backend lacks what the cell is about; not a measurement."""

    reason: str


Request = Describe | Task
Reply = Ran | Absent

_REQUEST: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)


def make() -> Callable[[bytes], bytes]:
    """The handler of a worker for the backend that the environment names."""
    return _handler(*loaded(os.environ[BACKEND]))


def make_raw() -> Callable[[bytes], bytes]:
    """The same for its bare engine; a backend that has no other transforms than the engine's is bare itself."""
    return _handler(*map(_raw, loaded(os.environ[BACKEND])))


def _raw(backend: Any) -> Any:
    return backend.raw() if provides(backend, "raw") else backend


def _handler(backend: Any, inner: Any) -> Callable[[bytes], bytes]:
    for one in (backend, inner):
        if provides(one, "prepare_worker"):
            one.prepare_worker()
    warnings.simplefilter("ignore")  # numbers are judged, not their warnings
    scenarios, environment = load(), functools.cache(describe)

    @functools.lru_cache(maxsize=1)  # tasks come scenario by scenario
    def subject(scenario: str, seed: int) -> Subject:
        return Subject(scenarios[scenario], backend, seed, inner)

    def handle(request: bytes) -> bytes:
        asked = _REQUEST.decode(request)
        answer = environment(backend, inner) if isinstance(asked, Describe) else measured(asked, backend, subject)
        return msgspec.msgpack.encode(answer)

    return handle


def describe(backend: Backend, inner: Backend | None = None) -> Environment:
    """Where this worker measures. Of a pair, both must have a mode, and allow an order."""
    both = [one for one in (backend, inner) if one is not None]
    orders = [order for one in both if (order := getattr(one, "max_order", None)) is not None]
    array = backend.asarray(np.zeros(1))
    return Environment(
        python=platform.python_version(),
        platform=f"{sys.platform}-{platform.machine()}",
        nestgrad=version("nestgrad"),
        spec=getattr(backend, "spec_version", SPEC_VERSION),
        engines=installed(descriptor(backend.name).engine),
        device=str(getattr(array, "device", "cpu")),
        x64=str(backend.to_numpy(array).dtype) == "float64",
        modes={"forward": _all_have(both, "jvp"), "reverse": _all_have(both, "vjp")},
        max_order=min(orders, default=None),
        executions=["eager", *(name for name, method in COMPILERS.items() if provides(backend, method))],
        inner={} if inner is None else installed(descriptor(inner.name).engine),
    )


def _all_have(backends: Iterable[Backend], method: str) -> bool:
    return all(provides(one, method) for one in backends)


def measured(task: Task, backend: Backend, subject: Callable[[str, int], Subject]) -> Reply:
    """One cell measured, or what the backend lacks for it; `subject(scenario, seed)` makes the subject."""
    if task.execution != "eager" and not provides(backend, COMPILERS[task.execution]):
        return Absent(f"the backend has no execution {task.execution!r}")
    try:
        asked = subject(task.scenario, task.seed)
        if not has((asked.inner or backend).xp, asked.scenario.operation):
            return Absent(f"the namespace has no {asked.scenario.operation!r}")
        capability = asked.scenario.capability
        if capability is not None and not provides(backend, capability):
            return Absent(f"the backend has no {capability}")
        return beside(asked, task.nesting, task.execution, measure(asked, task.nesting, task.execution))
    except MemoryError:
        raise  # the worker is replaced
    except Exception as error:  # the scenario itself does not load or evaluate
        return Ran(nesting=task.nesting, outcome="error", exception=type(error).__name__, message=str(error))


def has(namespace: Any, operation: str | None) -> bool:
    """Whether a namespace has an operation, such as `linalg.det`."""
    try:
        return operation is None or bool(operator.attrgetter(operation)(namespace))
    except AttributeError:
        return False
