"""Pairs of engines: their names, what is planned and declared of them, and how they are measured and shown."""

import re

import msgspec
import pytest
from click.testing import CliRunner

from nestgrad.extend import COMPILERS
from nestgrad.internal import descriptor
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.cli import command
from nestgrad_conformance.judge.measurement import Refusal
from nestgrad_conformance.limits.limit import Limit
from nestgrad_conformance.pairs import described, engines, loaded
from nestgrad_conformance.render import pairs
from nestgrad_conformance.report.schema import read
from nestgrad_conformance.run import declaration
from nestgrad_conformance.run.backend_run import Bench
from nestgrad_conformance.run.plan import Selection
from nestgrad_conformance.scenarios import load

from .reports import EMULATED, REFUSED, cell, report
from .suite import QUICK, SUITE, execute, plan_of

NAMES = ("autograd", "jax", "tensorflow", "torch")


def run(*arguments):
    return CliRunner().invoke(command, list(arguments))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "jax+",
            "'jax+' is no pair: that is two backends, OUTER+INNER, of which one differentiates functions of the other.",
        ),
        ("+jax", "'+jax' is no pair"),
        ("jax+jax", "'jax+jax' is no pair"),
        ("jax+torch+autograd", "'jax+torch+autograd' is no pair"),
        ("jax+troch", "No backend is registered as 'troch'. Did you mean 'torch'?"),
        ("jxa+torch", "No backend is registered as 'jxa'. Did you mean 'jax'?"),
    ],
)
def test_what_is_no_pair_is_a_usage_error_of_one_line(name, message):
    done = run("conformance", name)
    assert done.exit_code == 2
    assert done.output.startswith(f"Error: {message}")
    assert done.output.count("\n") == 1


def test_limits_of_a_pair_are_not_edited():
    done = run("conformance", "jax+torch", "--update-limits")
    assert done.exit_code == 2
    assert "A pair declares nothing of its own" in done.output


def test_an_outer_backend_takes_functions_of_other_engines(monkeypatch):
    monkeypatch.setattr("nestgrad_conformance.pairs.provides", lambda backend, method: method != "lift")
    with pytest.raises(Exception, match="torch cannot be the outer backend of a pair"):
        loaded("torch+autograd")


def test_help_tells_of_pairs():
    assert "A BACKEND may be a pair, such as jax+torch" in " ".join(run("conformance", "--help").output.split())


@pytest.mark.parametrize("outer", NAMES)
def test_a_pair_has_the_tier_of_pairs_and_at_most_twenty_functions(outer):
    inner = next(name for name in NAMES if name != outer)
    tasks = Selection(profile="full").tasks(load().values(), described(f"{outer}+{inner}"))
    scenarios = [load()[name] for name in {task.scenario for task in tasks}]
    assert {one.tier for one in scenarios} == {"foreign"}
    assert 15 <= sum(one.base is None for one in scenarios) <= 20
    assert {len(task.nesting) for task in tasks if task.nesting != "auto"} == {1, 2, 3}
    assert {task.execution for task in tasks} == {"eager", *COMPILERS}


def test_an_engine_alone_has_none_of_it():
    scenarios = load()
    for name in NAMES:
        tasks = Selection(profile="full").tasks(scenarios.values(), descriptor(name))
        assert not any(scenarios[task.scenario].pieces for task in tasks)


def test_the_speeds_and_the_executions_are_those_of_the_outer_engine():
    pair = described("torch+jax")
    assert [one.name for one in engines(pair)] == ["torch", "jax"]
    assert pair.speed("compiled") == descriptor("torch").speed("compiled") != descriptor("jax").speed("compiled")


def declared(monkeypatch, outer=(), inner=()):
    """What a bench says of the cells of a pair in which these limits are written."""
    limits = {"autograd": outer, "torch": inner}
    monkeypatch.setattr(declaration, "written", lambda name: tuple(limits[name]))
    scenario = load()["foreign_determinant"]
    both = declaration.declarations(described("autograd+torch"))

    def first(nesting, execution):
        found = (one.limit(scenario, nesting, execution, None) for one in both)
        return next(filter(None, found), None)

    return first


def limit(**fields):
    return Limit(**{"nesting": "*", "kind": "never", "reason": "it cannot", **fields})


def test_the_inner_engine_declares_what_it_consists_of_in_any_execution(monkeypatch):
    first = declared(monkeypatch, inner=[limit(operation="det", compiled="not_finite")])
    assert first("R", "eager").declares("eager") == "limit"
    assert first("R", "compiled").declares("compiled") == "limit"  # it is evaluated eagerly all the same


def test_what_the_inner_engine_refuses_to_compile_is_nothing_to_a_pair(monkeypatch):
    assert declared(monkeypatch, inner=[limit(operation="det", executions=("compiled",))])("R", "compiled") is None


def test_the_outer_engine_declares_how_it_runs_what_is_foreign_to_it(monkeypatch):
    first = declared(monkeypatch, outer=[limit(feature="foreign", executions=("xla",)), limit(operation="det")])
    assert first("R", "xla").feature == "foreign"
    assert first("R", "eager") is None  # the determinant is not its own


def test_of_what_is_differentiated_inside_the_inner_engine_is_asked_for_more(monkeypatch):
    monkeypatch.setattr(declaration, "written", lambda name: (limit(nesting="FR"),) if name == "torch" else ())
    _, inner = declaration.declarations(described("autograd+torch"))
    scenarios = load()
    assert inner.limit(scenarios["foreign_gradient_inside"], "F", "eager", None) is not None
    assert inner.limit(scenarios["foreign_rosenbrock"], "F", "eager", None) is None


SMALL = ("foreign_rosenbrock", "foreign_determinant")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    file = tmp_path_factory.mktemp("pairs") / "r.json"
    options = [option for name in SMALL for option in ("--scenario", name)]
    done = run("conformance", "autograd+torch", *options, "--report", str(file))
    assert done.exit_code == 0, done.output
    return read(file)


def test_a_pair_is_measured_by_its_name(measured):
    where = measured.environments["autograd+torch"]
    assert {"autograd"} <= where.engines.keys()
    assert {"torch"} <= where.inner.keys()
    assert where.versions.keys() == where.engines.keys() | where.inner.keys()
    assert len(measured.cells) == 15 + 7
    assert {cell.id.partition("/")[0] for cell in measured.cells} == {"autograd+torch"}


def test_a_refusal_of_the_inner_engine_is_its_own_and_declared_there(measured):
    refused = [cell for cell in measured.cells if cell.outcome == "refused"]
    assert {cell.scenario for cell in refused} == {"foreign_determinant"}
    assert {cell.refusal.backend for cell in refused} == {"torch"}
    assert {cell.verdict for cell in refused} == {"refused"}


def test_it_is_broken_where_nothing_declares_it(measured, monkeypatch):
    monkeypatch.setattr(declaration, "written", lambda name: ())
    bench = Bench("autograd+torch", load(), Selection(scenarios=SMALL), timeout=1)
    refused = next(cell for cell in measured.cells if cell.outcome == "refused")
    task = next(task for task in bench.tasks if bench.id(task) == refused.id)
    assert bench._said(task, task.nesting, refused)[0] == "supported"


def test_what_the_outer_engine_emulates_is_another_nesting_of_the_inner_one(measured):
    bench = Bench("autograd+torch", load(), Selection(scenarios=SMALL), timeout=1)
    bench.environment = measured.environments["autograd+torch"]
    refused = next(cell for cell in measured.cells if cell.outcome == "refused")
    task = next(task for task in bench.tasks if bench.id(task) == refused.id)
    emulated = msgspec.structs.replace(refused, outcome="correct", route="emulated")
    assert bench._said(task, task.nesting, refused)[0] == "limit"
    assert bench._said(task, task.nesting, emulated)[0] == "supported"


def test_the_pytest_suite_measures_a_pair(tmp_path):
    options = ["--nestgrad-backend=autograd+torch", QUICK, *plan_of(tmp_path, "foreign_rosenbrock")]
    done = execute([*SUITE, "-q", *options, "-k", "foreign_rosenbrock"], tmp_path, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout


def test_a_third_party_needs_nothing_to_be_an_inner_engine(tmp_path):
    pytest.importorskip("nestgrad_dualpy")
    pytest.importorskip("dualpy")
    file = tmp_path / "r.json"
    done = run("conformance", "autograd+dualpy", "--scenario", "foreign_[rg]*", "--report", str(file))
    assert done.exit_code == 0, done.output
    cells = read(file).cells
    right = {cell.nesting for cell in cells if cell.scenario == "foreign_rosenbrock" and cell.outcome == "correct"}
    assert right == {"forward", "forward_over_forward", "auto"}
    assert {cell.refusal.backend for cell in cells if cell.outcome == "refused"} == {"dualpy"}


def test_a_script_is_for_one_engine():
    done = run("report", "repro", "jax/foreign_rosenbrock@1/R/eager/float64")
    assert done.exit_code == 2
    assert "foreign_rosenbrock is for a pair of engines" in done.output


def test_a_page_has_outer_by_inner_engine_for_each_nesting():
    def of(backend, scenario, nesting="forward", **fields):
        return cell(backend, scenario, nesting, id=f"{backend}/{scenario}/{nesting}", **fields)

    by_torch = {**REFUSED, "refusal": Refusal("det", "no", None, "torch")}
    cells = [
        of("jax+torch", "s"),
        of("jax+torch", "t"),
        of("jax+torch", "u", **by_torch),
        of("torch+jax", "s", **EMULATED),
        of("jax+torch", "s", "reverse_over_forward"),
        of("jax", "s"),
    ]
    page = pairs.render(report(cells))
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*) \| (.*) \|$", page, re.MULTILINE)
    assert rows == [("F", "jax", "", "2 ✓, 1 – torch"), ("F", "torch", "1 e", "")]
    assert "| `RF` | jax | 1 ✓ |" in page
    assert page.count("| nesting | outer | inner jax | inner torch |") == 1


def test_on_one_engine_the_pieces_are_plain_functions():
    outer, inner = loaded("autograd+torch")
    scenario = load()["foreign_between"]
    x = scenario.x(0)
    alone, across = Subject(scenario, outer, 0).f(x), Subject(scenario, outer, 0, inner).f(x)
    assert float(alone) == pytest.approx(float(scenario.by_numpy(x)), rel=1e-14)
    assert float(across) == pytest.approx(float(alone), rel=1e-14)
