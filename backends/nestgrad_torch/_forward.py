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

from ._function import check_compilable, prepared
from ._guard.watch import along
from ._has_aux import apart
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
        value, tangent, *aux = _jvp(f, primals, tangents, has_aux)
    return *dense((value, tangent)), *aux


def _jvp(f: Function, primals: Leaves, tangents: Leaves, has_aux: bool) -> Leaves:
    watched = prepared(f, primals[0], has_aux)
    if has_aux:
        watched, joined = apart(watched)
    value, tangent, *aux = func_jvp(watched, primals, with_tangent(tangents), has_aux=has_aux)
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
