"""Every wrong backend is caught, where its fault is and nowhere else."""

import collections
import functools
from typing import NamedTuple

import pytest

from nestgrad.internal import nestings
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.judge.measure import measure
from nestgrad_conformance.judge.verdict import FAILING, verdict
from nestgrad_conformance.nestings import AUTO
from nestgrad_conformance.scenarios import programs

from . import faulty

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of a square root that a where hides

NESTINGS = {nesting.code for order in (1, 2) for nesting in nestings(order)} | {AUTO}
FORWARD = {"F", "FF", "FR", "RF"}
SECOND = {"FF", "FR", "RF", "RR", AUTO}  # auto is RR on this engine


class Caught(NamedTuple):
    """Where numbers must be told wrong in functions that do not differentiate inside: in these nestings alone."""

    nestings: set[str]
    outcomes: set[str]
    least: int  # scenarios, for each of the nestings


EXPECTED = {
    faulty.Sign: Caught({"R", "FR", "RF"}, {"wrong"}, 24),
    faulty.FactorTwo: Caught(FORWARD | {AUTO}, {"wrong"}, 1),  # auto takes forward mode where no other is finite
    faulty.IgnoredTangent: Caught(FORWARD | {AUTO}, {"wrong", "silent_zero"}, 1),
    faulty.SilentZeros: Caught(SECOND, {"silent_zero"}, 24),
    faulty.DiagonalOnly: Caught(SECOND, {"wrong", "silent_zero"}, 18),
    faulty.MixedTermDropped: Caught({"FR", "RR", AUTO}, {"wrong"}, 6),
    faulty.Float32Inside: Caught(NESTINGS, {"wrong"}, 24),
    faulty.StaleFirst: Caught(NESTINGS, {"wrong"}, 24),
    faulty.WrongAbove2: Caught(NESTINGS - {"F", "FF"}, {"wrong"}, 23),
    faulty.WrongSecondCall: Caught(NESTINGS, {"wrong"}, 1),  # auto is RR, whose second call was before, or else FF
    faulty.NanMasked: Caught(NESTINGS, {"wrong", "silent_zero", "error"}, 2),
    faulty.Confused: Caught(set(), set(), 0),
}


class Cell(NamedTuple):
    scenario: str
    nesting: str
    outcome: str
    route: str | None
    fails: bool
    message: str | None


# Small functions of every kind; at 0·∞ the right backend has no number either, so there a fault shows nothing.
THEMES = (programs.optimisation, programs.arrays, programs.confusion, programs.edges)
ALSO = ("norm", "determinant", "softmax_cross_entropy", "layer_norm_from_parts")
SCENARIOS = {
    one.id: one
    for one in programs.SCENARIOS
    if "zero_times_infinity" not in one.features and (one.id in ALSO or any(one in theme.SCENARIOS for theme in THEMES))
}


@functools.cache
def cells(kind):
    """Every eager cell of orders 1 and 2 on a backend, a fresh one for each: an error tries other nestings too."""
    found = []
    for scenario in SCENARIOS.values():
        for nesting in sorted(NESTINGS, key=len):
            cell = measure(Subject(scenario, kind(), seed=0), nesting)
            declared = "limit" if cell.outcome == "refused" else "supported"
            fails = verdict(declared, cell.outcome, cell.route) in FAILING
            found.append(Cell(scenario.id, nesting, cell.outcome, cell.route, fails, cell.message))
    return found


def failing(kind, *, nested=False):
    return [cell for cell in cells(kind) if cell.fails and SCENARIOS[cell.scenario].nested == nested]


def wrong(kind, *, nested=False):
    """The failing cells whose number is at fault, not their route."""
    return [cell for cell in failing(kind, nested=nested) if cell.outcome != "correct"]


def test_every_kind_of_fault_is_here():
    assert len(EXPECTED) == 12
    assert all(fault.__doc__ and issubclass(fault, faulty.Autograd) for fault in EXPECTED)


def test_the_unmodified_backend_fails_nowhere():
    assert [cell for cell in cells(faulty.Autograd) if cell.fails] == []
    assert {cell.outcome for cell in cells(faulty.Autograd)} == {"correct", "refused"}


@pytest.mark.parametrize("fault", EXPECTED, ids=lambda fault: fault.name)
def test_a_fault_is_caught_where_it_is_and_told_for_what_it_is(fault):
    count = collections.Counter(cell.nesting for cell in wrong(fault))
    assert set(count) == EXPECTED[fault].nestings
    assert min(count.values(), default=0) >= EXPECTED[fault].least, count
    assert {cell.outcome for cell in wrong(fault)} == EXPECTED[fault].outcomes
    assert not [cell for cell in cells(fault) if cell.outcome == "uncertain"]


def test_zeros_are_right_where_zero_is_the_truth():
    zero = {cell.scenario for cell in cells(faulty.SilentZeros) if cell.nesting == "RR" and cell.outcome == "correct"}
    assert zero == {"linear", "constant", "empty"}


def test_zeros_that_happen_to_be_right_are_caught_by_the_canary():
    lucky = [cell for cell in failing(faulty.SilentZeros) if cell.outcome == "correct"]
    assert {cell.route for cell in lucky} == {"substituted"}
    assert {cell.nesting for cell in lucky} == {"FR", "RF"}


@pytest.mark.parametrize("fault", [faulty.DiagonalOnly, faulty.MixedTermDropped, faulty.SilentZeros])
def test_second_order_faults_are_caught_by_values(fault):
    assert {cell.message for cell in wrong(fault)} == {None}


@pytest.mark.parametrize("fault", [faulty.StaleFirst, faulty.WrongSecondCall])
def test_faults_of_later_calls_are_caught_by_laws(fault):
    assert all(cell.message for cell in wrong(fault))  # a number that is wrong by value comes without a message


@pytest.mark.parametrize("fault", [faulty.StaleFirst, faulty.WrongSecondCall])
def test_faults_of_later_calls_are_caught_in_gradients(fault):
    assert [cell.scenario for cell in wrong(fault) if cell.nesting == "R"] != []


def test_a_product_rule_is_blamed_where_there_are_products():
    guilty = {cell.scenario for cell in wrong(faulty.MixedTermDropped)}
    assert guilty >= {"inverse_norm", "norm", "broadcasting", "three_dim", "zero_dim", "pytree"}
    assert not guilty & {"linear", "sum_cubed", "gather", "sort", "cumulative_sum"}


def test_a_fault_of_large_inputs_spares_small_ones():
    assert not {"zero_dim", "empty"} & {cell.scenario for cell in failing(faulty.WrongAbove2)}


def test_masked_nans_are_caught_where_the_chain_rule_makes_some():
    guilty = {cell.scenario for cell in wrong(faulty.NanMasked) if cell.outcome != "error"}
    makers = {"prod_zero", "masked_infinity", "zero_times_infinity"}
    assert guilty == {name for name, scenario in SCENARIOS.items() if makers & set(scenario.features)}


def test_perturbation_confusion_is_caught_in_functions_that_differentiate_inside():
    aliased = {name for name in SCENARIOS if name.startswith("confusion")}
    aliased -= {"confusion_reverse_over_forward", "confusion_forward_over_reverse"}  # no number in any nesting
    assert {cell.scenario for cell in wrong(faulty.Confused, nested=True) if cell.outcome == "wrong"} == aliased
    # with both modes the confused trace meets a node of the other one, which the backend refuses: no number
    mixed = {"RF", "FR"}
    assert {cell.nesting for cell in wrong(faulty.Confused, nested=True)} == NESTINGS - mixed
    refused = [cell for cell in cells(faulty.Confused) if cell.nesting in mixed and SCENARIOS[cell.scenario].nested]
    assert {cell.outcome for cell in refused if cell.scenario in aliased} == {"refused"}
    assert verdict("supported", "refused", None) == "broken"  # so a real run, where nothing declares it, fails
