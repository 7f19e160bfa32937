"""One test for each law of each backend that `--nestgrad-backend` names: `test_law[NAME-METHOD.KEYWORD-LAW]`.

The table says which laws measure a method or attribute of the spec, and a keyword or default of one.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import NamedTuple

import pytest

from nestgrad_conformance.protocols import (
    abilities,
    arrays,
    batch,
    compilers,
    crossing,
    first_order,
    gradient_vjp,
    has_aux,
    held,
    lift,
    linearize,
    modules,
    pullbacks,
    second_order,
    trees,
    value_and_gradient,
)
from nestgrad_conformance.protocols.law import Broken, Lacking, Law, function_of
from nestgrad_conformance.protocols.worker import Workers
from nestgrad_conformance.pytest_plugin.options import asked


def _laws(module: ModuleType, **keywords: str) -> tuple[Law, ...]:
    """All laws of a module, those for several methods bound to one."""
    laws = [f for name, f in vars(module).items() if inspect.isfunction(f) and name[0] != "_"]
    return tuple(functools.partial(f, **keywords) for f in laws if f.__module__ == module.__name__)


def _of_both_modes(transform: str) -> tuple[Law, ...]:
    laws = (
        first_order.one_primal,
        first_order.identity,
        first_order.a_tuple_of_one,
        first_order.equal_outputs,
        first_order.one_primal_twice,
        first_order.what_f_ignores,
        first_order.a_constant,
        first_order.a_constant_beside,
        first_order.whole_numbers,
        first_order.whole_primals,
        first_order.nothing_to_differentiate_is_lost,
        first_order.later_changes_of_numpy_arrays,
        first_order.a_variable_that_is_captured,
    )
    return tuple(functools.partial(law, transform=transform) for law in laws)


TABLE: dict[str, Sequence[Law]] = {
    "name": [abilities.the_name_is_registered],
    "xp": [abilities.the_namespace_computes],
    "asarray": [
        arrays.numpy_keeps_its_dtype,
        arrays.every_shape,
        arrays.every_layout,
        arrays.no_bit_of_a_long_double_is_lost,
        arrays.no_mask_is_lost,
        arrays.no_array_is_an_error,
        arrays.own_array_is_left_as_it_is,
        arrays.memory_is_not_shared,
        arrays.a_number_by_itself,
    ],
    "asarray.like": [
        arrays.a_number_is_like_its_neighbour,
        arrays.a_numpy_array_is_not_like_its_neighbour,
        arrays.no_imaginary_part_is_lost,
    ],
    "to_numpy": [arrays.every_shape, arrays.every_layout],
    "spec_version": [abilities.the_version_of_the_spec],
    "flat_only": [abilities.flat_only_is_a_flag],
    "compiles_containers": [abilities.containers_are_compiled],
    "max_order": [abilities.beyond_max_order],
    "preferred": [abilities.preferred_nestings],
    "preferred_diagonal": [abilities.preferred_diagonals],
    "over": [abilities.over_an_engine],
    "flatten": [
        trees.there_and_back,
        trees.leaves_are_the_objects_themselves,
        trees.the_order_of_keys_does_not_count,
        trees.structures_are_compared_and_hashed,
    ],
    "unflatten": [trees.unflatten_takes_any_leaves, trees.derivatives_have_the_structure_of_their_primals],
    "open_module": [modules.what_is_no_module, modules.a_module_is_opened],
    "evaluate_module": [
        modules.with_its_own_values,
        modules.with_other_values,
        modules.the_module_is_left_as_it_is,
        modules.the_state_comes_back,
        modules.inside_a_derivative,
    ],
    "sample_module": [modules.samples_are_apart],
    "conjugates": [crossing.the_convention_of_pullbacks],
    "evaluate_closed": [functools.partial(crossing.what_is_evaluated_comes_back, method="evaluate_closed")],
    "untraced": [
        functools.partial(crossing.what_is_evaluated_comes_back, method="untraced"),
        crossing.arguments_go_along,
    ],
    "draws": [crossing.nothing_is_drawn],
    "lift": _laws(lift),
    "device": [arrays.made_alike_are_on_one_device, arrays.the_device_can_be_asked_for_inside],
    "finite": [
        arrays.finite_numbers,
        arrays.numbers_that_are_not_finite,
        arrays.finite_inside,
        arrays.finite_inside_compilers,
    ],
    "classify": [
        abilities.nothing_unknown_is_claimed,
        abilities.f_s_own_exception_is_f_s,
        abilities.a_refusal_is_whole,
    ],
    "run": [
        abilities.a_route_comes_back,
        abilities.a_route_alone,
        abilities.a_route_inside,
        abilities.an_exception_in_a_route,
    ],
    "as_called": [abilities.as_called_is_the_same_function],
    "attempts": [abilities.attempts_until_one_holds, abilities.attempts_inside_attempts],
    "operations": [abilities.the_operations_of_a_function, abilities.operations_that_cannot_be_told],
    "prepare_worker": [abilities.a_worker_is_prepared],
    "canary": [abilities.the_canary_counts, abilities.the_canary_is_right],
    "raw": [abilities.the_raw_engine],
    "jvp": [
        first_order.jvp_of_several_leaves,
        first_order.jvp_is_linear,
        first_order.jvp_along_nothing,
        first_order.jvp_inside_other_transforms,
        *_of_both_modes("jvp"),
    ],
    "jvp.has_aux": _laws(has_aux, transform="jvp"),
    "vjp": [
        first_order.vjp_of_several_leaves,
        first_order.vjp_is_linear,
        first_order.vjp_is_the_transpose_of_jvp,
        *_of_both_modes("vjp"),
        *_laws(pullbacks),
    ],
    "vjp.has_aux": _laws(has_aux, transform="vjp"),
    "value_and_gradient": _laws(value_and_gradient),
    "forward_over_reverse": _laws(second_order, method="forward_over_reverse"),
    "reverse_over_forward": _laws(second_order, method="reverse_over_forward"),
    "reverse_over_reverse": _laws(second_order, method="reverse_over_reverse"),
    "forward_over_forward": _laws(second_order, method="forward_over_forward"),
    "gradient_vjp": [law for law in _laws(gradient_vjp) if law is not gradient_vjp.with_an_aux],
    "gradient_vjp.has_aux": [gradient_vjp.with_an_aux],
    "vjp.held": [held.by_vjp],
    "gradient_vjp.held": [held.by_gradient_vjp],
    "compile": _laws(compilers, method="compile"),
    "compile_traced": _laws(compilers, method="compile_traced"),
    "compile_xla": _laws(compilers, method="compile_xla"),
    "vmap": [
        batch.rows_are_apart,
        batch.an_array_that_is_captured,
        batch.tuple_outputs,
        batch.a_constant,
        batch.one_row,
        batch.scalars,
        batch.a_map_of_a_map,
        batch.of_a_pullback,
        batch.of_a_derivative,
        batch.inside_a_derivative,
    ],
    "vmap.in_axes": [batch.every_axis, batch.an_axis_for_each_argument],
    "linearize": _laws(linearize),
    "linearize.held": [held.by_linearize],
}


class Case(NamedTuple):
    """A backend, a row of the table and one of its laws."""

    backend: str
    row: str
    law: Law

    def __str__(self) -> str:
        return f"{self.backend}-{self.row}-{function_of(self.law).__name__}"


def cases(backends: Sequence[str]) -> list[Case]:
    """All laws for each of some backends."""
    return [Case(backend, row, law) for backend in backends for row, laws in TABLE.items() for law in laws]


def check(workers: Workers, case: Case) -> None:
    """Hold a backend to a law as a test, which is skipped where the backend has not what the law is about."""
    outcome = workers.outcome(*case)
    if isinstance(outcome, Lacking):
        pytest.skip(f"absent: {outcome.reason}")
    if isinstance(outcome, Broken):
        pytest.fail(f"{function_of(case.law).__doc__}\n\n{outcome.text}", pytrace=False)


@pytest.fixture(scope="module")  # its workers are done before other tests look for threads
def nestgrad_workers() -> Iterator[Workers]:
    with Workers() as workers:
        yield workers


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "nestgrad_case" in metafunc.fixturenames:
        metafunc.parametrize("nestgrad_case", cases(asked(metafunc.config)), ids=str)


def test_law(nestgrad_case: Case, nestgrad_workers: Workers) -> None:
    check(nestgrad_workers, nestgrad_case)
