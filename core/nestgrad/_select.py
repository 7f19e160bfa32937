"""Which backend a call runs on.

First that applies: the name or object given as `backend=`; the one engine whose arrays appear in the
call; the environment variable `NESTGRAD_BACKEND`; the only engine installed besides the embedded
default; the embedded default. NumPy arrays and Python numbers are neutral. An array is told by the
import roots of its type, never by what happens to be imported.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import optree

from ._errors import BackendConflictError, BackendNotFoundError, BackendUnavailableError, NestgradError
from ._left_out import leave_out
from ._numpy import is_numpy
from ._registry import BackendInfo, backends, descriptor, embedded, engine_installed, get_backend, stamp
from ._spec import Backend, provides
from ._trees import paths

ENVIRONMENT = "NESTGRAD_BACKEND"
_NO_ENGINE = {"builtins", "numpy", "typing"}


def select(backend: str | Backend | None, values: Any, named: Callable[[], Sequence[tuple[str, Any]]]) -> Backend:
    """The backend for a call with these values; containers are looked into.

    `named` gives the values with the names that messages use; it is called where a message may be needed.
    What was selected is kept by the types of the arguments, their leaves and the environment: an engine that is
    installed later is seen by calls with types that are new.

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
    wanted = os.environ.get(ENVIRONMENT)
    key: tuple[Any, ...] = (*map(type, values), wanted)
    found = _selected.get(key)
    if found is not None:
        return found
    if not optree.all_leaves(values):  # of containers the types say too little
        key = frozenset(map(type, optree.tree_leaves(values))), wanted
        found = _selected.get(key)
    if found is None:
        found = get_backend(_by_arrays(leaves_of(named())) or wanted or _by_installation())
        if len(_selected) >= _MAX_SELECTED:
            _selected.clear()
        _selected[key] = found
    return found


_selected: dict[tuple[Any, ...], Backend] = {}  # by types, not weakly: Dynamo has no weak keys
_MAX_SELECTED = 1024


def leaves_of(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Every leaf of named trees, with what a user would write to reach it."""
    for name, tree in named:
        leaves = optree.tree_leaves(tree)
        yield from zip(paths(name, tree, len(leaves)), leaves, strict=True)


def is_neutral(value: object) -> bool:
    """Whether a leaf says nothing about the engine: a NumPy array, a number, or no array at all."""
    return isinstance(value, (float, int, complex, str, bytes, type(None))) or is_numpy(value)


def _by_arrays(leaves: Iterable[tuple[str, Any]]) -> str | None:
    seen: dict[str, str] = {}
    for path, leaf in leaves:
        name = None if is_neutral(leaf) else _claimant(type(leaf))
        if name is not None:
            seen.setdefault(name, path)
    if len(seen) > 1:
        found = " and ".join(f"{path} is an array of {name}" for name, path in seen.items())
        raise BackendConflictError(
            f"One call runs on one engine, but {found}. Convert one of them, or say which with backend=."
        )
    return next(iter(seen), None)


def _claimant(array_type: type) -> str | None:
    """The name of the backend whose engine made this type, if any has."""
    roots = {base.__module__.partition(".")[0] for base in array_type.__mro__} - _NO_ENGINE
    registered = backends()
    wanted = os.environ.get(ENVIRONMENT)
    if wanted and roots & _claims(wanted):
        return wanted
    named = [info.name for info in registered if info.name in roots]
    return named[0] if named else _by_descriptor(roots, registered)


def _by_descriptor(roots: set[str], registered: tuple[BackendInfo, ...]) -> str | None:
    claimants = [info for info in registered if roots & _claims(info.name)]
    for info in claimants:
        if info.bundled:
            return info.name
    if len(claimants) > 1:
        names = " and ".join(repr(info.name) for info in claimants)
        raise BackendConflictError(
            f"Backends {names} claim the arrays of {'/'.join(sorted(roots))}. "
            f"Say which with backend= or the environment variable {ENVIRONMENT}."
        )
    return claimants[0].name if claimants else None


def _claims(name: str) -> set[str]:
    """The array roots of a backend; none for a plug-in that does not load, which must not disturb the others."""
    try:
        return set(descriptor(name).arrays)
    except NestgradError:
        return set()


def _by_installation() -> str:
    """The only engine installed besides the embedded default, else that default."""
    default = embedded()
    others = [info for info in backends() if info.name != default and _is_installed(info.name)]
    return others[0].name if len(others) == 1 and _can_be_had(others[0]) else default


def _can_be_had(info: BackendInfo) -> bool:
    """Whether a backend that nobody has asked for loads; one of a third party that does not is named and left out."""
    fault = None if info.bundled else _fault(info.name, stamp())
    if fault is not None:
        leave_out(f"Backend {info.name!r} of {info.distribution} {info.version}", fault)
    return fault is None


@functools.lru_cache(maxsize=8)  # what does not import is not run at every call
def _fault(name: str, now: tuple[Any, ...]) -> str | None:
    try:
        get_backend(name)
    except BackendUnavailableError as error:
        return str(error)
    return None


def _is_installed(name: str) -> bool:
    try:
        return engine_installed(descriptor(name))
    except NestgradError:
        return False
