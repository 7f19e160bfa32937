"""Does a backend load? Each is tried in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import msgspec

from nestgrad import BackendInfo

from .standing import Standing

_LOAD = "import sys, nestgrad; nestgrad.get_backend(sys.argv[1])"


class Probe(msgspec.Struct):
    """A registered backend, and whether it loads: `ok`, the error, or None if it was not tried.

    Attributes:
        standing: the engine as it is installed; None of a backend that is not bundled and was not tried.
    """

    name: str
    module: str
    distribution: str
    version: str
    state: str | None = None
    standing: Standing | None = None

    @classmethod
    def unprobed(cls, info: BackendInfo) -> Probe:
        """What the metadata tell."""
        return cls(info.name, info.module, info.distribution, info.version)


def probe(info: BackendInfo) -> Probe:
    """Load the backend in a fresh process and say how that went."""
    found = Probe.unprobed(info)
    command = [sys.executable, "-c", _LOAD, info.name]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        found.state = "does not load within 120 s"
        return found
    error = result.stderr.strip().splitlines()[-1:] or [f"exit status {result.returncode}"]
    found.state = "ok" if result.returncode == 0 else error[0].partition(": ")[2] or error[0]
    return found
