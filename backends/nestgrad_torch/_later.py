"""The user's own `backward()` through a result is one more R: refused when it comes, where it would be wrong."""

from __future__ import annotations

from typing import Any

import optree
import torch

from . import _tape
from ._wrong import TABLE, Wrong


def guarded(word: str, result: Any) -> Any:
    """The result of a nesting; `backward()` through it raises if torch gets `"R" + word` of an operation wrong."""
    if torch.is_grad_enabled() and not _tape.depth() and not torch._C._are_functorch_transforms_active():
        for leaf in optree.tree_leaves(result):
            if isinstance(leaf, torch.Tensor) and leaf.grad_fn is not None:
                _guard("R" + word, leaf)
    return result


def _guard(word: str, result: Any) -> None:
    rules = {rule: wrong for wrong in TABLE if wrong.covers(word, False) for rule in map(_rule, wrong.aten)}
    if not rules:
        return
    names = {node.name().rstrip("0123456789") for node in _tape.nodes(result) if getattr(node, "_saved_training", True)}
    wrong = next((rules[name] for name in names if name in rules), None)
    if wrong is not None:
        result.register_hook(lambda cotangent: _refuse(wrong, word))


def _refuse(wrong: Wrong, word: str) -> None:
    raise wrong.refusal(word)


def _rule(aten: str) -> str:
    """What torch calls the reverse rule of an operator."""
    return "".join(part.capitalize() for part in aten.split("_")) + "Backward"
