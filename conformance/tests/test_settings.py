"""Settings: the operator's result in each, and faults that show in one alone."""

import threading

import numpy as np
import pytest

import nestgrad as ng
from nestgrad.internal import descriptor
from nestgrad_autograd._impl import Autograd
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.judge.measure import measure
from nestgrad_conformance.mutation import independent
from nestgrad_conformance.nestings import AUTO
from nestgrad_conformance.run.plan import Selection
from nestgrad_conformance.scenarios import bundled, load
from nestgrad_conformance.scenarios.settings import Use, anywhere, autograd, threads

from . import faulty

X = {"a": np.array([0.5, 1.5, -2.0]), "b": np.array(3.0)}
V = {"a": np.array([1.0, -1.0, 0.5]), "b": np.array(0.25)}


def f(x):
    """Σa³b², whose derivatives are written out below."""
    return (x["a"] ** 3).sum() * x["b"] ** 2


def gradient(x):
    return {"a": 3 * x["a"] ** 2 * x["b"] ** 2, "b": 2 * x["b"] * np.sum(x["a"] ** 3)}


def product(x, v):
    mixed = 6 * x["a"] ** 2 * x["b"]
    return {
        "a": 6 * x["a"] * x["b"] ** 2 * v["a"] + mixed * v["b"],
        "b": mixed @ v["a"] + 2 * np.sum(x["a"] ** 3) * v["b"],
    }


def use(nesting, backend=None):
    backend = backend or Autograd()
    return Use(backend, f, nesting, lambda g, nesting: ng.derivative(g, nesting, backend=backend), nesting, False)


def leaves(tree):
    return list(tree.values()) if isinstance(tree, dict) else list(tree)


ANYWHERE = (anywhere.strided, anywhere.reversed_views, anywhere.planned_elsewhere, anywhere.captured, anywhere.argument)


@pytest.mark.parametrize("setting", [*ANYWHERE, threads.crossing], ids=lambda setting: setting.__name__)
def test_a_setting_does_not_change_the_number(setting):
    for found, truth in zip(leaves(setting(use("R"))(X)), leaves(gradient(X)), strict=True):
        np.testing.assert_allclose(found, truth, rtol=1e-12)
    for nesting in ("FR", "RF", "RR"):
        for found, truth in zip(leaves(setting(use(nesting))(X, V)), leaves(product(X, V)), strict=True):
            np.testing.assert_allclose(found, truth, rtol=1e-12)


def test_a_pullback_answers_the_same_when_called_again():
    for found, truth in zip(leaves(anywhere.pulled_twice(use("R"))(X)), leaves(gradient(X)), strict=True):
        np.testing.assert_allclose(found, truth, rtol=1e-12)
    accumulating = anywhere.pulled_twice(use("R", independent.pullback_accumulates()))(X)
    np.testing.assert_allclose(accumulating["a"], 3 * gradient(X)["a"], rtol=1e-12)


@pytest.mark.parametrize("setting", [autograd.grad, autograd.grad_in_direction])
@pytest.mark.parametrize("nesting", ["RR", "RF"])
def test_the_users_reverse_mode_gives_the_same(setting, nesting):
    for found, truth in zip(setting(use(nesting))(X, V), leaves(product(X, V)), strict=True):
        np.testing.assert_allclose(found, truth, rtol=1e-12)


@pytest.mark.parametrize("nesting", ["FF", "FR"])
def test_the_users_reverse_mode_in_a_direction_gives_scalars_too(nesting):
    found = autograd.grad_in_direction(use("FF"))(X, V, X)
    truth = sum(np.sum(a * b) for a, b in zip(leaves(product(X, V)), leaves(X), strict=True))
    np.testing.assert_allclose(found, truth, rtol=1e-12)


def test_strided_arrays_are_strided():
    seen = []
    operator = Use(Autograd(), f, "R", lambda g, nesting: lambda *trees: seen.extend(trees), "R", False)
    anywhere.strided(operator)(X)
    anywhere.reversed_views(operator)(X)
    assert [tree["a"].strides for tree in seen] == [(16,), (-8,)]
    assert all(np.array_equal(tree["a"], X["a"]) for tree in seen)


class Baked(Autograd):
    """What f captures at the first call of an operator is what it is for good."""

    name = "baked"

    def __init__(self):
        self.first = {}

    def vjp(self, f, *primals, has_aux=False):
        same = self.first.setdefault(len(primals), f)
        return super().vjp(same, *primals, has_aux=has_aux)


def test_what_is_captured_is_read_again():
    evaluate = anywhere.captured(use("R", Baked()))
    evaluate({"a": 2 * X["a"], "b": X["b"]})
    assert not np.allclose(evaluate(X)["a"], gradient(X)["a"])


def test_threads_cross():
    """The other thread is inside of f when this one enters it, and has left before this one leaves."""
    order = []

    def watched(x):
        order.append(threading.current_thread() is threading.main_thread())
        return f(x)

    unlocked = Use(Autograd(), watched, "", lambda g, nesting: g, "", False)
    threads.crossing(unlocked)(X)
    assert order == [False, True]


def test_an_exception_in_the_other_thread_is_told():
    def fails_beside(x):
        if threading.current_thread() is not threading.main_thread():
            raise ValueError("only here")
        return f(x)

    with pytest.raises(ValueError, match="only here"):
        threads.crossing(Use(Autograd(), fails_beside, "", lambda g, nesting: g, "", False))(X)


def test_bare_autograd_is_wrong_in_two_threads():
    """Its trace counter is one for the process."""
    subject = Subject(load()["threads_of_confusion_aliased"], Autograd().raw(), 0)
    assert measure(subject, "R").outcome == "wrong"
    assert measure(Subject(load()["threads_of_confusion_aliased"], Autograd(), 0), "R").outcome == "correct"


def test_a_stale_plan_is_caught_where_it_was_made_elsewhere():
    subject = Subject(load()["planned_elsewhere_of_rosenbrock"], faulty.StaleFirst(), 0)
    assert {measure(subject, nesting).outcome for nesting in ("R", "FR", "RR", AUTO)} == {"wrong"}


def test_float32_is_judged_by_a_truth_in_float64_at_the_same_point():
    subject = Subject(load()["float32_of_rosenbrock"], Autograd(), 0)
    assert np.array_equal(subject.x, subject.x.astype(np.float32))
    found = measure(subject, "FR")
    assert found.outcome == "correct"
    assert 1e-12 < found.error < found.tolerance


def test_a_result_in_another_format_is_wrong():
    class Widening(Autograd):
        def vjp(self, f, *primals, has_aux=False):
            value, pullback = super().vjp(f, *primals)
            return value, lambda u: tuple(entry.astype(np.float64) for entry in pullback(u))

    found = measure(Subject(load()["float32_of_beale"], Widening(), 0), "R")
    assert found.outcome == "wrong"
    assert "float64" in found.message


def test_a_batch_needs_a_backend_with_a_batch_method():
    (vmapped,) = (one for one in bundled() if one.id == "vmap_of_rosenbrock")
    assert vmapped.capability == "vmap"


def test_nestings_and_executions_are_those_that_a_setting_is_for():
    tasks = Selection(tiers=("transforms",)).tasks(bundled(), descriptor("autograd"))
    assert {task.execution for task in tasks if task.scenario == "captured_of_rosenbrock"} == {"eager"}
    assert {task.execution for task in tasks if task.scenario == "by_hessian_of_rosenbrock"} > {"eager", "compiled"}
    assert {task.nesting for task in tasks if task.scenario == "by_hessian_of_rosenbrock"} == {"FR", "RF", "RR", "auto"}
    nestings = {task.nesting for task in tasks if task.scenario == "autograd_grad_of_rosenbrock"}
    assert nestings == {"RF", "RR"}
