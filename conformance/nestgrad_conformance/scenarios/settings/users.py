"""The user's own transforms around an operator of ours, on any engine."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ._use import Operator, Tree, Use, on_leaves, structure_of

Gradient = Callable[[Callable[..., Any], Sequence[Any]], Sequence[Any]]
"""`gradient(f, leaves)`: of a scalar function of several arrays, by the engine's own reverse mode."""


def by_gradient(use: Use, gradient: Gradient) -> Operator:
    """The outermost letter, an R, by the engine's own reverse mode through an operator of the word without it.

    With the vector of order k-1 the result is ∇ₓ⟨Dᵏ⁻¹f(x)[v₁, …, ·], v⟩, with the scalar it is the gradient in x.
    """
    operator, vector = use.derive(use.f, use.word[1:]), "R" in use.word[1:]

    def evaluate(x: Tree, *directions: Tree) -> Any:
        held, last = (directions[:-1], directions[-1]) if vector else (directions, ())
        opened = on_leaves(lambda point: operator(point, *map(use.arrays, held)), structure_of((x,)))
        along = use.leaves(last)
        return gradient(lambda *leaves: _along(use, opened(*leaves), along), use.leaves(x))

    return evaluate


def by_gradient_in_direction(use: Use, gradient: Gradient) -> Operator:
    """The same number as a gradient in the first direction, of which the operator is a linear function.

    The vector [v₁, …, ·] is the gradient in u of ⟨Dᵏf(x)[u, …, ·], v₁⟩, whatever u; the scalar is its slope along v₁.
    """
    operator, vector = use.operator, "R" in use.word

    def evaluate(x: Tree, first: Tree, *rest: Tree) -> Any:
        held = [use.arrays(tree) for tree in (x, *rest)]
        opened = on_leaves(lambda v: operator(held[0], v, *held[1:]), structure_of((first,)))
        along = use.leaves(first)
        slope = gradient(
            lambda *leaves: _along(use, opened(*leaves), along if vector else []), [0.5 * leaf for leaf in along]
        )
        return slope if vector else _along(use, slope, along)

    return evaluate


def by_linearize(use: Use, linearize: Callable[..., Any]) -> Operator:
    """The outermost letter, an F, by the linear map that the engine makes of an operator of the word without it."""
    operator = use.derive(use.f, use.word[1:])

    def evaluate(x: Tree, *directions: Tree) -> Any:
        held = [use.arrays(tree) for tree in directions[:-1]]
        opened = on_leaves(lambda point: operator(point, *held), structure_of((x,)))
        _, push = linearize(opened, *use.leaves(x))
        return push(*use.leaves(directions[-1]))

    return evaluate


def by_compiler(use: Use, compile: Callable[..., Any]) -> Operator:  # noqa: A002
    """Inside a function that the user compiled, once for all points."""
    operator = use.operator

    @functools.cache
    def compiled(structure: Any) -> Any:
        return compile(on_leaves(operator, structure))

    def evaluate(*trees: Tree) -> Any:
        return compiled(structure_of(trees))(*use.leaves(trees))

    return evaluate


def _along(use: Use, result: Sequence[Any], direction: Sequence[Any]) -> Any:
    """A vector's inner product with a direction; a scalar, which has none, as it is."""
    if not direction:
        return result[0]
    return sum(use.backend.xp.sum(a * b) for a, b in zip(result, direction, strict=True))
