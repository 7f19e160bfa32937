"""Which functions of the namespace a scenario calls: those in which a fault can show."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

import numpy as np
import optree

import nestgrad as ng
from nestgrad_conformance.scenarios import Scenario

from .engine import sound


class _Noting(ModuleType):
    """A namespace that notes what is looked up in it."""

    def __init__(self, namespace: Any, found: set[str], prefix: str = "") -> None:
        super().__init__("nestgrad_noting")
        self._namespace, self._found, self._prefix = namespace, found, prefix

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._namespace, name)
        self._found.add(self._prefix + name)
        return _Noting(value, self._found, f"{name}.") if isinstance(value, ModuleType) else value


@functools.cache
def used_by(scenario: Scenario) -> frozenset[str]:
    """The names that a scenario's function looks up, with the extension before a dot."""
    found: set[str] = set()
    namespace, x = _Noting(sound().xp, found), scenario.x(0)
    if not callable(scenario.function):
        return frozenset()
    with np.errstate(all="ignore"):
        if scenario.nested:
            scenario.function(namespace, x, lambda f, nesting: ng.derivative(f, nesting, backend=sound()))
        else:
            scenario.function(namespace, optree.tree_map(np.asarray, x))
    return frozenset(found)
