"""Digests tell of a change.

By hand, `python test_digests.py` adds those of new scenarios and revisions; `python test_digests.py anew` computes all
of the present ones again, after a change in what a digest is of, and in no scenario.
"""

import importlib
import itertools
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import nestgrad_conformance.scenarios
from nestgrad_conformance.scenarios import Scenario, ScenarioError, bundled, normal
from nestgrad_conformance.scenarios._source import source
from nestgrad_conformance.scenarios.ops import elementwise
from nestgrad_conformance.scenarios.ops._row import op

DIGESTS = Path(nestgrad_conformance.scenarios.__file__).with_name("digests.json")
SCENARIOS = {scenario.id: scenario for scenario in bundled()}
NUMBERS = itertools.count()  # no two modules have one name


def unknown(known):
    """A line for each scenario whose digest is not the known one."""
    for scenario in SCENARIOS.values():
        name = f"{scenario.id}@{scenario.revision}"
        try:
            if name not in known:
                yield f"{name} is new: run `python {Path(__file__).name}`"
            elif known[name] != scenario.digest:
                yield f"{scenario.id} changed: raise the revision from {scenario.revision}"
        except ScenarioError as error:  # of a function without a text
            yield f"{scenario.id} has no digest: {error}"


def test_a_change_raises_the_revision():
    offenders = list(unknown(json.loads(DIGESTS.read_text())))
    assert not offenders, "\n".join(offenders)


def test_digests_are_of_scenarios_past_and_present():
    for name in json.loads(DIGESTS.read_text()):
        scenario, _, revision = name.partition("@")
        assert 1 <= int(revision) <= SCENARIOS[scenario].revision


WRITTEN = '''
from nestgrad_conformance.scenarios import normal, scenario, uniform

FACTOR = 3

def helper(xp, x):
    return xp.sum(x ** 3)

@scenario(normal(3), "power")
def cube(xp, x):
    """A cube."""
    # times three
    return FACTOR * helper(xp, x)
'''


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The scenario above after replacements in its text; `native`, as one that names its function."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(*replacements, native=False):
        text = WRITTEN
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        module = f"written_{next(NUMBERS)}"
        if native:  # its table is elsewhere
            text = re.sub("@scenario.*", "", text)
        (tmp_path / f"{module}.py").write_text(text)
        importlib.invalidate_caches()
        if native:
            return Scenario(id="cube", function=f"{module}:cube", inputs=normal(3))
        return importlib.import_module(module).cube

    return write


CHANGES = {
    "text": ("FACTOR * helper", "helper"),
    "text alone": ("FACTOR * helper(xp, x)", "helper(xp, x) * FACTOR"),
    "number of inputs": ("normal(3)", "normal(4)"),
    "inputs": ("normal(3)", "uniform(0.5, 1.5, 3)"),
    "value": ("FACTOR = 3", "FACTOR = 3.001"),
    "value by a helper": ("x ** 3", "x ** 2"),
}
COSMETICS = {
    "docstring": ("A cube.", "A cube, which is a power."),
    "no docstring": ('    """A cube."""\n', ""),
    "comment": ("# times three", "# by a constant"),
    "no comment": ("    # times three\n", ""),
    "spaces": ("(xp, x)", "( xp,x )"),
    "lines": ("FACTOR * helper(xp, x)", "(\n        FACTOR\n        * helper(xp, x)\n    )"),
    "features": ('"power"', '"power", "cube"'),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_digest_changes_with(written, change):
    assert written().digest != written(change).digest


@pytest.mark.parametrize("change", COSMETICS.values(), ids=COSMETICS)
def test_a_digest_stays_with_another(written, change):
    assert written().digest == written(change).digest
    assert written(native=True).digest == written(change, native=True).digest


def test_a_digest_stays_with_what_a_machine_rounds(written):
    rounded = written()
    rounded.function.__globals__["FACTOR"] *= 1 + 1e-15
    assert rounded.digest == written().digest


def test_a_digest_changes_with_the_id(written):
    assert replace(written(), id="cubed").digest != written().digest


def test_a_digest_changes_with_the_text_of_a_native_function(written):
    assert written(native=True).digest != written(CHANGES["text"], native=True).digest


@pytest.mark.parametrize("name", ["value", "value by a helper"])
def test_a_digest_changes_with_what_a_native_function_uses(written, name):
    assert written(native=True).digest != written(CHANGES[name], native=True).digest


ROWS = [
    op("sum", normal(3, 3), axis=0),
    op("sum", normal(3, 3), axis=1),
    op("repeat", normal(3, 3), then=(2,)),
    op("repeat", normal(3, 3), then=(3,)),
    op("pow", normal(4), call=elementwise._to_integer_powers),
    op("pow", normal(4), call=elementwise._to_small_powers),
    op("pow", normal(4), call=elementwise._to_small_powers, reference=elementwise._to_integer_powers),
]


def test_a_digest_is_of_all_that_a_row_of_the_table_calls():
    texts = {source(row.function, *(() if row.reference is None else (row.reference,))) for row in ROWS}
    assert len(texts) == len(ROWS)


def add_digests(*, anew):
    """Add what is new; what is known stays as it is, or if `anew` that of revisions past alone."""
    known = json.loads(DIGESTS.read_text()) if DIGESTS.exists() else {}
    new = {f"{scenario.id}@{scenario.revision}": scenario.digest for scenario in bundled()}
    DIGESTS.write_text(json.dumps({**known, **new} if anew else {**new, **known}, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    add_digests(anew=sys.argv[1:] == ["anew"])
