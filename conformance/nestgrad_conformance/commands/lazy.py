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
        self._held: dict[str, str | click.Command] = {**places}

    def __getitem__(self, name: str) -> click.Command:
        held = self._held[name]
        if isinstance(held, str):
            module, _, attribute = held.partition(":")
            self._held[name] = held = getattr(importlib.import_module(module), attribute)
        return held

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._held[name] = command

    def __delitem__(self, name: str) -> None:
        del self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)
