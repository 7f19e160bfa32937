"""Tier ops: the table is complete, is written in the standard alone, and means the same on every backend."""

import inspect
import warnings
from collections import Counter
from operator import attrgetter
from types import SimpleNamespace

import array_api_strict
import numpy as np
import optree
import pytest

import nestgrad as ng
from nestgrad_autograd._impl import Autograd
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.run.plan import Task
from nestgrad_conformance.run.worker import Absent, measured
from nestgrad_conformance.scenarios import ops
from nestgrad_conformance.scenarios.ops._row import op, weighted
from nestgrad_conformance.truth.differences import differentiate_along

from .every import every

BACKENDS = ("autograd", "jax", "tensorflow", "torch")
OF_THE_LIBRARY = {"ArrayAPIStrictFlags", "Device", "__version__"}
OPERATIONS = {one.operation for one in ops.SCENARIOS}
ROWS = {one.id: one for one in ops.SCENARIOS}


def standard():
    """The names of the standard: of its namespace, and with the extension's name before them of its extensions."""
    names = {name for name in array_api_strict.__all__ if not name.endswith("array_api_strict_flags")}
    extensions = {f"{of}.{name}" for of in ("fft", "linalg") for name in getattr(array_api_strict, of).__all__}
    return (names - OF_THE_LIBRARY) | extensions


def test_every_name_of_the_standard_is_in_the_table_or_told_why_not():
    assert standard() - OPERATIONS - set(ops.WITHOUT_DERIVATIVE) == set()


def test_the_table_has_no_other_names():
    assert standard() >= OPERATIONS
    assert standard() >= set(ops.WITHOUT_DERIVATIVE)
    assert set(ops.WITHOUT_DERIVATIVE) & OPERATIONS == set()


def test_every_function_is_measured_where_it_is_smooth():
    assert {one.operation for one in ops.SCENARIOS if not one.probe} == OPERATIONS


def test_a_fifth_is_measured_to_order_3_and_of_every_kind():
    sample = [one for one in ops.SCENARIOS if one.sample]
    assert 0.15 < len(sample) / len(ops.SCENARIOS) < 0.25
    assert all((one.order == 3) == one.sample for one in ops.SCENARIOS)
    for kind in (ops.elementwise, ops.fft, ops.linalg, ops.manipulation, ops.reductions):
        assert any(one.sample for one in kind.SCENARIOS), kind


def test_there_is_every_kind_of_shape():
    features = Counter(feature for one in ops.SCENARIOS for feature in one.features)
    for feature in ("broadcast", "empty", "single", "zero_dim"):
        assert features[feature] >= 3, feature


class Recording:
    """NumPy, and the names that were asked of it."""

    def __init__(self, namespace, prefix, asked):
        self.namespace, self.prefix, self.asked = namespace, prefix, asked

    def __getattr__(self, name):
        self.asked.add(self.prefix + name)
        found = getattr(self.namespace, name)
        return Recording(found, f"{name}.", self.asked) if inspect.ismodule(found) else found


@every(ROWS)
def test_a_row_calls_what_it_is_named_for(scenario):
    asked = set()
    numpy = Recording(np, "", asked)
    with np.errstate(all="ignore"):
        (scenario.reference or scenario.function)(numpy, scenario.x(0))
    assert scenario.operation in asked
    assert scenario.id.startswith("op_" + scenario.operation.replace(".", "_"))
    assert {scenario.operation.rpartition(".")[2]} <= scenario.features


@every(ROWS)
def test_a_row_needs_nothing_but_the_standard(scenario):
    x = optree.tree_map(array_api_strict.asarray, scenario.x(0))
    with np.errstate(all="ignore"):
        found = scenario.function(array_api_strict, x)
    assert float(found) == pytest.approx(by_numpy(scenario), rel=1e-13, abs=1e-13)


def by_numpy(scenario):
    with np.errstate(all="ignore"):
        return (scenario.reference or scenario.function)(np, scenario.x(0))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_has_every_function(backend):
    namespace = ng.get_backend(backend).xp
    for operation in OPERATIONS:
        assert callable(attrgetter(operation)(namespace))


class Lacking(Autograd):
    """A backend whose namespace has no extension."""

    xp = SimpleNamespace(sum=np.sum)


def test_a_function_that_a_namespace_lacks_is_absent():
    det = next(one for one in ops.SCENARIOS if one.id == "op_linalg_det")
    task = Task(det.id, "R", "eager", "float64", 0)
    answer = measured(task, Lacking(), lambda scenario, seed: Subject(det, Lacking(), seed))
    assert answer == Absent("the namespace has no 'linalg.det'")


@pytest.mark.parametrize("backend", ["autograd", "tensorflow"])
def test_a_namespace_of_ours_has_the_values_of_numpy(backend):
    backend, different = ng.get_backend(backend), {}
    for one in ops.SCENARIOS:
        with warnings.catch_warnings(action="ignore"):
            found = backend.to_numpy(one.function(backend.xp, optree.tree_map(backend.asarray, one.x(0))))
        if found != pytest.approx(by_numpy(one), rel=1e-12, abs=1e-12):
            different[one.id] = (found, by_numpy(one))
    assert not different


def test_every_entry_counts_by_another_weight():
    y = np.full((2, 3), 0.7)
    slopes = [
        float(differentiate_along(lambda p: weighted(np, p.reshape(2, 3)), y.ravel(), e).value) for e in np.eye(6)
    ]
    assert len({round(slope, 6) for slope in slopes}) == 6


@pytest.mark.parametrize("order", [2, 3])
def test_a_linear_function_has_derivatives_of_every_order(order):
    identity = op("positive", lambda rng: rng.standard_normal(4)).function
    (difference,) = np.diff([identity(np, np.full(4, 0.3 + 0.1 * i)) for i in range(order + 1)], order)
    assert abs(difference) > 1e-5


def test_an_output_of_several_arrays_counts_all_of_them():
    y, z = np.array([0.5, 0.2]), np.array([0.3])
    assert weighted(np, (y, z)) == weighted(np, y) + weighted(np, z)
    both_parts = weighted(np, np.stack([y, 2 * y]))
    assert weighted(np, y + 2j * y) == both_parts
