"""What it takes to start, in processes of their own: their CPU time is measured, and nothing else."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial

from nestgrad_conformance.bench.catalogue import Case
from nestgrad_conformance.bench.clock import children

Clocked = Callable[[], float]
"""Does something, and says how many seconds it took."""
_TIMED = "from time import process_time as clock; {before}; start = clock(); {timed}; print(clock() - start)"


def routes(case: Case) -> dict[str, Clocked]:
    """The part of nestgrad first, and what it is beside."""
    if case.call == "import":  # what it adds to a program that has NumPy
        return {
            "nestgrad": partial(_within, "import numpy", "import nestgrad"),
            "import numpy": partial(_within, "pass", "import numpy"),
        }
    return {
        "nestgrad": partial(_whole, "-m", "nestgrad_conformance", case.program),
        "import numpy, click": partial(_whole, "-c", "import numpy, click"),
    }


def _within(before: str, timed: str) -> float:
    code = _TIMED.format(before=before, timed=timed)
    return float(_run("-c", code))


def _whole(*arguments: str) -> float:
    start = children()
    _run(*arguments)
    return children() - start


def _run(*arguments: str) -> bytes:
    return subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=_environment()).stdout


@functools.cache
def _environment() -> dict[str, str]:
    """Where bytecode is kept, of NumPy and of nestgrad alike: an installation has it, and a working tree may not."""
    folder = tempfile.mkdtemp(prefix="nestgrad-bytecode-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": folder}
