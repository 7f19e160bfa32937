"""The transform object: what every operator of the user API returns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypedDict

import optree

from ._plan import MAX_KEPT, Plan, execution_of
from ._problem import Rule
from ._select import select
from ._spec import Backend
from ._trees import flatten, paths
from .typing import Function


class Options(TypedDict, total=False):
    """The keywords that every operator takes."""

    backend: str | Backend | None
    """A name or a backend; by default the one whose arrays appear in the call."""
    compile: bool | str
    """Compile the derivative with the engine's own compiler, or with the one that is named (`"compiled"`,
    `"traced"`, `"xla"`) where it has several; what f captures is then frozen."""
    has_aux: bool
    """f returns `(value, aux)`, and the operator `(result, aux)`."""


class Operator:
    """A derivative of f, to be evaluated as `op(x, *directions, *args, **kwargs)`.

    Calling it looks up a plan by the types of the arguments. Plans live on this object, are bounded in
    number and die with it; protocol checks and environment reads happen only when a plan is made.
    """

    def __init__(
        self,
        f: Function,
        rule: Rule,
        *,
        backend: str | Backend | None = None,
        compile: bool | str = False,  # noqa: A002
        has_aux: bool = False,
    ) -> None:
        if not callable(f):
            raise TypeError(f"{rule.name} takes a function; got {f!r}.")
        self._f, self._rule, self._backend, self._has_aux = f, rule, backend, has_aux
        self._execution = execution_of(compile)
        self._plans: dict[Any, Plan | None] = {}

    def __repr__(self) -> str:
        return f"<nestgrad.{self._rule.name} of {getattr(self._f, '__qualname__', repr(self._f))}>"

    def __call__(self, /, *arguments: Any, **kwargs: Any) -> Any:
        """Evaluate the derivative; see the operator that made this object."""
        key: Any = tuple(map(type, arguments))
        if kwargs:
            key = (key, *((name, type(value)) for name, value in kwargs.items()))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plan_for(key, arguments, kwargs)
        return plan(arguments, kwargs)

    def _plan_for(self, key: Any, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> Plan:
        """The plan for these arguments, made if there is none. Types of containers say too little to key on."""
        if not all(optree.tree_is_leaf(value) for value in (*arguments, *kwargs.values())):
            leaves, structure = flatten(None, (arguments, kwargs))
            key = (structure, *map(type, leaves))
        plan = self._plans.get(key)
        if plan is None:
            backend = select(self._backend, leaves_of(_named_arguments(self._rule, arguments, kwargs)))
            plan = Plan(self._f, self._rule, backend, execution=self._execution, has_aux=self._has_aux)
            if len(self._plans) >= MAX_KEPT:
                self._plans.clear()
            self._plans[key] = plan
        return plan


def _named_arguments(rule: Rule, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[str, Any]]:
    """The arguments of a call under the names that messages use."""
    names = ["x", *(f"v{i}" for i in range(1, rule.directions + 1))]
    names += [f"args[{i}]" for i in range(len(arguments) - len(names))]
    return [*zip(names, arguments, strict=False), *kwargs.items()]


def leaves_of(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Every leaf of named trees, with what a user would write to reach it."""
    for name, tree in named:
        leaves = optree.tree_leaves(tree)
        yield from zip(paths(name, tree, len(leaves)), leaves, strict=True)
