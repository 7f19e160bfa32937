"""The anonymous twin: what is refused or repaired must be so for its operation, not for a scenario.

The twin of f is u ↦ f(2u + ½) with u inside a dict, at the u where the argument is the scenario's x. It has
the same operations and another shape of program and of inputs, so a guard that knows the scenario misses it.
By the chain rule its derivatives of order k are 2ᵏ times those of f at x: the truth is known already. Laws are of
operators, not of guards: the cell itself is held to them.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import msgspec
import optree

from nestgrad_conformance.cases.scenario_case import Subject, Vector
from nestgrad_conformance.judge.measure import compare
from nestgrad_conformance.judge.measurement import Ran
from nestgrad_conformance.truth.oracle import Oracle
from nestgrad_conformance.truth.truth import Truth

_SCALE, _SHIFT = 2.0, 0.5  # exact in binary: a zero in x stays a zero


def beside(subject: Subject, nesting: str, execution: str, found: Ran) -> Ran:
    """A cell's measurement; if it was refused or repaired, and its twin is neither refused nor right, the twin's.

    Eager cells alone have a twin: guards are the same for all executions, and compiling is slow.
    """
    guarded = found.outcome == "refused" or (found.outcome == "correct" and found.repairs)
    if execution != "eager" or not guarded:
        return found
    twin = compare(Twin(subject), nesting)
    if twin.outcome in ("refused", "correct", "uncertain"):
        return found
    told = f"{found.outcome} as it is, but its anonymous twin is {twin.outcome}: {twin.message or 'another number'}"
    return msgspec.structs.replace(twin, message=told)


class Twin(Subject):
    """The twin of a subject."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject.scenario, subject.backend, subject.seed, subject.inner)
        rebuild = self._rebuild
        self._original = subject
        self._rebuild = lambda flat: {"twin": rebuild(flat)}
        self.x = (self.x - _SHIFT) / _SCALE

    @functools.cached_property
    def _function(self) -> Callable[[Any], Any]:
        function = self._original._function
        return lambda x: function(optree.tree_map(_inner, x["twin"]))

    @property
    def oracle(self) -> Any:
        """The truth, from that of the original."""
        return _Chained(self._original.oracle)


class _Chained:
    """An oracle after the chain rule; in all else the original's."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._oracle, name)

    def vector(self, *directions: Vector) -> Truth:
        """See `Oracle.vector`."""
        return _times(_SCALE ** (len(directions) + 1), self._oracle.vector(*directions))

    def scalar(self, *directions: Vector) -> Truth:
        """See `Oracle.scalar`."""
        return _times(_SCALE ** len(directions), self._oracle.scalar(*directions))


def _inner(leaf: Any) -> Any:
    return _SCALE * leaf + _SHIFT


def _times(factor: float, truth: Truth) -> Truth:
    return dataclasses.replace(truth, value=factor * truth.value, bar=factor * truth.bar, scale=factor * truth.scale)
