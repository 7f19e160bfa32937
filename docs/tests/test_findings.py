"""The pages of docs/findings keep to one form, and their index counts them rightly."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "findings"
INDEX = (FOLDER / "index.md").read_text(encoding="utf-8")
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in FOLDER.glob("*.md") if page.stem != "index"}
FACTS = ["Engine", "Operations", "Nestings", "Kind", "Thread", "Use instead", "nestgrad"]
KINDS = ["wrong number", "silent zero", "lost digits", "NaN", "crash", "wrong dtype"]
LENGTH = 30
PINS = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE))
PIN = {"tensorflow": "tensorflow-cpu"}


def facts(page):
    """What the table at the top of a page says, by name."""
    return dict(re.findall(r"^\| ([^|]+?) \| (.+) \|$", page.split("\n\n", 3)[1], re.MULTILINE)[1:])


def title(page):
    return page.splitlines()[0].removeprefix("# ").partition(": ")[2]


def scripts(page):
    return re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def row(name):
    """The line of a page in the index."""
    told = facts(PAGES[name])
    shown = (told[fact] for fact in ("Operations", "Nestings", "Kind", "Thread"))
    return f"| [{title(PAGES[name])}]({name}.md) | {' | '.join(shown)} |"


def count(engine):
    """The line of an engine in the index's table of counts."""
    kinds = [facts(page)["Kind"] for name, page in PAGES.items() if name.startswith(f"{engine}-")]
    having = Counter(kind for told in kinds for kind in KINDS if kind in told)
    return f"| {engine} | {len(kinds)} | {' | '.join(str(having[kind]) for kind in KINDS)} |"


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


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_index_has_the_page(name):
    assert row(name) in INDEX.splitlines()
    assert f"\n{name}\n" in INDEX  # in the table of contents


@pytest.mark.parametrize("engine", ENGINES)
def test_the_index_counts_the_pages_of_an_engine(engine):
    assert count(engine) in INDEX.splitlines()


def test_the_index_has_nothing_else():
    assert set(re.findall(r"\]\(([\w-]+)\.md\)", INDEX)) <= set(PAGES)
    assert f"**{len(PAGES)}**" in INDEX
