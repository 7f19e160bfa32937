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
WORDS = ["F", "R", "FF", "FR", "RF", "RR", "FFF", "FFR", "RRR"]


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


def of(word, vector):
    return vector if "R" in word else scalar(vector)


@pytest.fixture
def subject():
    return Subject(Scenario(id="cubic", function=cubic, inputs=normal(4)), Autograd(), seed=0)


def broken(subject, word, evaluate):
    """The law that an operator breaks; like the judge, with one call made before."""
    count = len(word) - ("R" in word)
    directions = [subject.direction(i) for i in range(count)]
    return broken_law(subject, word, evaluate, directions, evaluate(subject.x, *directions), rounding=0.0)


@pytest.mark.parametrize("word", WORDS)
def test_a_right_operator_breaks_no_law(subject, word):
    assert broken(subject, word, of(word, right)) is None


def test_right_operators_break_no_law_in_any_order(subject):
    for word in (*WORDS, *reversed(WORDS)):
        assert broken(subject, word, of(word, right)) is None


@pytest.mark.parametrize("word", WORDS)
def test_rounding_breaks_no_law(subject, word):
    rng = np.random.default_rng(1)

    def rounded(x, *directions):
        result = of(word, right)(x, *directions)
        return result * (1 + 1e-13 * rng.standard_normal(result.shape))

    assert broken(subject, word, rounded) is None


@pytest.mark.parametrize("word", [word for word in WORDS if word != "R"])
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
def test_nonlinear_in_its_first_direction(subject, word, spoilt):
    law = broken(subject, word, lambda x, first, *rest: of(word, right)(x, spoilt(first), *rest))
    assert law.startswith("not linear in its first direction: off by")


@pytest.mark.parametrize("word", ["FR", "RF", "RR"])
@pytest.mark.parametrize("by", [1, 1e-6])
def test_asymmetric(subject, word, by):
    assert broken(subject, word, lambda x, v: (H + by * SKEWED) @ v).startswith("not symmetric: off by")


@pytest.mark.parametrize("word", ["FF", "FFF", "FFR", "RRR"])
def test_directions_that_do_not_commute(subject, word):
    def lopsided(x, v, w, *rest):
        return of(word, right)(x, v, w, *rest) + 1e-6 * v[0] * w[1]

    assert broken(subject, word, lopsided).startswith("not symmetric: off by")


@pytest.mark.parametrize("word", WORDS)
def test_another_answer_at_the_second_call(subject, word):
    directions = [subject.direction(i) for i in range(len(word) - ("R" in word))]
    calls = itertools.count()

    def unsteady(x, *given):
        again = [v.tobytes() for v in given] == [v.tobytes() for v in directions] and np.array_equal(x, subject.x)
        return of(word, right)(x, *given) * (1 + 1e-6 * (again and next(calls) > 0))

    assert broken(subject, word, unsteady).startswith("another answer at the second call: off by")


def test_the_previous_answer_at_every_call(subject):
    previous = [right(subject.x)]

    def late(x):
        previous.append(right(x))
        return previous[-2]

    assert broken(subject, "R", late) is not None


def test_the_first_answer_everywhere(subject):
    first = right(subject.x)
    assert broken(subject, "R", lambda x: first) is not None


@pytest.mark.parametrize(("word", "other"), [("FR", "RR"), ("RF", "FR"), ("FF", "RR"), ("FFF", "FFR"), ("F", "R")])
def test_words_of_one_order_that_disagree(subject, word, other):
    assert broken(subject, other, of(other, right)) is None
    law = broken(subject, word, lambda x, *directions: 1.000001 * of(word, right)(x, *directions))
    assert law.startswith("disagrees with another word of this order: off by")
    assert broken(subject, word, of(word, right)) is None


@pytest.mark.parametrize(("word", "other"), [("RR", "FF"), ("R", "F")])
def test_a_word_that_disagrees_with_an_earlier_one_of_f_alone(subject, word, other):
    assert broken(subject, other, of(other, right)) is None
    assert broken(subject, word, lambda x, *directions: 1.1 * of(word, right)(x, *directions)) is not None


def test_words_of_two_orders_are_not_compared(subject):
    assert broken(subject, "R", right) is None
    assert broken(subject, "RR", lambda x, v: 2 * H @ v) is None
    assert broken(subject, "RRR", right) is None


def test_an_operator_that_breaks_a_law_is_no_measure_for_others(subject):
    assert broken(subject, "FR", lambda x, v: SKEWED @ v).startswith("not symmetric")
    assert broken(subject, "RR", right) is None


@pytest.mark.parametrize("word", WORDS)
def test_what_is_not_finite_breaks_a_law(subject, word):
    assert broken(subject, word, lambda x, *directions: np.nan * of(word, right)(x, *directions)) is not None


@pytest.mark.parametrize("word", [word for word in WORDS if word != "R"])
def test_zero_breaks_no_law(subject, word):
    assert broken(subject, word, lambda x, *directions: 0 * of(word, right)(x, *directions)) is None


@pytest.mark.parametrize("word", WORDS)
def test_nothing_breaks_no_law(word):
    empty = Subject(Scenario(id="none", function=lambda xp, x: xp.sum(x), inputs=normal(0)), Autograd(), seed=0)
    assert broken(empty, word, lambda x, *directions: x if "R" in word else np.zeros(())) is None
