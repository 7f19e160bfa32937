"""Laws of `flatten` and `unflatten`: a tree taken apart is put together as it was."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any, NamedTuple

import nestgrad as ng
from nestgrad.extend import provides

from .known import V, X, array, close


class Point(NamedTuple):
    """A container with a name."""

    first: Any
    second: Any


_TREES: tuple[Any, ...] = (
    1.0,
    None,
    (),
    [],
    {},
    (1.0,),
    [1.0, (2.0, None), []],
    {"b": 1.0, "a": (2.0, {"d": 3.0, "c": [4.0]})},
    Point(1.0, [2.0, None]),
    OrderedDict(z=1.0, y=2.0),
    defaultdict(list, {"z": [1.0], "y": [2.0]}),
    {1: 1.0, 0: 2.0},
    {("a", 1): 1.0, ("a", 0): 2.0},
)


def there_and_back(backend: Any) -> None:
    """Kinds of containers, keys and leaves are as they were, and `None` is still there."""
    for tree in _TREES:
        leaves, structure = backend.flatten(tree)
        _same(backend.unflatten(structure, list(leaves)), tree)
        _same(backend.unflatten(structure, tuple(leaves)), tree)


def _same(found: Any, expected: Any) -> None:
    assert type(found) is type(expected), f"{expected!r} came back as {found!r}"
    assert found == expected, f"{expected!r} came back as {found!r}"


def leaves_are_the_objects_themselves(backend: Any) -> None:
    """No copies, no conversions, and `None` is no leaf."""
    arrays = [array(backend, one) for one in (X, V)]
    leaves, _ = backend.flatten({"a": arrays[0], "b": [None, (arrays[1],)]})
    assert len(leaves) == 2
    assert all(one is other for one, other in zip(leaves, arrays, strict=True))


def the_order_of_keys_does_not_count(backend: Any) -> None:
    """Equal dicts have leaves in one order, and equal structures, however they were written."""
    (leaves, structure), (others, other) = (backend.flatten(tree) for tree in ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    assert list(leaves) == list(others)
    assert structure == other
    assert backend.unflatten(structure, [3, 4]) == {"a": 3, "b": 4} or list(leaves) == [2, 1]


def structures_are_compared_and_hashed(backend: Any) -> None:
    """Two of one kind are equal and have one hash, whatever their leaves; two of different kinds are not equal."""
    structures = [backend.flatten(tree)[1] for tree in _TREES]
    again = [backend.flatten(_with_other_leaves(backend, tree))[1] for tree in _TREES]
    for i, one in enumerate(structures):
        assert one == again[i], f"of {_TREES[i]!r}"
        assert hash(one) == hash(again[i]), f"of {_TREES[i]!r}"
        for j, other in enumerate(structures):
            assert (i == j) or one != other, f"of {_TREES[i]!r} and {_TREES[j]!r}"


def _with_other_leaves(backend: Any, tree: Any) -> Any:
    leaves, structure = backend.flatten(tree)
    return backend.unflatten(structure, [7.0 + i for i in range(len(leaves))])


def unflatten_takes_any_leaves(backend: Any) -> None:
    """Leaves of another kind, such as texts, take the places of arrays: structures are asked for no values."""
    leaves, structure = backend.flatten({"a": array(backend, X), "b": (array(backend, V), None)})
    assert backend.unflatten(structure, ["first", "second"][: len(leaves)]) == {"a": "first", "b": ("second", None)}


def derivatives_have_the_structure_of_their_primals(backend: Any) -> None:
    """A gradient, or a value that is a tree, is the tree that was put in."""
    x, v = array(backend, X), array(backend, V)
    tree = {"b": [x], "a": Point(v, None)}

    def f(tree: Any) -> Any:
        return Point(tree["b"][0] * tree["a"].first, {"sum": backend.xp.sum(tree["b"][0])})

    if provides(backend, "vjp"):
        (gradient,) = ng.vjp(f, tree, backend=backend)[1](Point(x, {"sum": array(backend, 1.0)}))
        assert type(gradient["b"]) is list
        assert type(gradient["a"]) is Point
        close(backend, gradient["b"][0], X * V + 1)
        close(backend, gradient["a"].first, X * X)
        assert gradient["a"].second is None
    else:
        value, tangent = ng.jvp(f, (tree,), (tree,), backend=backend)
        assert type(value) is type(tangent) is Point
        close(backend, tangent.first, 2 * X * V)
