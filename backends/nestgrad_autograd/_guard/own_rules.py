"""Which primitives are autograd's: those that one of its modules holds. The rules of others are somebody's own."""

from __future__ import annotations

import sys
from typing import Any
from weakref import WeakKeyDictionary

_ENGINES = ("autograd", __name__.partition(".")[0])
_known: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()


def is_engines(primitive: Any) -> bool:
    """Whether a primitive is autograd's own, or nestgrad's."""
    found = _known.get(primitive)
    if found is None:
        found = _known[primitive] = _is_written_there(primitive) or any(_holds(one, primitive) for one in _modules())
    return found


def _is_written_there(primitive: Any) -> bool:
    """Whether what it wraps is: of the arrays' boxes and spaces, which are in no module by name."""
    return _is_engines(str(getattr(getattr(primitive, "fun", primitive), "__module__", "")))


def _is_engines(module: str) -> bool:
    return module.partition(".")[0] in _ENGINES


def _modules() -> list[Any]:
    return [module for name, module in [*sys.modules.items()] if _is_engines(name)]


def _holds(module: Any, primitive: Any) -> bool:
    return any(value is primitive for value in [*vars(module).values()])
