"""Rules that users write for themselves."""

from __future__ import annotations

import torch

from nestgrad_torch._arguments import any_varies
from nestgrad_torch._sight import Sight

SIGHTS = {
    "custom_function": (Sight(),),  # in `_repairs.second_tangents`
    "custom_function_batched": (Sight(),),
    "custom_op": (Sight(functions=(torch.library.custom_op,), when=any_varies),),
    "saved_intermediates": (Sight(),),  # in `saved_intermediates`
}
