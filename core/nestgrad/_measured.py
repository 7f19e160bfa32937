"""Which operations of an engine the conformance suite has measured: a JSON file beside a backend.

    {"engine": "torch 2.13.0", "operations": {"sin": "F FF FR R RF RR", "_linalg_det": "R RR"}}

By operation, the nestings of order 1 and 2 in which a function that runs it was right. A full run's report is what
`nestgrad measured` writes it from.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Set

from ._errors import BackendUnavailableError, in_a_line
from ._nesting import Nesting
from ._offers import Offers
from ._registry import ADVICE, backends, descriptor, located
from ._spec import provides
from .typing import Function, Leaves

_ORDERS = (1, 2)


def operations_of(offers: Offers, f: Function, leaves: Leaves) -> Set[str] | None:
    """The engine's operations that f runs, or `None` where they cannot be told; f takes the leaves."""
    if not provides(offers.backend, "operations"):
        return None
    try:
        found: Set[str] = offers.backend.operations(f, *leaves)  # type: ignore[attr-defined]
    except Exception:  # f may need values that a trace does not have
        return None
    return found


def unmeasured(backend: str, nesting: Nesting, operations: Set[str]) -> tuple[str, ...]:
    """Those of the operations that no correct cell of this nesting has held, by name; of order 3 nothing is said."""
    if nesting.order not in _ORDERS:
        return ()
    known = measured(backend)
    return tuple(sorted(name for name in operations if nesting.code not in known.get(name, ())))


@functools.cache
def measured(backend: str) -> Mapping[str, Set[str]]:
    """By operation, the codes of the nestings that it was measured in; nothing for a backend that has no such file.

    Raises:
        BackendUnavailableError: the file cannot be read.
    """
    module = next((info.module for info in backends() if info.name == backend), None)
    name = None if module is None else descriptor(backend).measured
    if module is None or name is None:
        return {}
    import json  # which `import nestgrad` does not

    try:
        found = json.loads(located(module, name).read_text(encoding="utf-8"))["operations"]
        return {operation: frozenset(codes.split()) for operation, codes in found.items()}
    except Exception as error:  # a third party's, in any form
        raise BackendUnavailableError(f"{module}/{name} cannot be read: {in_a_line(error)}. {ADVICE}") from error
