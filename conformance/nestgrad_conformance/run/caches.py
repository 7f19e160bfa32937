"""Where engines keep compiled programs from one run to the next."""

from __future__ import annotations

import os
from pathlib import Path

CACHE = "NESTGRAD_CACHE"
"""The environment variable that names the folder: set in every worker, and heeded where it is set already."""


def folder() -> Path:
    """The user's own cache folder for nestgrad; engines make what they need in it."""
    if chosen := os.environ.get(CACHE):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nestgrad"
