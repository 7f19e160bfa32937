"""The faults of TensorFlow in the ledger, `faults.toml`."""

from __future__ import annotations

from importlib.resources import files

from nestgrad.extend import read_faults

FAULTS = read_faults(files("nestgrad_tensorflow").joinpath("faults.toml").read_text(encoding="utf-8"))
