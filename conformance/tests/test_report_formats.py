"""Report formats: the page, and the hook that brings formats."""

from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from nestgrad import PluginWarning, _left_out
from nestgrad.extend import hookimpl
from nestgrad_conformance.cli import command
from nestgrad_conformance.render import formats, html
from nestgrad_conformance.report.schema import write

from .reports import EMULATED, ERROR, NOT_FINITE, REFUSED, WRONG, cell, report

LIMIT = {"limit": "never: it <cannot>", "link": "https://example.org/1?a&b"}
VOID = {"meta"}


class Page(HTMLParser):
    """The text of a page, its tags in balance, and what it points at."""

    def __init__(self, page):
        super().__init__()
        self.open, self.text, self.tags, self.attributes = [], "", [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def values(self, name):
        return [value for key, value in self.attributes if key == name]


def test_each_cell_that_is_not_plainly_right_tells_why():
    cells = [
        cell(nesting="forward", **REFUSED, **LIMIT, exception="UnsupportedNestingError", message="a refuses 'F'"),
        cell(nesting="reverse", **WRONG, error=0.5, tolerance=1e-9, message="off & away"),
        cell(nesting="auto", **EMULATED, repairs=["prod"]),
        cell(scenario="t", **ERROR, exception="TypeError", message="no <tag>"),
        cell(scenario="right"),
    ]
    page = Page(html.render(report(cells)))
    for text in ("never: it <cannot>", "a refuses 'F'", "off & away", "computed by other means: prod"):
        assert text in page.text
    assert "silently wrong: R eager, wrong, off by 5.0e-01 where 1.0e-09 is allowed" in page.text
    assert "TypeError: no <tag>" in page.text
    assert LIMIT["link"] in page.values("href")
    assert "#a-right" not in page.values("href")


def test_what_is_not_finite_is_an_alarm_in_a_raw_report_alone():
    page = html.render(report([cell(**NOT_FINITE, **LIMIT)]))
    assert '<span class="told" aria-hidden="true">∞</span><span class="sr">not finite</span>' in page
    assert LIMIT["link"] in Page(page).values("href")
    raw = html.render(report([cell(**{**NOT_FINITE, "declared": None})], raw=True))
    assert '<span class="bad" aria-hidden="true">n</span><span class="sr">not finite</span>' in raw


def test_every_link_inside_leads_somewhere_and_no_id_is_there_twice():
    cells = [cell(scenario="s", **REFUSED), cell(scenario="t"), cell("b", "s", **ERROR)]
    page = Page(html.render(report(cells)))
    inside = [value[1:] for value in page.values("href") if value.startswith("#")]
    assert inside
    assert set(inside) <= set(page.values("id"))
    assert len(set(page.values("id"))) == len(page.values("id"))


def test_the_page_has_nothing_from_elsewhere_and_marks_have_names():
    source = html.render(report([cell(), cell(nesting="reverse", **REFUSED, link="javascript:alert(1)")]))
    page = Page(source)
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not page.values("src")
    assert "url(" not in source
    assert "@import" not in source
    assert not any(value.startswith("javascript") for value in page.values("href"))
    assert page.values("aria-hidden").count("true") <= source.count('class="sr"')
    assert {"caption", "th"} <= set(page.tags)
    assert page.values("lang") == ["en"]


def test_the_bundled_formats_are_there():
    assert formats.load() == formats.BUNDLED


@pytest.fixture
def third_party(tmp_path, monkeypatch):
    """A distribution whose one function is a report format."""
    (tmp_path / "nestgrad_count.py").write_text(
        "from nestgrad.extend import hookimpl\n\n\n@hookimpl\ndef nestgrad_report_formats():\n"
        "    return {NAME: lambda report: f'{len(report.cells)} cells\\n'}\n\n\nNAME = 'count'\n"
    )
    metadata = tmp_path / "nestgrad_count-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: nestgrad-count\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[nestgrad.plugins]\ncount = nestgrad_count\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_a_third_party_adds_a_format_by_one_function(third_party, tmp_path):
    file = write(report([cell(), cell(nesting="reverse")]), tmp_path / "r.json")
    done = CliRunner().invoke(command, ["report", "count", str(file)])
    assert (done.exit_code, done.output) == (0, "2 cells\n")
    assert CliRunner().invoke(command, ["report", "cuont", str(file)]).exit_code == 2


@pytest.mark.parametrize(
    ("render", "reason"),
    [
        (lambda report: report.nothing, "AttributeError"),
        (lambda report: 3, "it gives int, no text"),
        (exit, "SystemExit"),
    ],
)
def test_a_format_that_raises_or_gives_no_text_is_one_line(third_party, tmp_path, monkeypatch, render, reason):
    import nestgrad_count

    monkeypatch.setattr(nestgrad_count, "nestgrad_report_formats", hookimpl(lambda: {"count": render}))
    file = write(report([cell()]), tmp_path / "r.json")
    done = CliRunner().invoke(command, ["report", "count", str(file)])
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"Format 'count' failed: {reason}" in done.stderr


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"html": str}, "'html' has the name of another one"),
        ({3: str}, "3 is a type, not a function by its name"),
        ({"count": "text"}, "'count' is a str, not a function"),
        (["count"], "gives a list, which is no mapping"),
        (None, "gives None"),
    ],
)
def test_a_plug_in_without_formats_of_its_own_is_left_out(third_party, monkeypatch, given, reason):
    import nestgrad_count

    monkeypatch.setattr(_left_out, "_named", [])
    monkeypatch.setattr(nestgrad_count, "nestgrad_report_formats", hookimpl(lambda: given))
    with pytest.warns(PluginWarning, match=f"'count' of nestgrad-count 1 is left out.*{reason}"):
        assert formats.load() == formats.BUNDLED


def test_a_run_writes_a_page(tmp_path):
    target = tmp_path / "r.html"
    chosen = ["conformance", "autograd", "--scenario", "zero_dim", "--nesting", "RR", "--html", str(target)]
    assert CliRunner().invoke(command, chosen).exit_code == 0
    page = Page(target.read_text(encoding="utf-8"))
    assert "zero_dim" in page.text
    assert "None." in page.text
