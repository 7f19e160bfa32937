"""Rules that users write for themselves."""

from __future__ import annotations

import torch
from torch._functorch.autograd_function import custom_function_call

from nestgrad_torch._arguments import any_varies
from nestgrad_torch._sight import Sight

SIGHTS = {
    "custom_function": (Sight(functions=(custom_function_call,)),),
    "custom_op": (Sight(functions=(torch.library.custom_op,), when=any_varies),),
    "saved_intermediates": (Sight(),),  # in `saved_intermediates`
}
