"""Everything public has its place in the reference pages."""

import inspect
import re
from pathlib import Path

import msgspec
import pytest
from click import Group

import nestgrad as ng
from nestgrad import _hooks, extend
from nestgrad_conformance.cli import command
from nestgrad_conformance.judge import verdict
from nestgrad_conformance.report.schema import Cell, Environment, Report, Run
from nestgrad_conformance.report.summary import MARKS, RAW_MARKS
from nestgrad_conformance.scenarios import TIERS

DOCS = Path(__file__).parents[1]
PAGES = {page.name: page.read_text(encoding="utf-8") for page in DOCS.glob("*.md")}
DIRECTIVE = re.compile(r"^\.\. (currentmodule|auto\w+|py:\w+):: ([\w.]+)$", re.MULTILINE)


def referenced(text):
    """The full names that the autodoc directives of a page describe."""
    module = ""
    for directive, name in DIRECTIVE.findall(text):
        if directive == "currentmodule":
            module = name
        else:
            yield name if "." in name else f"{module}.{name}"


DESCRIBED = {name for page in PAGES.values() for name in referenced(page)}


def public(module):
    return sorted(
        name for name in vars(module) if not name.startswith("_") and not inspect.ismodule(vars(module)[name])
    )


def hooks():
    for group in (_hooks.BackendHooks, _hooks.PluginHooks):
        yield from (f"{group.__module__}.{group.__qualname__}.{name}" for name in vars(group) if name[0] != "_")


def commands(group, path):
    for name, sub in group.commands.items():
        yield from commands(sub, f"{path} {name}") if isinstance(sub, Group) else [f"{path} {name}"]


def test_there_are_commands():
    assert {"nestgrad backends", "nestgrad report show"} <= set(commands(command, "nestgrad"))


@pytest.mark.parametrize("name", public(ng))
def test_every_public_name_is_in_the_reference(name):
    assert f"nestgrad.{name}" in DESCRIBED


@pytest.mark.parametrize("name", public(extend))
def test_every_name_for_authors_is_in_the_reference(name):
    assert {f"nestgrad.{name}", f"nestgrad.extend.{name}"} & DESCRIBED


@pytest.mark.parametrize("hook", list(hooks()))
def test_every_hook_is_in_the_reference(hook):
    assert hook in DESCRIBED


@pytest.mark.parametrize("line", list(commands(command, "nestgrad")))
def test_every_command_is_in_a_document(line):
    assert any(line in page for page in PAGES.values())


@pytest.mark.parametrize("word", [*verdict.OUTCOMES, *verdict.VERDICTS, *verdict.Route.__args__, *TIERS])
def test_every_word_of_a_report_is_explained(word):
    assert f"`{word}`" in PAGES["reading-a-report.md"]


@pytest.mark.parametrize("mark", sorted({*MARKS.values(), *RAW_MARKS.values()}))
def test_every_mark_is_explained(mark):
    assert re.search(rf"^\| (. |.*, )?{re.escape(mark)}[ ,]", PAGES["reading-a-report.md"], re.MULTILINE)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_page_is_in_a_table_of_contents(page):
    assert page == "index.md" or re.search(rf"^{page.removesuffix('.md')}$", PAGES["index.md"], re.MULTILINE)


def test_each_task_is_in_the_table_of_contents_and_in_that_of_tasks():
    pages = sorted(page.stem for page in (DOCS / "howto").glob("*.md"))
    tasks = (DOCS / "howto" / "index.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^howto/([\w-]+)$", PAGES["index.md"], re.MULTILINE)) == pages
    assert sorted(re.findall(r"^\| .* \| \[.*\]\(([\w-]+)\.md\) \|$", tasks, re.MULTILINE)) == [
        page for page in pages if page != "index"
    ]


def test_the_cell_that_is_shown_has_all_fields():
    shown = re.search(r"```json\n(.*?)```", PAGES["reading-a-report.md"], re.DOTALL)[1]
    cell = msgspec.json.decode(shown, type=Cell)
    assert set(msgspec.json.decode(shown)) == set(Cell.__struct_fields__)
    assert verdict.verdict(cell.declared, cell.outcome, cell.route) == cell.verdict


@pytest.mark.parametrize("struct", [Report, Environment, Run, Cell])
def test_every_field_of_a_report_is_in_the_table(struct):
    """Each once in its own table, in the order of the file."""
    title = {Report: "The report", Environment: "An environment", Run: "A run", Cell: "A cell"}[struct]
    section = PAGES["report-format.md"].partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == struct.__struct_fields__


def test_directives_are_read():
    page = ".. currentmodule:: nestgrad\n\n.. autofunction:: hvp\n.. autoclass:: nestgrad.extend.Canary\n"
    assert list(referenced(page)) == ["nestgrad.hvp", "nestgrad.extend.Canary"]
