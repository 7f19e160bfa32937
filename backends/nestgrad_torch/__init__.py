"""The PyTorch backend. Importing this module imports no engine."""

from nestgrad.extend import Descriptor, hookimpl


@hookimpl
def nestgrad_backend() -> Descriptor:
    """Describe the backend; see `nestgrad.extend.Descriptor`."""
    return Descriptor(
        name="torch",
        engine="torch",
        install="pip install 'nestgrad[torch]'",
        arrays=("torch",),
        implementation="nestgrad_torch._impl:Torch",
        limits="limits.toml",
        faults="faults.toml",
        measured="measured.json",
        speeds={
            "compiled": "hours",
            "traced": "slow",
        },  # seconds for a cell of tier ops, cold, on one core: 0.05 eager, 0.4 traced, over 2 compiled
    )
