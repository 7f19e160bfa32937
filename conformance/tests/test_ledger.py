"""The laws of every ledger of faults: what it says is so, and is told nowhere else."""

import fnmatch
import itertools
from pathlib import Path
from pkgutil import resolve_name

import pytest

import nestgrad as ng
from nestgrad.internal import descriptor
from nestgrad_conformance.limits.ledger import as_limits, faults, of_fault, of_faults, shown_by
from nestgrad_conformance.limits.limit import LimitsError, read
from nestgrad_conformance.limits.names import check_names
from nestgrad_conformance.scenarios import load

FINDINGS = Path(__file__).parents[2] / "docs" / "findings"
SCENARIOS = load().values()
LEDGERS = {info.name: descriptor(info.name) for info in ng.backends() if info.bundled and descriptor(info.name).faults}
MODULES = {info.name: info.module for info in ng.backends()}
each_ledger = pytest.mark.parametrize("name", LEDGERS)


def ledger(name):
    return faults(MODULES[name], LEDGERS[name].faults)


@each_ledger
def test_each_fault_has_a_sight_and_each_sight_a_fault(name):
    pytest.importorskip(LEDGERS[name].engine)
    sights = resolve_name(f"{MODULES[name]}._faults.table:SIGHTS")
    assert set(sights) == {fault.id for fault in ledger(name)}


@each_ledger
def test_each_fault_is_shown_by_scenarios(name):
    for fault in ledger(name):
        assert fault.shown_by, fault.id
        shown = [limit for way in shown_by(fault, name) for limit in as_limits(fault, way, name)]
        check_names(shown, SCENARIOS, LEDGERS[name].engine, fault.id)
        ids = {one.id for one in SCENARIOS}
        assert all(shown.scenario in ids for shown in shown_by(fault, name) if shown.scenario), fault.id


@each_ledger
def test_what_is_to_be_used_is_right(name):
    """No fault of the same operation covers it, unless that is of other circumstances."""
    known = ledger(name)
    for fault, code in [(one, code) for one in known for code in one.use]:
        assert not fault.covers(code), f"{fault.id} recommends {code}"
        always = (one for one in known if one.when is None and set(one.operations) & set(fault.operations))
        wrong = [one.id for one in always if one.does == "refuses" and one.covers(code)]
        assert not wrong, f"{fault.id} recommends {code}, which is wrong by {wrong}"


@each_ledger
def test_each_link_stands_in_the_finding(name):
    for fault in ledger(name):
        if fault.finding is None:
            assert not fault.links, f"{fault.id} has links and no finding"
            continue
        page = (FINDINGS / f"{fault.finding}.md").read_text(encoding="utf-8")
        assert [link for link in fault.links if link not in page] == [], fault.id


@each_ledger
def test_no_limit_says_it_again(name):
    of_the_ledger = [limit for fault in ledger(name) for limit in of_fault(fault, name)]
    for limit in read(MODULES[name], LEDGERS[name].limits):
        again = [
            one.reason
            for one in of_the_ledger
            if {one.operation, one.feature} == {limit.operation, limit.feature}
            and (not one.executions or one.executions == limit.executions)
            and one.unless == limit.unless
            and all(
                fnmatch.fnmatchcase(code, one.nesting)
                for code in map("".join, itertools.chain(*(itertools.product("FR", repeat=n) for n in (1, 2, 3))))
                if fnmatch.fnmatchcase(code, limit.nesting)
            )
        ]
        assert not again, f"{limit.nesting} of {limit.operation or limit.feature}: {again}"


FAULT = """
[fault.norm]
operations = ["norm"]
nestings = ["?F"]
reason = "the rule is wrong."
links = ["engine#1"]
seen = ["1.0"]
shown_by = [
    { features = ["norm", "fused"] },
    { features = ["norm"], nestings = ["RF", "FF"], executions = ["compiled"], compiled = "not_finite" },
]
"""


def made(tmp_path, monkeypatch, text):
    """The limits of a backend with this ledger."""
    (tmp_path / "with_a_ledger").mkdir()
    (tmp_path / "with_a_ledger" / "__init__.py").write_text("")
    (tmp_path / "with_a_ledger" / "faults.toml").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return of_faults("with_a_ledger", "faults.toml")


def test_a_fault_is_a_limit_for_each_way_to_show_it(tmp_path, monkeypatch):
    limits = made(tmp_path, monkeypatch, FAULT)
    told = [(one.nesting, one.operation, one.feature, one.executions, one.compiled) for one in limits]
    assert told == [
        ("?F", "norm", "fused", (), None),
        ("RF", "norm", None, ("compiled",), "not_finite"),
        ("FF", "norm", None, ("compiled",), "not_finite"),
    ]
    assert {one.link for one in limits} == {"https://github.com/engine/engine/issues/1"}
    assert {(one.kind, one.seen) for one in limits} == {("upstream_bug", ("1.0",))}


@pytest.mark.parametrize(
    ("does", "way", "refused"),
    [
        ("repairs", "", []),
        ("repairs", ", refused = true", ["fused"]),
        ("refuses", "", ["fused"]),
        ("refuses", ", refused = false", []),
    ],
)
def test_what_is_repaired_is_no_limit_but_where_it_is_refused(tmp_path, monkeypatch, does, way, refused):
    text = FAULT.replace('seen = ["1.0"]', f'seen = ["1.0"]\ndoes = "{does}"').replace('"fused"]', f'"fused"]{way}')
    limits = made(tmp_path, monkeypatch, text)
    assert [one.feature for one in limits if one.feature] == refused
    assert bool([one for one in limits if one.executions]) is (does == "refuses")  # the other way to show it


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[fault.norm]", "[fault.norm", "no TOML"),
        ("reason", "reasons", "Did you mean 'reason'"),
        ('nestings = ["?F"]\n', "", "lacks nestings"),
        ('["?F"]', '["?X"]', "match no nesting"),
        ('["norm", "fused"]', '["norm", "fused", "zero"]', "two features at most"),
        ("features = [", "feature = [", "shown_by"),
        ('seen = ["1.0"]', 'seen = ["one"]', "Invalid version"),
        ('"compiled"', '"compile"', "is no execution"),
        ('"not_finite"', '"nan"', "shown_by.*'nan'"),
    ],
)
def test_a_malformed_ledger_is_told(tmp_path, monkeypatch, old, new, told):
    with pytest.raises(LimitsError, match=told):
        made(tmp_path, monkeypatch, FAULT.replace(old, new))


def test_a_ledger_that_is_not_there_is_told(tmp_path, monkeypatch):
    made(tmp_path, monkeypatch, FAULT)
    with pytest.raises(LimitsError, match=r"the ledger of faults 'nowhere\.toml' cannot be read"):
        faults("with_a_ledger", "nowhere.toml")
