"""The pages of docs/findings keep to one form, and their index counts them rightly."""

import fnmatch
import re
import runpy
from pathlib import Path

import pytest

from nestgrad_conformance.scenarios import load

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "findings"
UPDATE = runpy.run_path(str(ROOT / "docs" / "update.py"))
PAGES, KINDS, facts = UPDATE["PAGES"], UPDATE["KINDS"], UPDATE["facts"]
INDEX = UPDATE["INDEX"].read_text(encoding="utf-8")
FACTS = ["Engine", "Operations", "Nestings", "Kind", "Scenarios", "Thread", "Use instead", "nestgrad"]
LENGTH = 30
REPORTS = ROOT / "docs" / "reports"
SCENARIOS = list(load())
PINNED = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in ("constraints-common.txt", "constraints.txt"))
PINS = dict(re.findall(r"^([\w-]+)==(\S+)$", PINNED, re.MULTILINE))
PIN = {"tensorflow": "tensorflow-cpu"}


def scripts(page):
    return re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def scenarios(text):
    """The patterns of scenarios in a line, some with a nesting: `*/RFF`."""
    return re.findall(r"`([\w*/]+)`", text)


def red(report):
    """The scenarios and nestings that a raw run on record found wrong, or not finite, or crashing."""
    found = re.findall(r"^\| (?:wrong|silent_zero|not_finite|crash) \| `\w+/(\w+)@\d+/(\w+)/", report, re.MULTILINE)
    return {f"{scenario}/{word}" for scenario, word in found}


def covers(pattern, cell):
    return fnmatch.fnmatchcase(cell, pattern if "/" in pattern else f"{pattern}/*")


ENGINES = sorted({name.partition("-")[0] for name in PAGES})


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_has_all_facts_and_short_scripts_of_the_engine_alone(name):
    page = PAGES[name]
    assert list(facts(page)) == FACTS
    assert any(kind in facts(page)["Kind"] for kind in KINDS)
    assert page.count("<!-- needs: ") == 1
    assert scripts(page)
    for script in scripts(page):
        assert len(script.splitlines()) <= LENGTH
        assert "nestgrad" not in script
        assert "assert" in script


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_tells_the_pinned_version(name):
    engine, version = facts(PAGES[name])["Engine"].split()
    assert name.startswith(f"{engine}-")
    assert version == PINS[PIN.get(engine, engine)]


@pytest.mark.parametrize("made", ["index", "engines", "cost"])
def test_what_is_written_by_the_update_is_up_to_date(made):
    text = UPDATE[made.upper()].read_text(encoding="utf-8")
    assert text == UPDATE[made](text), "run `python docs/update.py`"


def test_the_index_has_every_page_and_nothing_else():
    assert set(re.findall(r"\]\(([\w-]+)\.md\)", INDEX)) == set(PAGES)
    assert f"**{len(PAGES)}** causes" in INDEX
    for name in PAGES:
        assert f"\n{name}\n" in INDEX  # in the table of contents


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_names_scenarios_that_there_are(name):
    told = facts(PAGES[name])["Scenarios"]
    assert scenarios(told) or told.startswith("none")
    for pattern in scenarios(told) if not told.startswith("none") else ():
        assert fnmatch.filter(SCENARIOS, pattern.partition("/")[0]) or pattern == "programs"


@pytest.mark.parametrize("report", sorted(REPORTS.glob("*-raw.md")), ids=lambda report: report.stem)
def test_every_wrong_cell_of_a_raw_run_has_a_page(report):
    engine = report.stem.partition("-")[0]
    patterns = scenarios(INDEX[INDEX.index("(scenarios ") : INDEX.index("Every other wrong cell")])
    for name in PAGES:
        if name.startswith(f"{engine}-"):
            patterns += scenarios(facts(PAGES[name])["Scenarios"])
    found = red(report.read_text(encoding="utf-8"))
    assert found
    assert {one for one in found if not any(covers(pattern, one) for pattern in patterns)} == set()


def test_the_index_lists_what_nestgrad_does_not_see():
    unseen = {name for name, page in PAGES.items() if re.search("does not look|cannot see", facts(page)["nestgrad"])}
    listed = INDEX[INDEX.index("what it does not see") : INDEX.index("| engine |")]
    assert set(re.findall(r"\]\(([\w-]+)\.md\)", listed)) == unseen
