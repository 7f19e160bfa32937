"""Other operators than that of the nesting, which give the same by a law."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import optree

import nestgrad as ng

from ._use import Operator, Tree, Use

_CHUNK = 2  # so that there are several


def hessian(use: Use) -> Operator:
    """∇²f(x)v by the whole Hessian."""
    operator = ng.hessian(use.f, use.asked, chunk_size=_CHUNK, backend=use.backend, compile=use.compile)
    return lambda x, v: use.arrays(_products(use.numpy(operator(use.arrays(x))), optree.tree_leaves(v)))


def at(use: Use) -> Operator:
    """∇²f(x)v by what is linearised at x once, after another product."""
    operator = ng.hvp(use.f, use.asked, backend=use.backend, compile=use.compile)

    def evaluate(x: Tree, v: Tree) -> Any:
        products, direction = operator.at(use.arrays(x)), use.arrays(v)
        products(optree.tree_map(lambda leaf: 2.0 * leaf, direction))
        return products(direction)

    return evaluate


def batch(use: Use) -> Operator:
    """∇²f(x)v by a row of several products at x."""
    operator = ng.hvp(use.f, use.asked, backend=use.backend, compile=use.compile)

    def evaluate(x: Tree, v: Tree) -> Any:
        rows = optree.tree_map(lambda leaf: np.stack([2.0 * leaf, leaf, 0.0 * leaf]), v)
        return use.arrays([found[1] for found in use.numpy(operator.batch(use.arrays(x), use.arrays(rows)))])

    return evaluate


def linear_operator(use: Use) -> Operator:
    """∇²f(x)v by SciPy's form of it, on flat vectors."""

    def evaluate(x: Tree, v: Tree) -> Any:
        arrays, structure = use.arrays(x), optree.tree_structure(v)
        operator = ng.linear_operator(use.f, arrays, nesting=use.asked, backend=use.backend, compile=use.compile)
        leaves = optree.tree_leaves(v)
        flat = operator @ np.concatenate([np.ravel(leaf) for leaf in leaves])
        parts = np.split(flat, np.cumsum([np.size(leaf) for leaf in leaves])[:-1])
        found = [part.reshape(np.shape(leaf)) for part, leaf in zip(parts, leaves, strict=True)]
        return use.arrays(optree.tree_unflatten(structure, found))

    return evaluate


def nested_gradient(use: Use) -> Operator:
    """∇²f(x)v as the gradient of ⟨∇f(x), v⟩, with v an argument of g."""

    def along(gradient: Tree, v: Tree) -> Any:
        pairs = zip(optree.tree_leaves(gradient), optree.tree_leaves(v), strict=True)
        return sum(use.backend.xp.sum(a * b) for a, b in pairs)

    operator = ng.nested_gradient(along, use.f, nesting=use.asked, backend=use.backend, compile=use.compile)
    return lambda x, v: operator(use.arrays(x), g_args=(use.arrays(v),))


def hessian_diagonal(use: Use) -> Operator:
    """∇²f(x)v by two diagonals, of f(x + t ± v Σt) at t = 0: they are D²f[e ± v, e ± v], and differ by 4 D²f[e, v]."""

    def along(sign: float) -> Operator:
        def moved(t: Tree, x: Tree, v: Tree) -> Any:
            total = sum(use.backend.xp.sum(leaf) for leaf in optree.tree_leaves(t))
            return use.f(optree.tree_map(lambda a, b, c: a + b + sign * total * c, x, t, v))

        return ng.hessian_diagonal(moved, use.asked, chunk_size=_CHUNK, backend=use.backend, compile=use.compile)

    plus, minus = along(1.0), along(-1.0)

    def evaluate(x: Tree, v: Tree) -> Any:
        arrays = [use.arrays(tree) for tree in (optree.tree_map(np.zeros_like, x), x, v)]
        found = zip(use.numpy(plus(*arrays)), use.numpy(minus(*arrays)), strict=True)
        return use.arrays([(one - other) / 4 for one, other in found])

    return evaluate


def laplacian(use: Use) -> Operator:
    """D²f(x)[u, v] by two Laplacians: of f(x + t (u ± v)) at t = 0, a number, which differ by 4 D²f[u, v]."""

    def along(sign: float) -> Operator:
        def moved(t: Any, x: Tree, u: Tree, v: Tree) -> Any:
            return use.f(optree.tree_map(lambda a, b, c: a + t * (b + sign * c), x, u, v))

        return ng.laplacian(moved, use.word, backend=use.backend, compile=use.compile)

    plus, minus = along(1.0), along(-1.0)

    def evaluate(x: Tree, u: Tree, v: Tree) -> Any:
        arrays = [use.arrays(tree) for tree in (np.zeros((), optree.tree_leaves(x)[0].dtype), x, u, v)]
        (one,), (other,) = use.numpy(plus(*arrays)), use.numpy(minus(*arrays))
        return use.backend.asarray((one - other) / 4)

    return evaluate


def batched(use: Use) -> Operator:
    """The same by the Laplacians of two rows at once, of one sign each."""

    def rows(t: Any, x: Tree, u: Tree, v: Tree) -> Any:
        values = [
            use.f(optree.tree_map(lambda a, b, c: a + t[row, 0] * (b + sign * c), x, u, v))  # noqa: B023
            for row, sign in enumerate((1.0, -1.0))
        ]
        return use.backend.xp.stack(values)

    operator = ng.laplacian(rows, use.word, batched=True, backend=use.backend, compile=use.compile)

    def evaluate(x: Tree, u: Tree, v: Tree) -> Any:
        ((one, other),) = use.numpy(
            operator(*[use.arrays(tree) for tree in (np.zeros((2, 1), optree.tree_leaves(x)[0].dtype), x, u, v)])
        )
        return use.backend.asarray((one - other) / 4)

    return evaluate


def jacobian(use: Use) -> Operator:
    """By the Jacobian of what the letters behind the first one give, times the last direction."""
    outer, inner = use.word[0], use.word[1:]
    operator = ng.jacobian(
        use.derive(use.f, inner) if inner else use.f,
        nesting=outer,
        chunk_size=_CHUNK,
        backend=use.backend,
        compile=use.compile,
    )
    is_scalar = "R" not in inner

    def evaluate(x: Tree, *directions: Tree) -> Any:
        last = 0 if is_scalar and outer == "R" else 1
        held = directions[: len(directions) - last]
        found = use.numpy(operator(use.arrays(x), *map(use.arrays, held)))
        if not last:
            return use.arrays(found)
        products = _products(found, optree.tree_leaves(directions[-1]))
        return use.arrays(products[0] if is_scalar else products)

    return evaluate


def _products(blocks: Sequence[Any], v: Sequence[Any]) -> list[Any]:
    """Rows of blocks of shapes (…, *part of v), times v: arrays of shapes (…)."""
    rows = [blocks[i : i + len(v)] for i in range(0, len(blocks), len(v))]
    return [sum(np.tensordot(block, part, np.ndim(part)) for block, part in zip(row, v, strict=True)) for row in rows]
