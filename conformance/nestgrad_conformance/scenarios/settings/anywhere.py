"""Settings that every engine has."""

from __future__ import annotations

from typing import Any

import numpy as np
import optree

import nestgrad as ng

from ._use import Operator, Tree, Use, on_leaves, structure_of

_NEAR = (1.001, 1.0, 0.999)  # factors that leave no domain


def vmap(use: Use) -> Operator:
    """Mapped by the backend over three points and three directions; the second is the one that is asked for."""
    operator = use.operator

    def evaluate(*trees: Tree) -> Any:
        x, *directions = trees
        points = optree.tree_map(lambda leaf: np.stack([factor * leaf for factor in _NEAR]), x)
        several = [optree.tree_map(lambda leaf: np.stack([-leaf, leaf, 2 * leaf]), v) for v in directions]
        stacked = use.leaves((points, *several))
        return [row[1] for row in use.backend.vmap(on_leaves(operator, structure_of(trees)))(*stacked)]

    return evaluate


def strided(use: Use) -> Operator:
    """On arrays of the engine that are every other entry of a longer one."""

    def every_other(leaf: Any) -> Any:
        if not np.ndim(leaf):
            return use.backend.asarray(leaf)
        return use.backend.asarray(np.repeat(leaf, 2, axis=-1))[..., ::2]

    operator = use.operator
    return lambda *trees: operator(*(optree.tree_map(every_other, tree) for tree in trees))


def reversed_views(use: Use) -> Operator:
    """On NumPy arrays in Fortran's order whose strides are negative."""

    def backwards(leaf: Any) -> Any:
        return np.flip(np.array(np.flip(leaf), order="F")) if np.ndim(leaf) else leaf

    operator = use.operator
    return lambda *trees: operator(*(optree.tree_map(backwards, tree) for tree in trees))


def planned_elsewhere(use: Use) -> Operator:
    """By an operator that was made for, and first called at, another point with other directions."""
    operator = use.operator

    def evaluate(x: Tree, *directions: Tree) -> Any:
        near = optree.tree_map(lambda leaf: _NEAR[0] * leaf, x)
        operator(near, *(optree.tree_map(lambda leaf: -leaf, v) for v in directions))
        return operator(x, *directions)

    return evaluate


def pulled_twice(use: Use) -> Operator:
    """By a pullback of the public `vjp` that was called before, with another cotangent."""

    def evaluate(x: Tree) -> Any:
        value, pullback = ng.vjp(use.f, use.arrays(x), backend=use.backend)
        one = use.backend.xp.ones_like(value)
        pullback(2 * one)
        return pullback(one)[0]

    return evaluate


def captured(use: Use) -> Operator:
    """By an operator of δ ↦ f(x + δ) at zero: x is an array that the function captures."""

    def evaluate(x: Tree, *directions: Tree) -> Any:
        held = use.arrays(x)
        operator = use.derive(lambda delta: use.f(_sum(held, delta)), use.word)
        return operator(optree.tree_map(np.zeros_like, x), *directions)

    return evaluate


def argument(use: Use) -> Operator:
    """The same with x for a further argument, which is not differentiated."""
    operator = use.derive(lambda delta, x: use.f(_sum(x, delta)), use.word)

    def evaluate(x: Tree, *directions: Tree) -> Any:
        return operator(optree.tree_map(np.zeros_like, x), *directions, use.arrays(x))

    return evaluate


def _sum(one: Tree, other: Tree) -> Tree:
    return optree.tree_map(lambda a, b: a + b, one, other)
