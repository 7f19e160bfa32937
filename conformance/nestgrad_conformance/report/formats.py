"""Report formats: each a function from a report to text, brought by the hook `nestgrad_report_formats`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import ModuleType

import pluggy

from nestgrad._hooks import PROJECT, PluginHooks
from nestgrad._registry import plugins
from nestgrad.extend import hookimpl

from . import html, markdown
from .schema import Report, ReportError

Format = Callable[[Report], str]


BUNDLED: Mapping[str, Format] = {
    "html": html.render,
    "markdown": markdown.render,
    "counts": markdown.render_counts,
}


@hookimpl
def nestgrad_report_formats() -> Mapping[str, Format]:
    """The bundled formats."""
    return BUNDLED


def load() -> dict[str, Format]:
    """Every format by name, those of installed plug-ins included.

    Raises:
        ReportError: two plug-ins have a format of one name.
    """
    found: dict[str, Format] = {}
    for manager in (plugin(sys.modules[__name__]), *plugins()):
        for formats in manager.hook.nestgrad_report_formats():
            for name, render in formats.items():
                if name in found:
                    raise ReportError(f"Two plug-ins have a report format {name!r}; uninstall one of them.")
                found[name] = render
    return found


def plugin(module: ModuleType) -> pluggy.PluginManager:
    """A manager that holds one module of ours, as `plugins` gives those of others."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(PluginHooks)
    manager.register(module)
    return manager
