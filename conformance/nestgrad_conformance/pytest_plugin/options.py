"""What a pytest session is asked for on its command line."""

from __future__ import annotations

import pytest

OPTION = "--nestgrad-backend"
FIXTURE = "nestgrad_task"


def asked(config: pytest.Config) -> list[str]:
    """The backends that the session is for.

    Raises:
        CollectError: there is none, so that the suite has nothing to measure.
    """
    backends: list[str] = config.getoption(OPTION)
    if not backends:
        raise pytest.Collector.CollectError(f"The suite measures a backend. Say which: {OPTION}=NAME")
    return backends
