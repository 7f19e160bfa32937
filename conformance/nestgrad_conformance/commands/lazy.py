"""Commands that are imported when they are asked for: none pays for what another one needs."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping

import click


class Imported(MutableMapping[str, click.Command]):
    """Commands by name, for a `click.Group`: their names are known, and each is imported as it is taken out.

    Args:
        places: by name, where a command is: `"module:attribute"`.
    """

    def __init__(self, places: dict[str, str]) -> None:
        self._places = places
        self._imported: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._imported:
            module, _, attribute = self._places[name].partition(":")
            self._imported[name] = getattr(importlib.import_module(module), attribute)
        return self._imported[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._places[name], self._imported[name] = "", command

    def __delitem__(self, name: str) -> None:
        del self._places[name]
        self._imported.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
