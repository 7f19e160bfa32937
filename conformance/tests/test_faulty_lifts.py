"""Three faults in the lift of each engine are found by the tier of pairs, where the lift itself is found right."""

import collections
import contextlib

import pytest

import nestgrad as ng
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.judge.measure import measure
from nestgrad_conformance.judge.verdict import verdict
from nestgrad_conformance.scenarios import load

from .faulty_lifts import FAULTS

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")


@contextlib.contextmanager
def with_64_bits(outer):
    if outer != "jax":
        yield
        return
    import jax

    with jax.enable_x64(True):
        yield


def verdicts(fault):
    """By nesting, what a run of the suite says of the pair in the fault's part of the tier."""
    outer, inner = ng.get_backend(fault.outer), ng.get_backend("torch" if fault.outer == "autograd" else "autograd")
    with with_64_bits(fault.outer):
        subject = Subject(load()[fault.scenario], outer, 0, inner)
        cells = {nesting: measure(subject, nesting, fault.execution) for nesting in fault.nestings}
    return {nesting: verdict("supported", cell.outcome, cell.route) for nesting, cell in cells.items()}


def test_three_faults_are_put_into_each_lift():
    count = collections.Counter(fault.outer for fault in FAULTS)
    assert len(count) == 4
    assert set(count.values()) == {3}
    assert len({fault.put for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_in_a_lift_is_found(fault, monkeypatch):
    assert set(verdicts(fault).values()) <= {"supported", "emulated"}
    fault.put(monkeypatch)
    assert set(verdicts(fault).values()) & {"silently_wrong", "broken"}
