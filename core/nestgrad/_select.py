"""Which backend a call runs on.

First that applies: the name or object given as `backend=`; the one engine whose arrays appear in the call; the
environment variable `NESTGRAD_BACKEND`; where nothing in the call is of an engine, the engine of what f returns, which
is evaluated once for it; the embedded default. What else is installed never decides.
"""

from __future__ import annotations

import copy
import dis
import inspect
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias, cast

import optree

from ._claims import ENVIRONMENT, claimant, claims, is_neutral, leaves_of, owner
from ._errors import (
    BackendConflictError,
    BackendNotFoundError,
    NestgradError,
    NotDifferentiableError,
    PrecisionLossError,
    StructureMismatchError,
    in_a_line,
)
from ._numpy import is_numpy, plain_numpy
from ._registry import backends, embedded, get_backend
from ._spec import Backend, provides
from .typing import Function

Named: TypeAlias = Callable[[], Sequence[tuple[str, Any]]]
"""Gives the values of a call with the names that messages use; called where a message may be needed."""

ABOUT_ARGUMENTS = (NotDifferentiableError, PrecisionLossError, StructureMismatchError)
"""Errors about an argument, to be passed through `explain`."""


def select(backend: str | Backend | None, values: Any, named: Named, by_outcome: Callable[[], Backend]) -> Backend:
    """The backend for a call with these values; containers are looked into.

    `by_outcome` is asked where nothing in the call is of an engine: see `of_outcome`. What was selected is kept by the
    types of the arguments, their leaves and the environment, unless an engine had to open one.

    Raises:
        BackendConflictError: arrays of two engines (both paths are named), or an array type that
            several third-party backends claim.
        BackendNotFoundError, BackendUnavailableError: as in `get_backend`.
    """
    if isinstance(backend, str):
        return get_backend(backend)
    if provides(backend, "jvp") or provides(backend, "vjp"):
        return cast(Backend, backend)
    if backend is not None:
        raise BackendNotFoundError(f"backend= takes a name or a backend that get_backend returned; got {backend!r}.")
    wanted = os.environ.get(ENVIRONMENT) or None
    key: tuple[Any, ...] = (*map(type, values), wanted)
    leaves, found = values, _selected.get(key, _NOT_YET)
    if found is _NOT_YET and not optree.all_leaves(values):
        leaves = optree.tree_leaves(values)
        key = _key_of_leaves(leaves, wanted)
        found = _selected.get(key, _NOT_YET)
    if found is _NOT_YET:
        name = _only(claims(leaves_of(named()))) or wanted
        found = None if name is None else _asked_for(name)
        if all(is_neutral(leaf) or claimant(type(leaf)) for leaf in leaves):
            if len(_selected) >= _MAX_SELECTED:
                _selected.clear()
            _selected[key] = found
    return by_outcome() if found is None else cast(Backend, found)


_selected: dict[tuple[Any, ...], Any] = {}  # by types, not weakly: Dynamo has no weak keys; None where they say nothing
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


def of_outcome(
    f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], has_aux: bool, argnums: Sequence[int] | None = None
) -> Backend:
    """The backend of what f returns for copies of arguments that are of no engine; the default if that is of none.

    `argnums` says which of them are differentiated; all are by default. In their place f is given arrays, as a backend
    would. Where one could not be differentiated f is not asked: that will be the error.

    Raises:
        BackendNotFoundError: f does not take NumPy arrays and numbers, or what it is given cannot be copied.
    """
    places = (
        range(len(args)) if argnums is None else [range(len(args))[i] for i in argnums if -len(args) <= i < len(args)]
    )
    x: Any = [args[i] for i in places]
    held: Any = args, kwargs
    leaves = optree.tree_leaves(x)
    if any(is_neutral(leaf) and not _is_real(leaf) for leaf in leaves) or not leaves:
        return get_backend(embedded())
    if any(isinstance(leaf, Iterator) for leaf in optree.tree_leaves(held)):
        raise BackendNotFoundError(
            "Nothing in the call is an array of an engine, and f cannot be asked: an iterator is among its arguments, "
            f"which an evaluation would use up. {_ways_out()}"
        )
    given = [optree.tree_map(_array, arg) if i in places else _copied(arg) for i, arg in enumerate(args)]
    try:
        output = f(*given, **_copied(kwargs))
    except Exception as error:
        if not _rejects(error) or not _takes(f, args, kwargs):
            raise
        if not all(map(is_neutral, leaves)):  # nobody knows what x is, and that will be the error
            return get_backend(embedded())
        what = "of NumPy" if any(map(is_numpy, leaves)) else "made of numbers of Python"
        raise BackendNotFoundError(
            f"Nothing in the call is an array of an engine: x is {what}. f raises {in_a_line(error)}. If it is written "
            f"for an engine that does not take such arguments: {_ways_out()}"
        ) from error
    value = output[0] if has_aux and isinstance(output, tuple) and output else output
    return get_backend(_only(claims(leaves_of([("what f returns", value)]))) or embedded())


def _ways_out() -> str:
    names = " or ".join(repr(info.name) for info in backends())
    return f"pass arrays of the engine that f is written for, or name the backend: backend= takes {names}."


def _is_real(leaf: Any) -> bool:
    """Whether a number, or an array of NumPy's, can be differentiated."""
    return leaf.dtype.kind in "fc" if is_numpy(leaf) else type(leaf) in (float, complex)


def _array(leaf: Any) -> Any:
    """What f gets in the place of a number or of an array of NumPy's: an array of its own."""
    if type(leaf) in (float, complex):
        import numpy as np  # as in `_numpy`

        return np.asarray(leaf)
    return plain_numpy(leaf).copy() if is_numpy(leaf) else _copy(leaf)


def _copied(tree: Any) -> Any:
    """A tree whose leaves f may change: arrays, random generators, objects of the user's."""
    return optree.tree_map(_copy, tree)


def _copy(leaf: Any) -> Any:
    try:
        return copy.deepcopy(leaf)
    except Exception:  # what cannot be copied, such as a lock
        return leaf


def _rejects(error: Exception) -> bool:
    """Whether an exception may be how an engine, or a method that NumPy has not, says no: the user's own are raised."""
    if type(error) in (TypeError, AttributeError, RuntimeError):
        return not _is_raised_by_the_user(error)
    return not isinstance(error, NestgradError) and claimant(type(error)) is not None


def _is_raised_by_the_user(error: Exception) -> bool:
    """Whether a `raise` in code of no engine has raised it, and not a call into one or a failed operation."""
    last = [*traceback.walk_tb(error.__traceback__)][-1][0]
    by_raise = dis.opname[last.f_code.co_code[last.f_lasti]] == "RAISE_VARARGS"
    return by_raise and owner([str(last.f_globals.get("__name__"))]) is None


def _takes(f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether f takes so many arguments of these names: what it raises is not about that."""
    try:
        inspect.signature(f).bind(*args, **kwargs)
    except TypeError:
        return False
    except ValueError:  # it has no signature, being written in C
        return True
    return True


def _only(found: dict[str, str]) -> str | None:
    if len(found) > 1:
        raise BackendConflictError(
            f"One call runs on one engine, but {' and '.join(found.values())}. "
            "Convert one of them, or say which with backend=."
        )
    return next(iter(found), None)


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
