"""Versions of an engine: of the one that is installed, and of the one that a report tells of. No engine is imported."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import Distribution, distribution, distributions, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

UNKNOWN = "0"
"""The version of an engine that no distribution brings."""


def installed(engine: str) -> dict[str, str]:
    """By distribution, the versions of an engine and of what it computes with, such as jaxlib and NumPy."""
    found = _bringing(engine.partition(".")[0])
    return {name: version(name) for name in sorted({*found, *_arrays_of(found), "numpy"})}


def version_of(engine: str, distributions: Mapping[str, str]) -> str:
    """The version of the engine itself, without a local part: that of the distribution of its name, else of the other.

    Example:
        >>> version_of("tensorflow", {"numpy": "2.4.6", "tensorflow_cpu": "2.21.0"})
        '2.21.0'
        >>> version_of("torch", {"numpy": "2.4.6", "torch": "2.13.0+cpu"})
        '2.13.0'
    """
    root = canonicalize_name(engine.partition(".")[0])
    own = [name for name in distributions if canonicalize_name(name) == root]
    named = own or [name for name in distributions if name != "numpy"]
    return Version(distributions[named[0]]).public if named else UNKNOWN


def _arrays_of(names: Sequence[str]) -> set[str]:
    """The distributions that an engine's own arrays come from, such as jaxlib for jax."""
    required = {Requirement(line).name for name in names for line in distribution(name).requires or ()}
    return {name for name in required if any(name == f"{engine}lib" for engine in names)}


@functools.cache
def _bringing(package: str) -> list[str]:
    """The distributions of a package, as `packages_distributions` finds them, which takes the time for all packages."""
    return [found.name for found in distributions() if _brings(found, package)]


def _brings(found: Distribution, package: str) -> bool:
    declared = (found.read_text("top_level.txt") or "").split()
    if declared:
        return package in declared
    record = found.read_text("RECORD") or ""
    return re.search(rf"\n{re.escape(package)}(/[^\n,]*)?\.py,", f"\n{record}") is not None
