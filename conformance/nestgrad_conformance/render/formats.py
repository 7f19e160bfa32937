"""Report formats: each a function from a report to text; plug-ins bring more by the hook `nestgrad_report_formats`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from nestgrad import PluginError
from nestgrad.internal import answers
from nestgrad_conformance.report.schema import Report

from . import html, markdown, pairs

Format = Callable[[Report], str]


BUNDLED: Mapping[str, Format] = {
    "html": html.render,
    "markdown": markdown.render,
    "counts": markdown.render_counts,
    "pairs": pairs.render,
}


def load() -> dict[str, Format]:
    """Every format by name, those of installed plug-ins included.

    A plug-in that is broken is left out, with a `PluginWarning`: one that does not load, that gives something else
    than functions by name, or one with a name that is there already.
    """
    found = dict(BUNDLED)
    for formats in answers("nestgrad_report_formats", functools.partial(_formats, found)):
        found |= formats
    return found


def named(name: str) -> Format | None:
    """The format of this name, if there is one; no plug-in is asked for those of nestgrad itself."""
    return BUNDLED.get(name) or load().get(name)


def _formats(known: Mapping[str, Format], given: Any) -> dict[str, Format]:
    """The formats of a plug-in."""
    if not isinstance(given, Mapping):
        raise PluginError(f"Its hook nestgrad_report_formats gives a {type(given).__name__}, which is no mapping.")
    for name, render in given.items():
        if not isinstance(name, str) or not callable(render):
            raise PluginError(f"Its report format {name!r} is a {type(render).__name__}, not a function by its name.")
        if name in known:
            raise PluginError(f"Its report format {name!r} has the name of another one; it needs one of its own.")
    return dict(given)
