"""The published schema, and what reports are held to when they are read."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from nestgrad_conformance.cli import command
from nestgrad_conformance.report.schema import SCHEMA, ReportError, json_schema, read, write

from .reports import REFUSED, cell, report

PUBLISHED = Path(__file__).parents[2] / "docs" / f"{SCHEMA.replace('/', '-')}.schema.json"
jsonschema = pytest.importorskip("jsonschema")


def valid(data):
    return jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text())).is_valid(data)


def test_the_published_schema_is_current():
    """By hand: `nestgrad report schema > docs/nestgrad-report-1.schema.json`."""
    assert PUBLISHED.read_text(encoding="utf-8") == json_schema()
    assert CliRunner().invoke(command, ["report", "schema"]).output == json_schema()
    jsonschema.Draft202012Validator.check_schema(json.loads(json_schema()))


def test_a_real_report_is_valid(tmp_path):
    file = tmp_path / "r.json"
    chosen = ["conformance", "autograd", "--scenario", "solve", "--scenario", "product_with_a_zero"]
    assert CliRunner().invoke(command, [*chosen, "--report", str(file)]).exit_code == 0
    jsonschema.validate(json.loads(file.read_text()), json.loads(PUBLISHED.read_text()))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("schema",), "nestgrad-report/2"),
        (("cells", 0, "outcome"), "fine"),
        (("cells", 0, "error"), "0.1"),
        (("run", "raw"), None),
    ],
)
def test_what_is_no_report_is_not_valid(place, value):
    data = msgspec.to_builtins(report([cell(error=0.1)]))
    assert valid(data)
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    assert not valid(data)
    del inner[place[-1]]
    assert valid(data) == (place == ("cells", 0, "error"))


def damaged(**changes):
    data = msgspec.to_builtins(report([cell(), cell(nesting="auto")]))
    for key, value in changes.items():
        data["cells"][0][key] = value
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (damaged(nesting="sideways"), "'sideways' of cell .* is no nesting"),
        (damaged(backend="b"), "nothing is said of backend 'b'"),
        (damaged(id="a/s@1/auto/eager/float64"), "is there twice"),
        (damaged() | {"cells": damaged()["cells"][:1]}, "it has 1 cells and says 2"),
    ],
)
def test_a_report_that_contradicts_itself_is_damaged(tmp_path, data, message):
    file = tmp_path / "r.json"
    file.write_text(json.dumps(data))
    with pytest.raises(ReportError, match=f"damaged report: .*{message}"):
        read(file)


COMMANDS = [
    ["report", "show", "{}"],
    ["report", "markdown", "{}"],
    ["report", "html", "{}"],
    ["report", "merge", "{}", "-o", "{}.out"],
    ["report", "diff", "{}", "{}"],
    ["report", "repro", "a/s@1/RR/eager/float64", "--report", "{}"],
]


def test_a_report_of_an_older_nestgrad_is_read_without_its_refusals(tmp_path):
    data = msgspec.to_builtins(report([cell(**REFUSED)]))
    del data["cells"][0]["refusal"]
    file = tmp_path / "r.json"
    file.write_text(json.dumps(data))
    assert read(file).cells[0].refusal is None
    assert valid(data)


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[1])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x00", "is no nestgrad report"),
        (b'{"schema": "nestgrad-report/2", "cells": []}', "this version of nestgrad reads 'nestgrad-report/1'"),
        (msgspec.json.encode(report([cell()]))[:-30], "is no nestgrad report"),
        (None, "cannot be read"),
    ],
    ids=["corrupt", "future", "truncated", "missing"],
)
def test_every_command_tells_what_is_wrong_with_a_file_in_one_line(tmp_path, arguments, content, message):
    file = tmp_path / "r.json"
    if content is not None:
        file.write_bytes(content)
    done = CliRunner().invoke(command, [argument.format(file) for argument in arguments])
    assert done.exit_code == 2
    assert done.output.count("\n") == 1
    assert message in done.output


def test_a_partial_report_is_told_by_every_rendering(tmp_path):
    file = str(write(report([cell()], expected=3), tmp_path / "r.json"))
    for name in ("show", "markdown", "html", "counts"):
        assert "PARTIAL: 2 of 3 cells are missing" in " ".join(
            CliRunner().invoke(command, ["report", name, file]).output.split()
        )
