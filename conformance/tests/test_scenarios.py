"""What scenarios are held to. By hand, `python test_scenarios.py` adds the digests of new scenarios and revisions."""

import ast
import collections
import importlib
import inspect
import itertools
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import optree
import pytest
from optree.integrations.numpy import tree_ravel

import nestgrad_conformance.scenarios
from nestgrad_autograd._impl import Autograd
from nestgrad_conformance.judge.differences import differentiate_along
from nestgrad_conformance.judge.subject import Subject
from nestgrad_conformance.scenarios import TIERS, Scenario, _suite, bundled, load, normal
from nestgrad_conformance.scenarios._source import source

DIGESTS = Path(nestgrad_conformance.scenarios.__file__).with_name("digests.json")
SCENARIOS = {scenario.id: scenario for scenario in bundled()}
each = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
CLOSED = [one for one in bundled() if one.closed_form]
NESTED = [one for one in bundled() if one.nested]


def leaves(tree):
    return [np.asarray(leaf) for leaf in optree.tree_leaves(tree)]


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(leaves(one), leaves(other), strict=True))


def test_data_needs_no_engine():
    program = """
import sys
from nestgrad_conformance.scenarios import load
for scenario in load().values():
    scenario.direction(0, 0), scenario.digest
sys.exit(bool({"autograd", "jax", "jaxlib", "tensorflow", "torch"} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_there_are_enough():
    assert len(SCENARIOS) >= 30
    assert sum(scenario.order >= 3 for scenario in bundled()) >= 10


def test_features_name_the_operations_that_limits_speak_of():
    standard = {"cholesky", "cumulative_prod", "cumulative_sum", "det", "max", "prod", "solve", "sort", "vector_norm"}
    for one in filter(lambda one: callable(one.function), bundled()):
        used = set(re.findall(r"xp\.(?:linalg\.)?(\w+)\(", inspect.getsource(one.function)))
        assert used & standard <= one.features, one.id
        assert ("nested" in one.features) == one.nested, one.id


def test_constants_that_a_compiler_may_guard_are_told():
    for one in filter(lambda one: callable(one.function), bundled()):
        named = (one.function.__globals__.get(name) for name in one.function.__code__.co_names)
        if any(isinstance(value, np.ndarray) for value in named):
            assert "numpy_constants" in one.features, one.id


def test_ids_are_unique():
    assert [name for name, count in collections.Counter(one.id for one in bundled()).items() if count > 1] == []


def pack(monkeypatch, *scenarios):
    plugin = SimpleNamespace(hook=SimpleNamespace(nestgrad_scenarios=lambda: [scenarios]))
    monkeypatch.setattr(_suite, "plugins", lambda: [plugin])


def test_packs_are_loaded_after_the_bundled(monkeypatch):
    another = Scenario(id="another", function=lambda xp, x: x, inputs=normal())
    pack(monkeypatch, another)
    assert list(load()) == [*SCENARIOS, "another"]
    assert load()["another"] is another


def test_a_pack_may_not_take_an_id(monkeypatch):
    pack(monkeypatch, replace(bundled()[0], revision=2))
    with pytest.raises(ValueError, match=bundled()[0].id):
        load()


@each
def test_fields(scenario):
    assert scenario.tier in TIERS
    assert scenario.order >= 1
    assert scenario.revision >= 1
    assert "/" not in scenario.id
    assert "@" not in scenario.id
    assert callable(scenario.function) or scenario.engine
    assert (scenario.tier == "transforms") == (scenario.setting is not None or scenario.dtype == "float32")
    assert not scenario.nested or scenario.reference


@each
def test_inputs_depend_on_the_seed_alone(scenario):
    for seed in range(3):
        assert equal(scenario.x(seed), scenario.x(seed))
        assert equal(scenario.direction(seed, 1), scenario.direction(seed, 1))
        assert all(leaf.dtype == np.float64 for leaf in leaves(scenario.x(seed)))
    if any(leaf.size for leaf in leaves(scenario.x(0))):
        assert not equal(scenario.x(0), scenario.x(1))
        assert not equal(scenario.direction(0, 0), scenario.direction(1, 0))


@each
def test_directions_of_a_cell_are_different_and_like_the_inputs(scenario):
    x, directions = scenario.x(0), [scenario.direction(0, number) for number in range(12)]
    for number, direction in enumerate(directions):
        assert optree.tree_structure(direction) == optree.tree_structure(x)
        assert [leaf.shape for leaf in leaves(direction)] == [leaf.shape for leaf in leaves(x)]
        for v, w in zip(leaves(direction), leaves(directions[number - 1]), strict=True):
            assert not v.size or not np.any(v == w)


@each
def test_values_are_finite_scalars_around_the_inputs(scenario):
    function = scenario.reference or scenario.function
    if callable(function):
        for seed in range(5):
            values = function(np, scenario.x(seed))
            assert np.shape(values) == ()
            assert np.isfinite(values)


@pytest.mark.parametrize("scenario", CLOSED, ids=lambda scenario: scenario.id)
@pytest.mark.parametrize("seed", range(3))
def test_a_closed_form_agrees_with_differences(scenario, seed):
    subject = Subject(scenario, Autograd(), seed)
    x, rebuild = tree_ravel(scenario.x(seed))
    v, w = subject.direction(0), subject.direction(1)
    function = scenario.reference or scenario.function
    slope = differentiate_along(lambda p: function(np, rebuild(p)), x, v)
    assert_within(scenario.closed_form(x) @ v, slope)
    if scenario.closed_form(x, v) is not None:
        curvature = differentiate_along(lambda p: scenario.closed_form(p) @ w, x, v)
        assert_within(scenario.closed_form(x, v) @ w, curvature)


def assert_within(found, truth):
    assert abs(found - truth.value) <= truth.bar + 1e-13 * abs(truth.value)
    assert truth.bar < 1e-8 * abs(truth.value)


@pytest.mark.parametrize("scenario", NESTED, ids=lambda scenario: scenario.id)
@pytest.mark.parametrize("seed", range(5))
def test_a_reference_has_the_values_of_the_nested_function(scenario, seed):
    found = Subject(scenario, Autograd(), seed).f(scenario.x(seed))
    assert found == pytest.approx(scenario.reference(np, scenario.x(seed)), rel=1e-12)


@each
def test_a_change_raises_the_revision(scenario):
    name, known = f"{scenario.id}@{scenario.revision}", json.loads(DIGESTS.read_text())
    assert name in known, f"{name} is new: run `python {Path(__file__).name}`"
    assert known[name] == scenario.digest, f"{scenario.id} changed: raise the revision from {scenario.revision}"


def test_digests_are_of_scenarios_past_and_present():
    for name in json.loads(DIGESTS.read_text()):
        scenario, _, revision = name.partition("@")
        assert 1 <= int(revision) <= SCENARIOS[scenario].revision


@each
def test_every_python_prints_a_text_alike(scenario):
    # ast.unparse of 3.11 to 3.14 differs in f-strings alone
    assert not any(isinstance(node, ast.JoinedStr) for node in ast.walk(ast.parse(source(scenario.function))))


WRITTEN = '''
from nestgrad_conformance.scenarios import normal, scenario, uniform

FACTOR = 3

def helper(xp, x):
    return xp.sum(x ** 3)

@scenario(normal(3), "power")
def cube(xp, x):
    """A cube."""
    # times three
    return FACTOR * helper(xp, x)
'''


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The scenario above after replacements in its text; `native`, as one that names its function."""
    monkeypatch.syspath_prepend(tmp_path)
    numbers = itertools.count()

    def write(*replacements, native=False):
        text = WRITTEN
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        module = f"{tmp_path.name}_{next(numbers)}"
        (tmp_path / f"{module}.py").write_text(text)
        importlib.invalidate_caches()
        if native:
            return Scenario(id="cube", function=f"{module}:cube", inputs=normal(3))
        return importlib.import_module(module).cube

    return write


CHANGES = {
    "text": ("FACTOR * helper", "helper"),
    "text alone": ("FACTOR * helper(xp, x)", "helper(xp, x) * FACTOR"),
    "number of inputs": ("normal(3)", "normal(4)"),
    "inputs": ("normal(3)", "uniform(0.5, 1.5, 3)"),
    "value": ("FACTOR = 3", "FACTOR = 3.001"),
    "value by a helper": ("x ** 3", "x ** 2"),
}
COSMETICS = {
    "docstring": ("A cube.", "A cube, which is a power."),
    "no docstring": ('    """A cube."""\n', ""),
    "comment": ("# times three", "# by a constant"),
    "no comment": ("    # times three\n", ""),
    "spaces": ("(xp, x)", "( xp,x )"),
    "lines": ("FACTOR * helper(xp, x)", "(\n        FACTOR\n        * helper(xp, x)\n    )"),
    "features": ('"power"', '"power", "cube"'),
    "rounding": ("FACTOR = 3", "FACTOR = 3.0000000000001"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_digest_changes_with(written, change):
    assert written().digest != written(change).digest


@pytest.mark.parametrize("change", COSMETICS.values(), ids=COSMETICS)
def test_a_digest_stays_with_another(written, change):
    assert written().digest == written(change).digest
    if change[0] != "FACTOR = 3":
        assert written(native=True).digest == written(change, native=True).digest


def test_a_digest_changes_with_the_id(written):
    assert replace(written(), id="cubed").digest != written().digest


def test_a_digest_changes_with_the_text_of_a_native_function(written):
    assert written(native=True).digest != written(CHANGES["text"], native=True).digest


@pytest.mark.parametrize("name", ["value", "value by a helper"])
def test_a_digest_changes_with_what_a_native_function_uses(written, name):
    assert written(native=True).digest != written(CHANGES[name], native=True).digest


def add_digests():
    """Add what is new; what is known stays as it is."""
    known = json.loads(DIGESTS.read_text()) if DIGESTS.exists() else {}
    new = {f"{scenario.id}@{scenario.revision}": scenario.digest for scenario in bundled()}
    DIGESTS.write_text(json.dumps({**new, **known}, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    add_digests()
