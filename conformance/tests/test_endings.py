"""The end of a run: whatever happens there, the report is kept, the matrix is shown, and one line says what failed."""

import os
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from nestgrad_conformance.cli import command
from nestgrad_conformance.commands import running, signals
from nestgrad_conformance.render import formats
from nestgrad_conformance.report import files
from nestgrad_conformance.report.schema import read, write

from .reports import cell, report

PLAN = [
    "conformance",
    "autograd",
    "--scenario",
    "op_cos",
    "--scenario",
    "op_sin",
    "--nesting",
    "R",
    "--execution",
    "eager",
]
MATRIX = "op_cos ✓ op_sin ✓"
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")


def run(*arguments):
    return CliRunner().invoke(command, list(map(str, arguments)))


def said(text):
    return " ".join(text.split())


def started(*arguments, shell='exec "$@"', **options):
    """A process of its own, with real files for its streams; the shell may change them, or set limits."""
    line = ["sh", "-c", shell, "sh", sys.executable, "-m", "nestgrad_conformance", *map(str, arguments)]
    return subprocess.run(line, check=False, stderr=subprocess.PIPE, text=True, **options)


@linux
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", [PLAN, ["report", "show"], ["report", "markdown"], ["report", "schema"], ["backends"]], ids=" ".join
)
def test_a_full_standard_output_is_told_in_one_line(tmp_path, arguments, unbuffered):
    file = tmp_path / "r.json"
    if arguments[0] == "report" and arguments[1] != "schema":
        arguments = [*arguments, write(report([cell()]), file)]
    elif arguments is PLAN:
        arguments = [*PLAN, "--report", file]
    with open("/dev/full", "w") as full:
        done = started(*arguments, stdout=full, env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "Standard output cannot be written: No space left on device."
    assert "Traceback" not in done.stderr
    if PLAN[0] in arguments:
        assert len(read(file).cells) == 2


@linux
@pytest.mark.parametrize("command", [PLAN, ["backends"]], ids=lambda command: command[0])
def test_a_closed_standard_output_is_told_in_one_line(tmp_path, command):
    file = tmp_path / "r.json"
    options = ["--report", file] if command is PLAN else []
    done = started(*command, *options, shell='exec "$@" >&-')
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "Standard output cannot be written: Bad file descriptor."
    assert not options or len(read(file).cells) == 2


@linux
def test_a_full_standard_error_ends_no_run(tmp_path):
    file = tmp_path / "r.json"
    line = [sys.executable, "-m", "nestgrad_conformance", *PLAN, "--report", str(file)]
    with open("/dev/full", "w") as full:
        done = subprocess.run(line, check=False, stdout=subprocess.PIPE, stderr=full, text=True)
    assert done.returncode == 0
    assert MATRIX in said(done.stdout)
    assert len(read(file).cells) == 2


@linux
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_nobody_reads_on(tmp_path, stream):
    """As with `2>&1 | head -1`: what was finished is kept."""
    reading, writing = os.pipe()
    os.close(reading)
    file, page = tmp_path / "r.json", tmp_path / "r.html"
    line = [sys.executable, "-m", "nestgrad_conformance", *PLAN, "--report", str(file), "--html", str(page)]
    others = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with open(writing, "w") as broken:
        done = subprocess.run(line, check=False, text=True, **{**others, stream: broken})
    assert done.returncode == 1
    assert "Traceback" not in f"{done.stdout}{done.stderr}"
    assert len(read(file).cells) == 2
    assert page.exists() or stream == "stderr"


@linux
def test_a_full_disk_is_told_in_one_line_and_leaves_no_file(tmp_path):
    """No file may be longer than a kilobyte, which a report is."""
    file = tmp_path / "r.json"
    done = started(*PLAN, "--report", file, shell='ulimit -f 1; exec "$@"', stdout=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"{file}: cannot be written: File too large."
    assert "Traceback" not in done.stderr
    assert MATRIX in said(done.stdout)
    assert os.listdir(tmp_path) == []


def no_space(path, data):
    raise OSError(28, "No space left on device")


def test_what_was_there_is_kept_and_the_matrix_shown_when_the_disk_is_full(tmp_path, monkeypatch):
    file = tmp_path / "r.json"
    assert run(*PLAN, "--report", file).exit_code == 0
    before = file.read_bytes()
    monkeypatch.setattr(files, "write", no_space)
    done = run(*PLAN, "--report", file, "--html", tmp_path / "r.html", "--markdown", tmp_path / "r.md")
    assert done.exit_code == 1
    assert MATRIX in said(done.output)
    for name in ("r.json", "r.html", "r.md"):
        assert f"{name}: cannot be written: No space left on device." in said(done.output)
    assert "r.json: cannot be written: No space left on device. What it held before is kept." in said(done.output)
    assert file.read_bytes() == before
    assert os.listdir(tmp_path) == ["r.json"]


@pytest.mark.parametrize("arguments", [["html", "{0}"], ["merge", "{0}", "{0}"]], ids=lambda arguments: arguments[0])
def test_commands_on_reports_tell_a_full_disk_in_one_line(tmp_path, monkeypatch, arguments):
    file = write(report([cell()]), tmp_path / "r.json")
    monkeypatch.setattr(files, "write", no_space)
    done = run("report", *(argument.format(file) for argument in arguments), "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert done.output == f"Error: {tmp_path / 'out'}: cannot be written: No space left on device.\n"


def test_a_save_that_fails_while_the_run_goes_on_is_told_once_and_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr("nestgrad_conformance.run.saving.EVERY", 0.01)
    failures = iter([True, True])
    real = files.write

    def sometimes(path, data):
        return no_space(path, data) if next(failures, False) else real(path, data)

    monkeypatch.setattr(files, "write", sometimes)
    file = tmp_path / "r.json"
    done = run(
        "conformance", "autograd", "--scenario", "op_c*", "--nesting", "R", "--execution", "eager", "--report", file
    )
    assert done.exit_code == 0, done.output
    assert said(done.output).count("No space left on device. The run goes on, and tries again.") == 1
    assert not read(file).run.partial


def fails(error):
    def render(found):
        raise error

    return render


def test_a_renderer_that_fails_takes_neither_report_nor_matrix_away(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "BUNDLED", {**formats.BUNDLED, "html": fails(ZeroDivisionError("by zero"))})
    file, page = tmp_path / "r.json", tmp_path / "r.md"
    done = run(*PLAN, "--report", file, "--html", tmp_path / "r.html", "--markdown", page)
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == "Format 'html' failed: ZeroDivisionError: by zero"
    assert MATRIX in said(done.output)
    assert len(read(file).cells) == 2
    assert sorted(os.listdir(tmp_path)) == ["r.json", "r.md"]


@pytest.mark.parametrize(
    ("render", "message"),
    [
        (fails(KeyError("cells")), "Error: Format 'mine' failed: KeyError: 'cells'\n"),
        (lambda found: b"bytes", "Error: Format 'mine' failed: it gives bytes, no text.\n"),
    ],
)
def test_a_plug_ins_format_that_fails_is_told_in_one_line(tmp_path, monkeypatch, render, message):
    monkeypatch.setattr(formats, "load", lambda: {"mine": render})
    file = write(report([cell()]), tmp_path / "r.json")
    done = run("report", "mine", file, "-o", tmp_path / "out")
    assert (done.exit_code, done.output) == (1, message)
    assert os.listdir(tmp_path) == ["r.json"]


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), SystemExit(1)])
def test_what_ends_a_run_early_is_raised_when_all_is_kept_and_shown(tmp_path, monkeypatch, error):
    def followed(cells, finished, expected, console):
        next(cells)
        raise error

    monkeypatch.setattr(running, "followed", followed)
    file = tmp_path / "r.json"
    done = run(*PLAN, "--report", file)
    assert done.exit_code == 1
    assert type(done.exception) is type(error)
    assert "PARTIAL: 1 of 2 cells are missing." in said(done.output)
    assert len(read(file).cells) == 1


def test_a_run_that_is_interrupted_before_its_first_cell_writes_nothing(tmp_path, monkeypatch):
    def followed(cells, finished, expected, console):
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "followed", followed)
    done = run(*PLAN, "--report", tmp_path / "r.json")
    assert done.exit_code == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_no_signal_ends_the_writing_of_the_report(tmp_path, monkeypatch, number):
    real = files.write

    def write_and_be_told_to_end(path, data):
        os.kill(os.getpid(), number)
        real(path, data)

    monkeypatch.setattr(files, "write", write_and_be_told_to_end)
    file = tmp_path / "r.json"
    assert run(*PLAN, "--report", file).exit_code == 0
    assert len(read(file).cells) == 2


def test_signals_are_as_before_after_a_run():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    with signals.as_interrupts(), signals.held():
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    assert [signal.getsignal(number) for number in numbers] == before


def test_a_signal_that_is_ignored_stays_so():
    """As SIGHUP under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.as_interrupts():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
