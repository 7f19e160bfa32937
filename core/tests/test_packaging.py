"""Wheel, sdist and editable install: the same entry points, in an environment of their own."""

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

import nestgrad as ng

ROOT = Path(__file__).parents[2]
PLAIN = ROOT / "conformance" / "tests" / "fixtures" / "nestgrad-plain"
INSTALL = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
HIDDEN = ("nestgrad", "_nestgrad", "pip", "setuptools", "__", "jax", "torch", "tensorflow")
ENTRY_POINTS = """
import json
from importlib.metadata import distribution
found = distribution("nestgrad").entry_points
print(json.dumps(sorted([e.group, e.name, e.value] for e in found)))
"""


class Environment:
    """A virtual environment that sees the libraries of this one, but nothing of ours and no large engine."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=True)
        self.python = folder / "bin" / "python"
        (site,) = folder.glob("lib/python*/site-packages")
        libraries = folder / "libraries"
        libraries.mkdir()
        for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
            if not entry.name.startswith(HIDDEN) and entry.suffix != ".pth":
                (libraries / entry.name).symlink_to(entry)
        (site / "libraries.pth").write_text(str(libraries))

    def run(self, *arguments: str) -> str:
        return output(self.python, *arguments, cwd=self.python.parent)

    def install(self, *arguments: str) -> None:
        """By the pip of this environment: to put one into another takes longer than all that it does there."""
        output(sys.executable, "-m", "pip", "--python", self.python, *INSTALL, *arguments)


def output(*line: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run([*map(str, line)], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    output(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": [str(wheel)], "sdist": [str(sdist)], "editable": ["-e", str(ROOT)]}


@pytest.fixture(scope="module")
def environments(artefacts, tmp_path_factory):
    made = {}
    for kind, target in artefacts.items():
        made[kind] = Environment(tmp_path_factory.mktemp(kind) / "venv")
        made[kind].install(*target)
    return made


def test_every_kind_of_install_has_the_same_entry_points(environments):
    found = {kind: json.loads(made.run("-c", ENTRY_POINTS)) for kind, made in environments.items()}
    assert found["wheel"] == found["sdist"] == found["editable"]
    assert ["nestgrad.backends", "autograd", "nestgrad_autograd"] in found["wheel"]
    assert ["pytest11", "nestgrad", "nestgrad_conformance.pytest_plugin.plugin"] in found["wheel"]


@pytest.mark.parametrize("kind", ["wheel", "sdist", "editable"])
def test_every_kind_of_install_runs(environments, kind):
    code = "import nestgrad as ng; print(ng.gradient(lambda x: x**3, backend='autograd')(2.0))"
    assert float(environments[kind].run("-c", code)) == 12.0


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_installed_packages_are_typed_and_carry_their_data(environments, kind):
    (site,) = environments[kind].python.parents[1].glob("lib/python*/site-packages")
    packages = {path.name for path in site.glob("nestgrad*") if path.suffix != ".dist-info"}
    backends = {info.module for info in ng.backends() if info.bundled}
    assert packages == {"nestgrad", "nestgrad_conformance", *backends}
    assert [name for name in packages if not (site / name / "py.typed").is_file()] == []
    assert [name for name in backends if not (site / name / "limits.toml").is_file()] == []


@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_type_checkers_follow_the_install(environments, kind, tmp_path):
    user = tmp_path / "user.py"
    user.write_text("import nestgrad as ng\nreveal_type(ng.Nesting('FR').order)\nng.Nesting(2)\n")
    command = ["-m", "mypy", "--python-executable", str(environments[kind].python), str(user)]
    done = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 'Revealed type is "builtins.int"' in done.stdout or 'Revealed type is "int"' in done.stdout, done.stdout
    assert 'incompatible type "int"' in done.stdout


def test_a_third_party_appears_with_no_change_here(environments, tmp_path):
    made = environments["wheel"]
    made.install(str(PLAIN))
    listed = made.run("-m", "nestgrad_conformance", "backends", "--probe")
    (found,) = [line.split() for line in listed.splitlines() if line.startswith("plain ")]
    assert found[:5] == ["plain", "nestgrad-plain", "0.3.0", "nestgrad_plain", "ok"]
    file = tmp_path / "r.json"
    selection = ["--scenario", "rosenbrock", "--scenario", "cumulative_prod", "--execution", "eager"]
    done = made.run("-m", "nestgrad_conformance", "conformance", "plain", *selection, "--report", str(file))
    assert "plain eager" in done
    cells = json.loads(file.read_text())["cells"]
    nestings = {cell["nesting"]: cell["verdict"] for cell in cells if cell["scenario"] == "rosenbrock"}
    reverse_only = {"reverse", "reverse_over_reverse", "reverse_over_reverse_over_reverse", "auto"}
    assert nestings == {nesting: "supported" if nesting in reverse_only else "refused" for nesting in nestings}
    assert len(nestings) == 15
    assert {cell["verdict"] for cell in cells if cell["scenario"] == "cumulative_prod"} == {"refused"}
