"""What a law is, and what can come of holding a backend to one."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from types import FunctionType
from typing import Any

import msgspec

from nestgrad.extend import provides

Law = Callable[[Any], None] | functools.partial[None]
"""A function of a backend; a partial one where the same law is for several methods."""


class Held(msgspec.Struct, frozen=True, tag=True):
    """The backend obeys."""


class Broken(msgspec.Struct, frozen=True, tag=True):
    """It does not: the traceback, from the law on."""

    text: str


class Lacking(msgspec.Struct, frozen=True, tag=True):
    """It has not what the law is about."""

    reason: str


Outcome = Held | Broken | Lacking


class _Missing(Exception):
    pass


def require(backend: Any, *capabilities: str) -> None:
    """Leave a law that needs methods which the backend has not: it is then `Lacking`, not `Broken`."""
    for capability in capabilities:
        if not provides(backend, capability):
            raise _Missing(f"the backend has no {capability}")


def require_order(backend: Any, order: int) -> None:
    """Leave a law that needs nestings of this order, in the same way."""
    longest = getattr(backend, "max_order", None)
    if longest is not None and longest < order:
        raise _Missing(f"the backend's longest nesting has order {longest}")


def function_of(law: Law) -> FunctionType:
    """The function, which has a name and says what it demands."""
    function = law.func if isinstance(law, functools.partial) else law
    assert isinstance(function, FunctionType)
    return function


def outcome_of(row: str, law: Law, backend: Any) -> Outcome:
    """Hold a backend to a law of one row of the table, such as `vjp.has_aux`."""
    ability = row.partition(".")[0]
    if getattr(backend, ability, None) is None:
        return Lacking(f"the backend has no {ability}")
    try:
        law(backend)
    except MemoryError:
        raise  # the worker is replaced
    except _Missing as missing:
        return Lacking(str(missing))
    except Exception as error:
        return Broken(_told(error))
    return Held()


def _told(error: Exception) -> str:
    assert error.__traceback__ is not None
    return "".join(traceback.format_exception(error.with_traceback(error.__traceback__.tb_next)))
