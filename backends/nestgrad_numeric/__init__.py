"""Derivatives by differences of values, for the arrays of any engine. Importing this module imports no engine."""

from nestgrad.extend import Descriptor, hookimpl


@hookimpl
def nestgrad_backend() -> Descriptor:
    """Describe the backend; see `nestgrad.extend.Descriptor`."""
    return Descriptor(
        name="numeric",
        engine="numpy",  # which sees the numbers of all engines
        install="pip install numpy",
        arrays=(),  # whose arrays they are does not matter, so it is never the one that is picked
        implementation="nestgrad_numeric._impl:Numeric",
        limits="limits.toml",
    )
