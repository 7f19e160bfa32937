"""The level at which a backend conforms."""

import pytest

from nestgrad_conformance.report.levels import level

from .reports import EMULATED, ERROR, REFUSED, STALE, UNCERTAIN, WRONG, cell, report

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
    refused = cells(2, scenario="t", **REFUSED)
    assert reached(*cells(1, 2), *cells(1, scenario="t"), *refused) == "second order"
    assert reached(*cells(1, scenario="t"), *refused) == "first order"


def test_one_right_word_with_an_r_is_enough():
    names = ORDERS[2]
    one = [cell(nesting=names[2]), *(cell(nesting=name, **REFUSED) for name in names if name != names[2])]
    assert reached(*cells(1), *one) == "second order"
    scalar = [cell(nesting=names[3]), *(cell(nesting=name, **REFUSED) for name in names[:3])]
    assert reached(*cells(1), *scalar) == "first order"


def test_an_uncertain_cell_is_no_right_word():
    assert reached(*cells(1, 2), *cells(2, scenario="t", **UNCERTAIN)) == "first order"


def test_a_raw_engine_has_no_level():
    assert level(report(cells(1), raw=True), "a") is None


def test_the_text_says_what_it_rests_on():
    assert str(level(report(cells(1, 2, 3)), "a")) == "conforms at any order on 1 scenarios"
    more = [*cells(1, 2, 3), *cells(1, 2, scenario="t"), *cells(1, scenario="u")]
    assert str(level(report(more), "a")) == "conforms at any order on 1 scenarios"
    text = str(level(report(cells(1, **ERROR)), "a"))
    assert text == "conforms at no level on 1 scenarios; not higher: a/s@1/forward/eager/float64 is broken"
