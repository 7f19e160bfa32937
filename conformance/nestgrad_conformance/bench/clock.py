"""CPU time: wall time says nothing on a machine that others use."""

from __future__ import annotations

import resource
import time


def clock() -> float:
    """CPU seconds of this process, and of the compilers that it has run."""
    return time.process_time() + children()


def children() -> float:
    """CPU seconds of all processes that this one has started, and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
