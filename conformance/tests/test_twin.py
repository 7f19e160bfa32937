"""The anonymous twin finds guards and repairs that know a scenario instead of an operation."""

import autograd.numpy as anp
import numpy as np
import pytest

import nestgrad as ng
from nestgrad.extend import Nesting, emulated
from nestgrad_autograd._impl import Autograd
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.judge.measure import compare, measure
from nestgrad_conformance.judge.twin import Twin, beside
from nestgrad_conformance.nestings import AUTO
from nestgrad_conformance.scenarios import Scenario, load

NESTINGS = ["F", "R", "FF", "FR", "RF", "RR", AUTO]


def cubic(xp, x):
    return xp.sum(x["a"] ** 3) * xp.sum(x["b"])


def inputs(rng):
    return {"a": rng.standard_normal(3), "b": np.array([0.0, 1.5])}


def subject(backend):
    return Subject(Scenario(id="one", function=cubic, inputs=inputs), backend, seed=0)


def outcome(backend, nesting="RR"):
    one = subject(backend)
    return beside(one, nesting, "eager", measure(one, nesting))


class Guarded(Autograd):
    """Refuses the gradient where a condition on the input's values holds; elsewhere it is off by a factor."""

    def __init__(self, refuses, factor=1.0):
        self.refuses, self.factor = refuses, factor

    def vjp(self, f, *primals, has_aux=False):
        if self.refuses(primals):
            raise ng.UnsupportedNestingError(backend="g", nesting=Nesting("RR"), operation="cubic", reason="no.")
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        return (value, lambda u: tuple(self.factor * g for g in pullback(u)), *aux)


class Repaired(Autograd):
    """Says that it repairs; the repair is right where a condition on the input's values holds."""

    def __init__(self, knows):
        self.knows = knows

    def vjp(self, f, *primals, has_aux=False):
        emulated("cubic", "for the test")
        factor = 1.0 if self.knows(primals) else 1.01
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        return (value, lambda u: tuple(factor * g for g in pullback(u)), *aux)


def is_the_scenarios(primals):
    """Whether the zero of the scenario's own input is there: the twin's input has another number in its place."""
    return any(np.ndim(leaf) and 0.0 in np.asarray(getattr(leaf, "_value", leaf)) for leaf in primals)


@pytest.mark.parametrize("nesting", NESTINGS)
def test_the_twins_derivatives_are_right(nesting):
    found = compare(Twin(subject(Autograd())), nesting)
    assert found.outcome == "correct"
    assert found.error <= found.tolerance


def test_the_twin_takes_the_same_values():
    one = subject(Autograd())
    twin = Twin(one)
    x, u = one.scenario.x(0), (anp.array(leaf) for leaf in (twin.x[:3], twin.x[3:]))
    value = twin.f({"twin": dict(zip("ab", u, strict=True))})
    assert value == pytest.approx(cubic(np, x), rel=1e-14)
    assert 2 * twin.x[3] + 0.5 == 0.0


def test_a_refusal_of_the_operation_stands():
    assert outcome(Guarded(lambda primals: True)).outcome == "refused"


def test_a_refusal_of_the_scenario_alone_is_found_where_the_twin_is_wrong():
    found = outcome(Guarded(is_the_scenarios, factor=1.01))
    assert found.outcome == "wrong"
    assert "refused as it is, but its anonymous twin is wrong" in found.message


def test_a_refusal_that_the_twin_does_not_need_stands():
    assert outcome(Guarded(is_the_scenarios)).outcome == "refused"


def test_a_repair_of_the_operation_stands():
    found = outcome(Repaired(lambda primals: True))
    assert (found.outcome, found.repairs) == ("correct", ["cubic"])


def test_a_repair_of_the_scenario_alone_is_found():
    found = outcome(Repaired(is_the_scenarios))
    assert found.outcome == "wrong"
    assert "correct as it is, but its anonymous twin is wrong" in found.message


def test_an_error_of_the_twin_is_found():
    class Fails(Guarded):
        def vjp(self, f, *primals, has_aux=False):
            if not is_the_scenarios(primals):
                raise KeyError("the twin")
            return super().vjp(f, *primals, has_aux=has_aux)

    found = outcome(Fails(is_the_scenarios))
    assert (found.outcome, found.exception) == ("error", "EngineError")


def test_what_is_neither_refused_nor_repaired_has_no_twin(monkeypatch):
    def unexpected(*arguments):
        raise AssertionError

    monkeypatch.setattr("nestgrad_conformance.judge.twin.Twin", unexpected)
    assert outcome(Autograd()).outcome == "correct"


@pytest.mark.parametrize("scenario", ["product_with_a_zero", "solve", "confusion_aliased"])
def test_bundled_scenarios_have_twins(scenario):
    one = Subject(load()[scenario], ng.get_backend("autograd"), 0)
    assert measure(Twin(one), "RR").outcome == "correct"
