"""By hand on torch."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import func
from torch.autograd import functional, grad

from nestgrad_conformance.bench.catalogue import FLAT, Case
from nestgrad_conformance.bench.programs import Function, Names, Problem, residual

from . import torch_penalty
from .engine import Engine, Maker


def _gradient(f: Function) -> Function:
    def gradient(x: Any) -> Any:
        x = x.detach().requires_grad_()
        return grad(f(x), x)[0]

    return gradient


def _tape(f: Function) -> Function:
    def product(x: Any, v: Any) -> Any:
        x = x.detach().requires_grad_()
        (y,) = grad(f(x), x, create_graph=True)
        return grad(y, x, v)[0]

    return product


def _retained(f: Function) -> Function:
    def linearise(x: Any) -> Function:
        x = x.detach().requires_grad_()
        (y,) = grad(f(x), x, create_graph=True)
        return lambda v: grad(y, x, v, retain_graph=True)[0]

    return linearise


def _of_rows(u: Function) -> Function:
    """The Laplacian of each row, by d directions for all."""

    def laplacian(x: Any) -> Any:
        x = x.detach().requires_grad_()
        (y,) = grad(u(x).sum(), x, create_graph=True)
        directions = torch.eye(x.shape[1], dtype=x.dtype)[:, None].expand(-1, *x.shape)
        (found,) = grad(y, x, directions, is_grads_batched=True)
        return torch.einsum("ini->n", found)

    return laplacian


def _of_each_row(u: Function) -> Function:
    hessian = func.hessian(lambda x: u(x[None])[0])
    of_each: Function = func.vmap(lambda x: torch.trace(hessian(x)))
    return of_each


def _tape_of_dict(f: Function) -> Function:
    def product(x: Any, v: Any) -> Any:
        x = {name: leaf.detach().requires_grad_() for name, leaf in x.items()}
        leaves = [*x.values()]
        y = grad(f(x), leaves, create_graph=True)
        return dict(zip(x, grad(y, leaves, [v[name] for name in x]), strict=True))

    return product


def _fr(f: Function) -> Function:
    return lambda x, v: func.jvp(func.grad(f), (x,), (v,))[1]


def _rf(f: Function) -> Function:
    return lambda x, v: func.grad(lambda y: func.jvp(f, (y,), (v,))[1])(x)


def _rr(f: Function) -> Function:
    """The one for torch.compile, which follows no tape."""
    return lambda x, v: func.vjp(func.grad(f), x)[1](v)[0]


def _batched(read: Function) -> Maker:
    """What is read off the Hessian that the tape gives with `is_grads_batched`."""

    def make(f: Function) -> Function:
        def derivative(x: Any) -> Any:
            x = x.detach().requires_grad_()
            (y,) = grad(f(x), x, create_graph=True)
            return read(grad(y, x, torch.eye(x.numel(), dtype=x.dtype), is_grads_batched=True)[0])

        return derivative

    return make


def _of_hessian(read: Function) -> Maker:
    def make(f: Function) -> Function:
        hessian = func.hessian(f)
        return lambda x: read(hessian(x))

    return make


def _tape_of_gradient(g: Function, f: Function) -> Function:
    def derivative(x: Any) -> Any:
        x = x.detach().requires_grad_()
        (y,) = grad(f(x), x, create_graph=True)
        return grad(g(y), x)[0]

    return derivative


def _tape_of_step(g: Function, f: Function) -> Function:
    def derivative(x: Any, p: Any) -> Any:
        x, p = x.detach().requires_grad_(), {name: leaf.detach().requires_grad_() for name, leaf in p.items()}
        (y,) = grad(f(x, p), x, create_graph=True)
        found = grad(g(y), [*p.values()], allow_unused=True, materialize_grads=True)
        return dict(zip(p, found, strict=True))

    return derivative


def _func_of_gradient(g: Function, argnums: int, f: Function) -> Function:
    gradient = func.grad(f)
    derivative: Function = func.grad(lambda *x: g(gradient(*x)), argnums)
    return derivative


class _Torch(Engine):
    names = Names(torch.sqrt, torch.tanh, torch.sum, partial(torch.log_softmax, dim=-1))

    def array(self, numbers: np.ndarray) -> Any:
        return torch.as_tensor(numbers)

    def compiled(self, route: Function, execution: str) -> Function:
        found: Function = torch.compile(route)
        return found

    def forget(self) -> None:
        """Dynamo keeps what it has compiled by code, and what is made here for each case has the same code."""
        torch.compiler.reset()

    def problem(self, case: Case) -> Problem:
        return torch_penalty.problem(self.names) if case.program == "penalty" else super().problem(case)

    def operator(self, case: Case, problem: Problem) -> Maker:
        if case.call == "gradient_in_loss":
            return lambda f: torch_penalty.in_loss(residual(self.names))
        return super().operator(case, problem)

    def linearised(self) -> dict[str, Maker]:
        return {"retain_graph": _retained}

    def by_hand(self, case: Case, problem: Problem) -> dict[str, Maker]:
        if problem.g is not None:
            return _of_gradients(case, problem.g, problem.argnums)
        if case.program == "rows":
            return {"func.hessian": _of_each_row} if case.execution == "compiled" else {"is_grads_batched": _of_rows}
        if case.call in _READ:
            read = _READ[case.call]
            in_func = {"func.hessian": _of_hessian(read)}
            return in_func if case.execution == "compiled" else {"is_grads_batched": _batched(read), **in_func}
        if case.execution == "compiled":
            return {"R": func.grad} if case.call == "gradient" else {"RR": _rr}
        if case.call == "hvp":
            return _IN_FLAT if case.program in FLAT else {"RR": _tape_of_dict, "FR": _fr}
        return _OTHERS[case.call]


_IN_FLAT: dict[str, Maker] = {
    "RR": _tape,
    "FR": _fr,
    "functional.hvp": lambda f: lambda x, v: functional.hvp(f, x, v)[1],
    "functional.vhp": lambda f: lambda x, v: functional.vhp(f, x, v)[1],
}
_READ: dict[str, Function] = {
    "hessian": lambda hessian: hessian,
    "hessian_diagonal": torch.diagonal,
    "laplacian": torch.trace,
}
_OTHERS: dict[str, dict[str, Maker]] = {
    "gradient": {"R": _gradient, "func.grad": func.grad},
    "forward_over_reverse": {"FR": _fr},
    "reverse_over_forward": {"RF": _rf},
}


def _of_gradients(case: Case, g: Function, argnums: int) -> dict[str, Maker]:
    if case.program == "penalty":
        return {"RR": partial(_tape_of_step, g), "module": lambda f: torch_penalty.by_hand(g)}
    in_func = partial(_func_of_gradient, g, argnums)
    if case.execution == "compiled":
        return {"RR": in_func}
    return {"RR": partial(_tape_of_step if argnums else _tape_of_gradient, g), "func.grad": in_func}


ENGINE = _Torch()
