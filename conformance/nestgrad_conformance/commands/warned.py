"""A plug-in that is broken is left out of any command: one line on standard error."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import click

import nestgrad as ng


@contextmanager
def warned_in_lines() -> Iterator[None]:
    """Show the warning of a broken plug-in as a line of its own, whatever filters there are."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", ng.PluginWarning)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: object) -> None:
            if issubclass(category, ng.PluginWarning):
                click.echo(str(message), err=True)
            else:
                usual(message, category, *where)  # type: ignore[arg-type]

        warnings.showwarning = show  # type: ignore[assignment]
        yield
