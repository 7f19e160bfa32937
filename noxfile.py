"""Sessions: tests, lint, types, conformance(BACKEND or BACKEND-latest), conformance-example(NAME), conformance-pairs,
matrix, docs.
"""

import itertools
import os
import tempfile
import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "virtualenv"  # uv would not take the CPU build of an engine
nox.options.sessions = ["lint", "types", "tests", "docs"]  # matrix takes three hours
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = True

PROJECT = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
NAMES = sorted(PROJECT["entry-points"]["nestgrad.backends"])
BACKENDS = [nox.param(name, id=name, tags=[name]) for name in NAMES]
FOLDER = Path("docs/examples")
EXAMPLES = [nox.param(name, id=name, tags=[name]) for name in sorted(f.name[9:] for f in FOLDER.glob("nestgrad-*"))]
REPORTS = Path("build/reports").absolute()
MATRIX, PAIRS = Path("docs/matrix.md"), Path("docs/foreign-matrix.md")
PROFILE = os.environ.get("PROFILE", "full")  # how much conformance and matrix measure


def install(session: nox.Session, *extras: str, constraints: str = "constraints.txt") -> None:
    """Install the project with these extras, pinned."""
    session.install("-c", constraints, f".[{','.join(extras)}]")


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests, documentation included, on every bundled engine."""
    session.install("-c", "constraints.txt", "-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install("-c", "constraints.txt", "ruff")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types: strictly of core and conformance, and what backends take and give."""
    session.install("-c", "constraints.txt", "-e", ".[test]")
    session.run("mypy")


def fresh_report(name: str) -> Path:
    """Where a report goes; there is none yet."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{name}.json"
    report.unlink(missing_ok=True)
    return report


# A finding in a bundled backend is told by `matrix`, when all are measured: exit status 1 is no failure until then.


@nox.session
@nox.parametrize("backend", BACKENDS)
def conformance(session: nox.Session, backend: str) -> None:
    """Measure one bundled backend in an environment with only its engine."""
    extras = [backend] if backend in PROJECT["optional-dependencies"] else []
    install(session, "conformance", *extras)
    report = str(fresh_report(backend))
    session.run(
        "nestgrad",
        "conformance",
        backend,
        "--profile",
        PROFILE,
        "--jobs",
        str(os.cpu_count()),
        "--report",
        report,
        *session.posargs,
        success_codes=[0, 1],
    )


@nox.session(name="conformance(torch-latest)", python="3.11", tags=["torch-latest"])
def torch_latest(session: nox.Session) -> None:
    """Measure the newest torch; a finding fails, and so does a fault that is gone."""
    measure_latest(session, "torch")


@nox.session(name="conformance(jax-latest)", python="3.13", tags=["jax-latest"])
def jax_latest(session: nox.Session) -> None:
    """Measure the newest jax; a finding fails, and so does a fault that is gone."""
    measure_latest(session, "jax")


def measure_latest(session: nox.Session, backend: str) -> None:
    """Measure the version of constraints-latest.txt with nestgrad, then raw, in eager and the fastest execution."""
    install(session, "conformance", backend, constraints="constraints-latest.txt")
    options = ["--profile", "standard", "--execution", "eager", "--execution", "compiled"]
    measure = ["nestgrad", "conformance", backend, *options, "--jobs", str(os.cpu_count())]
    session.run(*measure, "--report", str(fresh_report(f"{backend}-latest")), *session.posargs)
    raw = str(fresh_report(f"{backend}-latest-raw"))
    session.run(*measure, "--raw", "--report", raw, *session.posargs, success_codes=[0, 1])  # what is wrong is known
    session.run("nestgrad", "report", "stale", raw)


@nox.session(name="conformance-example")
@nox.parametrize("example", EXAMPLES)
def conformance_example(session: nox.Session, example: str) -> None:
    """Install an example from its folder, run its tests, and measure it as a third party does."""
    folder = FOLDER / f"nestgrad-{example}"
    session.install("-c", "constraints.txt", ".[conformance]", "pytest-xdist", f"./{folder}")
    session.run("pytest", str(folder))
    report = fresh_report(example)
    options = [f"--nestgrad-backend={example}", f"--nestgrad-profile={PROFILE}", f"--nestgrad-report={report}"]
    # A third party has neither this checkout's pytest settings nor its conftest, which is above the environment.
    suite = ["pytest", "--pyargs", "nestgrad_conformance.suite", "--noconftest", "-q", "-n", "auto", *options]
    with tempfile.TemporaryDirectory() as elsewhere, session.chdir(elsewhere):
        session.run(*suite, *session.posargs)


@nox.session(name="conformance-pairs")
def conformance_pairs(session: nox.Session) -> None:
    """Measure each bundled engine over each other one, and render docs/foreign-matrix.md; fails by the verdicts."""
    extras = [name for name in NAMES if name in PROJECT["optional-dependencies"]]
    install(session, "conformance", *extras)
    report, jobs = str(fresh_report("pairs")), str(os.cpu_count())
    profile = os.environ.get("PROFILE", "standard")  # a quarter of an hour; full has order 3 of all functions
    pairs = [f"{outer}+{inner}" for outer, inner in itertools.permutations(["autograd", *extras], 2)]
    measure = ["nestgrad", "conformance", *pairs, "--profile", profile, "--jobs", jobs, "--report", report]
    session.run(*measure, *session.posargs, success_codes=[0, 1])
    session.run("nestgrad", "report", "pairs", report, "-o", str(PAIRS))
    session.run("nestgrad", "report", "show", report)


@nox.session(requires=["conformance", "conformance-example"])
def matrix(session: nox.Session) -> None:
    """Merge the reports of all backends and render docs/matrix.md; fails by the verdicts."""
    install(session, "conformance")
    reports = [str(REPORTS / f"{param.args[0]}.json") for param in (*BACKENDS, *EXAMPLES)]
    merged = str(fresh_report("all"))
    session.run("nestgrad", "report", "merge", *reports, "-o", merged)
    session.run("nestgrad", "report", "markdown", merged, "-o", str(MATRIX))
    session.run("nestgrad", "report", "show", merged)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    install(session, "docs")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "build/docs", *session.posargs)
