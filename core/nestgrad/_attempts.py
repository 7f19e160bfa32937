"""The nestings of an operator on one backend, tried in order until one is right."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from ._advice import Advice, find_advice, is_blocked
from ._arguments import Call
from ._basis import is_small
from ._crossed import crossed
from ._definition import Definition
from ._errors import DependentRowsError, EngineError, NestgradError, NestingFallbackWarning
from ._failures import Refused, is_users, recognised, translated
from ._layout import Layout
from ._left_out import users_level
from ._nesting import Nesting
from ._offers import Offers
from ._plan import MAX_KEPT, Plan
from ._refusal import UnsupportedNestingError
from ._trying import Attempt, undone
from ._verification import Verification
from .typing import Function

_choosing: WeakKeyDictionary[Attempts, threading.RLock] = WeakKeyDictionary()
"""One lock for each that chooses, as f may wait for another thread, which calls another operator; not on the object,
which may be copied."""


class Attempts:
    """Evaluates calls of one operator on one backend: by the nesting that is named, or by the first that is right.

    The first choice of `"auto"` runs directly. Where the engine or a guard refuses it, the others are tried in order;
    the one that is right is kept, for inputs of the same structure, dtypes and ranks. What a refused one did to the
    engine's arrays and random numbers is undone, as far as the backend can: see `Abilities.attempts`.

    Attributes:
        offers: what differentiates.
        only: the plan of all calls so far; None where there are several.
    """

    def __init__(self, f: Function, definition: Definition, offers: Offers, **decided: Any) -> None:
        nestings = definition.nestings(offers)
        self.offers, self._f, self._definition, self._decided = offers, f, definition, decided
        self._first, self._others = self._plan(nestings[0]), nestings[1:]
        self._verify = Verification(f, definition, offers, decided["has_aux"], decided["verify"])
        self._begun: list[Layout] = []
        self._chosen: dict[Any, Plan] = {}
        self._found: dict[Any, Advice] = {}
        self._has_warned = False
        self.only: Plan | None = self._first

    def _plan(self, nesting: Nesting) -> Plan:
        return Plan(self._f, self._definition, self.offers, nesting, **self._decided)

    def __call__(self, call: Call, kwargs: dict[str, Any]) -> Any:
        """The operator's result for opened arguments, whether or not there was such a call before."""
        plan = self._chosen.get(_signature(call), self._first) if self._chosen else self._first
        attempt = None if call.layout in self._begun else self.offers.attempts()
        try:
            return plan(call, kwargs) if attempt is None else self._begin(plan, attempt, call, kwargs)
        except Exception as error:
            return self.after(error, plan, call, kwargs, attempt)

    def nesting(self, call: Call) -> Nesting:
        """The nesting by which such calls are evaluated, as far as is known."""
        return self._chosen.get(_signature(call), self._first).nesting

    def _begin(self, plan: Plan, attempt: Attempt, call: Call, kwargs: dict[str, Any]) -> Any:
        """The plan's result, where nothing is known of such calls yet."""
        self.only, before = None, self.only  # so that the next call comes here, until this one is settled
        is_seen = self._definition.look is None or undone(attempt, functools.partial(self._look, plan, call, kwargs))
        verified = functools.partial(self._verify, plan, call, kwargs, attempt)
        result, is_settled = attempt(verified) if self._others else verified()
        if is_settled and is_seen:
            if len(self._begun) >= MAX_KEPT:
                self._begun.clear()
            self._begun.append(call.layout)
            self.only = before if self._chosen else plan
        return result

    def _look(self, plan: Plan, call: Call, kwargs: dict[str, Any]) -> bool:
        has_aux = self._decided["has_aux"]
        f = self._definition.function(self._f, call.layout, call.others, kwargs, has_aux)
        assert self._definition.look is not None
        try:
            return self._definition.look(self.offers, (lambda *x: f(*x)[0]) if has_aux else f, call.x)
        except DependentRowsError:
            if not self._others:
                plan(call, kwargs)  # where the nesting itself is refused, no other way to call it helps
            raise

    def after(
        self, error: Exception, plan: Plan, call: Call, kwargs: dict[str, Any], attempt: Attempt | None = None
    ) -> Any:
        """What is done when a plan has raised: another nesting gives the result, or the user is told."""
        others = [nesting for nesting in (self._first.nesting, *self._others) if nesting != plan.nesting]
        refused = None
        try:
            attempt = (attempt or self.offers.attempts()) if self._others else None
            refused = self._told(error, plan, call, kwargs, attempt)
            if attempt is None:
                raise self._advised(refused, call, kwargs)
            with _choosing.setdefault(self, threading.RLock()):  # threads that come here together choose once
                return self._by_another(others, refused, refused is not error, plan, attempt, call, kwargs)
        finally:
            del error, refused  # their tracebacks hold this frame: f and its inputs would live until a collection

    def _by_another(
        self,
        others: list[Nesting],
        refused: Refused,
        is_engines: bool,
        plan: Plan,
        attempt: Attempt,
        call: Call,
        kwargs: dict[str, Any],
    ) -> Any:
        signature = _signature(call)
        known = self._chosen.get(signature)
        if known is not None and known is not plan:  # another thread's choice
            others = [known.nesting, *(nesting for nesting in others if nesting != known.nesting)]
        for nesting in others:
            if is_blocked(nesting, refused):
                continue
            other = known if known is not None and known.nesting == nesting else self._plan(nesting)
            try:
                result, is_settled = attempt(functools.partial(self._verify, other, call, kwargs, attempt))
            except Exception:  # whatever it is, the user is told of the first one
                continue
            self._warn(refused, nesting)
            _keep(self._chosen, signature, other)
            self.only = None if self._begun or not is_settled else other
            return result
        cause = refused.__cause__
        try:
            if (
                is_engines
                and isinstance(cause, Exception)
                and _is_users(cause, plan.undifferentiated(call, kwargs), attempt)
            ):
                raise cause
            raise refused.advised(tried=tuple(others)) from cause
        finally:
            del refused, cause

    def _told(
        self, error: Exception, plan: Plan, call: Call, kwargs: dict[str, Any], attempt: Attempt | None
    ) -> Refused:
        """What the user is told of an exception; raises one that is the user's.

        To know whose it is f is evaluated once more. Where there is another nesting to try it is put off, if the
        backend recognises the exception.
        """
        try:
            if isinstance(error, (UnsupportedNestingError, EngineError)):
                return error
            if isinstance(error, (NestgradError, MemoryError)):
                raise error
            raised = crossed(error)
            meant = None if attempt is None or raised is not None else recognised(error, self.offers, plan.nesting)
            again = attempt or self.offers.attempts()  # whatever that evaluation does is undone
            if meant is None and _is_users(error, plan.undifferentiated(call, kwargs), again):
                raise error
            told = raised or meant or translated(error, self.offers, plan.nesting)
            told.__cause__ = error
            if isinstance(told, (UnsupportedNestingError, EngineError)):
                return told
            raise told
        finally:
            del error

    def _advised(self, refused: Refused, call: Call, kwargs: dict[str, Any]) -> Refused:
        """The refusal with a nesting that works instead, found once for inputs of a kind."""
        cause = refused.__cause__
        if self._others:  # where there is no way back, nothing can be tried
            advised = refused.advised()
        else:
            signature = _signature(call)
            if signature not in self._found:
                found = find_advice(refused, self._f, self._definition, self.offers, call, kwargs, **self._decided)
                _keep(self._found, signature, found)
            advised = refused.advised(*self._found[signature])
        advised.__cause__ = cause
        return advised

    def _warn(self, refused: Refused, nesting: Nesting) -> None:
        if not self._has_warned:
            warning = NestingFallbackWarning(self._definition.name, nesting, refused.advised())
            warnings.warn(warning, stacklevel=users_level())
            self._has_warned = True  # now: where the warning is an error, it is one at every call


def _is_users(error: Exception, undifferentiated: Callable[[], Any], attempt: Attempt | None) -> bool:
    """Whether f raises the same by itself, evaluated as an attempt that is undone."""
    try:
        if attempt is None:
            return is_users(error, undifferentiated)
        return bool(undone(attempt, functools.partial(is_users, error, undifferentiated)))
    finally:
        del error


def _signature(call: Call) -> Any:
    """For which inputs one choice holds: those of the same structure, dtypes and ranks, with many entries or few."""
    return call.layout, tuple([(leaf.dtype, len(leaf.shape)) for leaf in call.x]), is_small(call.x)


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    if len(kept) >= MAX_KEPT:
        kept.clear()
    kept[key] = value
