"""What is differentiated: written once, with the functions of an engine, on inputs that are drawn once for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

Function = Callable[..., Any]
Array = Callable[[np.ndarray], Any]
"""Makes an array of the engine."""
Tree = Mapping[str, Any]

_LAYERS = {"10": (1, 2, 2), "1e3": (16, 20, 20, 10), "1e5": (128, 256, 256, 10), "1e6": (784, 700, 600, 10)}
_WIDTHS = {"10": (2, 2, 1), "1e3": (2, 30, 30, 1), "1e6": (2, 1000, 1000, 1)}
_BATCH = 64
_ROWS = 256


@dataclass(frozen=True)
class Names:
    """What programs are written with, as an engine calls it.

    Attributes:
        sqrt, tanh: of an array.
        sum: of an array, and of an axis.
        log_softmax: along the last axis.
    """

    sqrt: Function
    tanh: Function
    sum: Function
    log_softmax: Function


@dataclass(frozen=True)
class Problem:
    """What one case is about.

    Attributes:
        f: what is differentiated.
        arguments: what the operator is called with.
        g: of a nested gradient, the function of ∇f.
        argnums: of a nested gradient, the argument of f in which g is differentiated.
    """

    f: Function
    arguments: tuple[Any, ...]
    g: Function | None = None
    argnums: int = 0


def problem(names: Names, call: str, program: str, size: str, array: Array) -> Problem:
    """What a call of an operator on a program is about, on an engine's arrays."""
    random = np.random.default_rng(0)
    made = {"step": _step, "mlp": _mlp, "dict_of_ten": _dict_of_ten, "field": _field, "rows": _rows}.get(program)
    if made is not None:
        return made(names, size, random, array)
    f = {"seed": _seed, "rosenbrock": _rosenbrock}[program](names)
    x, v = (array(one(random, int(float(size)))) for one in (_inside, _normal))
    if call == "nested_gradient":
        return Problem(f, (x,), _cube_of_sum(names))
    return Problem(f, (x,) if call == "gradient" else (x, v))


def _seed(names: Names) -> Function:
    """1/‖x‖."""
    sqrt, total = names.sqrt, names.sum
    return lambda x: 1.0 / sqrt(total(x * x))


def _rosenbrock(names: Names) -> Function:
    total = names.sum
    return lambda x: total(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def _cube_of_sum(names: Names) -> Function:
    total = names.sum
    return lambda y: total(y) ** 3


def _dict_of_ten(names: Names, size: str, random: np.random.Generator, array: Array) -> Problem:
    """Ten small arrays, so that what a container costs is seen."""
    total = names.sum
    x, v = ({f"k{i}": array(_inside(random, 3)) for i in range(10)} for _ in "xv")
    return Problem(lambda p: sum(total(leaf**3) for leaf in p.values()), (x, v))


def _mlp(names: Names, size: str, random: np.random.Generator, array: Array) -> Problem:
    """The cross entropy of a network that classifies a batch, in its parameters."""
    layers = _LAYERS[size]
    inputs = array(random.normal(size=(_BATCH, layers[0])))
    labels = array(np.eye(layers[-1])[random.integers(0, layers[-1], _BATCH)])
    log_softmax, total, network = names.log_softmax, names.sum, _network(names, len(layers) - 1)
    arguments = (_parameters(layers, random, array), _parameters(layers, random, array))
    return Problem(lambda p: -total(labels * log_softmax(network(inputs, p))) / _BATCH, arguments)


def _field(names: Names, size: str, random: np.random.Generator, array: Array) -> Problem:
    """A small network in its inputs, as a solution of a differential equation is one."""
    layers, total = (int(size), 64, 64), names.sum
    network, parameters = _network(names, len(layers) - 1), _parameters(layers, random, array)
    return Problem(lambda x: total(names.tanh(network(x[None], parameters))), (array(_normal(random, int(size))),))


def _rows(names: Names, size: str, random: np.random.Generator, array: Array) -> Problem:
    """The same network in many inputs at once, with a number for each: of d each."""
    layers = (int(size), 64, 64, 1)
    network, parameters = _network(names, len(layers) - 1), _parameters(layers, random, array)
    return Problem(lambda x: network(x, parameters)[:, 0], (array(random.normal(size=(_ROWS, int(size)))),))


def _step(names: Names, size: str, random: np.random.Generator, array: Array) -> Problem:
    """A step of training u(points; p) to fulfil ‖∇u‖ = 1, as physics-informed networks and penalties have it."""
    layers, total = _WIDTHS[size], names.sum
    network = _network(names, len(layers) - 1)
    arguments = (array(random.normal(size=(_BATCH, 2))), _parameters(layers, random, array))
    return Problem(lambda x, p: total(network(x, p)), arguments, residual(names), argnums=1)


def residual(names: Names) -> Function:
    """The mean of (‖y‖² − 1)² over the rows of y."""
    total = names.sum

    def g(y: Any) -> Any:
        return total((total(y**2, 1) - 1.0) ** 2) / y.shape[0]

    return g


def _network(names: Names, depth: int) -> Function:
    tanh = names.tanh

    def network(h: Any, p: Tree) -> Any:
        for i in range(depth):
            h = h @ p[f"w{i}"] + p[f"b{i}"]
            if i < depth - 1:
                h = tanh(h)
        return h

    return network


def _parameters(layers: Sequence[int], random: np.random.Generator, array: Array) -> Tree:
    found: dict[str, Any] = {}
    for i, (before, after) in enumerate(pairwise(layers)):
        found[f"w{i}"] = array(random.normal(size=(before, after)) / np.sqrt(before))
        found[f"b{i}"] = array(random.normal(size=after) / 10)
    return found


def _inside(random: np.random.Generator, n: int) -> np.ndarray:
    return random.uniform(0.5, 1.5, n)


def _normal(random: np.random.Generator, n: int) -> np.ndarray:
    return random.normal(size=n)
