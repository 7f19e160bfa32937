"""Both modes by torch.func, in an order that nests.

torch keeps one level of forward mode per process: a thread that leaves `torch.func.jvp` ends it for every
other thread, whose numbers then come out wrong without an error. Forward mode is therefore run by one
thread at a time. This protects the calls made here from each other, not from a bare `torch.func.jvp`
beside them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import torch
from torch.func import jvp as func_jvp
from torch.func import vjp as func_vjp

from ._repairs import watched

Arrays = tuple[Any, ...]
Function = Callable[..., Any]

_forward_mode = threading.RLock()


def jvp(f: Function, primals: Arrays, tangents: Arrays, has_aux: bool) -> Arrays:
    """The value of f, its derivative along the tangents, and its aux."""
    with _forward_mode:
        value, tangent, *aux = func_jvp(_prepared(f, primals[0], has_aux), primals, tangents, has_aux=has_aux)
    return value, _dense(tangent), *aux


def vjp(f: Function, primals: Arrays, has_aux: bool) -> Arrays:
    """The value of f, its pullback, and its aux."""
    value, pull, *aux = func_vjp(_prepared(f, primals[0], has_aux), *primals, has_aux=has_aux)
    return value, lambda cotangent: _dense(pull(cotangent)), *aux


def reverse_over_reverse(f: Function, x: Arrays, v: Arrays) -> tuple[Arrays, Arrays]:
    """(∇f(x), ∇²f(x)v) by two pullbacks."""

    def gradient(*x: Any) -> Arrays:
        value, pullback = vjp(f, x, False)
        slope: Arrays = pullback(torch.ones_like(value))
        return slope

    slope, pullback = vjp(gradient, x, False)
    return slope, pullback(v)


def _prepared(f: Function, like: Any, has_aux: bool) -> Function:
    """F, watched, with outputs that are tensors: a function may return a constant as a Python number."""

    def prepared(*x: Any) -> Any:
        with watched():
            output = f(*x)
        if has_aux:
            return _tensors(output[0], like), output[1]
        return _tensors(output, like)

    return prepared


def _tensors(output: Any, like: Any) -> Any:
    if isinstance(output, tuple):
        return tuple(_tensors(entry, like) for entry in output)
    return output if isinstance(output, torch.Tensor) else torch.as_tensor(output, dtype=like.dtype, device=like.device)


def _dense(result: Any) -> Any:
    """The result without torch's immutable ZeroTensors, which stand for structural zeros."""
    if isinstance(result, tuple):
        return tuple(map(_dense, result))
    return result.clone() if result._is_zerotensor() else result
