"""A function that another engine differentiates: what it captures is constant there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorflow.python.eager import record

from nestgrad.extend import NotDifferentiableError

from ._held import accessed


def evaluate_closed(evaluate: Callable[[], Any]) -> Any:
    """See `nestgrad.extend.Abilities.evaluate_closed`."""
    with accessed() as variables:
        found = evaluate()
    if variables or record.should_record_backprop(found):
        what = f"the trainable variable {variables[0].name!r}" if variables else "a tensor that a tape watches"
        raise NotDifferentiableError(
            f"The function captures {what}, whose gradient would be lost: another engine differentiates in arguments "
            "alone. Make it an argument (ng.functional_call does so for the variables of a model), or freeze it: "
            "trainable=False."
        )
    return found
