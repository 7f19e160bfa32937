"""Code blocks in documents run as tests."""

from __future__ import annotations

from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser


def _restore(namespace: dict[str, Any]) -> None:
    """A document may enable 64 bits, as its reader would; the next test must not see it."""
    if "jax" in namespace:
        namespace["jax"].config.update("jax_enable_x64", False)


pytest_collect_file = Sybil(parsers=[PythonCodeBlockParser()], patterns=["*.md"], teardown=_restore).pytest()
