"""Sessions: tests, lint, types, conformance(BACKEND), matrix."""

import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "virtualenv"  # uv would not take the CPU build of an engine
nox.options.sessions = ["lint", "types", "tests", "matrix"]
nox.options.reuse_existing_virtualenvs = True

PROJECT = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
BACKENDS = [nox.param(name, id=name, tags=[name]) for name in sorted(PROJECT["entry-points"]["nestgrad.backends"])]
REPORTS = Path("build/reports")


def install(session: nox.Session, *extras: str) -> None:
    """Install the project with these extras, pinned."""
    session.install("-c", "constraints.txt", f".[{','.join(extras)}]")


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
    """Check types, strictly, of core and conformance."""
    session.install("-c", "constraints.txt", "-e", ".[test]")
    session.run("mypy")


@nox.session
@nox.parametrize("backend", BACKENDS)
def conformance(session: nox.Session, backend: str) -> None:
    """Measure one backend in an environment with only its engine."""
    extras = [backend] if backend in PROJECT["optional-dependencies"] else []
    install(session, "conformance", *extras)
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{backend}.json"
    report.unlink(missing_ok=True)
    # A finding is told by `matrix`, when every backend has been measured.
    session.run("nestgrad", "conformance", backend, "--report", str(report), *session.posargs, success_codes=[0, 1])


@nox.session(requires=["conformance"])
def matrix(session: nox.Session) -> None:
    """Merge the reports of all backends and render them; fails by the verdicts."""
    install(session, "conformance")
    reports = [str(REPORTS / f"{param.args[0]}.json") for param in BACKENDS]
    session.run("nestgrad", "report", "merge", *reports, "-o", str(REPORTS / "all.json"))
    session.run("nestgrad", "report", "markdown", str(REPORTS / "all.json"), "-o", str(REPORTS / "matrix.md"))
    session.run("nestgrad", "report", "show", str(REPORTS / "all.json"))
