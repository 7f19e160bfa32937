"""What inductor writes into by index gets memory of its own, for each entry.

Its kernel writes into one number where the base is an expanded one. That is what a structural zero is when it is
written into, in all ways that are indexed: `index_add`, `index_copy`, `index_fill`, `index_put`, `put`, an assignment.
Imported where inductor is used, as it takes that with it.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch._inductor import config
from torch._inductor.custom_graph_pass import CustomGraphPass, get_custom_graph_passes, get_hash_for_files
from torch.fx import Graph

_WRITES = (torch.ops.aten.index_put.default, torch.ops.aten._unsafe_index_put.default)


class _Apart(CustomGraphPass):
    def __call__(self, graph: Graph) -> None:
        for target in _WRITES:
            for write in graph.find_nodes(op="call_function", target=target):
                base = write.args[0]
                value = base.meta["val"]
                if not any(stride == 0 and size != 1 for stride, size in zip(value.stride(), value.shape, strict=True)):
                    continue
                with graph.inserting_before(write):
                    apart = graph.call_function(
                        torch.ops.aten.clone.default, (base,), {"memory_format": torch.contiguous_format}
                    )
                apart.meta["val"] = value.clone(memory_format=torch.contiguous_format)
                write.update_arg(0, apart)

    def uuid(self) -> Any:
        return get_hash_for_files((__file__,))


_APART = _Apart()
_OPTION = "post_grad_custom_pre_pass"


def seen_to(compiler: Any) -> Any:
    """A copy of inductor, as torch.compile calls it, that sees to its graphs so, after such passes as it was given."""
    own = copy.copy(compiler)
    passes = get_custom_graph_passes(compiler.config.get(_OPTION, getattr(config, _OPTION)))
    own.config = {**compiler.config, _OPTION: (*passes, _APART)}
    return own
