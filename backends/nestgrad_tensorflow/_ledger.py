"""The faults of TensorFlow in the ledger, `faults.toml`."""

from __future__ import annotations

import functools
from importlib.resources import files

from nestgrad.extend import read_faults

FAULTS = read_faults(files("nestgrad_tensorflow").joinpath("faults.toml").read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=4096)
def covers(fault: str, nesting: str, *, compiled: bool = False) -> bool:
    """Whether the number is wrong under the nesting of this code, by the fault's id: patterns are looked at once."""
    return FAULTS[fault].covers(nesting, compiled=compiled)
