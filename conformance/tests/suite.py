"""The suite in a pytest of its own, as a third party runs it."""

import os
import subprocess
import sys

# To import hypothesis takes longer than a session of a few cells.
PYTEST = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
SUITE = [*PYTEST, "--pyargs", "nestgrad_conformance.suite"]
QUICK = "--nestgrad-profile=quick"  # the fewest cells to collect


def execute(line, cwd, path=None):
    """Run a line in a folder, with another folder of packages before all."""
    found = os.pathsep.join(filter(None, [path and str(path), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": found}
    return subprocess.run(line, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def plan_of(folder, *scenarios):
    """The options of a session in this folder whose whole plan are these scenarios."""
    (folder / "small.py").write_text(
        "from functools import partial\n"
        "from nestgrad_conformance.pytest_plugin import session\n"
        "from nestgrad_conformance.run.plan import Selection\n"
        f"session.Selection = partial(Selection, scenarios={scenarios})\n"
    )
    return ["-p", "small"]
