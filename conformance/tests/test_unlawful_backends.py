"""The lawful backend breaks no law; each unlawful one is caught in the row that is about its fault."""

import functools

import pytest

from nestgrad_conformance.protocols import first_order
from nestgrad_conformance.protocols.law import Broken, Held, function_of, outcome_of
from nestgrad_conformance.suite.test_protocols import TABLE

from .lawful import Lawful, LawfulOver
from .unlawful import (  # noqa: F401 - faults
    abilities,
    arrays,
    compilers,
    crossing,
    gradients,
    has_aux,
    maps,
    modes,
    modules,
    pullbacks,
    second_order,
)
from .unlawful.fault import FAULTS

pytestmark = pytest.mark.filterwarnings("ignore")  # of backends that are wrong

OF_CORE = {first_order.whole_numbers, first_order.whole_primals}
"""Core itself refuses whole numbers, so that no backend on NumPy's arrays gets past it."""


@functools.cache
def broken(row, backend):
    """The laws of a row that a new backend of this class breaks."""
    return [function_of(law) for law in TABLE[row] if isinstance(outcome_of(row, law, backend()), Broken)]


@pytest.mark.parametrize("row", TABLE)
def test_the_lawful_backend_has_everything_and_obeys(row):
    backend = LawfulOver() if row == "over" else Lawful()
    for law in TABLE[row]:
        assert outcome_of(row, law, backend) == Held(), function_of(law).__name__


@pytest.mark.parametrize(("row", "fault"), FAULTS, ids=lambda one: one if isinstance(one, str) else one.__name__)
def test_a_fault_is_caught_in_its_row(row, fault):
    assert broken(row, fault)


def test_every_row_has_a_fault():
    assert {row for row, _ in FAULTS} == set(TABLE)


def test_every_law_catches_a_fault():
    caught = {law for row, fault in FAULTS for law in broken(row, fault)}
    assert {function_of(law) for laws in TABLE.values() for law in laws} - caught == OF_CORE
