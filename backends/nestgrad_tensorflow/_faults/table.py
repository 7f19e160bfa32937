"""The faults of TensorFlow with their sights, by operation.

Measured by the suite, and by running TensorFlow's public operations under every nesting up to order 3 against
differences of values.
"""

from __future__ import annotations

import functools

from nestgrad_tensorflow._ledger import FAULTS
from nestgrad_tensorflow._sight import Seen

from . import (
    accumulators,
    activations,
    complex_numbers,
    constants,
    custom_rules,
    linalg,
    losses,
    normalisation,
    powers,
    special,
)

SIGHTS = (
    accumulators.SIGHTS
    | activations.SIGHTS
    | complex_numbers.SIGHTS
    | constants.SIGHTS
    | custom_rules.SIGHTS
    | linalg.SIGHTS
    | losses.SIGHTS
    | normalisation.SIGHTS
    | powers.SIGHTS
    | special.SIGHTS
)
"""How each fault of the ledger is seen, by id."""


def _by_op() -> dict[str, tuple[Seen, ...]]:
    table: dict[str, tuple[Seen, ...]] = {}
    for fault in FAULTS.values():
        for sight in SIGHTS[fault.id]:
            for op in sight.ops:
                table[op] = (*table.get(op, ()), Seen(fault, sight))
    return table


TABLE = _by_op()


@functools.lru_cache(maxsize=256)
def wrong_under(nesting: str) -> dict[str, tuple[Seen, ...]]:
    """The part of the table that is wrong under the nesting of this code: made once, since patterns are slow."""
    found = {op: tuple(seen for seen in rows if seen.fault.covers(nesting)) for op, rows in TABLE.items()}
    return {op: rows for op, rows in found.items() if rows}
