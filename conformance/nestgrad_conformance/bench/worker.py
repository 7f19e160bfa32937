"""What the worker of one engine does: it checks the values of a case, then times it."""

from __future__ import annotations

import os
import platform
import warnings
from collections.abc import Callable
from importlib.metadata import version

import msgspec

import nestgrad as ng
from nestgrad.internal import descriptor, in_a_line
from nestgrad_conformance.run.worker import BACKEND
from nestgrad_conformance.versions import installed

from . import values
from .catalogue import STARTUP, Case
from .engines import load
from .routes import Routes, routes
from .timing import Effort, Timed, timed


class Ask(msgspec.Struct, frozen=True):
    """Measure this case."""

    case: Case
    effort: Effort


class Measured(msgspec.Struct, frozen=True, tag=True):
    """By name, the routes of a case, nestgrad's first; and what they were measured with."""

    routes: dict[str, Timed]
    metadata: dict[str, str]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Nothing was measured, and why."""

    message: str


Reply = Measured | Failed

_ASK: msgspec.msgpack.Decoder[Ask] = msgspec.msgpack.Decoder(Ask)


def make() -> Callable[[bytes], bytes]:
    """The handler of a worker for the engine that the environment names."""
    warnings.simplefilter("ignore")  # numbers are compared, not their warnings
    metadata = _metadata(os.environ[BACKEND])

    def handle(request: bytes) -> bytes:
        asked = _ASK.decode(request)
        try:
            reply: Reply = Measured(measured(routes(asked.case), asked.effort), metadata)
        except Exception as error:
            reply = Failed(str(error) if isinstance(error, values.DifferError) else in_a_line(error))
        return msgspec.msgpack.encode(reply)

    return handle


def measured(found: Routes, effort: Effort) -> dict[str, Timed]:
    """Time routes that give the same numbers; each has run twice before.

    Raises:
        DifferError: they do not.
    """
    outcomes = {name: (call(), call())[1] for name, call in found.calls.items()}
    if not found.clocked:
        values.check(outcomes)
    return timed(found, effort)


def _metadata(engine: str) -> dict[str, str]:
    """What is told of a measurement; neither the name of a machine, nor its paths."""
    told = {
        "python_version": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "nestgrad": version("nestgrad"),
        "timer": "CPU time of the process and its children",
    }
    if engine == STARTUP:
        return {**told, "engines": f"numpy {version('numpy')}"}
    load(engine)  # what does not load is told once, not of each case
    engines = installed(descriptor(engine).engine)
    preferred = getattr(ng.get_backend(engine), "preferred", None)
    auto = {"auto": preferred[0]} if preferred else {}
    return {**told, **auto, "engines": ", ".join(f"{name} {number}" for name, number in engines.items())}
