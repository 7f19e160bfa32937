"""Plug-ins of the group `nestgrad.plugins`. Each is loaded, and each hook is called, by itself.

One of a third party that is broken is named once in a process, by a `PluginWarning`, and left out: a scenario pack
takes no diagnosis down. nestgrad's own are not to be broken, and their errors are raised.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any, TypeVar

import pluggy

from ._descriptor import PROJECT
from ._errors import BackendUnavailableError, PluginError, in_a_line
from ._hooks import PluginHooks
from ._left_out import leave_out
from ._registry import ADVICE, entry_points, open_plugin, stamp

T = TypeVar("T")

PLUGINS = "nestgrad.plugins"
"""The entry-point group of everything else a plug-in can add, scenario packs and report formats."""


@dataclass(frozen=True)
class Plugin:
    """A plug-in that has loaded.

    Attributes:
        name: how messages call it.
        bundled: whether nestgrad itself brings it.
        manager: the manager that holds it alone.
    """

    name: str
    bundled: bool
    manager: pluggy.PluginManager

    def call(self, hook: str, **arguments: Any) -> list[Any]:
        """What its implementations of a hook give; a hook of which the first result counts may give nothing.

        Raises:
            PluginError: one of the others gives None, as a function does that forgets to return.
        """
        caller = getattr(self.manager.hook, hook)
        given = caller(**arguments)
        if caller.spec is not None and caller.spec.opts["firstresult"]:
            return [] if given is None else [given]
        if len(given) < len(caller.get_hookimpls()):
            raise PluginError(f"Its hook {hook} gives None.")
        return list(given)


def plugins() -> tuple[Plugin, ...]:
    """The plug-ins that load, by name; a broken one is left out.

    Raises:
        BackendUnavailableError: one of nestgrad's own does not load.
    """
    found = []
    for entry, source in entry_points(PLUGINS):
        name = f"Plug-in {entry.name!r} of {source.name} {source.version}"
        opened, bundled = _opened(entry, stamp()), source.name == PROJECT
        if isinstance(opened, pluggy.PluginManager):
            found.append(Plugin(name, bundled, opened))
        elif bundled:
            raise opened
        else:
            leave_out(name, str(opened))
    return tuple(found)


def answers(hook: str, accept: Callable[[Any], T], **arguments: Any) -> Iterator[T]:
    """What each plug-in gives for a hook, made into what it should be by `accept`, which raises if it is not that.

    Args:
        hook: the name of a hook of `PluginHooks`.
        accept: called with what an implementation gives; a `PluginError` of it is told as it is.
        **arguments: the hook's.
    """
    for plugin in plugins():
        try:
            accepted = [accept(given) for given in plugin.call(hook, **arguments)]
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # also a hook that ends the process
            if plugin.bundled:
                raise
            why = str(error) if isinstance(error, PluginError) else f"Its hook {hook} raises {in_a_line(error)}."
            leave_out(plugin.name, f"{why} {ADVICE}")
        else:
            yield from accepted


@functools.lru_cache(maxsize=64)
def _opened(entry: EntryPoint, now: tuple[Any, ...]) -> pluggy.PluginManager | BackendUnavailableError:
    """The manager of a plug-in, or why it has none. A module that does not import is not run at every call."""
    try:
        return open_plugin(entry, PluginHooks)
    except BackendUnavailableError as error:
        return error.with_traceback(None)
