"""Both modes by torch's own transforms, in an order that nests: the tape where it can be used, else torch.func.

torch keeps one level of forward mode per process: a thread that leaves `torch.func.jvp` ends it for every
other thread, whose numbers then come out wrong without an error. Forward mode is therefore run by one
thread at a time. This protects the calls made here from each other, not from a bare `torch.func.jvp`
beside them.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import threading
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.func import jvp as func_jvp
from torch.func import vjp as func_vjp
from torch.utils._pytree import tree_map_only

from . import _tape
from ._guard.graph import UNCOMPILABLE, break_graph, is_compilable, looked_at
from ._guard.recorded import check
from ._guard.watch import along, nesting_here, watched, watched_by_name
from ._has_aux import apart
from ._structural_zeros import dense, with_tangent

Arrays = tuple[Any, ...]
Function = Callable[..., Any]

forward_mode = threading.RLock()


def jvp(f: Function, primals: Arrays, tangents: Arrays, has_aux: bool) -> Arrays:
    """The value of f, its derivative along the tangents, and its aux."""
    if torch.compiler.is_dynamo_compiling():
        _check_compilable("F")
        value, tangent, *aux = _jvp(f, primals, tangents, has_aux)
        return value, dense(tangent), *aux
    with forward_mode, along(tangents):
        _load_forward_rules()
        value, tangent, *aux = _jvp(f, primals, tangents, has_aux)
    return *dense((value, tangent)), *aux


def vjp(f: Function, primals: Arrays, has_aux: bool) -> Arrays:
    """The value of f, its pullback, and its aux."""
    prepared = _prepared(f, primals[0], has_aux)
    value, pull, *aux = (_tape.vjp if _tape.is_usable() else _func_vjp)(prepared, primals, has_aux)
    return value, lambda cotangent: dense(pull(cotangent)), *aux


def _func_vjp(prepared: Function, primals: Arrays, has_aux: bool) -> Arrays:
    if torch.compiler.is_dynamo_compiling():
        _check_compilable("R")
    if has_aux:
        prepared, joined = apart(prepared)
    value, pull, *aux = func_vjp(prepared, *primals, has_aux=has_aux)
    return value, lambda cotangent: pull(with_tangent(cotangent)), *(joined(tensors) for tensors in aux)


def reverse_over_reverse(f: Function, x: Arrays, v: Arrays) -> tuple[Arrays, Arrays]:
    """(∇f(x), ∇²f(x)v) by two pullbacks."""
    if _tape.is_usable():
        word = nesting_here() + "RR"
        recorded = _prepared(f, x[0], False, functools.partial(watched_by_name, word))
        with contextlib.suppress(_tape.CompiledInside):
            return dense(_tape.reverse_over_reverse(lambda *x: check(word, recorded(*x)), x, v))
    prepared = _prepared(f, x[0], False)

    def gradient(*x: Any) -> Arrays:
        value, pullback = _func_vjp(prepared, x, False)
        slope: Arrays = pullback(torch.ones_like(value))
        return slope

    slope, pullback = _func_vjp(gradient, x, False)
    return dense((slope, pullback(v)))


def _jvp(f: Function, primals: Arrays, tangents: Arrays, has_aux: bool) -> Arrays:
    prepared = _prepared(f, primals[0], has_aux)
    if has_aux:
        prepared, joined = apart(prepared)
    value, tangent, *aux = func_jvp(prepared, primals, with_tangent(tangents), has_aux=has_aux)
    return value, _like(tangent, value), *(joined(tensors) for tensors in aux)


def _like(tangent: Any, value: Any) -> Any:
    """The tangent in the dtype of its value: of a number alone, torch promotes it to the default dtype."""
    if isinstance(tangent, tuple):
        return tuple(map(_like, tangent, value))
    return tangent.to(value.dtype)


def _check_compilable(mode: str) -> None:
    """Break the graph where torch compiles derivatives wrongly, whatever f is."""
    if not is_compilable(nesting_here() + mode):
        break_graph(UNCOMPILABLE)


@functools.cache
def _load_forward_rules() -> None:
    """Torch compiles some forward rules by TorchScript on first use, with a warning that is not the user's."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        importlib.import_module("torch._decomp.decompositions_for_jvp")


def _prepared(f: Function, like: Any, has_aux: bool, watch: Callable[[Function, Arrays], Any] = watched) -> Function:
    """F, watched, with outputs that are tensors: a function may return a constant as a Python number."""

    def prepared(*x: Any) -> Any:
        output = looked_at(f, x) if torch.compiler.is_dynamo_compiling() else watch(f, x)
        if has_aux:
            return _tensors(output[0], like), output[1]
        return _tensors(output, like)

    return prepared


def _tensors(output: Any, like: Any) -> Any:
    if isinstance(output, tuple):
        return tuple(_tensors(entry, like) for entry in output)
    return output if isinstance(output, torch.Tensor) else torch.as_tensor(output, dtype=like.dtype, device=like.device)


def vmap(f: Callable[..., Any], in_axes: Any) -> Callable[..., Any]:
    """torch.func.vmap."""
    batched = torch.func.vmap(f, in_axes)
    return lambda *args: tree_map_only(torch.Tensor, dense, batched(*args))
