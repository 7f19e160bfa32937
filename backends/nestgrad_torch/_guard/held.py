"""What f holds: computed where gradients are off, read by `.data`, or taken out of the graph by `detach_`.

Reverse mode takes such things for constants. Forward mode does not care whether gradients are off, and of several
levels of torch.func only the innermost feels `.data` and `detach_`. `detach` is felt by all. So tensors are detached
on their way into a call that holds them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.utils._pytree import tree_leaves, tree_map

from nestgrad_torch._variables import is_variable

DATA: Any = torch.Tensor.data.__get__
LOSING = frozenset({DATA, torch.Tensor.detach_})
"""What takes a tensor out of the innermost level alone."""
_DESCRIBING = frozenset({"__get__", "__set__", "requires_grad_", "register_hook", "retain_grad", "detach_"})


def is_recording() -> bool:
    """Whether gradients are on, or rules of a backward pass run, for which each mode decides by itself."""
    return torch.is_grad_enabled() or torch._C._current_graph_task_id() >= 0


def varies(args: Any, kwargs: Any) -> bool:
    """Whether a derivative is taken in one of these arguments."""
    return any(map(is_variable, tree_leaves((args, kwargs))))


def called(func: Any, args: Any, kwargs: Any) -> Any:
    """The result of a call that holds what it is given; what it writes into keeps its derivative."""
    if getattr(func, "__name__", None) in _DESCRIBING or not torch._C._is_fwd_grad_enabled():  # in inference mode
        return func(*args, **kwargs)
    given: dict[int, Any] = {}

    def detached(leaf: Any) -> Any:
        if not (isinstance(leaf, torch.Tensor) and is_functorch_wrapped_tensor(leaf)):
            return leaf
        inside = leaf.detach()
        given[id(inside)] = leaf, inside
        return inside

    args, kwargs = tree_map(detached, (args, kwargs))
    result = func(*args, **kwargs)
    return given[id(result)][0] if id(result) in given else result


def taken_out(func: Any, tensor: Any) -> Any:
    """What one of `LOSING` gives, taken out of every level."""
    if not is_functorch_wrapped_tensor(tensor):
        return func(tensor)
    return tensor.detach() if func == DATA else tensor.copy_(tensor.detach())
