"""All mutants: families times the table of operations, whole backends, false declarations, and the ten."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from functools import partial
from typing import Any

from nestgrad_conformance.limits.limit import Limit
from nestgrad_conformance.scenarios import load

from .engine import sound
from .families import FAMILIES, Family
from .independent import TEN
from .operation import with_rules
from .score import Mutant, declared
from .situation import Situated
from .whole import WHOLE

INDEPENDENT = "independent"


def mutants(*, families: tuple[str, ...] = (), operations: tuple[str, ...] = ()) -> Iterator[Mutant]:
    """The mutants of these families and operations, of all where none is named."""
    for mutant in _all():
        if families and mutant.family not in families:
            continue
        if not operations or mutant.operation in operations:
            yield mutant


def family_names() -> tuple[str, ...]:
    """The names of all families."""
    return tuple(dict.fromkeys(mutant.family for mutant in _all()))


def operations() -> tuple[str, ...]:
    """The operations of the table, by their names in the namespace."""
    named = (one.operation for one in load().values() if one.operation is not None and not one.probe)
    return tuple(dict.fromkeys(named))


def _all() -> Iterator[Mutant]:
    limits = declared()
    for family in FAMILIES:
        for name in operations():
            if family.operations is None or name in family.operations:
                yield _of_operation(family, name, limits)
    for name in operations():
        yield _with_invented_limit(name, limits)
    for i in range(len(limits)):
        yield _with_hidden_limit(i, limits)
    for fault in WHOLE:
        yield Mutant(family="whole_backend", name=fault.__name__, make=fault, limits=limits)
    for make in TEN:
        yield Mutant(family=INDEPENDENT, name=make.__name__, make=make, limits=limits)


def _of_operation(family: Family, name: str, limits: tuple[Limit, ...]) -> Mutant:
    return Mutant(
        family=family.name,
        name=name,
        make=partial(_changed, family, name),
        limits=limits,
        executions=family.executions,
        dtype=family.dtype,
        operation=name,
    )


def _changed(family: Family, name: str) -> Any:
    backend = Situated()
    function = operator.attrgetter(name)(sound().xp)
    return backend.replace({name: with_rules(function, family.rules(backend.situation))})


def _with_invented_limit(name: str, limits: tuple[Limit, ...]) -> Mutant:
    """It declares that it refuses an operation, and does not."""
    invented = Limit(nesting="*", kind="not_yet", operation=name.rpartition(".")[2], reason="invented")
    return Mutant(family="limit_invented", name=name, make=sound, limits=(invented, *limits), operation=name)


def _with_hidden_limit(number: int, limits: tuple[Limit, ...]) -> Mutant:
    """It refuses what it does not declare."""
    hidden = limits[number]
    return Mutant(
        family="limit_hidden",
        name=" ".join(filter(None, (hidden.operation, hidden.feature, hidden.nesting))),
        make=sound,
        limits=tuple(limit for limit in limits if limit is not hidden),
        features=frozenset(filter(None, (hidden.operation, hidden.feature))),
    )
