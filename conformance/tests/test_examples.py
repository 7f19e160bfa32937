"""The example plug-ins of docs/examples, as far as they can be checked without their engines."""

import ast
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from nestgrad.extend import Descriptor
from nestgrad_conformance.limits.limit import read
from nestgrad_conformance.scenarios import bundled

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("nestgrad-*"))
SUITE = "nestgrad_conformance.scenarios"


def project(example):
    return tomllib.loads((example / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def entry(example, group):
    """The one entry of a group, as (name, module); None without one."""
    (found,) = project(example).get("entry-points", {}).get(group, {None: None}).items()
    return found


def package(example):
    return example / entry(example, "nestgrad.backends")[1]


def imported(file):
    """The modules of ours that a file imports anything from."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0}
    return {name for name in names if name.split(".")[0] in ("nestgrad", "nestgrad_conformance")}


@pytest.fixture(params=EXAMPLES, ids=lambda example: example.name)
def example(request, monkeypatch):
    monkeypatch.syspath_prepend(request.param)
    return request.param


@pytest.fixture
def described(example):
    return importlib.import_module(entry(example, "nestgrad.backends")[1]).nestgrad_backend()


def test_there_are_two():
    assert [example.name for example in EXAMPLES] == ["nestgrad-dualpy", "nestgrad-mlx"]


def test_the_distribution_depends_on_nestgrad_by_name_and_on_what_is_pinned(example):
    requirements = [Requirement(line) for line in project(example)["dependencies"]]
    assert all(one.url is None for one in requirements)
    names = {one.name for one in requirements}
    assert project(example)["name"] == example.name
    assert "nestgrad" in names
    pinned = {line.partition("==")[0] for line in (ROOT / "constraints-common.txt").read_text().splitlines()}
    assert names - {"nestgrad"} <= pinned


def test_the_descriptor_is_whole_and_fits_its_entry_point(example, described):
    assert isinstance(described, Descriptor)
    assert described.name == entry(example, "nestgrad.backends")[0]
    assert not described.embedded
    module, _, name = described.implementation.partition(":")
    classes = [
        (file.stem, node)
        for file in package(example).glob("*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    assert (module.rpartition(".")[2], name) in [(file, node.name) for file, node in classes]
    methods = {node.name for _, made in classes for node in made.body if isinstance(node, ast.FunctionDef)}
    assert {"asarray", "to_numpy"} <= methods
    assert {"jvp", "vjp"} & methods


def test_the_descriptor_imports_no_engine(example, described):
    module = entry(example, "nestgrad.backends")[1]
    code = (
        f"import sys; sys.path.insert(0, {str(example)!r}); sys.modules[{described.engine!r}] = None; import {module}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_limits_are_well_formed_and_speak_of_what_is_measured(example, described):
    limits = read(entry(example, "nestgrad.backends")[1], described.limits)
    assert limits
    pack = entry(example, "nestgrad.plugins")[1]
    own = importlib.import_module(pack).nestgrad_scenarios() if pack else ()
    features = {feature for one in (*bundled(), *own) for feature in one.features}
    assert {name for limit in limits for name in (limit.operation, limit.feature) if name} <= features


def test_the_package_imports_the_backend_author_s_module_alone(example):
    pack = entry(example, "nestgrad.plugins")[1]
    for file in package(example).glob("*.py"):
        module = f"{package(example).name}.{file.stem}"
        assert imported(file) <= ({"nestgrad.extend", SUITE} if module == pack else {"nestgrad.extend"}), file.name


def test_scenarios_name_functions_that_exist_and_import_no_engine(example, described):
    pack = entry(example, "nestgrad.plugins")[1]
    if pack is None:
        pytest.skip("it adds no scenarios")
    for one in importlib.import_module(pack).nestgrad_scenarios():
        module, _, name = one.function.partition(":")
        text = (example / Path(*module.split(".")).with_suffix(".py")).read_text(encoding="utf-8")
        assert name in {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
        assert one.engine == described.engine
        assert one.tier == "native"


def test_nothing_in_nestgrad_knows_them():
    names = [package(example).name for example in EXAMPLES]
    for folder in ("core/nestgrad", "backends", "conformance/nestgrad_conformance"):
        for file in (ROOT / folder).rglob("*.py"):
            assert not any(name in file.read_text(encoding="utf-8") for name in names), file
