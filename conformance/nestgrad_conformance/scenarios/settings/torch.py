"""What users of PyTorch put around an operator."""

from __future__ import annotations

from functools import partial
from typing import Any

import optree
import torch

from ._use import Operator, Tree, Use
from .users import by_compiler, by_gradient, by_gradient_in_direction, by_linearize


def _tape(f: Any, leaves: Any) -> Any:
    leaves = [leaf.requires_grad_() for leaf in leaves]
    value = f(*leaves)
    if not value.requires_grad:  # a constant, such as what a linear function's Hessian is made of
        return [torch.zeros_like(leaf) for leaf in leaves]
    return torch.autograd.grad(value, leaves, materialize_grads=True)


def _func(f: Any, leaves: Any) -> Any:
    return torch.func.grad(f, argnums=tuple(range(len(leaves))))(*leaves)


compile = partial(by_compiler, compile=partial(torch.compile, backend="aot_eager"))  # noqa: A001
tape = partial(by_gradient, gradient=_tape)
tape_in_direction = partial(by_gradient_in_direction, gradient=_tape)
grad = partial(by_gradient, gradient=_func)
grad_in_direction = partial(by_gradient_in_direction, gradient=_func)
linearize = partial(by_linearize, linearize=torch.func.linearize)


def captured_x(use: Use) -> Operator:
    """Of a function that reads x where it was made, and not its argument, as a loss reads a module's parameters."""

    def evaluate(x: Tree, *directions: Tree) -> Any:
        held = optree.tree_map(lambda leaf: use.backend.asarray(leaf).requires_grad_(), x)
        return use.derive(lambda _: use.f(held), use.word)(held, *directions)

    return evaluate
