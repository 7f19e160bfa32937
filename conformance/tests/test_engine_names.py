"""No text of core names an engine, and none of the suite but its scenarios and routes by hand: the rest is data."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

import nestgrad
import nestgrad_conformance
from nestgrad.internal import descriptor

DESCRIBED = [descriptor(info.name) for info in nestgrad.backends() if info.bundled]
NAMES = {name for one in DESCRIBED for name in (one.name, *one.arrays)}
NAMES |= {one.engine.partition(".")[0] for one in DESCRIBED if one.arrays}  # of no arrays: NumPy, which is everyone's
A_NAME = re.compile(rf"(?:(?<![A-Za-z])|(?=[A-Z]))(?i:{'|'.join(sorted(NAMES))})(?![a-z])")
ALLOWED = {
    "nestgrad_conformance/mutation/engine.py": "Mutants change the rules of the embedded engine, by its own means.",
}
"""Files that name an engine, and why they must."""
OF_ENGINES = ("nestgrad_conformance/scenarios/", "nestgrad_conformance/bench/engines/")
"""What is written for engines, each in its place."""


def files():
    for package in (nestgrad, nestgrad_conformance):
        root = Path(package.__file__).parent
        for file in sorted(root.rglob("*.py")):
            name = file.relative_to(root.parent).as_posix()
            if not name.startswith(OF_ENGINES):
                yield name, file


def named(text):
    """The engines that a text names, with the lines; not in comments and docstrings."""
    docstrings = {
        (node.lineno, node.col_offset)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT or token.start in docstrings:
            continue
        found += [(token.start[0], match[0]) for match in A_NAME.finditer(token.string)]
    return found


def test_the_names_are_those_of_the_bundled_engines():
    assert {"jax", "torch", "tensorflow", "autograd"} <= NAMES


@pytest.mark.parametrize(
    "text",
    [
        "import torch.nn",
        "from jax import numpy",
        "x = {'tensorflow': 1}",
        "class BareAutograd: ...",
        "torch_is = f'{x}'",
    ],
)
def test_a_name_is_found(text):
    assert named(text)


def test_comments_docstrings_and_longer_nestings_are_no_names():
    assert not named('"""As jax does."""\nX = 1  # torch\n"""What torch is."""\ntorches = "blowtorch jaxlike"\n')


def test_no_text_names_an_engine():
    wrong = {name: found for name, file in files() if (found := named(file.read_text(encoding="utf-8")))}
    assert {name: found for name, found in wrong.items() if name not in ALLOWED} == {}
    assert wrong.keys() == ALLOWED.keys(), "an exception that is needed no more"
