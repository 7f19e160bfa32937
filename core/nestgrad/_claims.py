"""Which backend a value is of: by the import roots of its type, never by what happens to be imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import optree

from ._errors import BackendConflictError, NestgradError
from ._numpy import is_numpy
from ._offers import offers
from ._registry import BackendInfo, backends, descriptor, get_backend, has_arrays
from ._trees import paths

ENVIRONMENT = "NESTGRAD_BACKEND"
_NO_ENGINE = {"builtins", "numpy", "typing"}


def is_neutral(value: object) -> bool:
    """Whether a leaf says nothing about the engine: a NumPy array, a number, or no array at all."""
    return isinstance(value, (float, int, complex, str, bytes, type(None))) or is_numpy(value)


def leaves_of(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Every leaf of named trees, with what a user would write to reach it."""
    for name, tree in named:
        leaves = optree.tree_leaves(tree)
        yield from zip(paths(name, tree, len(leaves)), leaves, strict=True)


def claims(leaves: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """The backends that some named leaves are of, each with a clause that says which leaf and why.

    What no engine claims by its type is opened by the backends whose engine is imported: what is inside decides, or who
    opened it if that says nothing. A leaf of an engine that is no array, such as a dtype, counts where no array does.

    Raises:
        BackendConflictError: several backends claim a type of array, or open a leaf.
    """
    arrays: dict[str, str] = {}
    others: dict[str, str] = {}
    for path, leaf in leaves:
        if is_neutral(leaf) or isinstance(leaf, Iterator):  # which to open would be to use up
            continue
        name = claimant(type(leaf))
        if name is None:
            inside, container = _inside(path, leaf)
            arrays, others = inside | arrays, container | others
        elif hasattr(leaf, "shape") and hasattr(leaf, "dtype"):
            arrays.setdefault(name, f"{path} is an array of {name}")
        else:
            others.setdefault(name, f"{path}, a {type(leaf).__name__}, is of {name}")
    return arrays or others


def only(found: dict[str, str]) -> str | None:
    """The one backend among those that leaves are of, if there is any; raises `BackendConflictError` for several."""
    if len(found) > 1:
        raise BackendConflictError(
            f"One call runs on one engine, but {' and '.join(found.values())}. "
            "Convert one of them, or say which with backend=."
        )
    return next(iter(found), None)


def claimant(array_type: type) -> str | None:
    """The name of the backend whose engine made this type, if any has."""
    return owner(str(base.__module__) for base in array_type.__mro__)


def owner(modules: Iterable[str]) -> str | None:
    """The name of the backend whose engine some modules are of, if they are of any."""
    roots = {module.partition(".")[0] for module in modules} - _NO_ENGINE
    registered = backends()
    wanted = os.environ.get(ENVIRONMENT)
    if wanted and roots & _roots(wanted):
        return wanted
    named = [info.name for info in registered if info.name in roots and has_arrays(info.name)]
    return named[0] if named else _by_descriptor(roots, registered)


def _by_descriptor(roots: set[str], registered: tuple[BackendInfo, ...]) -> str | None:
    claimants = [info for info in registered if roots & _roots(info.name)]
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


def _roots(name: str) -> set[str]:
    """The array roots of a backend; none for a plug-in that does not load, which must not disturb the others."""
    try:
        return set(descriptor(name).arrays)
    except NestgradError:
        return set()


def _inside(path: str, leaf: object) -> tuple[dict[str, str], dict[str, str]]:
    """The backends of what is in a leaf, and the one that opened it, if the engine of one knows how to."""
    opened = {name: leaves for name in _imported() if (leaves := _opened(name, leaf)) is not None}
    inside: dict[str, str] = {}
    for leaves in opened.values():
        inside |= claims((f"something in {path}", one) for one in leaves)
    if len(opened) > 1 and not inside:
        names, kind = " and ".join(map(repr, opened)), type(leaf).__name__
        raise BackendConflictError(f"Backends {names} both open {path}, a {kind}. Say which with backend=.")
    return inside, {name: f"{path} is a container of {name}" for name in opened}


def _imported() -> Iterator[str]:
    """The backends whose engine is imported already."""
    for info in backends():
        try:
            engine = descriptor(info.name).engine
        except NestgradError:
            continue
        if engine.partition(".")[0] in sys.modules:
            yield info.name


def _opened(name: str, leaf: object) -> list[object] | None:
    """The leaves of what is a container or a module to an engine; None if it is none."""
    try:
        offered = offers(get_backend(name))
    except NestgradError:  # it does not load, which must not disturb the others
        return None
    leaves = [*offered.flatten(leaf)[0]]
    if len(leaves) == 1 and leaves[0] is leaf:
        opened = offered.open_module(leaf)
        return opened and [*opened[0].values()]
    return leaves
