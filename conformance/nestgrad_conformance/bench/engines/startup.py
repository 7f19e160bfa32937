"""What it takes to start, in processes of their own: their CPU time is measured, and nothing else."""

from __future__ import annotations

import subprocess
import sys
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
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)


def _whole(*arguments: str) -> float:
    start = children()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return children() - start
