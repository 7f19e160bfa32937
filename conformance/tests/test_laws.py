import itertools

import numpy as np
import pytest

from nestgrad_autograd._impl import Autograd
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.judge.laws import broken_law
from nestgrad_conformance.scenarios import Scenario, normal

RNG = np.random.default_rng(0)
G = RNG.standard_normal(4)
SKEWED = RNG.standard_normal((4, 4))
H = SKEWED + SKEWED.T
T = sum(np.transpose(np.multiply.outer(SKEWED, G), axes) for axes in itertools.permutations(range(3)))
NESTINGS = ["F", "R", "FF", "FR", "RF", "RR", "FFF", "FFR", "RRR"]


def cubic(xp, x):
    return G @ x + x @ H @ x / 2 + x @ (T @ x) @ x / 6


def right(x, *directions):
    """The vectors of the cubic, of any order."""
    tensor = (G + H @ x + T @ x @ x / 2, H + T @ x, T)[len(directions)]
    for v in directions:
        tensor = tensor @ v
    return tensor


def scalar(vector):
    return lambda x, *directions: np.asarray(vector(x, *directions[:-1]) @ directions[-1])


def of(nesting, vector):
    return vector if "R" in nesting else scalar(vector)


@pytest.fixture
def subject():
    return Subject(Scenario(id="cubic", function=cubic, inputs=normal(4)), Autograd(), seed=0)


def broken(subject, nesting, evaluate):
    """The law that an operator breaks; like the judge, with one call made before."""
    count = len(nesting) - ("R" in nesting)
    directions = [subject.direction(i) for i in range(count)]
    return broken_law(subject, nesting, evaluate, directions, evaluate(subject.x, *directions), rounding=0.0)


@pytest.mark.parametrize("nesting", NESTINGS)
def test_a_right_operator_breaks_no_law(subject, nesting):
    assert broken(subject, nesting, of(nesting, right)) is None


def test_right_operators_break_no_law_in_any_order(subject):
    for nesting in (*NESTINGS, *reversed(NESTINGS)):
        assert broken(subject, nesting, of(nesting, right)) is None


@pytest.mark.parametrize("nesting", NESTINGS)
def test_rounding_breaks_no_law(subject, nesting):
    rng = np.random.default_rng(1)

    def rounded(x, *directions):
        result = of(nesting, right)(x, *directions)
        return result * (1 + 1e-13 * rng.standard_normal(result.shape))

    assert broken(subject, nesting, rounded) is None


@pytest.mark.parametrize("nesting", [nesting for nesting in NESTINGS if nesting != "R"])
@pytest.mark.parametrize(
    "spoilt",
    [
        lambda v: v + 1e-6,
        lambda v: v + 1e-6 * v**2,
        lambda v: np.abs(v),
        lambda v: v.astype(np.float32),
        lambda v: v / (1 + 1e-6 * v @ v),
    ],
    ids=["affine", "quadratic", "absolute", "float32", "saturating"],
)
def test_nonlinear_in_its_first_direction(subject, nesting, spoilt):
    law = broken(subject, nesting, lambda x, first, *rest: of(nesting, right)(x, spoilt(first), *rest))
    assert law.startswith("not linear in its first direction: off by")


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
@pytest.mark.parametrize("by", [1, 1e-6])
def test_asymmetric(subject, nesting, by):
    assert broken(subject, nesting, lambda x, v: (H + by * SKEWED) @ v).startswith("not symmetric: off by")


@pytest.mark.parametrize("nesting", ["FF", "FFF", "FFR", "RRR"])
def test_directions_that_do_not_commute(subject, nesting):
    def lopsided(x, v, w, *rest):
        return of(nesting, right)(x, v, w, *rest) + 1e-6 * v[0] * w[1]

    assert broken(subject, nesting, lopsided).startswith("not symmetric: off by")


@pytest.mark.parametrize("nesting", NESTINGS)
def test_another_answer_at_the_second_call(subject, nesting):
    directions = [subject.direction(i) for i in range(len(nesting) - ("R" in nesting))]
    calls = itertools.count()

    def unsteady(x, *given):
        again = [v.tobytes() for v in given] == [v.tobytes() for v in directions] and np.array_equal(x, subject.x)
        return of(nesting, right)(x, *given) * (1 + 1e-6 * (again and next(calls) > 0))

    assert broken(subject, nesting, unsteady).startswith("another answer at the second call: off by")


def test_the_previous_answer_at_every_call(subject):
    previous = [right(subject.x)]

    def late(x):
        previous.append(right(x))
        return previous[-2]

    assert broken(subject, "R", late) is not None


def test_the_first_answer_everywhere(subject):
    first = right(subject.x)
    assert broken(subject, "R", lambda x: first) is not None


@pytest.mark.parametrize(("nesting", "other"), [("FR", "RR"), ("RF", "FR"), ("FF", "RR"), ("FFF", "FFR"), ("F", "R")])
def test_nestings_of_one_order_that_disagree(subject, nesting, other):
    assert broken(subject, other, of(other, right)) is None
    law = broken(subject, nesting, lambda x, *directions: 1.000001 * of(nesting, right)(x, *directions))
    assert law.startswith("disagrees with another nesting of this order: off by")
    assert broken(subject, nesting, of(nesting, right)) is None


@pytest.mark.parametrize(("nesting", "other"), [("RR", "FF"), ("R", "F")])
def test_a_nesting_that_disagrees_with_an_earlier_one_of_f_alone(subject, nesting, other):
    assert broken(subject, other, of(other, right)) is None
    assert broken(subject, nesting, lambda x, *directions: 1.1 * of(nesting, right)(x, *directions)) is not None


def test_nestings_of_two_orders_are_not_compared(subject):
    assert broken(subject, "R", right) is None
    assert broken(subject, "RR", lambda x, v: 2 * H @ v) is None
    assert broken(subject, "RRR", right) is None


def test_an_operator_that_breaks_a_law_is_no_measure_for_others(subject):
    assert broken(subject, "FR", lambda x, v: SKEWED @ v).startswith("not symmetric")
    assert broken(subject, "RR", right) is None


@pytest.mark.parametrize("nesting", NESTINGS)
def test_what_is_not_finite_breaks_a_law(subject, nesting):
    assert broken(subject, nesting, lambda x, *directions: np.nan * of(nesting, right)(x, *directions)) is not None


@pytest.mark.parametrize("nesting", [nesting for nesting in NESTINGS if nesting != "R"])
def test_zero_breaks_no_law(subject, nesting):
    assert broken(subject, nesting, lambda x, *directions: 0 * of(nesting, right)(x, *directions)) is None


@pytest.mark.parametrize("nesting", NESTINGS)
def test_nothing_breaks_no_law(nesting):
    empty = Subject(Scenario(id="none", function=lambda xp, x: xp.sum(x), inputs=normal(0)), Autograd(), seed=0)
    assert broken(empty, nesting, lambda x, *directions: x if "R" in nesting else np.zeros(())) is None
