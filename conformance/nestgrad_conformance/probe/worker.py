"""What the worker of `nestgrad backends --probe` does: it loads a backend, and differentiates 1/‖x‖ once in a mode."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np

import nestgrad as ng
from nestgrad.extend import Backend, provides
from nestgrad.internal import NAMESPACE, descriptor, engine_installed, in_a_line, require_engine
from nestgrad_conformance import versions
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.judge.measure import compare
from nestgrad_conformance.judge.measurement import Ran
from nestgrad_conformance.limits.declared import written
from nestgrad_conformance.run.worker import BACKEND, has
from nestgrad_conformance.scenarios import bundled

METHODS = {"F": "jvp", "R": "vjp"}
_FUNCTION = {one.dtype: one for one in bundled() if one.id in ("inverse_norm", "float32_of_inverse_norm")}
"""1/‖x‖, with its derivatives in closed form; in float32 for an engine that would not keep more bits."""


class Ask(msgspec.Struct, frozen=True):
    """Differentiate in this mode, once; without one, load the backend and say what it is."""

    mode: str | None = None


class Found(msgspec.Struct, frozen=True, tag=True):
    """The backend has loaded.

    Attributes:
        engines: versions of the engine and of what it computes with, by distribution.
        modes: the letters of those that the backend has.
        lacks: what core asks of a namespace, and this one does not have.
        lacks_for_f: what 1/‖x‖ is written with, and this namespace does not have.
    """

    engines: dict[str, str]
    modes: list[str]
    lacks: list[str]
    lacks_for_f: list[str]


class Unfit(msgspec.Struct, frozen=True, tag=True):
    """The backend has not loaded: its engine is not installed, or something is broken."""

    installed: bool
    message: str


Reply = Found | Unfit | Ran

_ASK: msgspec.msgpack.Decoder[Ask] = msgspec.msgpack.Decoder(Ask)


def make() -> Callable[[bytes], bytes]:
    """The handler of a worker for the backend that the environment names; it is loaded at the first request."""
    warnings.simplefilter("ignore")  # numbers are judged, not their warnings
    name = os.environ[BACKEND]
    load = functools.cache(functools.partial(_loaded, name))

    def handle(request: bytes) -> bytes:
        mode = _ASK.decode(request).mode
        return msgspec.msgpack.encode(_looked_at(name, load) if mode is None else _differentiated(load(), mode))

    return handle


def _loaded(name: str) -> Any:
    backend: Any = ng.get_backend(name)
    if provides(backend, "prepare_worker"):
        backend.prepare_worker()
    return backend


def _looked_at(name: str, load: Callable[[], Backend]) -> Found | Unfit:
    installed = True
    try:
        installed = engine_installed(descriptor(name))
        require_engine(descriptor(name))
        written(name)
        backend = load()
        return Found(
            versions.installed(descriptor(name).engine),
            [mode for mode, method in METHODS.items() if provides(backend, method)],
            [part for part in NAMESPACE if not has(backend.xp, part)],
            [part for part in _parts_of_f() if not has(backend.xp, part)],
        )
    except (Exception, SystemExit) as error:
        return Unfit(
            installed, str(error) if isinstance(error, ng.NestgradError) else f"it does not load: {in_a_line(error)}"
        )


def _differentiated(backend: Backend, mode: str) -> Ran:
    return compare(Subject(_FUNCTION[_dtype(backend)], backend, 0), mode)


def _dtype(backend: Backend) -> str:
    try:
        backend.asarray(np.zeros(1))
    except ng.PrecisionLossError:
        return "float32"
    except Exception:  # it will be raised again, and told, where f is differentiated
        return "float64"
    return "float64"


@functools.cache
def _parts_of_f() -> list[str]:
    """The functions of the namespace that 1/‖x‖ is written with."""
    function, used = _FUNCTION["float64"].function, dict[str, None]()

    class Seen(SimpleNamespace):
        def __getattr__(self, name: str) -> Any:
            used[name] = None
            return getattr(np, name)

    assert callable(function)
    function(Seen(), np.ones(3))
    return sorted(used)
