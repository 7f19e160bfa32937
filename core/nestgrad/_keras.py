"""Modules of Keras's, whose variables are read and written in a scope: the same on each engine that Keras runs on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ._errors import NotDifferentiableError
from .typing import Array, Function


def is_keras(module: Any) -> bool:
    """Whether it is a layer or a model of Keras's."""
    layer = getattr(sys.modules.get("keras"), "Layer", None)  # who has one has imported it
    return layer is not None and isinstance(module, layer)


def open_keras(module: Any) -> tuple[dict[str, Array], dict[str, Array]] | None:
    """`Abilities.open_module` of a layer or a model of Keras's, by the paths of its variables."""
    if not is_keras(module):
        return None
    if not module.built:
        raise NotDifferentiableError(
            f"The {type(module).__name__} of Keras's has no variables yet. Build it, or call it once on an input."
        )
    trained, others = module.trainable_variables, module.non_trainable_variables
    named: dict[str, Any] = {}
    for variable in (*trained, *others):
        if named.setdefault(variable.path, variable) is not variable:
            raise NotDifferentiableError(
                f"Two variables of the {type(module).__name__} have the path {variable.path!r}. "
                "Give the layers that they are of different names."
            )
    return {one.path: one.value for one in trained}, {one.path: one.value for one in others}


def evaluate_keras(module: Any, f: Function, values: Mapping[str, Array]) -> tuple[Any, dict[str, Array]]:
    """`Abilities.evaluate_module` of a layer or a model of Keras's, in a scope of its own."""
    others = module.non_trainable_variables
    given = [(one, values[one.path]) for one in (*module.trainable_variables, *others) if one.path in values]
    with sys.modules["keras"].StatelessScope(state_mapping=given, collect_losses=True):
        output = f(module)
        return output, {one.path: one.value for one in others}
