"""The suite finds the faults of a few operations; all of them by hand: `nestgrad mutation`."""

import operator

import numpy as np
import pytest
from click.testing import CliRunner

import nestgrad as ng
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.cli import command
from nestgrad_conformance.judge.measure import measure
from nestgrad_conformance.mutation import independent, show
from nestgrad_conformance.mutation import mutants as table
from nestgrad_conformance.mutation.engine import Namespace, described, held, sound
from nestgrad_conformance.mutation.names import DTYPE
from nestgrad_conformance.mutation.operation import Rules, with_rules
from nestgrad_conformance.mutation.score import Mutant, declared, fate, proof_of
from nestgrad_conformance.mutation.situation import Situated
from nestgrad_conformance.mutation.uses import used_by
from nestgrad_conformance.run.plan import Selection
from nestgrad_conformance.scenarios import load

FEW = ("multiply", "matmul", "cumulative_sum", "linalg.solve", "floor")
SCENARIOS = load()


def own(operation):
    """The scenarios of an operation in float64, in which numbers can be compared closely."""
    return [one for one in SCENARIOS.values() if one.operation == operation and one.dtype == DTYPE and not one.probe]


def numbers(scenario, backend, nesting, seed=1):
    """What a backend gives, or the type of what it raises."""
    subject = Subject(scenario, backend, seed)
    directions = [subject.direction(i) for i in range(ng.Nesting(nesting).directions)]
    try:
        return subject.operator(nesting)(subject.x, *directions)
    except Exception as error:
        return type(error)


def assert_same(found, right):
    if isinstance(right, type):
        assert found is right
    else:
        np.testing.assert_allclose(found, right, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(
    "mutant", [*table.mutants(operations=FEW)], ids=lambda mutant: f"{mutant.family}-{mutant.name}"
)
def test_a_fault_in_an_operation_is_found_or_proven_to_be_none(mutant):
    found = fate(mutant)
    assert (found.killer is None) != (found.proof is None)


def test_every_operation_is_a_target():
    assert len(table.operations()) > 100
    assert {mutant.operation for mutant in table.mutants(families=("sign",))} == set(table.operations())


@pytest.mark.parametrize("operation", table.operations())
def test_right_rules_around_an_operation_change_nothing(operation):
    function = operator.attrgetter(operation)(sound().xp)
    for scenario in own(operation):
        for nesting in ("R", "RF", "RR"):
            wrapped = Situated().replace({operation: with_rules(function, Rules())})
            assert_same(numbers(scenario, wrapped, nesting), numbers(scenario, sound(), nesting))


def test_a_rule_is_asked_with_the_differentiated_arrays_alone():
    asked = []

    def reverse(call, primals, cotangent):
        asked.append((primals, held(call(*primals)), cotangent))
        return (5.0 * cotangent,)

    power = with_rules(sound().xp.pow, Rules(reverse=reverse))
    slope = sound().vjp(lambda x: power(x, 3.0), np.array(2.0))[1](np.array(1.0))
    assert slope == (5.0,)
    assert asked == [((2.0,), 8.0, 1.0)]


def test_proofs_hold():
    """What is proven not to show does not, at another seed, by numbers."""
    checked = 0
    for mutant in table.mutants():
        proof = proof_of(mutant)
        if proof is None or proof.startswith("the engine refuses"):
            continue
        for scenario in own(mutant.operation)[:2]:
            assert_same(numbers(scenario, mutant.make(), "RR"), numbers(scenario, sound(), "RR"))
            checked += 1
    assert checked > 100


@pytest.mark.parametrize(
    ("make", "scenario"),
    [
        (independent.broadcast_summed_along_the_other_axis, "op_add_square"),
        (independent.repeated_index_overwrites, "op_take_repeated"),
        (independent.pullback_accumulates, "pulled_twice_of_rosenbrock"),
        (independent.perturbations_confused, "confusion_forward"),
        (independent.odd_real_transform_has_a_nyquist_bin, "op_fft_irfft_odd"),
        (independent.cotangents_in_single_precision, "op_multiply"),
        (independent.denominators_with_an_epsilon, "op_log"),
        (independent.solve_forgets_the_transpose, "op_linalg_solve"),
        (independent.power_loses_the_sign_of_its_base, "op_pow_negative_base"),
        (independent.tangents_held, "autograd_grad_in_direction_of_rosenbrock"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_an_independent_fault_is_found(make, scenario):
    subject = Subject(SCENARIOS[scenario], make(), 0)
    nestings = [task.nesting for task in Selection(executions=("eager",)).tasks([SCENARIOS[scenario]], described())]
    assert {measure(subject, nesting).outcome for nesting in nestings} & {"wrong", "silent_zero", "error"}


def test_a_namespace_is_replaced_in_part():
    namespace = Namespace(np, {"sin": len, "linalg.det": abs})
    assert (namespace.sin, namespace.linalg.det) == (len, abs)
    assert (namespace.cos, namespace.linalg.inv) == (np.cos, np.linalg.inv)


def test_what_a_scenario_calls_is_seen():
    assert {"linalg.det", "sum", "reshape"} <= used_by(SCENARIOS["op_linalg_det"])
    assert "sin" not in used_by(SCENARIOS["op_cos"])


def test_a_sound_backend_in_a_situation_is_not_accused():
    for execution in ("eager", "compiled"):
        subject = Subject(SCENARIOS["op_multiply"], Situated(), 0)
        assert {measure(subject, nesting, execution).outcome for nesting in ("R", "FR", "RF", "RR", "FF")} == {
            "correct"
        }


def test_the_command_prints_both_figures():
    asked = ["mutation", "--family", "sign", "--operation", "exp", "--operation", "floor", "--seeds", "0"]
    reply = CliRunner().invoke(command, asked)
    assert reply.exit_code == 0
    rows = [line.replace("│", " ").split() for line in reply.output.splitlines()]
    assert ["sign", "1", "1", "1"] in rows


def test_a_fault_that_is_not_found_is_named_and_fails(monkeypatch):
    none = Mutant(family="sign", name="no_fault_at_all", make=sound, limits=declared(), features=frozenset({"conj"}))
    monkeypatch.setattr(show, "mutants", lambda **_: [none])
    reply = CliRunner().invoke(command, ["mutation", "--seeds", "0"])
    assert reply.exit_code == 1
    assert "no_fault_at_all" in reply.output


def test_unknown_names_are_usage_errors():
    assert CliRunner().invoke(command, ["mutation", "--family", "nothing"]).exit_code == 2
