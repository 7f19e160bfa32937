"""One test for every cell of the backends that `--nestgrad-backend` names."""

from __future__ import annotations

import pytest

from nestgrad_conformance.run.plan import Task


def test_cell(request: pytest.FixtureRequest, nestgrad_task: tuple[str, Task]) -> None:
    from nestgrad_conformance.pytest_plugin.session import check

    session = request.config.pluginmanager.get_plugin("nestgrad-session")
    assert session is not None
    check(request.node, session, *nestgrad_task)
