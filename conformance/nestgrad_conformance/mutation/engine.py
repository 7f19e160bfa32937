"""The engine that mutants are made of: autograd, the quickest, with means to change what it computes.

Only autograd's public extension points are used, so that a mutant is as faulty as an engine could be, and
everything that is not at fault is the backend's own code.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from autograd.tracer import getval

import nestgrad as ng
from nestgrad.extend import Function


def sound() -> Any:
    """The backend without a fault."""
    return ng.get_backend("autograd")


def held(x: Any) -> Any:
    """The value of x, a constant for every derivative that is being taken."""
    value = getval(x)
    return value if value is x else held(value)


class Namespace(ModuleType):
    """An array namespace with some functions replaced; a dot in a name leads into `linalg` and `fft`."""

    def __init__(self, namespace: Any, replaced: dict[str, Function]) -> None:
        super().__init__("nestgrad_mutated")
        self._namespace = namespace
        extensions: dict[str, dict[str, Function]] = {}
        for name, function in replaced.items():
            extension, dot, rest = name.partition(".")
            if dot:
                extensions.setdefault(extension, {})[rest] = function
            else:
                setattr(self, name, function)
        for extension, functions in extensions.items():
            setattr(self, extension, Namespace(getattr(namespace, extension), functions))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._namespace, name)
