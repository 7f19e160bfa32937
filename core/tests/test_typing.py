"""What a type checker, and the editor that asks it, sees of operators."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nestgrad as ng

USER = """
import nestgrad as ng

def energy(x: list[float], scale: float = 1.0, *, shift: int = 0) -> float:
    return scale * x[0] + shift

reveal_type(ng.gradient(energy))
reveal_type(ng.value_and_gradient(energy, 1, has_aux=True))
reveal_type(ng.jacobian(energy, chunk_size=3))
reveal_type(ng.hessian(energy, "FR"))
reveal_type(ng.hessian_diagonal(energy, batched=True))
reveal_type(ng.laplacian(energy, backend="jax"))
ng.nested_gradient(sum, energy)([1.0], 2.0, g_args=(3.0,))
reveal_type(ng.gradient(ng.laplacian(energy)))
ng.gradient(lambda x: x**2)([1.0])
ng.gradient(energy)([1.0], 2.0, shift=1)
ng.gradient(energy)([1.0], scal=2.0)
ng.gradient(energy, argnum=1)
ng.grad
"""
LINES = USER.splitlines()


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What mypy says of each line that it says something of."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "user.py").write_text(USER)
    options = ["--config-file=", "--no-site-packages", "--follow-imports=silent", "--no-error-summary"]
    command = [sys.executable, "-m", "mypy", *options, f"--cache-dir={folder}", "user.py"]
    environment = os.environ | {"MYPYPATH": str(Path(ng.__file__).parents[1])}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    said = [line.split(":", 3) for line in done.stdout.splitlines()]
    return {LINES[int(number) - 1]: text for _, number, _, text in reversed(said)}


def test_parameters_are_those_of_f(told):
    asked = {text for line, text in told.items() if line.startswith("reveal_type")}
    assert asked == {' Revealed type is "def (x: list[float], scale: float =, *, shift: int =) -> Any"'}
    assert len([line for line in told if line.startswith("reveal_type")]) == USER.count("reveal_type")


def test_nothing_is_said_of_right_calls(told):
    right = {
        "ng.gradient(energy)([1.0], 2.0, shift=1)",
        "ng.gradient(lambda x: x**2)([1.0])",
        "ng.nested_gradient(sum, energy)([1.0], 2.0, g_args=(3.0,))",
    }
    assert right <= set(LINES)
    assert not right & set(told)


def test_misspelt_names_are_errors(told):
    assert 'did you mean "scale"' in told["ng.gradient(energy)([1.0], scal=2.0)"]
    assert 'did you mean "argnums"' in told["ng.gradient(energy, argnum=1)"]
    assert 'has no attribute "grad"' in told["ng.grad"]
