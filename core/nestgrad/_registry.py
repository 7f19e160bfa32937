"""The registry: backends are found by entry point and loaded one by one, on first use.

Listing reads metadata and imports nothing. Loading imports the one plug-in that was named, so a
broken plug-in takes no other down. What reads metadata and calls hooks is imported by whoever looks
for a plug-in, which `import nestgrad` does not.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ._descriptor import PROJECT, Descriptor
from ._errors import (
    BackendConflictError,
    BackendNotFoundError,
    BackendUnavailableError,
    NestgradError,
    did_you_mean,
    in_a_line,
)
from ._left_out import leave_out
from ._spec import SPEC_VERSION, Backend

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint
    from pathlib import Path

    import pluggy

BACKENDS = "nestgrad.backends"
"""The entry-point group of backends: one entry, one backend, named as its descriptor names it."""
ADVICE = "Uninstall the plug-in or report it to its authors."


@dataclass(frozen=True)
class BackendInfo:
    """A registered backend, as its distribution's metadata tell: nothing was imported.

    Attributes:
        name: the name to select it by.
        module: the plug-in's module.
        distribution: the distribution that registers it.
        version: that distribution's version.
        bundled: whether that distribution is nestgrad itself.
    """

    name: str
    module: str
    distribution: str
    version: str

    @property
    def bundled(self) -> bool:
        """Whether nestgrad itself brings this backend."""
        return self.distribution == PROJECT


def backends() -> tuple[BackendInfo, ...]:
    """The registered backends, by name. Imports no plug-in and no engine.

    A name that two distributions claim is listed twice; asking for that backend is an error.

    Example:
        >>> [info.name for info in backends() if info.bundled]
        ['autograd', 'jax', 'numeric', 'tensorflow', 'torch']
    """
    return tuple(
        BackendInfo(entry.name, entry.value, source.name, source.version) for entry, source in entry_points(BACKENDS)
    )


def get_backend(name: str) -> Backend:
    """The backend of this name, its engine imported.

    Raises:
        BackendNotFoundError: no such name; the closest names are given.
        BackendConflictError: two distributions register the name.
        BackendUnavailableError: the engine is not installed (the message has the install line), or
            the plug-in is broken.

    Example:
        >>> get_backend("autograd").name
        'autograd'
    """
    return _load(name)


def descriptor(name: str) -> Descriptor:
    """The descriptor of a registered backend: imports its plug-in, not its engine."""
    return _describe(_entry_point(name), stamp())


def has_arrays(name: str) -> bool:
    """Whether a registered backend is an engine's, with arrays of its own, as far as its plug-in can be read."""
    try:
        return bool(descriptor(name).arrays)
    except NestgradError:
        return True


def located(module: str, name: str) -> Path:
    """The file of this name beside a plug-in's module, which is not imported.

    Raises:
        BackendUnavailableError: there is no such module.
    """
    from pathlib import Path  # as below, by whoever looks

    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise BackendUnavailableError(f"{module}: the module is not found, so neither is {name!r} beside it. {ADVICE}")
    return Path(spec.origin).with_name(name)


def engine_installed(described: Descriptor) -> bool:
    """Whether the engine could be imported, found without importing it."""
    root = described.engine.partition(".")[0]
    try:
        return importlib.util.find_spec(root) is not None
    except ValueError:  # imported already, without a spec of its own
        return True


def require_engine(described: Descriptor) -> None:
    """Raise `BackendUnavailableError`, with the install line, unless the engine is installed."""
    if not engine_installed(described):
        raise _not_installed(described)


def embedded() -> str:
    """The name of the embedded default: the bundled backend that says so."""
    for info in backends():
        if info.bundled and descriptor(info.name).embedded:
            return info.name
    raise BackendNotFoundError("No embedded default is registered: nestgrad's own metadata are missing. Reinstall it.")


@functools.cache
def _load(name: str) -> Backend:
    described = descriptor(name)
    module, _, attribute = described.implementation.partition(":")
    with _foreign(f"Importing the implementation {described.implementation!r} of {name!r}"):
        try:
            implementation = getattr(importlib.import_module(module), attribute)
        except ImportError as error:
            missing = (error.name or described.engine).partition(".")[0]
            if engine_installed(described) and missing != described.engine.partition(".")[0]:
                raise
            raise _unavailable(described, error) from error
    _check_version(name, getattr(implementation, "spec_version", SPEC_VERSION))
    with _foreign(f"Making the backend {name!r}"):
        return cast(Backend, implementation())


@contextlib.contextmanager
def _foreign(what: str) -> Iterator[None]:
    """A plug-in's code runs here: whatever it raises, be it to end the process, is one error that says what ran."""
    try:
        yield
    except (BackendUnavailableError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise BackendUnavailableError(f"{what} raises {in_a_line(error)}. {ADVICE}") from error


def _unavailable(described: Descriptor, error: ImportError) -> BackendUnavailableError:
    if not engine_installed(described):
        return _not_installed(described)
    return BackendUnavailableError(
        f"Backend {described.name!r}: engine {described.engine!r} is installed but does not import: {error}. "
        f"Reinstall it: {described.install}"
    )


def _not_installed(described: Descriptor) -> BackendUnavailableError:
    return BackendUnavailableError(
        f"Backend {described.name!r} needs the engine {described.engine!r}, which is not installed. "
        f"Install it: {described.install}"
    )


def _check_version(name: str, version: object) -> None:
    found = re.fullmatch(r"(\d+)\.(\d+)", version) if isinstance(version, str) else None
    if found is None:
        raise BackendUnavailableError(
            f"Backend {name!r} has spec_version {version!r}; it should be a string such as {SPEC_VERSION!r}."
        )
    theirs, ours = (tuple(int(part) for part in text.split(".")) for text in (found[0], SPEC_VERSION))
    if theirs[0] != ours[0] or theirs[1] > ours[1]:
        raise BackendUnavailableError(
            f"Backend {name!r} is written for version {version} of the backend spec; this nestgrad has "
            f"{SPEC_VERSION}. Upgrade {'nestgrad' if theirs > ours else 'the plug-in'}."
        )


def stamp() -> tuple[Any, ...]:
    """Changes when a distribution is installed or removed: the folders on the path with their times."""
    return tuple((folder, os.stat(folder).st_mtime_ns) for folder in sys.path if os.path.isdir(folder))


class Source(NamedTuple):
    """The distribution that an entry point is of."""

    name: str
    version: str


def entry_points(group: str) -> list[tuple[EntryPoint, Source]]:
    """The group's entries with their distributions, by name; one that is on the path twice counts once."""
    return _entry_points_of(group, stamp())


@functools.lru_cache(maxsize=8)
def _entry_points_of(group: str, stamp: tuple[Any, ...]) -> list[tuple[EntryPoint, Source]]:
    from importlib.metadata import distributions

    found: dict[tuple[str, str], tuple[EntryPoint, Source]] = {}
    for distribution in reversed(list(distributions())):
        entries = [entry for entry in _entries(distribution) if entry.group == group]
        if entries and (source := _source(distribution)):
            found |= {(entry.name, source.name): (entry, source) for entry in entries}
    return [found[key] for key in sorted(found)]


def _entries(distribution: Distribution) -> Iterable[EntryPoint]:
    try:
        return distribution.entry_points
    except Exception as error:
        if source := _source(distribution):
            leave_out(f"Distribution {source.name!r}", f"Reading its entry points raises {in_a_line(error)}. {ADVICE}")
        return ()


def _source(distribution: Distribution) -> Source | None:
    """What the metadata say, parsed once; None where an uninstallation has left a folder without."""
    metadata = distribution.metadata
    return Source(metadata["Name"], metadata["Version"]) if metadata and metadata["Name"] else None


def _entry_point(name: str) -> EntryPoint:
    claims = defaultdict(list)
    for entry, source in entry_points(BACKENDS):
        claims[entry.name].append((entry, source))
    if name not in claims:
        raise BackendNotFoundError(f"No backend is registered as {name!r}. {did_you_mean(str(name), claims)}")
    if len(claims[name]) > 1:
        names = " and ".join(repr(source.name) for _, source in claims[name])
        raise BackendConflictError(f"Two distributions register a backend as {name!r}: {names}. Uninstall one of them.")
    return claims[name][0][0]


@functools.lru_cache(maxsize=64)
def _describe(entry: EntryPoint, stamp: tuple[Any, ...]) -> Descriptor:
    from ._hooks import BackendHooks

    manager = open_plugin(entry, BackendHooks)
    with _foreign(f"The hook nestgrad_backend of {entry.value!r}"):
        described = manager.hook.nestgrad_backend()
    if not isinstance(described, Descriptor):
        raise BackendUnavailableError(
            f"Plug-in {entry.value!r} registers the backend {entry.name!r} but implements no hook "
            f"`nestgrad_backend` that returns a `nestgrad.extend.Descriptor` (got {described!r})."
        )
    if described.name != entry.name:
        raise BackendConflictError(
            f"Plug-in {entry.value!r} is registered as {entry.name!r} but describes itself as "
            f"{described.name!r}. Make the entry point's name and the descriptor's name equal."
        )
    return described


def open_plugin(entry: EntryPoint, hooks: type) -> pluggy.PluginManager:
    """A manager that holds the one plug-in of this entry point.

    Raises:
        BackendUnavailableError: it does not load, or implements a hook that is not among `hooks`.
    """
    import pluggy

    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hooks)
    with _foreign(f"Importing the plug-in {entry.value!r}, which registers {entry.name!r},"):
        try:
            manager.register(entry.load(), name=entry.name)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            known = [name for name in vars(hooks) if name.startswith(PROJECT)]
            raise BackendUnavailableError(
                f"Plug-in {entry.value!r} implements a hook that nestgrad does not have: {error}. "
                f"Hooks of its group: {', '.join(known)}."
            ) from error
    return manager
