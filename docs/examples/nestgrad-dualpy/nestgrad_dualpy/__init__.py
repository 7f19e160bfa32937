"""A nestgrad backend on dualpy. Importing this module imports no engine."""

from nestgrad.extend import Descriptor, hookimpl


@hookimpl
def nestgrad_backend() -> Descriptor:
    """Describe the backend; see `nestgrad.extend.Descriptor`."""
    return Descriptor(
        name="dualpy",
        engine="dualpy",
        install="pip install dualpy",
        arrays=("dualpy",),
        implementation="nestgrad_dualpy._impl:Dualpy",
        limits="limits.toml",
    )
