"""Which backend a call runs on.

First that applies: the name or object given as `backend=`; the one engine whose arrays appear in the call; the
environment variable `NESTGRAD_BACKEND`; where nothing in the call is of an engine, the engine of what f returns, which
is evaluated once for it; the embedded default. What else is installed never decides.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

import optree

from ._claims import ENVIRONMENT, claimant, claims, is_neutral, leaves_of, only
from ._errors import (
    BackendNotFoundError,
    NotDifferentiableError,
    PrecisionLossError,
    StructureMismatchError,
)
from ._offers import offers
from ._registry import embedded, get_backend
from ._spec import Backend, provides

Named: TypeAlias = Callable[[], Sequence[tuple[str, Any]]]
"""Gives the values of a call with the names that messages use; called where a message may be needed."""

ABOUT_ARGUMENTS = (NotDifferentiableError, PrecisionLossError, StructureMismatchError)
"""Errors about an argument, to be passed through `explain`."""


def select(backend: str | Backend | None, values: Any, named: Named, by_outcome: Callable[[], Backend]) -> Backend:
    """The backend for a call with these values; containers are looked into.

    One that is given, and is `over` others, is that over the one for the call without it.

    `by_outcome` is asked where nothing in the call is of an engine: see `of_outcome`. What was selected is kept by the
    types of the arguments, their leaves and the environment; of what an engine had to open, by those that it found.

    Raises:
        BackendConflictError: arrays of two engines (both paths are named), or an array type that
            several third-party backends claim.
        BackendNotFoundError, BackendUnavailableError: as in `get_backend`.
    """
    if backend is not None:
        given: Any = backend
        if isinstance(given, str):
            given = get_backend(given)
        elif not (provides(given, "jvp") or provides(given, "vjp")):
            raise BackendNotFoundError(f"backend= takes a name or a backend that get_backend returned; got {given!r}.")
        if getattr(type(given), "over", None) is not None:
            given = given.over(select(None, values, named, by_outcome))
        return cast(Backend, given)
    wanted = os.environ.get(ENVIRONMENT) or None
    key: tuple[Any, ...] = (*map(type, values), wanted)
    leaves, found = values, _selected.get(key, _NOT_YET)
    if found is _NOT_YET and not optree.all_leaves(values):
        leaves = optree.tree_leaves(values)
        key = _key_of_leaves(leaves, wanted)
        found = _selected.get(key, _NOT_YET)
    if found is _NOT_YET and key in _opened:
        opened_by, kinds = _opened[key]
        found = opened_by if _kinds(opened_by, values) == kinds else _NOT_YET
    if found is _NOT_YET:
        name = only(claims(leaves_of(named()))) or wanted
        found = None if name is None else _asked_for(name)
        if all(map(_is_told, leaves)):
            _keep(_selected, key, found)
        elif found is not None and all(map(_is_told, offers(found).flatten(values)[0])):
            _keep(_opened, key, (found, _kinds(found, values)))
    return by_outcome() if found is None else cast(Backend, found)


def _keep(known: dict[Any, Any], key: Any, value: Any) -> None:
    if len(known) >= _MAX_SELECTED:
        known.clear()
    known[key] = value


def _is_told(leaf: Any) -> bool:
    """Whether the type of a leaf says of which engine it is, if it is of one."""
    return is_neutral(leaf) or type(leaf).__module__ == "builtins" or claimant(type(leaf)) is not None


def _kinds(backend: Backend, values: Any) -> frozenset[type]:
    """The types of all that an engine finds in containers, which it opens as well."""
    return frozenset(map(type, offers(backend).flatten(values)[0]))


_selected: dict[tuple[Any, ...], Any] = {}  # by types, not weakly: Dynamo has no weak keys; None where they say nothing
_opened: dict[tuple[Any, ...], tuple[Backend, frozenset[type]]] = {}  # where an engine had to open some, what it found
_NOT_YET = object()
_MAX_SELECTED = 1024


def told_by_types(values: Any) -> bool:
    """Whether the backend of a call with values of these types is known by their types: no engine had to open one."""
    wanted = os.environ.get(ENVIRONMENT) or None
    return (*map(type, values), wanted) in _selected or _key_of_leaves(optree.tree_leaves(values), wanted) in _selected


def _key_of_leaves(leaves: Any, wanted: str | None) -> tuple[Any, ...]:
    return frozenset(map(type, leaves)), wanted  # of containers the types say too little


def _asked_for(name: str) -> Backend:
    try:
        return get_backend(name)
    except BackendNotFoundError as error:
        error.args = (f"{error} The name is that of the environment variable {ENVIRONMENT}.",)
        raise


def explain(error: Exception, given: str | Backend | None, backend: Backend, named: Named) -> None:
    """Let an error about an argument say which backend was picked, why, and how to pick another."""
    error.args = (f"{error} The backend is {backend.name}, {_reason(given, backend, named)}", *error.args[1:])


def _reason(given: str | Backend | None, backend: Backend, named: Named) -> str:
    if given is not None:
        return "which was given as backend=; another can be given there."
    found = claims(leaves_of(named()))
    if found:
        why = f"as {next(iter(found.values()))}"
    elif os.environ.get(ENVIRONMENT):
        why = f"as the environment variable {ENVIRONMENT} says"
    elif backend.name == embedded():
        why = "as nothing says otherwise"
    else:
        why = "as what f returns is of it"
    return f"{why}; another is picked by backend=."
