"""Reverse mode: by the tape where it can be used, else by torch.func."""

from __future__ import annotations

import contextlib
from typing import Any

import torch
from torch.func import vjp as func_vjp

from nestgrad.extend import Function, Leaves, compose_gradient_vjp

from . import _tape
from ._function import check_compilable, prepared
from ._has_aux import apart
from ._recording import requires_grad
from ._structural_zeros import dense, with_tangent


def vjp(f: Function, primals: Leaves, has_aux: bool) -> Leaves:
    """The value of f, its pullback, and its aux."""
    if _tape.is_usable():
        return _tape.vjp(f, primals, has_aux)
    value, pull, *aux = _func_vjp(f, primals, has_aux)
    return value, lambda cotangent: dense(pull(cotangent)), *aux


def value_and_gradient(f: Function, x: Leaves) -> tuple[Any, Leaves]:
    """The value of f and its gradient."""
    if _tape.is_alone(x):
        return _tape.value_and_gradient(f, x)
    value, pullback = vjp(f, x, False)
    return value, pullback(torch.ones_like(value))


def _func_vjp(f: Function, primals: Leaves, has_aux: bool) -> Leaves:
    if torch.compiler.is_dynamo_compiling():
        check_compilable("R")
    watched = prepared(f, primals[0], has_aux)
    if has_aux:
        watched, joined = apart(watched)
    value, pull, *aux = func_vjp(watched, *primals, has_aux=has_aux)
    return value, lambda cotangent: pull(with_tangent(cotangent)), *(joined(tensors) for tensors in aux)


def reverse_over_reverse(f: Function, x: Leaves, v: Leaves) -> tuple[Leaves, Leaves]:
    """(∇f(x), ∇²f(x)v) by two pullbacks."""
    places = tuple(range(len(x)))
    try:
        if not any(map(requires_grad, v)) and _tape.is_alone(x):
            return _tape.reverse_over_reverse(f, x, v)
        if _tape.is_usable():
            first, pullback = _tape.gradient_vjp(f, x, places, places, False, v)
            return first, pullback(v, again=False)
    except _tape.CompiledInside:
        pass
    first, pullback = compose_gradient_vjp(_BY_FUNC, f, x, places, places)
    return dense((first, pullback(v)))


def gradient_vjp(
    f: Function, x: Leaves, inner: tuple[int, ...], outer: tuple[int, ...], has_aux: bool
) -> tuple[Any, ...]:
    """The gradient of f at the inner places, its pullback to the outer ones, and f's aux."""
    if _tape.is_usable():
        with contextlib.suppress(_tape.CompiledInside):
            return _tape.gradient_vjp(f, x, inner, outer, has_aux)
    first, pullback, *aux = compose_gradient_vjp(_BY_FUNC, f, x, inner, outer, has_aux=has_aux)
    return dense(first), lambda cotangent: dense(pullback(cotangent)), *aux


class _ByFunc:
    """Reverse mode by torch.func alone, to compose with."""

    xp = torch

    def vjp(self, f: Function, *primals: Any, has_aux: bool = False) -> Leaves:
        """The value of f, its pullback, and its aux."""
        return _func_vjp(f, primals, has_aux)


_BY_FUNC = _ByFunc()
