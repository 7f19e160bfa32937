"""The pytest plugin: every cell of a backend as a test of its own.

    pytest --pyargs nestgrad_conformance.suite --nestgrad-backend=NAME

Until `--nestgrad-backend` is given it imports only pytest and the standard library.
"""

from __future__ import annotations

import pytest

from nestgrad_conformance.pytest_plugin.options import FIXTURE, OPTION, asked


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("nestgrad", "conformance of nestgrad backends")
    group.addoption(
        OPTION,
        action="append",
        default=[],
        metavar="NAME",
        help="measure this backend, or pair, OUTER+INNER; repeatable",
    )
    group.addoption(
        "--nestgrad-profile", choices=["quick", "standard", "full"], default="standard", help="how much to measure"
    )
    group.addoption("--nestgrad-report", metavar="FILE", help="write the cells as a nestgrad report (JSON)")


def pytest_configure(config: pytest.Config) -> None:
    """Set the benches up, if a backend is asked for."""
    backends: list[str] = config.getoption(OPTION)
    if backends:
        from nestgrad_conformance.pytest_plugin.session import ConformanceSession

        config.pluginmanager.register(ConformanceSession(config, backends), "nestgrad-session")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for every planned cell; to collect the suite without a backend is an error."""
    if FIXTURE not in metafunc.fixturenames:
        return
    asked(metafunc.config)
    session = metafunc.config.pluginmanager.get_plugin("nestgrad-session")
    assert session is not None
    metafunc.parametrize(FIXTURE, session.tasks(), ids=lambda pair: session.test_id(*pair))
