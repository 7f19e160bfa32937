"""What accumulators and tapes get wrong of any function; where they are nested, two pullbacks push the tangents."""

from __future__ import annotations

from nestgrad_tensorflow._sight import Sight

SIGHTS: dict[str, tuple[Sight, ...]] = {
    "indexed_slices": (Sight(),),  # in `_guard.slices`
    "two_accumulators": (Sight(),),  # in `_levels`, and those of f itself in `_guard.watch`
    "accumulator_in_graph": (Sight(),),  # in `_levels`
    "inner_function": (Sight(),),  # in `_guard.watch`
    "direction": (Sight(),),  # with the two accumulators
    "aliasing": (Sight(),),  # everywhere: `_outputs.own`
}
