"""Which arguments of f are differentiated, and how flat leaves and containers become each other."""

from __future__ import annotations

import itertools
from typing import Any

from ._offers import Offers
from .typing import Leaves, Tree


class Layout:
    """Which arguments of f are differentiated, and which of the flat leaves are theirs.

    Attributes:
        places: the positions of the differentiated arguments among f's, each once.
        slots: for each of the operator's argnums, its index among `places`.
        structures: for each place, the argument's structure, None for an array by itself, and how many leaves it has.
        offers: the backend that opened the containers, which closes them.
        bare: whether one argument is differentiated, the first, and it is an array.
        size: how many leaves there are.
    """

    def __init__(
        self,
        places: tuple[int, ...],
        slots: tuple[int, ...],
        structures: tuple[tuple[Any, int], ...],
        offers: Offers,
    ) -> None:
        self.places, self.slots, self.structures, self.offers = places, slots, structures, offers
        self.bare = places == (0,) and structures[0][0] is None
        self.size = sum(count for _, count in structures)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layout) and self._told() == other._told()

    def __hash__(self) -> int:
        return hash(self._told())

    def _told(self) -> tuple[Any, ...]:
        return self.places, self.slots, self.structures

    def leaves_of(self, indices: tuple[int, ...]) -> tuple[int, ...]:
        """Where among all leaves those of some arguments are, given by index among `places`."""
        ends = list(itertools.accumulate(count for _, count in self.structures))
        return tuple(leaf for i in indices for leaf in range(ends[i] - self.structures[i][1], ends[i]))

    def trees(self, leaves: Leaves, indices: tuple[int, ...]) -> tuple[Tree, ...]:
        """The leaves of some arguments, in a row, put back into their structures."""
        trees, taken = [], 0
        for i in indices:
            structure, count = self.structures[i]
            held = leaves[taken : taken + count]
            trees.append(held[0] if structure is None else self.offers.unflatten(structure, held))
            taken += count
        return tuple(trees)

    def arguments(self, leaves: Leaves, others: tuple[Any, ...]) -> tuple[Any, ...]:
        """All arguments of f: the leaves put back into their structures, among the others."""
        if self.bare:
            return leaves[0], *others
        inputs = list(others)
        trees = self.trees(leaves, tuple(range(len(self.places))))
        for place, tree in sorted(zip(self.places, trees, strict=True), key=lambda placed: placed[0]):
            inputs.insert(place, tree)
        return tuple(inputs)

    def shaped(self, leaves: Leaves) -> tuple[Tree, ...]:
        """A gradient's leaves as one tree for each of the operator's argnums."""
        if self.bare:
            return (leaves[0],) * len(self.slots)
        trees = self.trees(leaves, tuple(range(len(self.places))))
        return tuple(trees[slot] for slot in self.slots)
