"""The faults of torch in the ledger, `faults.toml`."""

from __future__ import annotations

from importlib.resources import files

from nestgrad.extend import UnsupportedNestingError, read_faults

FAULTS = read_faults(files("nestgrad_torch").joinpath("faults.toml").read_text(encoding="utf-8"))


def refusal(fault: str, nesting: str, operation: str | None = None) -> UnsupportedNestingError:
    """The error to raise instead of a number that this fault makes wrong."""
    return FAULTS[fault].refusal("torch", nesting, operation)
