"""What a setting is, and what it has to work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import optree

Tree = Any
Operator = Callable[..., Any]


@dataclass(frozen=True)
class Use:
    """One operator that is to be called in some setting.

    A setting is a function of a `Use` that gives `(x, *directions) ↦ result`, on containers of NumPy arrays, equal
    to the operator of the word by the law. Leaves of the result count, its containers do not.

    Attributes:
        backend: what differentiates.
        f: the function, on arrays of the backend.
        word: the nesting that is asked for; never `auto`.
        derive: `derive(f, word)`, the public operator.
        asked: the nesting as the cell has it, `auto` too; `compile`: its execution, as operators take it. For settings
            that call another operator than `derive` gives.
    """

    backend: Any
    f: Callable[..., Any]
    word: str
    derive: Callable[[Callable[..., Any], str], Operator]
    asked: str
    compile: bool | str

    @property
    def operator(self) -> Operator:
        """The operator itself, made once."""
        return self.derive(self.f, self.word)

    def arrays(self, tree: Tree) -> Tree:
        """A container of NumPy arrays as one of arrays of the backend."""
        return optree.tree_map(self.backend.asarray, tree)

    def leaves(self, tree: Tree) -> list[Any]:
        """The same without the container."""
        return [self.backend.asarray(leaf) for leaf in optree.tree_leaves(tree)]

    def numpy(self, tree: Tree) -> list[Any]:
        """The leaves of a container of arrays of the backend, as NumPy arrays."""
        return [self.backend.to_numpy(leaf) for leaf in optree.tree_leaves(tree)]


def structure_of(arguments: Tree) -> Any:
    """How the leaves of a tuple of arguments are put together; hashable."""
    return optree.tree_structure(arguments)


def on_leaves(operator: Operator, structure: Any) -> Callable[..., tuple[Any, ...]]:
    """An operator as a function of the leaves of all its arguments in a row, giving a tuple of leaves.

    `structure` is that of the tuple of arguments.
    """

    def flat(*row: Any) -> tuple[Any, ...]:
        return tuple(optree.tree_leaves(operator(*optree.tree_unflatten(structure, row))))

    return flat
