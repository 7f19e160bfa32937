"""What torch says when it cannot differentiate, read as a refusal."""

from __future__ import annotations

import re

from torch._dynamo.exc import TorchDynamoException

from nestgrad.extend import Message, Mode, Nesting, Refusal, recognised, throughout

BROKEN_ON_PURPOSE = "nestgrad refuses to compile this: "
_REVERSE_HELPS = (
    (r"autograd\.Function with functorch transforms", "autograd.Function", "torch.func needs its setup_context."),
    (r"must implement the jvp function for custom autograd\.Function", "autograd.Function", "it has no jvp rule."),
    (r"marked with @once_differentiable", "autograd.Function", "its backward rule is marked once_differentiable."),
    (r"twice the higher-order operator", "torch.cond", "the backward rules of its control flow leave no graph."),
    (r"has no double backward", "torch.compile", "what it made of a part of f cannot be differentiated twice."),
    (r"support saved tensor hooks", "saved_tensors_hooks", "torch.func has none, which checkpoint needs."),
    (r"torch\.utils\.checkpoint", "checkpoint", "it compares what it saved, and sees more under a transform."),
    (r"Nested forward mode AD is not supported", "dual_level", "torch has one level of forward mode per process."),
    (r"Expected LU and B to have the same dtype", "det", "its rule makes a tensor of the default dtype, not of x's."),
    (r"modified by an inplace operation", "in-place operation", "it overwrites what a derivative needs."),
    (r"mutate a captured Tensor", "in-place operation", "torch.func lets f change no tensor that it captures."),
    (r"attempting to call Tensor\.requires_grad_\(\)", "requires_grad_", "torch.func has its own transforms for it."),
    (
        r"_cond_op_wrapper|Expected FakeTensor, got",
        "torch.cond",
        "Dynamo, which compiles its branches, cannot trace them here.",
    ),
    (
        r"must be (?:Number|float), not Tensor",
        None,
        "a number is asked for, which has no derivative: write its formula.",
    ),
    (r"ZeroTensors are immutable", None, "one of torch's forward rules writes into a structural zero."),
)
"""Pattern, operation and reason of messages about a forward mode or a transform."""

_BRANCHES = "This higher order operator doesn't work unless it is captured completely"

_DISTANCES = 'Pass compute_mode="use_mm_for_euclid_dist" to cdist, or write (x[:, None] - y).norm(dim=-1).'
_ONCE = "torch differentiates it once, backwards."
_MATH = "Put the call into torch.nn.attention.sdpa_kernel(SDPBackend.MATH)."
_MESSAGES = (
    Message(r"_?cdist_(?:forward|backward)", "cdist", "torch differentiates it once, backwards.", None, _DISTANCES),
    Message(
        r"_scaled_dot_product_(\w+)_attention",
        "scaled_dot_product_attention",
        "torch has no such derivative of its {0} kernel.",
        Mode.REVERSE,
        _MATH,
    ),
    Message(
        r"_?embedding_bag_(?:backward|dense_backward|per_sample_weights_backward)|forward AD with _?embedding_bag",
        "embedding_bag",
        _ONCE,
        None,
        "Write embedding(indices, weight), and its sum, mean or amax over a bag.",
    ),
    Message(
        r"Trying to use forward AD with (?:aten::)?_?(\w+)", "{}", "torch has no forward rule for it.", Mode.REVERSE
    ),
    Message(
        r"derivative for '?(?:aten::)?_?(\w+)(?:: \w+)?'? is not implemented",
        "{}",
        "torch does not implement this derivative.",
    ),
    Message(
        r"function '(\w+)' is not differentiable with respect to argument '(\w+)'",
        "{}",
        "torch has no derivative in its {1}.",
    ),
    Message(
        r"(?s)^(?=.*Guard failed on the same frame it was created).*from_numpy",
        "torch.compile",
        "it fails on NumPy arrays inside f: make them tensors.",
    ),
    *(Message(pattern, operation, reason, Mode.REVERSE) for pattern, operation, reason in _REVERSE_HELPS),
)


def refusal_of(exception: Exception, nesting: Nesting) -> Refusal | None:
    """The refusal that an exception of torch means, or None."""
    if isinstance(exception, TorchDynamoException) and _BRANCHES in str(exception):  # by itself, not by compile=True
        why = "Dynamo, which compiles its branches, cannot trace them here."
        return Refusal("torch.cond", why, throughout(Mode.REVERSE, nesting))
    if isinstance(exception, TorchDynamoException):
        found = re.search(rf"(?<=\(reason: ){BROKEN_ON_PURPOSE}(.*)\)|{BROKEN_ON_PURPOSE}(.*)", str(exception))
        why = found[1] or found[2] if found else f"it says: {_first_sentence(str(exception))}"
        return Refusal("torch.compile", f"{why.rstrip('.')}. Leave compile=False.", throughout(Mode.REVERSE, nesting))
    return recognised(_MESSAGES, exception, nesting)


def _first_sentence(text: str) -> str:
    """The first line, and after a colon the one that it announces: what a compiler of Dynamo's raised."""
    first, _, rest = text.partition("\n")
    return f"{first} {rest.partition(chr(10))[0]}" if first.endswith(":") else first
