"""`nestgrad bench`: values before times, rounds in turn, and bounds that hold; no time is expected of anything."""

import fnmatch
import json
import os
import subprocess
import sys

import numpy as np
import pyperf
import pytest
from click.testing import CliRunner

from nestgrad_conformance.bench import bounds, engines, page, storage, values
from nestgrad_conformance.bench import run as running
from nestgrad_conformance.bench.catalogue import STARTUP, Case, cases, listed
from nestgrad_conformance.bench.figures import Spread, figures
from nestgrad_conformance.bench.routes import NESTGRAD, Routes
from nestgrad_conformance.bench.table import line
from nestgrad_conformance.bench.timing import Effort, Timed, timed
from nestgrad_conformance.bench.worker import Failed, Measured, measured
from nestgrad_conformance.cli import command
from nestgrad_conformance.commands import benching

LITTLE = Effort(stretch=0, seconds=0, fewest=2, most=2)
CASE = Case("autograd", "hvp", "seed", "10", "eager")


@pytest.fixture
def bench(monkeypatch):
    """Run the command, with as little effort as can be."""
    monkeypatch.setattr(benching, "EFFORT", LITTLE)
    return lambda *arguments: CliRunner().invoke(command, ["bench", *map(str, arguments)])


def suite(ours, theirs, case=CASE, beside="RR"):
    """What is kept of a case, with these seconds."""
    found = {NESTGRAD: Timed(1, ours), beside: Timed(1, theirs)}
    return pyperf.BenchmarkSuite(storage.benchmarks(case, Measured(found, {"engines": "autograd 1"})))


def test_routes_take_turns_and_turn_around():
    seen = []
    found = timed(Routes({name: lambda name=name: seen.append(name) for name in "abc"}), LITTLE)
    assert "".join(seen) == "abc" + "abc" + "cba"  # once for the number of loops, then two rounds
    assert all(route.loops == len(route.seconds) - 1 == 1 for route in found.values())


def test_what_makes_a_call_the_first_one_is_done_before_each_call():
    seen = []
    calls = {name: lambda name=name: seen.append(name) for name in "ab"}
    timed(Routes(calls, before=lambda: seen.append("|")), Effort(stretch=1, seconds=0, fewest=2, most=2))
    assert "".join(seen) == "|a|b" + "|a|b" + "|b|a"


def test_calls_that_have_a_clock_of_their_own_are_believed():
    found = timed(Routes({"a": lambda: 2.0, "b": lambda: 3.0}, clocked=True), LITTLE)
    assert {name: route.seconds for name, route in found.items()} == {"a": (2.0, 2.0), "b": (3.0, 3.0)}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (np.array([1.0, 2.0 + 1e-6]), "by hand differs from nestgrad by 5.0e-07 of the largest number"),
        (np.array([1.0, np.nan]), "by hand differs from nestgrad by nan"),
        (np.array([[1.0, 2.0]]), r"nestgrad gives arrays of shapes \[\(2,\)\], by hand of \[\(1, 2\)\]"),
        ({"a": np.array([1.0, 2.0]), "b": np.ones(1)}, "of shapes"),
    ],
)
def test_values_that_differ_are_an_error_and_no_figure(other, message):
    calls = {NESTGRAD: lambda: np.array([1.0, 2.0]), "by hand": lambda: other}
    with pytest.raises(values.DifferError, match=message):
        measured(Routes(calls), LITTLE)


def test_values_in_a_dictionary_are_compared_by_name():
    values.check({"a": {"x": np.ones(2), "y": np.zeros(1)}, "b": {"y": np.zeros(1), "x": np.ones(2)}})
    with pytest.raises(values.DifferError):
        values.check({"a": {"x": np.ones(1), "y": np.zeros(1)}, "b": {"x": np.zeros(1), "y": np.ones(1)}})


@pytest.mark.parametrize("engine", listed())
def test_each_bound_is_of_a_route_that_there_is(engine):
    """And each figure has one bound at most."""
    own = [bound for bound in bounds.bounds() if bound.case.startswith(f"{engine}/")]
    assert own
    loaded = engines.load(engine)
    for bound in own:
        about = [case for case in cases(engine) if fnmatch.fnmatchcase(case.id, bound.case)]
        assert about, bound.case
        for case in about:
            ways = loaded.linearised() if case.made == "at" else loaded.by_hand(case, loaded.problem(case))
            first, *others = ways
            assert bound.beside in (first if case.made != "held" else [first, *others]), case.id


def test_no_figure_has_two_bounds():
    every = [(case.id, bound.beside) for name in (*listed(), STARTUP) for case in cases(name) for bound in
             bounds.bounds() if fnmatch.fnmatchcase(case.id, bound.case)]  # fmt: skip
    assert len(every) == len(set(every)) > 50


def test_no_two_cases_have_one_name():
    ids = [case.id for name in (*listed(), STARTUP) for case in cases(name)]
    assert len(ids) == len(set(ids))
    assert {size for name in ids for size in ("/10/", "/1e3/", "/1e6/") if size in name} == {"/10/", "/1e3/", "/1e6/"}


def test_a_bound_is_a_ratio_or_a_number_of_microseconds():
    with pytest.raises(ValueError, match="either"):
        bounds.Bound("a", "b")
    with pytest.raises(ValueError, match="either"):
        bounds.Bound("a", "b", 1.0, 2.0)


def test_a_figure_is_of_rounds_and_not_of_medians():
    (figure,) = figures(suite((2e-6, 8e-6, 3e-6), (1e-6, 2e-6, 3e-6)))
    assert figure.ours.median == pytest.approx(3)
    assert figure.theirs.median == pytest.approx(2)
    assert figure.ratio == Spread(*map(pytest.approx, (2, 1.5, 3)))  # of 2, 4 and 1
    assert figure.more == Spread(*map(pytest.approx, (1, 0.5, 3.5)))  # of 1, 6 and 0
    assert line(figure) == "autograd/hvp/seed/10/eager: 3 µs, RR 2 µs, 2.00 × (1.50 to 3.00), +1 µs, bound 1.25 ×"


@pytest.mark.parametrize(("ours", "ok"), [(1.25, True), (1.56, True), (1.57, False)])
def test_a_ratio_is_held_against_its_bound_with_the_margin(ours, ok):
    found = bounds.beyond(figures(suite((ours,) * 3, (1.0,) * 3)))
    assert (found == []) == ok
    if not ok:
        assert found[0].startswith(f"autograd/hvp/seed/10/eager beside RR: {ours:.2f} ×, at most 1.25 × (1.56 ×")


@pytest.mark.parametrize(("more", "ok"), [(-1e-6, True), (4.9e-6, True), (5.1e-6, False)])
def test_microseconds_are_held_against_theirs(more, ok):
    case = Case("jax", "hvp", "seed", "10", "compiled")
    found = bounds.beyond(figures(suite((7e-6 + more,) * 3, (7e-6,) * 3, case, "FR")))
    assert (found == []) == ok
    assert ok or found[0].endswith("beside FR: +5.1 µs, at most +4.0 µs (+5.0 µs with the margin).")


def test_what_has_no_bound_is_beyond_none():
    assert bounds.beyond(figures(suite((9.0,) * 3, (1.0,) * 3, beside="FR"))) == []


def fabricated(monkeypatch, replies):
    """The command with these replies, in the place of measurements."""

    def measured(cases, effort):
        yield from zip(cases, replies, strict=False)

    monkeypatch.setattr(benching, "measured", measured)


def reply(ratio):
    return Measured({NESTGRAD: Timed(1, (ratio,) * 3), "RR": Timed(1, (1.0,) * 3)}, {"engines": "autograd 1"})


@pytest.mark.parametrize(("ratio", "status"), [(1.5, 0), (1.6, 1)])
def test_the_gate_fails_beyond_a_bound_alone(bench, monkeypatch, ratio, status):
    fabricated(monkeypatch, [reply(ratio)])
    done = bench("autograd", "--case", CASE.id, "--gate")
    assert done.exit_code == status
    assert ("beyond: autograd/hvp/seed/10/eager beside RR: 1.60 ×" in done.stdout) == bool(status)
    assert f"{1 - status} of 1 bounded figures are within" in done.stdout
    fabricated(monkeypatch, [reply(ratio)])
    assert bench("autograd", "--case", CASE.id).exit_code == 0


def test_an_engine_of_which_no_case_is_selected_is_left_out(bench, monkeypatch):
    fabricated(monkeypatch, [reply(1.0)])
    done = bench("--case", CASE.id)
    assert done.exit_code == 0
    assert (
        done.stdout
        == "autograd/hvp/seed/10/eager: 1000000 µs, RR 1000000 µs, 1.00 × (1.00 to 1.00), +0 µs, bound 1.25 ×\n"
    )


def test_the_tables_of_the_page_have_each_figure_in_its_place():
    seconds = {NESTGRAD: 3e-6, "FR": 2e-6, "RR": 6e-3, "a.function": 4e-6}
    found = Measured({name: Timed(1, (one, one)) for name, one in seconds.items()}, {"engines": "e 1", "auto": "FR"})
    kept = pyperf.BenchmarkSuite(storage.benchmarks(Case("jax", "hvp", "seed", "1e3", "compiled"), found))
    assert page.by_hand(kept).splitlines()[-1] == "| `hvp` | seed | compiled | FR |  | 3 µs, 1.50 × |  |"
    assert page.as_written(kept).splitlines()[-1] == "| `a.function` | `hvp` of seed | compiled |  | 4 µs, 0.75 × |  |"
    assert page.nestings(kept).splitlines()[-1] == "| jax | compiled | seed | 1e3 | 2 µs | 6 ms | `FR` |"
    assert page.by_hand(kept).startswith("### jax\n\n| operator |")


@pytest.mark.parametrize("gate", [(), ("--gate",)])
def test_a_case_that_fails_is_told_and_loses_no_other(bench, monkeypatch, tmp_path, gate):
    fabricated(monkeypatch, [reply(1.0), Failed("RR differs from nestgrad"), reply(1.1)])
    done = bench("autograd", "--json", tmp_path / "b.json", *gate)
    assert done.exit_code == 1
    failed, *others = (case.id for case in (cases("autograd")[1], cases("autograd")[0], cases("autograd")[2]))
    assert f"failed: {failed}: RR differs from nestgrad" in done.stderr
    kept = pyperf.BenchmarkSuite.load(str(tmp_path / "b.json"))
    assert {one.get_metadata()["case"] for one in kept} == set(others)


def test_ctrl_c_keeps_what_was_finished(bench, monkeypatch, tmp_path):
    def interrupted(cases, effort):
        yield cases[0], reply(1.0)
        raise KeyboardInterrupt

    monkeypatch.setattr(benching, "measured", interrupted)
    done = bench("autograd", "--json", tmp_path / "b.json")
    assert done.exit_code == 1
    assert "Interrupted" in done.stderr
    assert len(pyperf.BenchmarkSuite.load(str(tmp_path / "b.json"))) == 2


def test_a_measurement_is_read_back_by_pyperf(bench, tmp_path):
    done = bench("autograd", "--case", "autograd/*/10/eager", "--json", tmp_path / "b.json")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("autograd/hvp/seed/10/eager: ")
    kept = pyperf.BenchmarkSuite.load(str(tmp_path / "b.json"))
    names = kept.get_benchmark_names()
    assert names[:2] == ["autograd/hvp/seed/10/eager nestgrad", "autograd/hvp/seed/10/eager RR"]
    assert {one.get_nvalue() for one in kept} == {2}
    assert kept.get_metadata()["auto"] == "RR"
    assert "autograd 1" in kept.get_metadata()["engines"]
    text = (tmp_path / "b.json").read_text()
    assert not {"hostname", "python_executable"} & {*json.loads(text)["metadata"]}
    assert figures(storage.read(tmp_path / "b.json"))[0].case == CASE.id


WORKER = """
import os
import msgspec
from nestgrad_conformance.bench.worker import Ask, Measured

def make():
    return handle

def handle(request):
    if msgspec.msgpack.decode(request, type=Ask).case.program == "seed":
        os.abort()
    return msgspec.msgpack.encode(Measured({}, {"threads": os.environ["OMP_NUM_THREADS"]}))

def broken():
    raise ImportError("half of the engine is missing")
"""


@pytest.fixture
def worker(monkeypatch, tmp_path):
    """Have cases measured by one of the workers above."""
    (tmp_path / "bench_worker.py").write_text(WORKER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("OMP_NUM_THREADS", "2")

    def run(factory, chosen):
        monkeypatch.setattr(running, "HANDLER", f"bench_worker:{factory}")
        return [reply for _, reply in running.run(chosen, LITTLE)]

    return run


def test_a_crash_is_of_its_case_alone_and_a_worker_has_one_thread(worker):
    crashed, next_one = worker("make", [CASE, Case("autograd", "hvp", "rosenbrock", "10", "eager")])
    assert crashed == Failed("crash: SIGABRT")
    assert next_one == Measured({}, {"threads": "1"})
    assert os.environ["OMP_NUM_THREADS"] == "2"


def test_an_engine_that_does_not_start_is_told_once(worker):
    (failed,) = worker("broken", cases("autograd"))
    assert "half of the engine is missing" in failed.message


def test_a_backend_without_routes_by_hand_is_told_in_a_sentence(bench, monkeypatch):
    monkeypatch.setattr("nestgrad_conformance.commands.bench.listed", dict)
    done = bench("autograd")
    assert done.exit_code == 1
    assert done.stderr == ("autograd: nobody has written its routes by hand, so there is nothing to compare it with.\n")


def test_neither_pyperf_nor_an_engine_is_imported_before_it_is_needed():
    later = "{'pyperf', 'autograd', 'jax', 'torch'}"
    code = f"import sys, nestgrad_conformance.commands.bench; sys.exit(bool({later} & {{*sys.modules}}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["autogrd"], "No backend is registered as 'autogrd'. Did you mean 'autograd'"),
        (
            ["autograd", "--case", "autograd/hvp/sed*"],
            "No case is like 'autograd/hvp/sed*'. Did you mean 'autograd/hvp",
        ),
        (["autograd", "--case", "torch/*"], "No case is like 'torch/*'."),
        (["autograd", "--json", "/nowhere/b.json"], "cannot be written"),
    ],
)
def test_what_is_wrong_to_ask_is_told_before_anything_is_measured(bench, monkeypatch, arguments, message):
    monkeypatch.setattr(benching, "measured", None)
    done = bench(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr
