"""The faults that are in the installed torch, each with its sights.

Measured by the suite, and by running torch's own list of operations (`op_db`) under every nesting up to order 3
against differences. Most are one mistake: a forward rule that uses an intermediate result which torch saves but does
not differentiate again.
"""

from __future__ import annotations

import torch
from torch.torch_version import TorchVersion

from nestgrad_torch._ledger import FAULTS
from nestgrad_torch._sight import Seen

from . import constants, custom_rules, inner_gradients, linalg, losses, normalisation, powers, singular_points

SIGHTS = (
    constants.SIGHTS
    | custom_rules.SIGHTS
    | inner_gradients.SIGHTS
    | linalg.SIGHTS
    | losses.SIGHTS
    | normalisation.SIGHTS
    | powers.SIGHTS
    | singular_points.SIGHTS
)
"""How each fault of the ledger is seen, by id."""


def faults_of(version: TorchVersion) -> tuple[Seen, ...]:
    """The faults that a version of torch has, each with its sights."""
    return tuple(
        Seen(fault, sight)
        for fault in FAULTS.values()
        if fault.mended_in is None or version < fault.mended_in
        for sight in SIGHTS[fault.id]
    )


TABLE = faults_of(torch.__version__)
