"""Every wrong backend is caught, where its fault is and nowhere else."""

import collections
import functools
from typing import NamedTuple

import pytest

from nestgrad._nesting import words
from nestgrad_conformance.judge.measure import measure
from nestgrad_conformance.judge.subject import AUTO, Subject
from nestgrad_conformance.judge.verdict import FAILING, verdict
from nestgrad_conformance.scenarios import bundled

from . import faulty

WORDS = {word.code for order in (1, 2) for word in words(order)} | {AUTO}
FORWARD = {"F", "FF", "FR", "RF"}
SECOND = {"FF", "FR", "RF", "RR", AUTO}  # auto is RR on this engine


class Caught(NamedTuple):
    """Where a fault must show in scenarios that do not differentiate inside: in all of `words`, in no other."""

    words: set[str]
    outcomes: set[str]
    least: int  # scenarios, for each of the words


EXPECTED = {
    faulty.Sign: Caught({"R", "FR", "RF"}, {"wrong"}, 25),
    faulty.FactorTwo: Caught(FORWARD, {"wrong"}, 25),
    faulty.IgnoredTangent: Caught(FORWARD, {"wrong", "silent_zero"}, 25),
    faulty.SilentZeros: Caught(SECOND, {"silent_zero"}, 24),
    faulty.DiagonalOnly: Caught(SECOND, {"wrong", "silent_zero"}, 15),
    faulty.MixedTermDropped: Caught({"FR", "RR", AUTO}, {"wrong"}, 6),
    faulty.Float32Inside: Caught(WORDS, {"wrong"}, 24),
    faulty.StaleFirst: Caught(WORDS - {"R"}, {"wrong"}, 24),
    faulty.WrongAbove2: Caught(WORDS - {"F", "FF"}, {"wrong"}, 24),
    faulty.WrongSecondCall: Caught(WORDS - {"R", AUTO}, {"wrong"}, 20),  # auto comes after RR: its calls are later ones
    faulty.NanMasked: Caught(WORDS, {"wrong", "silent_zero", "error"}, 2),
    faulty.Confused: Caught(set(), set(), 0),
}
every_fault = pytest.mark.parametrize("fault", EXPECTED, ids=lambda fault: fault.name)


class Cell(NamedTuple):
    scenario: str
    word: str
    outcome: str
    route: str | None
    fails: bool
    message: str | None


SCENARIOS = {scenario.id: scenario for scenario in bundled() if scenario.engine is None}


@functools.cache
def cells(kind):
    """Every eager cell of orders 1 and 2 on a backend, a fresh one for each scenario."""
    found = []
    for scenario in SCENARIOS.values():
        subject = Subject(scenario, kind(), seed=0)
        for word in sorted(WORDS, key=len):
            cell = measure(subject, word, compiled=False)
            declared = "limit" if cell.outcome == "refused" else "supported"
            fails = verdict(declared, cell.outcome, cell.route) in FAILING
            found.append(Cell(scenario.id, word, cell.outcome, cell.route, fails, cell.message))
    return found


def failing(kind, *, nested=False):
    return [cell for cell in cells(kind) if cell.fails and SCENARIOS[cell.scenario].nested == nested]


def failing_by_word(kind):
    return collections.Counter(cell.word for cell in failing(kind))


def test_every_kind_of_fault_is_here():
    assert len(EXPECTED) == 12
    assert all(fault.__doc__ and issubclass(fault, faulty.Autograd) for fault in EXPECTED)


def test_the_unmodified_backend_fails_nowhere():
    assert [cell for cell in cells(faulty.Autograd) if cell.fails] == []
    assert {cell.outcome for cell in cells(faulty.Autograd)} == {"correct", "refused"}


@every_fault
def test_a_fault_is_caught_in_the_words_that_have_it(fault):
    caught = failing_by_word(fault)
    assert set(caught) == EXPECTED[fault].words
    assert all(count >= EXPECTED[fault].least for count in caught.values()), caught


@every_fault
def test_a_fault_is_told_for_what_it_is(fault):
    assert {cell.outcome for cell in failing(fault)} == EXPECTED[fault].outcomes


@every_fault
def test_no_fault_hides_as_a_refusal_or_as_uncertain(fault):
    refused = {(cell.scenario, cell.word) for cell in cells(faulty.Autograd) if cell.outcome == "refused"}
    hidden = [cell for cell in cells(fault) if cell.outcome in ("refused", "uncertain")]
    assert {(cell.scenario, cell.word) for cell in hidden} <= refused


def test_zeros_are_told_from_other_wrong_numbers():
    right = {cell.scenario for cell in cells(faulty.SilentZeros) if cell.word == "RR" and cell.outcome == "correct"}
    assert right == {"linear", "constant", "empty"}  # where zero is the truth


@pytest.mark.parametrize("fault", [faulty.DiagonalOnly, faulty.MixedTermDropped, faulty.SilentZeros])
def test_faults_on_which_all_words_agree_are_caught_by_values(fault):
    assert {cell.message for cell in failing(fault)} == {None}


@pytest.mark.parametrize("fault", [faulty.StaleFirst, faulty.WrongSecondCall])
def test_faults_of_later_calls_are_caught_by_laws(fault):
    messages = [cell.message for cell in failing(fault)]
    assert all(message and message.startswith("not linear in its first direction") for message in messages)


@pytest.mark.xfail(reason="the judge looks elsewhere between two gradients, but not at what it gets there")
@pytest.mark.parametrize("fault", [faulty.StaleFirst, faulty.WrongSecondCall])
def test_faults_of_later_calls_are_caught_in_gradients(fault):
    assert failing_by_word(fault)["R"] > 20


def test_a_product_rule_is_blamed_only_where_there_are_products():
    guilty = {cell.scenario for cell in failing(faulty.MixedTermDropped)}
    assert guilty == {"inverse_norm", "norm", "broadcasting", "three_dim", "zero_dim", "pytree"}


def test_large_inputs_only():
    assert [cell for cell in failing(faulty.WrongAbove2) if cell.scenario in ("zero_dim", "empty", "constant")] == []


def test_masked_nans_are_caught_where_a_factor_is_zero():
    guilty = {cell.scenario for cell in failing(faulty.NanMasked) if cell.outcome != "error"}
    assert guilty == {"product_with_a_zero", "product_with_two_zeros"}
    errors = {(cell.scenario, cell.word) for cell in failing(faulty.NanMasked) if cell.outcome == "error"}
    assert errors == {("sort_rows", "F"), ("sort_rows", "FF")}  # bare autograd's own


def test_perturbation_confusion_is_caught_by_functions_that_differentiate_inside():
    guilty = failing(faulty.Confused, nested=True)
    aliased = {"confusion_distinct", "confusion_aliased", "confusion_forward", "confusion_three_deep"}
    assert {cell.scenario for cell in guilty} == aliased
    assert {cell.word for cell in guilty} == WORDS
    assert {cell.scenario for cell in guilty if cell.outcome == "wrong"} == aliased


if __name__ == "__main__":
    for fault in (faulty.Autograd, *EXPECTED):
        outcomes = collections.Counter(cell.outcome for cell in cells(fault) if cell.fails)
        print(f"{fault.name:20}{sum(outcomes.values()):5}  {dict(outcomes)}")
