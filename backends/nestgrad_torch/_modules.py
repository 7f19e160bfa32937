"""Modules with other parameters than their own: replicas that share all else, as those of torch's data parallelism.

torch.func.functional_call puts the arrays into the module itself and takes them out again: another thread would see
them, and what is computed later, as checkpoints are by the pullback, would not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MethodType
from typing import Any, TypeAlias

import torch
from torch._dynamo.eval_frame import OptimizedModule
from torch.nn import Module
from torch.nn.parameter import is_lazy

from nestgrad.extend import NotDifferentiableError, evaluate_keras, is_keras, open_keras

Named: TypeAlias = dict[str, torch.Tensor]


def open_module(module: Any) -> tuple[Named, Named] | None:
    """The parameters that require a gradient, and beside them the buffers and the frozen ones, by name."""
    if is_keras(module) or not isinstance(module, Module):
        return open_keras(module)
    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        raise NotDifferentiableError(
            f"The parameters of a {type(module).__name__} of TorchScript cannot be replaced. "
            "Take the module that it was scripted from."
        )
    parameters: Named = {}
    state: Named = {}
    for name, parameter in module.named_parameters():
        if is_lazy(parameter):
            raise NotDifferentiableError(f"{name} of the module has no shape yet. Call the module once, on an input.")
        (parameters if parameter.requires_grad else state)[name] = parameter
    state.update(module.named_buffers())
    return parameters, state


def evaluate_module(
    module: Module, f: Callable[[Module], Any], values: Mapping[str, torch.Tensor]
) -> tuple[Any, Named]:
    """`f(module)` with these values, of a replica of it, and the buffers and frozen parameters that it then has."""
    if is_keras(module):
        return evaluate_keras(module, f, values)
    frozen = {name: values.get(name, one) for name, one in module.named_parameters() if not one.requires_grad}
    held = {id(one): values[name] for name, one in module.named_parameters() if name in values}
    for name, buffer in module.named_buffers():  # which may be written in place
        held[id(buffer)] = values.get(name, buffer).clone()
    replicas: dict[int, Module] = {}
    replica = _replica(module, held, replicas)
    _bind_methods(replicas)
    output = f(replica)
    return output, {**frozen, **dict(replica.named_buffers())}


def _replica(module: Module, held: Mapping[int, torch.Tensor], known: dict[int, Module]) -> Module:
    """A module like it, which has other tensors where its own are held by these ids, and the same ones elsewhere."""
    if isinstance(module, OptimizedModule):  # whose program is of the module itself
        return _replica(module._orig_mod, held, known)
    if id(module) in known:
        return known[id(module)]
    replica: Module = module._replicate_for_data_parallel()
    known[id(module)] = replica
    for name, parameter in module._parameters.items():
        replica._parameters[name] = held.get(id(parameter), parameter)
    for name, buffer in module._buffers.items():
        replica._buffers[name] = held.get(id(buffer), buffer)
    for name, part in module._modules.items():
        replica._modules[name] = None if part is None else _replica(part, held, known)
    return replica


def _bind_methods(replicas: dict[int, Module]) -> None:
    """Methods that modules hold are those of the replicas."""
    for replica in replicas.values():
        held = {name: value for name, value in vars(replica).items() if isinstance(value, MethodType)}
        for name, method in held.items():
            owner = replicas.get(id(method.__self__))
            if owner is not None:
                replica.__dict__[name] = method.__func__.__get__(owner)


def sample_module() -> tuple[Module, tuple[torch.Tensor]]:
    """A layer and a normalisation in training, and a batch."""
    ramp = torch.linspace(-1.0, 1.0, 6, dtype=torch.float64).reshape(3, 2)
    module = torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 1)).double()
    for parameter in module.parameters():
        torch.nn.init.constant_(parameter, 0.5)
    return module, (ramp,)
