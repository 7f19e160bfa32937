"""What torch says when it cannot differentiate, read as a refusal."""

from __future__ import annotations

import re

from nestgrad.extend import Nesting, Refusal

_NO_FORWARD = re.compile(r"Trying to use forward AD with (\w+)")
_NO_DERIVATIVE = re.compile(r"derivative for '?(?:aten::)?(\w+)'? is not implemented")


def recognised(exception: Exception, word: Nesting) -> Refusal | None:
    """The refusal that an exception of torch means, or None."""
    text = str(exception)
    if found := _NO_FORWARD.search(text):
        return Refusal(found[1].removeprefix("_"), "torch has no forward rule for it.", _reverse(word))
    if found := _NO_DERIVATIVE.search(text):
        return Refusal(found[1].removeprefix("_"), "torch does not implement this derivative.")
    for pattern, operation, reason in _OTHERS:
        if re.search(pattern, text):
            return Refusal(operation, reason, _reverse(word))
    return None


_OTHERS = (
    (
        r"autograd\.Function.*(setup_context|jvp|vmap)|You are about to define a vmap",
        "autograd.Function",
        "it has no jvp rule, or no setup_context, which torch.func needs.",
    ),
    (r"Nested forward mode AD is not supported", "dual_level", "torch has one level of forward mode per process."),
    (r"trying to differentiate twice a function that was marked with @once_differentiable", "autograd.Function",
     "it is marked once_differentiable."),
)


def _reverse(word: Nesting) -> str | None:
    """Reverse mode throughout, unless that is what failed."""
    code = "R" * word.order
    return None if word.code == code else code
