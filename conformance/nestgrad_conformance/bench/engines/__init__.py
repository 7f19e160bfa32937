"""The routes by hand, an engine a file. An engine is imported where its file is, in a worker."""

from __future__ import annotations

from importlib import import_module

from .engine import Engine


def load(name: str) -> Engine:
    """An engine that has routes by hand."""
    found: Engine = import_module(f"{__name__}.{name}").ENGINE
    return found
