"""Foreign functions of and to containers, with parts that are not differentiated or not used."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import collect, normal

from ._crossing import crossing


def _layer(xp: Any, layer: dict[str, Any], points: Any) -> dict[str, Any]:
    hidden = points * layer["w"] + layer["b"]
    return {"hidden": (xp.sin(hidden), hidden**2), "size": xp.sum(layer["w"] ** 2)}


def _weights(rng: np.random.Generator) -> Any:
    return {"w": rng.standard_normal((2, 3)), "b": rng.standard_normal(3)}


@crossing(_weights, _layer, sample=True)
def containers(xp: Any, x: Any, f: Any) -> Any:
    """A dictionary and an array in, a dictionary with a tuple out."""
    found = f({"w": x["w"], "b": x["b"]}, x["w"] ** 2)
    one, other = found["hidden"]
    return xp.sum(one * other) * found["size"]


def _largest(xp: Any, y: Any) -> tuple[Any, Any]:
    return xp.sum(y**3) * y[0], xp.argmax(y)


@crossing(lambda rng: np.asarray([0.3, 1.2, -0.4]) + 0.1 * rng.standard_normal(3), _largest, inside=["index"])
def integer_beside(xp: Any, x: Any, f: Any) -> Any:
    """A number to differentiate, and beside it an integer."""
    value, index = f(x)
    return value * (1.0 + xp.astype(index, x.dtype)) + xp.sum(x**2)


def _several(xp: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    return xp.exp(a), xp.sum(xp.sin(a)) * a, xp.sum(b**2)


@crossing(normal(3), _several)
def unused_parts(xp: Any, x: Any, f: Any) -> Any:
    """Of three results one is used, which does not depend on both arguments."""
    return xp.sum(f(x**2, x)[1] ** 2)


SCENARIOS = collect(dict(globals()))
