"""The inputs of a cell as lines of a script, where a container is one flat array."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import optree
from optree.integrations.numpy import tree_ravel

from nestgrad_conformance.nestings import directions_of
from nestgrad_conformance.scenarios import Scenario
from nestgrad_conformance.scenarios._scenario import generator

WIDTH = 120
_LITERAL = 2 * WIDTH  # longer numbers are drawn by the script, as the suite draws them
_DRAW = """\
def draw(key, *shape):
    return numpy.random.default_rng(numpy.frombuffer(hashlib.sha256(key).digest(), 'u4')).standard_normal(shape)"""


def inputs(scenario: Scenario, seed: int, nesting: str) -> tuple[list[str], list[str]]:
    """The imports, and the lines that define `x` and the directions `v0`, `v1` and so on."""
    trees = {"x": scenario.x(seed)}
    trees |= {f"v{number}": scenario.direction(seed, number) for number in range(directions_of(nesting))}
    trees = {name: optree.tree_map(lambda leaf: _rounded(leaf, scenario.dtype), tree) for name, tree in trees.items()}
    texts = {name: _text(tree, (str(seed), scenario.id, name)) for name, tree in trees.items()}
    drawn = any(text.startswith("draw(") for text in texts.values())
    lines = _DRAW.splitlines() if drawn else []
    for name, text in texts.items():
        lines += textwrap.wrap(f"{name} = {text}", WIDTH, subsequent_indent="    ", break_long_words=False)
    return ["import numpy", *["import hashlib"] * drawn], lines


def rebuilt(x: Any, part: str) -> str:
    """The container x in terms of the script's `x`; `part` makes a piece of the flat array."""
    if isinstance(x, np.ndarray):
        return "x"
    flat, rebuild = tree_ravel(x)
    return _container(rebuild(np.arange(float(flat.size))), part)


def _rounded(leaf: Any, dtype: str) -> Any:
    """What the dtype can hold, in float64: differences are taken at the same point."""
    return np.asarray(leaf, dtype).astype(np.float64)


def _text(tree: Any, key: tuple[str, str, str]) -> str:
    array = tree if isinstance(tree, np.ndarray) else tree_ravel(tree)[0]
    text = f"numpy.array({array.tolist()})" if array.size else f"numpy.zeros({array.shape})"
    if len(text) > _LITERAL and np.array_equal(generator(int(key[0]), *key[1:]).standard_normal(array.shape), array):
        return f"draw({', '.join([repr('/'.join(key).encode()), *map(str, array.shape)])})"
    return text


def _container(places: Any, part: str) -> str:
    """A container, given the place that each entry has in the flat array."""
    if isinstance(places, np.ndarray):
        start = int(places.ravel()[0]) if places.size else 0
        return part.format(start=start, stop=start + places.size, shape=places.shape)
    if isinstance(places, dict):
        return "{" + ", ".join(f"{key!r}: {_container(value, part)}" for key, value in places.items()) + "}"
    entries = [_container(value, part) for value in places]
    return f"[{', '.join(entries)}]" if isinstance(places, list) else f"({', '.join(entries)},)"
