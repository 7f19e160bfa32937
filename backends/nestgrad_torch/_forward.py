"""Forward mode by torch.func.

torch keeps one level of forward mode per process: a thread that leaves `torch.func.jvp` ends it for every
other thread, whose numbers then come out wrong without an error. Forward mode is therefore run by one
thread at a time. This protects the calls made here from each other, not from a `torch.func.jvp`
that is called beside them.
"""

from __future__ import annotations

import functools
import importlib
import threading
import warnings
from typing import Any

import torch
from torch.func import jvp as func_jvp

from nestgrad.extend import Function, Leaves

from ._function import Watch, check_compilable, prepared
from ._gradient import Gradient
from ._guard.beside_graph import beside_tape, check_recorded
from ._guard.watch import along, is_along_recorded, watched
from ._has_aux import apart
from ._recording import depth, detached, requires_grad
from ._structural_zeros import dense, with_tangent

forward_mode = threading.RLock()


def jvp(f: Function, primals: Leaves, tangents: Leaves, has_aux: bool) -> Leaves:
    """The value of f, its derivative along the tangents, and its aux."""
    if torch.compiler.is_dynamo_compiling():
        check_compilable("F")
        value, tangent, *aux = _jvp(f, primals, tangents, has_aux)
        return value, dense(tangent), *aux
    with forward_mode, along(tangents):
        _load_forward_rules()
        if torch._C._are_functorch_transforms_active() or is_along_recorded(tangents):
            value, tangent, *aux = _jvp(f, primals, tangents, has_aux)
        elif depth():
            value, tangent, *aux = _jvp_on_tape(f, primals, tangents, has_aux)
        elif isinstance(f, Gradient):
            value, tangent, *aux = _jvp(f.beside_graph, primals, tangents, has_aux, lambda gradient, x: gradient(*x))
        else:
            value, tangent, *aux = _jvp(f, primals, tangents, has_aux)
    return *dense((value, tangent)), *aux


def _jvp_on_tape(f: Function, primals: Leaves, tangents: Leaves, has_aux: bool) -> Leaves:
    """The same where nothing but tapes is around: they show f's operators if they record whatever comes from x."""
    if not (torch.is_grad_enabled() and all(map(requires_grad, primals))):
        return _jvp(f, primals, tangents, has_aux)
    value, tangent, *aux = _jvp(f, primals, tangents, has_aux, beside_tape)
    check_recorded("R" * depth() + "F", value, tangent)
    return value, tangent, *aux


def _jvp(f: Function, primals: Leaves, tangents: Leaves, has_aux: bool, watch: Watch = watched) -> Leaves:
    if not (torch.is_grad_enabled() or torch.compiler.is_dynamo_compiling()):
        with torch.enable_grad():  # so that it is seen where f turns gradients off
            return detached(_jvp(f, primals, tangents, has_aux, watch))
    f_as_tensors = prepared(f, primals[0], has_aux, watch)
    if has_aux:
        f_as_tensors, joined = apart(f_as_tensors)
    value, tangent, *aux = func_jvp(f_as_tensors, primals, with_tangent(tangents), has_aux=has_aux)
    return value, _like(tangent, value), *(joined(tensors) for tensors in aux)


def _like(tangent: Any, value: Any) -> Any:
    """The tangent in the dtype of its value: of a number alone, torch promotes it to the default dtype."""
    if isinstance(tangent, tuple):
        return tuple(map(_like, tangent, value))
    return tangent.to(value.dtype)


@functools.cache
def _load_forward_rules() -> None:
    """Torch compiles some forward rules by TorchScript on first use, with a warning that is not the user's."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        importlib.import_module("torch._decomp.decompositions_for_jvp")
