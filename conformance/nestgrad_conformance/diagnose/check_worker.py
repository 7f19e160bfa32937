"""What the worker of `nestgrad check` does: it loads a backend and a function of the user's, then measures nestings."""

from __future__ import annotations

import functools
import importlib
import operator
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

import msgspec

import nestgrad as ng
from nestgrad.extend import Backend, provides
from nestgrad.internal import ENVIRONMENT
from nestgrad_conformance.cases.function_case import OwnFunction
from nestgrad_conformance.diagnose.diagnosis import checked_executions, chosen, name_of, own_function
from nestgrad_conformance.judge.measure import measure
from nestgrad_conformance.judge.measurement import Ran
from nestgrad_conformance.run.worker import BACKEND

from .point import PointError, from_file, from_text


class Function(msgspec.Struct, frozen=True):
    """A function of the user's, and where to look at it.

    Attributes:
        target: `module:function`; the module is imported as from the current directory.
        at: the point as text, else `at_file` is a file that holds it.
        executions: those that will be asked for.
    """

    target: str
    at: str | None
    at_file: str | None
    executions: tuple[str, ...]


class Question(msgspec.Struct, frozen=True):
    """Measure one nesting; without one, load the function and say what it is."""

    function: Function
    nesting: str | None = None
    execution: str = "eager"


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The function is loaded and evaluates at the point."""

    name: str
    backend: str
    dtype: str
    values: str


class Misused(msgspec.Struct, frozen=True, tag=True):
    """What was asked for makes no sense; the message says why."""

    message: str


Reply = Ready | Misused | Ran

_QUESTION: msgspec.msgpack.Decoder[Question] = msgspec.msgpack.Decoder(Question)


def make() -> Callable[[bytes], bytes]:
    """The handler of a worker for the backend that the environment names, or for that of what the function returns.

    One that is named is prepared before the user's module is imported: arrays made there should have 64 bits.
    """
    sys.path.insert(0, os.getcwd())  # as `python -m` does
    name = os.environ.get(BACKEND) or os.environ.get(ENVIRONMENT)
    backend = prepared(ng.get_backend(name)) if name else None
    warnings.simplefilter("ignore")  # numbers are judged, not their warnings
    load = functools.lru_cache(maxsize=1)(functools.partial(_loaded, backend))

    def handle(request: bytes) -> bytes:
        return msgspec.msgpack.encode(_answer(_QUESTION.decode(request), load))

    return handle


def prepared(backend: Any) -> Backend:
    """The backend, with this process prepared for it."""
    if provides(backend, "prepare_worker"):
        backend.prepare_worker()
    return backend  # type: ignore[no-any-return]


def _answer(asked: Question, load: Callable[[Function], tuple[str, OwnFunction]]) -> Reply:
    try:
        name, case = load(asked.function)
    except (ng.NestgradError, PointError, Unusable) as error:
        return Misused(str(error))
    if asked.nesting is None:
        return Ready(name, case.backend.name, case.dtype, case.values)
    return measure(case, asked.nesting, asked.execution)


class Unusable(Exception):
    """What was named is no function, or it raises."""


def _loaded(named: Backend | None, function: Function) -> tuple[str, OwnFunction]:
    x = from_file(function.at_file or "") if function.at is None else from_text(function.at)
    f = resolved(function.target)
    try:
        backend = named or prepared(chosen(f, x, ()))
        checked_executions(backend, function.executions)
        return name_of(f), own_function(f, x, (), named, backend)
    except (ng.NestgradError, MemoryError):
        raise
    except Exception as error:
        raise Unusable(f"{function.target} raises {type(error).__name__} at this point: {error}") from error


def resolved(target: str) -> Callable[..., Any]:
    """The function that `module:function` names; raises `Unusable` where it names none."""
    module, _, name = target.partition(":")
    if not module or not name:
        raise Unusable(f"{target!r} names no function: write MODULE:FUNCTION, such as package.module:loss.")
    try:
        found = operator.attrgetter(name)(importlib.import_module(module))
    except ModuleNotFoundError as error:
        raise Unusable(f"{module!r} cannot be imported: {error}.") from error
    except AttributeError as error:
        raise Unusable(f"{target!r}: {error}.") from error
    except Exception as error:
        raise Unusable(f"importing {module!r} raises {type(error).__name__}: {error}") from error
    if not callable(found):
        raise Unusable(f"{target!r} is a {type(found).__name__}, not a function.")
    return found  # type: ignore[no-any-return]
