"""A third party's backend whose every cell is right: only the laws notice what it does."""

import re
import shutil
from pathlib import Path

import pytest

import nestgrad_autograd

from .suite import QUICK, SUITE, execute

FIXTURE = Path(__file__).parent / "fixtures" / "nestgrad-misbehaving"


@pytest.fixture
def suite(tmp_path):
    """The command that a third party uses, with the backend installed: it refuses what autograd does."""
    installed = shutil.copytree(FIXTURE, tmp_path / "site")
    limits = Path(nestgrad_autograd.__file__).with_name("limits.toml")
    shutil.copy(limits, installed / "nestgrad_misbehaving")
    return lambda *options: execute(
        [*SUITE, "-q", "--nestgrad-backend=misbehaving", QUICK, *options], tmp_path, installed
    )


def test_no_cell_notices(suite):
    done = suite("-k", "test_cell and eager")
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 400


def test_the_laws_do(suite):
    done = suite("-k", "test_law", "-rf")
    assert done.returncode == 1
    failed = set(re.findall(r"^FAILED .*\[misbehaving-(.+)\]", done.stdout, re.MULTILINE))
    assert failed == {
        "jvp.has_aux-one_evaluation",
        "vjp.has_aux-one_evaluation",
        "vjp-called_after_its_numpy_primal_was_changed",
        "vjp-called_after_its_primal_was_changed",
    }
    assert "the function is evaluated once, for its value and its aux." in done.stdout  # what the law demands
    assert "aux is of evaluation 2, of 2" in done.stdout  # and what was found
