"""The level at which a backend conforms."""

import pytest

from nestgrad_conformance.report.levels import level
from nestgrad_conformance.report.merge import merge

from .reports import EMULATED, ERROR, NOT_FINITE, REFUSED, STALE, UNCERTAIN, WRONG, cell, report

ORDERS = {
    1: ("forward", "reverse"),
    2: ("forward_over_reverse", "reverse_over_forward", "reverse_over_reverse", "forward_over_forward"),
    3: ("forward_over_forward_over_reverse", "reverse_over_reverse_over_reverse"),
}
LEVELS = ("none", "first order", "second order", "any order")


def cells(*orders, scenario="s", **changes):
    return [cell(scenario=scenario, nesting=name, **changes) for order in orders for name in ORDERS[order]]


def reached(*found):
    return level(report(list(found)), "a").name


@pytest.mark.parametrize("highest", [1, 2, 3])
def test_the_level_is_the_highest_order_that_was_measured(highest):
    assert reached(*cells(*range(1, highest + 1))) == LEVELS[highest]
    assert reached(*cells(*range(1, highest + 1), **EMULATED)) == LEVELS[highest]


@pytest.mark.parametrize("bad", [ERROR, WRONG, STALE])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_one_cell_that_fails_takes_its_order_away(order, bad):
    found = level(report([*cells(1, 2, 3), *cells(order, scenario="t", **bad)]), "a")
    assert found.name == LEVELS[order - 1]
    assert "t@1" in found.reason


def test_a_scenario_may_be_refused_but_not_all():
    refused = [*cells(2, scenario="t", **REFUSED), *cells(2, scenario="u", **NOT_FINITE)]
    assert reached(*cells(1, 2), *cells(1, scenario="t"), *refused) == "second order"
    assert reached(*cells(1, scenario="t"), *refused) == "first order"


def test_one_right_nesting_with_an_r_is_enough():
    names = ORDERS[2]
    one = [cell(nesting=names[2]), *(cell(nesting=name, **REFUSED) for name in names if name != names[2])]
    assert reached(*cells(1), *one) == "second order"
    scalar = [cell(nesting=names[3]), *(cell(nesting=name, **REFUSED) for name in names[:3])]
    assert reached(*cells(1), *scalar) == "first order"


def test_an_uncertain_cell_is_no_right_nesting():
    assert reached(*cells(1, 2), *cells(2, scenario="t", **UNCERTAIN)) == "first order"


def test_a_raw_engine_has_no_level():
    assert level(report(cells(1), raw=True), "a") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"selection": {"scenario": ["s"]}},
        {"selection": {"execution": ["eager"]}},
        {"selection": None},  # of an older nestgrad, which did not say
        {"expected": 100},
    ],
)
def test_a_level_is_of_a_whole_run(changes):
    assert level(report(cells(1, 2, 3)), "a") is not None
    assert level(report(cells(1, 2, 3), **changes), "a") is None


def test_a_shard_has_no_level_and_all_together_have_one():
    shards = [report(cells(1, scenario=name)) for name in "st"]
    for number, shard in enumerate(shards, 1):
        shard.run.shard = f"{number}/2"
        assert level(shard, "a") is None
    assert level(merge(shards), "a").scenarios == 2


def test_a_merged_report_has_a_level_if_all_its_parts_are_whole():
    def of(backend, **changes):
        return report(cells(1, backend=backend), **changes)

    assert level(merge([of("a"), of("b")]), "b").name == "first order"
    assert level(merge([of("a"), of("b", selection={"tier": ["ops"]})]), "b") is None
    assert level(merge([of("a"), of("b", selection=None)]), "a") is None


def test_the_text_says_what_it_rests_on():
    on = "scenarios of profile standard"
    assert str(level(report(cells(1, 2, 3)), "a")) == f"conforms at any order on 1 {on}"
    more = [*cells(1, 2, 3), *cells(1, 2, scenario="t"), *cells(1, scenario="u")]
    assert str(level(report(more), "a")) == f"conforms at any order on 1 {on}"
    text = str(level(report(cells(1, **ERROR)), "a"))
    assert text == f"conforms at no level on 1 {on}; not higher: a/s@1/forward/eager/float64 is broken"
