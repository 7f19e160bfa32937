"""What a graph of torch holds that is wrong when it is differentiated once more: refused by the same table.

It costs nothing while f runs, so the default route, two pullbacks of the tape, is looked at in this way alone.
"""

from __future__ import annotations

import functools
from typing import Any

import optree
import torch

from nestgrad_torch._faults.table import TABLE
from nestgrad_torch._recording import depth, nodes, taping
from nestgrad_torch._sight import Seen


def check(nesting: str, output: Any) -> Any:
    """What f returned, recorded by a tape; refused if torch would get an operation wrong under this nesting."""
    wrong = _wrong_in(nesting, output)
    if wrong is not None:
        raise wrong.refusal(nesting)
    return output


def guarded(nesting: str, result: Any, inputs: tuple[Any, ...]) -> Any:
    """The result of a nesting; the user's own `backward()` through it, one more R, raises if it would be wrong."""
    if torch.is_grad_enabled() and not depth() and not torch._C._are_functorch_transforms_active():
        for leaf in optree.tree_leaves(result):
            with taping(inputs):
                wrong = _wrong_in("R" + nesting, leaf)
            if wrong is not None:
                _guard(leaf, wrong, "R" + nesting)
    return result


def _guard(leaf: Any, wrong: Seen, nesting: str) -> None:
    def refuse(cotangent: Any) -> None:
        raise wrong.refusal(nesting)

    leaf.register_hook(refuse)


def _wrong_in(nesting: str, output: Any) -> Seen | None:
    """The first operation behind a tensor that is wrong under this nesting."""
    if not isinstance(output, torch.Tensor) or output.grad_fn is None:
        return None
    rules = _rules_under(nesting)
    behind = nodes(output) if rules else ()
    named = ((rules.get(node.name().rstrip("0123456789"), ()), node) for node in behind)
    found = (wrong for suspects, node in named for wrong in suspects if _concerned(wrong, node))
    return next(found, None)


@functools.lru_cache(maxsize=256)
def _rules_under(nesting: str) -> dict[str, list[Seen]]:
    """The reverse rules, by torch's name, that are wrong under a nesting: asked for in every call."""
    rules: dict[str, list[Seen]] = {}
    for wrong in TABLE:
        if wrong.covers(nesting):
            for rule in _rules(wrong):
                rules.setdefault(rule, []).append(wrong)
    return rules


def _concerned(wrong: Seen, node: Any) -> bool:
    """Whether the arguments are concerned, as far as torch has saved them."""
    saved = {name.removeprefix("_saved_"): getattr(node, name) for name in dir(node) if name.startswith("_saved_")}
    try:
        return wrong.concerns(saved)
    except KeyError:
        return True


def _rules(wrong: Seen) -> tuple[str, ...]:
    """What torch calls the reverse rules of an operation."""
    return (
        *wrong.sight.nodes,
        *("".join(part.capitalize() for part in name.split("_")) + "Backward" for name in wrong.sight.aten),
    )
