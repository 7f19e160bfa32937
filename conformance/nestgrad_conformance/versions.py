"""Versions of an engine: of the one that is installed, and of the one that a report tells of. No engine is imported."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import Distribution, distribution, distributions, version

from packaging.utils import canonicalize_name
from packaging.version import Version

UNKNOWN = "0"
"""The version of an engine that no distribution brings."""


def installed(engine: str) -> dict[str, str]:
    """By distribution, the versions of an engine and of what it computes with, such as jaxlib and NumPy."""
    found = brought(engine)
    others = {name: version(name) for name in (*_arrays_of([*found]), "numpy")}
    return dict(sorted({**others, **found}.items()))


def brought(engine: str) -> dict[str, str]:
    """By distribution, the versions of the engine alone.

    The distributions are those of `packages_distributions`, which takes the time for all packages that there are.
    """
    package = engine.partition(".")[0]
    python = re.compile(rf"\n{re.escape(package)}(/[^\n,]*)?\.py,")
    found = (one.metadata for one, declared, files in _listed() if package in declared or python.search(files))
    return {metadata["Name"]: metadata["Version"] for metadata in found}


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
    from packaging.requirements import Requirement  # a parser, which takes longer to import than all else here

    required = {Requirement(line).name for name in names for line in distribution(name).requires or ()}
    return {name for name in required if any(name == f"{engine}lib" for engine in names)}


@functools.cache
def _listed() -> list[tuple[Distribution, list[str], str]]:
    """All distributions: the packages that one declares, and the list of its files where it declares none."""
    found = []
    for one in distributions():
        declared = (one.read_text("top_level.txt") or "").split()
        files = "" if declared else one.read_text("RECORD") or ""
        found.append((one, declared, f"\n{files}"))
    return found[::-1]  # of two of a name, the one that comes first on the path is imported, and is taken last here
