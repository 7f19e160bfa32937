"""Versions of an engine, and whether anything was measured on the installed one."""

import importlib.metadata
import json
from importlib.util import find_spec

import pytest
from click.testing import CliRunner

import nestgrad as ng
from nestgrad._registry import descriptor
from nestgrad_conformance import versions
from nestgrad_conformance.cli import command
from nestgrad_conformance.limits import standing as module
from nestgrad_conformance.limits.limit import read
from nestgrad_conformance.limits.standing import LIMITS, standing

BUNDLED = [info for info in ng.backends() if info.bundled]
bundled = pytest.mark.parametrize("info", BUNDLED, ids=lambda info: info.name)


@pytest.mark.parametrize(
    ("engine", "found", "version"),
    [
        ("jax", {"jax": "0.12.0.1", "jaxlib": "0.12.0", "numpy": "2.4.6"}, "0.12.0.1"),
        ("tensorflow", {"numpy": "2.4.6", "tensorflow_cpu": "2.21.0"}, "2.21.0"),
        ("torch", {"numpy": "2.4.6", "torch": "2.14.1+cu130"}, "2.14.1"),
        ("mlx.core", {"mlx": "0.32.4", "mlx-cpu": "0.1", "numpy": "2.4.6"}, "0.32.4"),
        ("dual_py", {"dual-py": "1", "numpy": "2.4.6"}, "1"),
        ("numpy", {"numpy": "2.4.6"}, "2.4.6"),
        ("homemade", {"numpy": "2.4.6"}, versions.UNKNOWN),
    ],
)
def test_the_engines_own_version_is_told_from_those_beside_it(engine, found, version):
    assert versions.version_of(engine, found) == version


def test_what_is_installed_is_the_engine_and_what_it_computes_with():
    assert versions.installed("autograd") == {name: importlib.metadata.version(name) for name in ("autograd", "numpy")}


@pytest.mark.parametrize("package", ["autograd", "numpy", "_pytest", "optree", "typing_extensions", "six", "none"])
def test_a_package_is_brought_by_those_that_the_metadata_say(package):
    assert set(versions.brought(package)) == set(importlib.metadata.packages_distributions().get(package, ()))


@bundled
def test_a_bundled_engine_is_called_as_its_backend_is_and_so_are_its_limits(info):
    described = descriptor(info.name)
    assert described.limits == LIMITS
    assert described.engine == info.name or (not described.arrays and find_spec(info.name) is None)
    assert standing(info).engine == described.engine


@bundled
def test_no_limit_of_a_bundled_backend_has_a_bound_that_was_not_measured(info):
    for limit in read(info.module, LIMITS):
        assert limit.since is None or limit.since in limit.seen
        assert limit.mended_in is None or any(limit.holds_in(version) for version in limit.seen)


@pytest.fixture
def listed(monkeypatch):
    """What `nestgrad backends` says of autograd if this version of it is installed, as text and as data."""

    def listed(version, *options):
        found = {"autograd": version, "numpy": "2"} if version else {"numpy": "2"}
        monkeypatch.setattr(module, "brought", lambda engine: found)
        lines = CliRunner().invoke(command, ["backends", *options]).output
        rows = CliRunner().invoke(command, ["backends", *options, "--json"]).output
        return next(line for line in lines.splitlines() if line.startswith("autograd")), json.loads(rows)[0]["standing"]

    return listed


def test_a_version_that_a_limit_was_seen_in_is_measured(listed):
    seen = {version for limit in read("nestgrad_autograd", LIMITS) for version in limit.seen}
    assert seen
    for version in seen:
        line, data = listed(f"{version}+local")
        assert line.endswith(f"autograd {version}, measured")
        assert data == {"engine": "autograd", "version": version, "measured": True}


def test_another_version_is_not(listed):
    line, data = listed("99.0")
    assert line.endswith("autograd 99.0, not measured")
    assert data == {"engine": "autograd", "version": "99.0", "measured": False}


def test_an_engine_that_is_not_installed_has_no_version(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    (info,) = (info for info in BUNDLED if info.name == "torch")
    assert str(standing(info)) == "torch is not installed"


def test_of_a_third_party_it_is_told_by_its_descriptor_alone(monkeypatch):
    info = ng.BackendInfo("other", "nestgrad_autograd", "nestgrad-other", "1")
    asked = []
    monkeypatch.setattr(module, "descriptor", lambda name: asked.append(name) or descriptor("autograd"))
    assert standing(info).engine == "autograd"
    assert asked == ["other"]
