"""Reverse mode: by the tape where it can be used, else by torch.func."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

import torch
from torch.func import vjp as func_vjp

from nestgrad.extend import Function, Leaves

from . import _tape
from ._function import check_compilable, prepared
from ._guard.recorded import check
from ._guard.watch import nesting_here, watched_by_name
from ._has_aux import apart
from ._structural_zeros import dense, with_tangent


def vjp(f: Function, primals: Leaves, has_aux: bool) -> Leaves:
    """The value of f, its pullback, and its aux."""
    watched = prepared(f, primals[0], has_aux)
    value, pull, *aux = (_tape.vjp if _tape.is_usable() else _func_vjp)(watched, primals, has_aux)
    return value, lambda cotangent: dense(pull(cotangent)), *aux


def _func_vjp(watched: Function, primals: Leaves, has_aux: bool) -> Leaves:
    if torch.compiler.is_dynamo_compiling():
        check_compilable("R")
    if has_aux:
        watched, joined = apart(watched)
    value, pull, *aux = func_vjp(watched, *primals, has_aux=has_aux)
    return value, lambda cotangent: pull(with_tangent(cotangent)), *(joined(tensors) for tensors in aux)


def reverse_over_reverse(f: Function, x: Leaves, v: Leaves) -> tuple[Leaves, Leaves]:
    """(∇f(x), ∇²f(x)v) by two pullbacks."""
    if _tape.is_usable():
        nesting = nesting_here() + "RR"
        recorded = prepared(f, x[0], False, functools.partial(watched_by_name, nesting))
        with contextlib.suppress(_tape.CompiledInside):
            return dense(_tape.reverse_over_reverse(lambda *x: check(nesting, recorded(*x)), x, v))
    watched = prepared(f, x[0], False)

    def gradient(*x: Any) -> Leaves:
        value, pullback = _func_vjp(watched, x, False)
        result: Leaves = pullback(torch.ones_like(value))
        return result

    first, pullback = _func_vjp(gradient, x, False)
    return dense((first, pullback(v)))
