import sys

import numpy as np
import pytest

import nestgrad as ng
from nestgrad.extend import Canary, Refusal, emulated
from nestgrad_autograd._impl import Autograd
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.judge.measure import compare, measure
from nestgrad_conformance.judge.verdict import verdict
from nestgrad_conformance.nestings import AUTO
from nestgrad_conformance.scenarios import Scenario, load, normal
from nestgrad_conformance.truth.oracle import Oracle, Source

ORDER_2 = ["FF", "FR", "RF", "RR"]
ALL = ["F", "R", *ORDER_2]


def cubic(xp, x):
    return xp.sum(x**3) + xp.sum(x + 2) ** 3


def measured(nesting, backend=None, *, function=cubic, **fields):
    scenario = Scenario(id="one", function=function, **{"inputs": normal(3), **fields})
    return measure(Subject(scenario, backend or Autograd(), seed=0), nesting)


class Unlooked(Autograd):
    """No look at results: those that are not finite are returned."""

    finite = None


class Changed(Unlooked):
    """Reverse mode whose gradients pass through `change`."""

    def __init__(self, change):
        self.change = change

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        return (value, lambda cotangent: tuple(map(self.change, pullback(cotangent))), *aux)


class Failing(Autograd):
    """Reverse mode raises."""

    def __init__(self, error):
        self.error = error

    def vjp(self, f, *primals, has_aux=False):
        raise self.error


@pytest.mark.parametrize("nesting", [*ALL, "FFR", "RRR", AUTO])
def test_correct(nesting):
    found = measured(nesting)
    assert (found.outcome, found.route, found.repairs) == ("correct", "native", [])
    assert found.error <= found.tolerance < 1e-6
    assert found.oracle
    assert found.seconds > 0
    assert found.exception is found.message is None


@pytest.mark.parametrize("nesting", ["R", "FR", AUTO])
def test_a_function_is_imported_before_any_transform_runs(monkeypatch, tmp_path, nesting):
    (tmp_path / "late_functions.py").write_text("def f(x):\n    return (x**3).sum()\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "late_functions", raising=False)
    subject = Subject(Scenario(id="late", function="late_functions:f", inputs=normal(3)), Autograd(), seed=0)
    subject.operator(nesting)
    assert sys.modules.pop("late_functions")


@pytest.mark.parametrize("nesting", ALL)
def test_a_probe_is_told_and_not_judged(nesting):
    kink = {"function": lambda xp, x: xp.sum(xp.abs(x) * x), "inputs": lambda rng: np.zeros(2), "probe": True}
    found = measured(nesting, **kink)
    assert found.outcome == "probe"
    assert found.message.startswith("takes ")
    assert found.error is found.oracle is None


def test_a_failure_at_a_probe_is_told_and_not_judged():
    found = measured("R", Failing(ValueError("no slope here")), probe=True)
    assert found.outcome == "probe"
    assert "no slope here" in found.message


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda g: g * (1 + 1e-7), "wrong"),
        (lambda g: g * np.array([1.0, 1.0, 0.0]), "wrong"),
        (lambda g: 0 * g, "silent_zero"),
        (lambda g: -0.0 * g, "silent_zero"),
        (lambda g: g * np.array([1.0, np.nan, 1.0]), "not_finite"),
        (lambda g: g * np.inf, "not_finite"),
    ],
)
def test_wrong_numbers_are_told_apart(change, outcome):
    found = measured("R", Changed(change))
    assert (found.outcome, found.message) == (outcome, None)
    assert found.oracle == "differences of values"
    if outcome != "not_finite":
        assert found.error > found.tolerance > 0


@pytest.mark.parametrize(("sample", "outcome"), [(True, "silent_zero"), (False, "correct")])
def test_what_stands_for_all_is_called_three_times(sample, outcome):
    right = iter([1, 1])
    tired = Changed(lambda g: g * next(right, 0) if g.size == 4 else g)  # the canary's has three entries
    scenario = Scenario(id="one", function=cubic, inputs=normal(4), sample=sample)
    found = compare(Subject(scenario, tired, seed=0), "R")
    assert found.outcome == outcome
    assert found.message == ("at call 3, after numbers that were right" if sample else None)


def test_a_result_that_is_not_finite_is_refused_where_it_is_looked_at():
    class Looked(Changed):
        finite = Autograd.finite

    found = measured("R", Looked(lambda g: g * np.nan))
    assert (found.outcome, found.exception) == ("refused", "NotFiniteError")


def test_figures_that_are_not_finite_are_none():
    found = measured("R", Changed(lambda g: g * np.nan))
    assert found.error is None
    assert found.tolerance > 0


def test_a_zero_that_is_the_truth_is_correct():
    found = measured("RR", function=lambda xp, x: xp.sum(3 * x))
    assert (found.outcome, found.error) == ("correct", 0)


@pytest.mark.parametrize(
    "function",
    [
        lambda xp, x: xp.sum(xp.log(xp.exp(x))),
        lambda xp, x: xp.sum(xp.exp(x) * xp.exp(-x) * x),
        lambda xp, x: xp.sum(xp.exp(x) / xp.sum(xp.exp(x))),
    ],
    ids=["log_exp", "exp_times_exp", "softmax_sum"],
)
@pytest.mark.parametrize("nesting", ORDER_2)
def test_a_zero_but_for_rounding_is_correct(function, nesting):
    assert measured(nesting, function=function).outcome == "correct"


def test_a_zero_but_for_rounding_agrees_with_an_exact_zero():
    oracle = Oracle(lambda x: 3.0, np.ones(2), sources=[Source("R", lambda x: 0 * x)])
    assert oracle.scalar(np.ones(2), np.ones(2)).agrees(1e-16)


def test_a_missing_mode_is_refused():
    class ReverseOnly(Autograd):
        jvp = None

    found = measured("FR", ReverseOnly())
    assert (found.outcome, found.exception, found.route) == ("refused", "UnsupportedNestingError", None)
    assert "no forward mode" in found.message
    assert (found.refusal.operation, found.refusal.use) == (None, "RR")
    assert "no forward mode" in found.refusal.reason
    assert measured("RR", ReverseOnly()).outcome == "correct"


def test_a_refusal_inside_f_does_not_change_the_nesting():
    class ForwardOnly(Autograd):
        vjp = None

    scenario = load()["confusion_aliased"]  # takes a gradient inside
    found = measure(Subject(scenario, ForwardOnly(), seed=0), "FF")
    assert (found.outcome, found.nesting) == ("refused", "FF")


def test_auto_without_a_mode_for_it_is_refused():
    class ForwardOnly(Autograd):
        vjp = None

    assert measured(AUTO, ForwardOnly()).outcome == "refused"


def test_a_recognised_exception_of_the_engine_is_a_refusal():
    def classify(self, exception, nesting):
        return Refusal("gather", str(exception))

    found = measured("R", type("Honest", (Failing,), {"classify": classify})(KeyError("no rule")))
    assert (found.outcome, found.exception) == ("refused", "UnsupportedNestingError")
    assert "no rule" in found.message
    assert (found.refusal.operation, found.refusal.reason, found.refusal.use) == ("gather", "'no rule'", "F")


def test_any_other_exception_is_an_error():
    found = measured("R", Failing(RuntimeError("out of luck")))
    assert (found.outcome, found.exception) == ("error", "EngineError")
    assert "RuntimeError: out of luck" in found.message


def test_an_exception_of_the_function_is_an_error_under_its_own_name():
    def broken(xp, x):
        raise ZeroDivisionError("oh")

    found = measured("R", function=broken)
    assert (found.outcome, found.exception, found.message) == ("error", "ZeroDivisionError", "oh")


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, SystemExit])
def test_what_ends_a_worker_passes(error):
    def greedy(xp, x):
        raise error

    with pytest.raises(error):
        measured("R", function=greedy)


def test_full_memory_of_the_engine_passes():
    try:
        found = measured("R", Failing(MemoryError()))
    except MemoryError:
        return
    raise AssertionError(found)


@pytest.mark.parametrize(
    "function", [lambda xp, x: xp.sum(xp.abs(x)), lambda xp, x: xp.sum(x) + 1e-9 * np.random.default_rng().random()]
)
def test_without_a_truth_it_is_uncertain(function):
    found = measured("R", function=function, inputs=lambda rng: np.zeros(3))
    assert found.outcome == "uncertain"
    assert found.message
    assert found.error is found.tolerance is found.oracle is None


def test_a_law_is_asked_where_there_is_no_truth():
    class Drifting(Autograd):
        calls = 0

        def vjp(self, f, *primals, has_aux=False):
            self.calls += 1
            value, pullback = super().vjp(f, *primals)
            return value, lambda cotangent: tuple(g + self.calls for g in pullback(cotangent))

    found = measured("R", Drifting(), function=lambda xp, x: xp.sum(xp.abs(x)), inputs=lambda rng: np.zeros(3))
    assert found.outcome == "wrong"
    assert "a gradient elsewhere is wrong" in found.message


CASTS = [lambda g, to=to: g.astype(to) for to in (np.float32, complex, object)]


@pytest.mark.parametrize("change", [lambda g: g[None], lambda g: g[:2], lambda g: np.float64(1.0), *CASTS])
def test_another_shape_or_dtype_is_wrong(change):
    class Native(Unlooked):
        def reverse_over_reverse(self, f, primal, tangent):
            return None, change(primal * tangent)

    found = measured("RR", Native())
    assert found.outcome == "wrong"
    assert "it should be [((3,), 'float64')]" in found.message
    assert found.error is None


def test_other_leaves_are_wrong():
    class Native(Autograd):
        def reverse_over_reverse(self, f, primal, tangent):
            return None, tangent[::-1]

    def product(xp, x):
        return xp.sum(x[0] ** 3) * xp.sum(x[1])

    found = measured("RR", Native(), function=product, inputs=lambda rng: (np.array([1.0, 2.0]), np.array([3.0])))
    assert found.outcome == "wrong"
    assert "it should be [((2,), 'float64'), ((1,), 'float64')]" in found.message


@pytest.mark.parametrize("nesting", ALL)
def test_evaluations_are_counted(nesting):
    assert measured(nesting).f_calls == 1


def test_evaluations_of_the_oracle_and_of_laws_are_not_counted():
    def twice(self, f, primal, tangent):
        return None, ng.derivative(f, "RF", backend=Autograd())(primal, tangent + 0 * f(primal))

    assert measured("RR", type("Twice", (Autograd,), {"reverse_over_reverse": twice})()).f_calls == 2


class DoubleReverse(Autograd):
    """Forward mode by reverse mode twice."""

    declares = False

    def jvp(self, f, primals, tangents, *, has_aux=False):
        if self.declares:
            emulated("jvp", "by reverse mode, twice")
        value, pullback = self.vjp(f, *primals)
        _, transposed = self.vjp(pullback, np.zeros(np.shape(value)))
        return value, transposed(tuple(tangents))[0]


class Declared(DoubleReverse):
    declares = True


@pytest.mark.parametrize("nesting", ["F", *ORDER_2])
def test_a_lying_forward_mode_is_substituted(nesting):
    found = measured(nesting, DoubleReverse())
    assert (found.outcome, found.route) == ("correct", "native" if nesting == "RR" else "substituted")
    assert verdict("supported", found.outcome, found.route) == ("supported" if nesting == "RR" else "broken")


@pytest.mark.parametrize("nesting", ["F", *ORDER_2])
def test_a_declared_one_is_emulated(nesting):
    found = measured(nesting, Declared())
    assert (found.outcome, found.route) == ("correct", "native" if nesting == "RR" else "emulated")
    assert found.repairs == ([] if nesting == "RR" else ["jvp"])


def test_another_nesting_in_place_of_the_one_asked_for_is_substituted():
    class Substituting(Autograd):
        def forward_over_reverse(self, f, primal, tangent):
            return None, ng.derivative(f, "RR", backend=Autograd())(primal, tangent)

    assert measured("FR", Substituting()).route == "substituted"


@pytest.mark.xfail(reason="the canary counts the letters, and does not see their order")
def test_the_same_letters_in_another_order_are_substituted():
    class Substituting(Autograd):
        def reverse_over_forward(self, f, primal, tangent):
            return None, ng.derivative(f, "FR", backend=Autograd())(primal, tangent)

    assert measured("RF", Substituting()).route == "substituted"


def test_without_a_canary_the_claim_is_taken():
    assert measured("F", type("Silent", (DoubleReverse,), {"canary": None})()).route == "native"


def test_a_canary_that_never_sings_proves_no_route():
    deaf = type("Deaf", (Autograd,), {"canary": lambda self: Canary(lambda x: (x * x * x).sum())})
    assert measured("R", deaf()).route == "substituted"


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_auto_is_resolved_to_the_nesting_that_ran(nesting):
    preferring = type("Preferring", (Autograd,), {"preferred": (nesting,)})()
    found = measured(AUTO, preferring)
    assert (found.nesting, found.outcome) == (nesting, "correct")
    assert measured("R", preferring).nesting == "R"


def test_the_zero_factor_of_a_product_is_a_repair():
    found = measured("R", function=lambda xp, x: xp.prod(x), inputs=lambda rng: np.array([0.0, 2.0, 3.0]))
    assert (found.outcome, found.route, found.repairs) == ("correct", "emulated", ["prod"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, of torch.jit
def test_a_cell_is_compiled_once_however_often_it_is_called():
    torch = pytest.importorskip("torch")
    subject = Subject(load()["rosenbrock"], ng.get_backend("torch"), 0)
    evaluate = subject.operator("FR", "traced")
    evaluate(subject.x, subject.direction(0))
    graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    evaluate(subject.x, subject.direction(1))
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == graphs > 0


class Undecided(Autograd):
    """A forward mode that does not know its number well enough."""

    def jvp(self, f, primals, tangents, *, has_aux=False):
        raise ng.UncertainError("too wide", 1.0, 0.5)


def test_a_backend_that_is_uncertain_is_neither_refused_nor_an_error():
    found = measured("F", Undecided())
    assert (found.outcome, found.exception, found.message) == ("uncertain", "UncertainError", "too wide")
    assert verdict("supported", found.outcome, found.route) == "uncertain"
