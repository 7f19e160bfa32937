"""What scenarios are held to."""

import collections
import inspect
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import optree
import pytest
from optree.integrations.numpy import tree_ravel

import nestgrad as ng
from nestgrad_autograd._impl import Autograd
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.scenarios import TIERS, Scenario, _suite, bundled, load, normal
from nestgrad_conformance.scenarios.ops._row import Row
from nestgrad_conformance.truth.differences import differentiate_along

from .every import every

SCENARIOS = {scenario.id: scenario for scenario in bundled()}
CLOSED = {name: scenario for name, scenario in SCENARIOS.items() if scenario.closed_form}
NESTED = {name: scenario for name, scenario in SCENARIOS.items() if scenario.nested}


def written():
    """The scenarios with a function of the array API that has a text: of a row of the table, the call that it makes."""
    for scenario in SCENARIOS.values():
        function = scenario.function.call if isinstance(scenario.function, Row) else scenario.function
        if inspect.isfunction(function):
            yield scenario, function


WRITTEN = {pair[0].id: pair for pair in written()}


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


@every(WRITTEN)
def test_features_name_the_operations_that_limits_speak_of(pair):
    scenario, function = pair
    standard = {"cholesky", "cumulative_prod", "cumulative_sum", "det", "max", "prod", "solve", "sort", "vector_norm"}
    used = set(re.findall(r"xp\.(?:linalg\.)?(\w+)\(", inspect.getsource(function)))
    assert used & standard <= scenario.features
    assert ("nested" in scenario.features) == scenario.nested


@every(WRITTEN)
def test_constants_that_a_compiler_may_guard_are_told(pair):
    scenario, function = pair
    named = (function.__globals__.get(name) for name in function.__code__.co_names)
    if any(isinstance(value, np.ndarray) for value in named):
        assert "numpy_constants" in scenario.features


def test_ids_are_unique():
    assert [name for name, count in collections.Counter(one.id for one in bundled()).items() if count > 1] == []


def pack(monkeypatch, *scenarios):
    monkeypatch.setattr(_suite, "answers", lambda hook, accept: iter([accept(scenarios)]))


def test_packs_are_loaded_after_the_bundled(monkeypatch):
    another = Scenario(id="another", function=lambda xp, x: x, inputs=normal())
    pack(monkeypatch, another)
    assert list(load()) == [*SCENARIOS, "another"]
    assert load()["another"] is another


def test_a_pack_may_not_take_an_id(monkeypatch):
    pack(monkeypatch, replace(bundled()[0], revision=2))
    with pytest.raises(ng.PluginError, match=bundled()[0].id):
        load()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 3),
        ("function", None),
        ("inputs", "normal"),
        ("tier", "program"),
        ("features", "norm"),
        ("features", frozenset({1})),
        ("features_inside", ["det"]),
        ("pieces", [len]),
        ("operation", 3),
        ("engine", ("jax",)),
        ("order", "2"),
        ("order", 0),
        ("nestings", None),
        ("executions", ("fast",)),
        ("executions", "eager"),
        ("dtype", np.float64),
        ("revision", None),
    ],
)
def test_a_field_by_which_a_run_is_planned_has_to_fit(field, value):
    with pytest.raises(TypeError, match=rf"Scenario .*: {field}\."):
        replace(bundled()[0], **{field: value})


@every(SCENARIOS)
def test_fields(scenario):
    assert scenario.tier in TIERS
    assert scenario.order >= 1
    assert scenario.revision >= 1
    assert "/" not in scenario.id
    assert "@" not in scenario.id
    assert callable(scenario.function) or scenario.engine
    is_called_otherwise = scenario.setting is not None or scenario.dtype == "float32"
    assert (scenario.tier == "transforms") == (is_called_otherwise and not scenario.pieces)
    assert (scenario.tier == "foreign") == bool(scenario.pieces)
    assert not scenario.nested or scenario.reference


@every(SCENARIOS)
def test_inputs_depend_on_the_seed_alone(scenario):
    for seed in range(3):
        assert equal(scenario.x(seed), scenario.x(seed))
        assert equal(scenario.direction(seed, 1), scenario.direction(seed, 1))
        assert all(leaf.dtype == np.float64 for leaf in leaves(scenario.x(seed)))
    if any(leaf.size for leaf in leaves(scenario.x(0))):
        assert not equal(scenario.x(0), scenario.x(1))
        assert not equal(scenario.direction(0, 0), scenario.direction(1, 0))


@every(SCENARIOS)
def test_directions_of_a_cell_are_different_and_like_the_inputs(scenario):
    x, directions = scenario.x(0), [scenario.direction(0, number) for number in range(12)]
    for number, direction in enumerate(directions):
        assert optree.tree_structure(direction) == optree.tree_structure(x)
        assert [leaf.shape for leaf in leaves(direction)] == [leaf.shape for leaf in leaves(x)]
        for v, w in zip(leaves(direction), leaves(directions[number - 1]), strict=True):
            assert not v.size or not np.any(v == w)


@every(SCENARIOS)
def test_values_are_finite_scalars_around_the_inputs(scenario):
    if scenario.by_numpy is not None:
        for seed in range(5):
            values = scenario.by_numpy(scenario.x(seed))
            assert np.shape(values) == ()
            assert np.isfinite(values)


@pytest.mark.parametrize("seed", range(3))
@every(CLOSED)
def test_a_closed_form_agrees_with_differences(scenario, seed):
    subject = Subject(scenario, Autograd(), seed)
    x, rebuild = tree_ravel(scenario.x(seed))
    v, w = subject.direction(0), subject.direction(1)
    slope = differentiate_along(lambda p: scenario.by_numpy(rebuild(p)), x, v)
    assert_within(scenario.closed_form(x) @ v, slope)
    if scenario.closed_form(x, v) is not None:
        curvature = differentiate_along(lambda p: scenario.closed_form(p) @ w, x, v)
        assert_within(scenario.closed_form(x, v) @ w, curvature)


def assert_within(found, truth):
    assert abs(found - truth.value) <= truth.bar + 1e-13 * abs(truth.value)
    assert truth.bar < 1e-8 * abs(truth.value)


@pytest.mark.parametrize("seed", range(5))
@every(NESTED)
def test_a_reference_has_the_values_of_the_nested_function(scenario, seed):
    found = Subject(scenario, Autograd(), seed).f(scenario.x(seed))
    assert found == pytest.approx(scenario.reference(np, scenario.x(seed)), rel=1e-12)
