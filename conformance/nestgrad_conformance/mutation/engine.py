"""The engine that mutants are made of: autograd, the quickest, with means to change what it computes.

Only autograd's public extension points are used, so a mutant is as faulty as an engine could be, and
everything that is not at fault is the backend's own code.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import nestgrad as ng
from autograd.core import primitive_jvps, primitive_vjps
from autograd.tracer import getval, trace_primitives_map
from nestgrad.extend import Backend

Rule = Callable[..., Any]
Rules = dict[Any, Rule]

FORWARD: Rules = primitive_jvps
REVERSE: Rules = primitive_vjps


def sound() -> Any:
    """The backend without a fault."""
    return ng.get_backend("autograd")


def primitive_of(function: Any) -> Any:
    """What autograd traces for a function of NumPy."""
    return trace_primitives_map[function]


def held(x: Any) -> Any:
    """The value of x, a constant for every derivative that is being taken."""
    value = getval(x)
    return value if value is x else held(value)


def reweighted(x: Any, weight: Any) -> Any:
    """x itself, with its derivative multiplied by `weight`."""
    return held(x) + weight * (x - held(x))


class Namespace(ModuleType):
    """An array namespace with some functions replaced; dots lead into `linalg` and `fft`."""

    def __init__(self, namespace: Any, replaced: dict[str, Callable[..., Any]]) -> None:
        super().__init__("nestgrad_mutated")
        self._namespace = namespace
        inner: dict[str, dict[str, Callable[..., Any]]] = {}
        for name, function in replaced.items():
            extension, dot, rest = name.partition(".")
            if dot:
                inner.setdefault(extension, {})[rest] = function
            else:
                setattr(self, name, function)
        for extension, functions in inner.items():
            setattr(self, extension, Namespace(getattr(namespace, extension), functions))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._namespace, name)


def with_functions(replaced: dict[str, Callable[..., Any]]) -> Backend:
    """The backend with another namespace."""
    backend = type("Mutant", (type(sound()),), {"xp": Namespace(sound().xp, replaced)})()
    return backend  # type: ignore[no-any-return]


def with_rules(forward: Rules, reverse: Rules) -> Backend:
    """The backend with other rules for some of autograd's primitives, while it traces and no longer.

    A rule here is given autograd's own as its first argument.
    """
    changed = [
        (table, primitive, rule, table[primitive])
        for table, rules in ((FORWARD, forward), (REVERSE, reverse))
        for primitive, rule in rules.items()
    ]

    @contextlib.contextmanager
    def at_fault() -> Iterator[None]:
        for table, primitive, rule, own in changed:
            table[primitive] = lambda *args, rule=rule, own=own: rule(own, *args)
        try:
            yield
        finally:
            for table, primitive, _, own in changed:
                table[primitive] = own

    base: Any = type(sound())

    class Mutant(base):
        def jvp(self, *args: Any, **kwargs: Any) -> Any:
            with at_fault():
                return super().jvp(*args, **kwargs)

        def vjp(self, *args: Any, **kwargs: Any) -> Any:
            with at_fault():
                return super().vjp(*args, **kwargs)

    return Mutant()
