"""The raw engine: measured without nestgrad's repairs and refusals."""

import pytest
from click.testing import CliRunner

from nestgrad_conformance.cli import command
from nestgrad_conformance.render import markdown
from nestgrad_conformance.report.merge import merge
from nestgrad_conformance.report.schema import ReportError, read


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    def run(*arguments):
        file = tmp_path_factory.mktemp("raw") / "r.json"
        done = CliRunner().invoke(command, ["conformance", *arguments, "--report", str(file)])
        return done, read(file)

    return run


@pytest.fixture(scope="module")
def raw(run):
    return run("autograd", "--raw", "--execution", "eager", "--scenario", "product_with_a_zero", "--scenario", "linear")


def test_the_engines_own_number_is_shown(raw):
    done, report = raw
    assert report.run.raw
    assert done.exit_code == 1
    found = {cell.verdict for cell in report.cells if cell.scenario == "product_with_a_zero"}
    assert found == {"not_finite"}  # autograd divides by the factors
    assert {cell.verdict for cell in report.cells if cell.scenario == "linear"} == {"correct"}


def test_it_declares_nothing_and_has_no_choice_of_its_own(raw):
    _, report = raw
    assert {cell.declared for cell in report.cells} == {None}
    assert all(cell.verdict == cell.outcome for cell in report.cells)
    assert "auto" not in {cell.nesting for cell in report.cells}


def test_what_the_engine_raises_is_an_error_and_no_finding(run):
    done, report = run("autograd", "--raw", "--execution", "eager", "--scenario", "solve", "--nesting", "FR")
    assert [cell.verdict for cell in report.cells] == ["error"]
    assert done.exit_code == 0


def test_it_is_rendered(raw):
    done, report = raw
    assert "Raw engine" in done.output
    assert "n not finite" in done.output
    assert "u undeclared" not in done.output
    assert "`n` not finite" in markdown.render(report)


def test_it_is_not_merged_with_a_measurement_of_nestgrad(raw, run):
    _, other = run("autograd", "--execution", "eager", "--scenario", "linear")
    with pytest.raises(ReportError, match="differ in raw"):
        merge([raw[1], other])
