"""The engine that mutants are made of: autograd, the quickest, with means to change what it computes.

Only autograd's own extension points are used, so that a mutant is as faulty as an engine could be, and everything
that is not at fault is the backend's own code. No backend hands them out, so they are imported here, and nowhere else.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from autograd import builtins
from autograd.core import primitive_jvps as primitive_jvps
from autograd.core import primitive_vjps as primitive_vjps
from autograd.extend import defjvp_argnums as defjvp_argnums
from autograd.extend import defvjp_argnums as defvjp_argnums
from autograd.extend import primitive as primitive
from autograd.numpy.numpy_boxes import ArrayBox as ArrayBox
from autograd.tracer import getval
from autograd.tracer import isbox as isbox
from autograd.tracer import new_box as new_box
from autograd.tracer import trace_primitives_map as trace_primitives_map

import nestgrad as ng
from nestgrad.extend import Descriptor, Function
from nestgrad.internal import descriptor, embedded
from nestgrad_conformance.versions import installed, version_of

traced_tuple: Any = builtins.tuple
"""What the engine makes of a tuple that it traces."""


def sound() -> Any:
    """The backend without a fault."""
    return ng.get_backend(embedded())


@functools.cache
def described() -> Descriptor:
    """What is known of it without its engine."""
    return descriptor(embedded())


@functools.cache
def engine_version() -> str:
    """The engine's version."""
    return version_of(described().engine, installed(described().engine))


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
