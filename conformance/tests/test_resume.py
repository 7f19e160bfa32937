"""What happens to a run from outside: it is killed, interrupted, split, resumed; nothing that was finished is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from nestgrad_conformance.cli import command
from nestgrad_conformance.report.schema import read, write

PACK = Path(__file__).parent / "fixtures" / "hostile_pack"
HANGS = ["--scenario", "linear", "--scenario", "power", "--scenario", "hostile_hang", "--nesting", "R"]
SMALL = ["autograd", "--scenario", "linear", "--scenario", "power", "--scenario", "solve", "--execution", "eager"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")


def run(*arguments):
    return CliRunner().invoke(command, ["conformance", *map(str, arguments)])


@pytest.fixture
def hung(tmp_path):
    """A run whose last cell hangs, once it has saved the cells before that."""
    file = tmp_path / "r.json"
    options = [*HANGS, "--execution", "eager", "--jobs", "2", "--timeout", "600", "--report", str(file)]
    path = os.pathsep.join(filter(None, [str(PACK), os.environ.get("PYTHONPATH")]))
    line = [sys.executable, "-m", "nestgrad_conformance", "conformance", "autograd", *options]
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while not file.exists() or len(read(file).cells) < 2:
            assert process.poll() is None, "nothing is saved while a cell hangs"
            time.sleep(0.1)
        yield process, file
        process.kill()


def resumed(file):
    """The scenarios of a resumed run, which does not plan the one that hangs."""
    done = run("autograd", *HANGS[:4], "--nesting", "R", "--execution", "eager", "--resume", file)
    assert done.exit_code == 0, done.output
    return {cell.scenario for cell in read(file).cells}


def children(pid):
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=True).stdout
    return [int(line) for line in found.split()]


@linux
def test_a_killed_run_is_resumed_where_it_was(hung):
    process, file = hung
    process.kill()
    process.wait()
    before = read(file)
    assert before.run.partial
    assert (len(before.cells), before.run.expected) == (2, 3)
    assert resumed(file) == {"linear", "power"}
    assert read(file).cells == before.cells  # seconds too: they were not measured again
    assert not read(file).run.partial


@linux
@pytest.mark.parametrize(
    ("number", "said"), [(signal.SIGINT, b""), (signal.SIGTERM, b" by SIGTERM"), (signal.SIGHUP, b" by SIGHUP")]
)
def test_an_interrupted_run_ends_at_once_and_keeps_what_was_finished(hung, number, said):
    process, file = hung
    process.send_signal(number)
    assert process.wait() == 1
    printed = b" ".join(process.stdout.read().split())
    assert b"Interrupted" + said + b"; what was finished is kept." in printed
    assert b"PARTIAL: 1 of 3 cells are missing" in printed
    assert b"Traceback" not in printed
    assert os.listdir(file.parent) == [file.name]
    assert {cell.scenario for cell in read(file).cells} == {"linear", "power"}


@linux
def test_a_worker_killed_from_outside_is_an_outcome_of_its_cell(hung):
    process, file = hung
    for worker in children(process.pid):
        os.kill(worker, signal.SIGKILL)
    assert process.wait() == 1
    cells = {cell.scenario: cell for cell in read(file).cells}
    assert {name: cell.outcome for name, cell in cells.items()} == {
        "linear": "correct",
        "power": "correct",
        "hostile_hang": "crash",
    }
    assert "SIGKILL" in cells["hostile_hang"].message


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    file = tmp_path_factory.mktemp("resume") / "whole.json"
    assert run(*SMALL, "--report", file).exit_code == 0
    return file


def verdicts(report):
    return [(cell.id, cell.verdict) for cell in report.cells]


def test_the_order_of_cells_is_the_plans_whatever_the_jobs(whole, tmp_path):
    assert run(*SMALL, "--jobs", 3, "--report", tmp_path / "r.json").exit_code == 0
    assert verdicts(read(tmp_path / "r.json")) == verdicts(read(whole))


def test_shards_are_disjoint_and_merge_to_the_whole(whole, tmp_path):
    files = [tmp_path / f"{number}.json" for number in (1, 2)]
    for number, file in enumerate(files, 1):
        assert run(*SMALL, "--shard", f"{number}/2", "--report", file).exit_code == 0
    parts = [read(file) for file in files]
    assert [part.run.shard for part in parts] == ["1/2", "2/2"]
    assert sum(part.run.expected for part in parts) == read(whole).run.expected
    merged = CliRunner().invoke(command, ["report", "merge", *map(str, files), "-o", str(tmp_path / "all.json")])
    assert merged.exit_code == 0
    everything = read(tmp_path / "all.json")
    assert sorted(verdicts(everything)) == sorted(verdicts(read(whole)))
    assert everything.run == read(whole).run


def test_a_shard_alone_says_so(tmp_path):
    assert "Shard 1/3 alone" in run(*SMALL, "--shard", "1/3").output


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_what_is_no_shard_is_a_usage_error(text):
    done = run(*SMALL, "--shard", text)
    assert done.exit_code == 2
    assert "no part of a whole" in done.output


def test_only_what_is_missing_is_measured(whole, tmp_path):
    part = read(whole)
    part.cells = [cell for cell in part.cells if cell.scenario != "solve"]
    part.run.finished = len(part.cells)
    for cell in part.cells:
        cell.seconds = 77.0
    file = write(part, tmp_path / "r.json")
    assert run(*SMALL, "--resume", file).exit_code == 0
    assert verdicts(read(file)) == verdicts(read(whole))
    assert {cell.scenario for cell in read(file).cells if cell.seconds != 77.0} == {"solve"}


@pytest.mark.parametrize("field", [{"limit": "never: this was another reason"}, {"declared": "not_finite"}])
def test_what_is_declared_otherwise_today_is_measured_again(whole, tmp_path, field):
    old = read(whole)
    refused = next(cell for cell in old.cells if cell.verdict == "refused")
    for cell in old.cells:
        cell.seconds = 77.0
    for name, value in field.items():
        setattr(refused, name, value)
    file = write(old, tmp_path / "r.json")
    assert run(*SMALL, "--resume", file).exit_code == 0
    again = {cell.scenario for cell in read(file).cells if cell.seconds != 77.0}
    assert again == {refused.scenario}


def changed(report, **fields):
    (name,) = report.environments
    for field, value in fields.items():
        setattr(report.environments[name], field, value)
    return report


@pytest.mark.parametrize(
    ("options", "change", "message"),
    [
        (["--seed", "1"], {}, "seeds [0], this run has [1]"),
        (["--raw"], {}, "raw False, this run has True"),
        (["--nesting", "R"], {}, "that this run does not plan"),
        ([], {"engines": {"autograd": "1.0", "numpy": "2.0"}}, "engines was {'autograd': '1.0'"),
        ([], {"nestgrad": "0.0.1"}, "nestgrad was '0.0.1'"),
    ],
)
def test_another_run_is_not_resumed(whole, tmp_path, options, change, message):
    file = write(changed(read(whole), **change), tmp_path / "r.json")
    before = file.read_bytes()
    done = run(*SMALL, *options, "--resume", file)
    assert done.exit_code == 2
    assert message in " ".join(done.output.split())
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "no nestgrad report"), (json.dumps({"schema": "nestgrad-report/9"}), "has schema 'nestgrad-report/9'")],
)
def test_a_damaged_report_or_a_future_one_is_not_resumed(tmp_path, content, message):
    file = tmp_path / "r.json"
    file.write_text(content)
    done = run(*SMALL, "--resume", file)
    assert done.exit_code == 2
    assert message in " ".join(done.output.split())
    assert file.read_text() == content


def test_a_report_that_cannot_be_written_is_told(tmp_path):
    done = run(*SMALL, "--report", tmp_path / "nowhere" / "r.json")
    assert done.exit_code == 2
    assert "cannot be written" in " ".join(done.output.split())
