"""The TensorFlow backend. Importing this module imports no engine."""

from nestgrad.extend import Descriptor, hookimpl


@hookimpl
def nestgrad_backend() -> Descriptor:
    """Describe the backend; see `nestgrad.extend.Descriptor`."""
    return Descriptor(
        name="tensorflow",
        engine="tensorflow",
        install="pip install 'nestgrad[tensorflow]'",
        arrays=("tensorflow",),
        implementation="nestgrad_tensorflow._impl:TensorFlow",
        limits="limits.toml",
        faults="faults.toml",
        measured="measured.json",
        speeds={
            "eager": "slow",
            "compiled": "slow",
        },  # seconds for a cell of tier ops, cold, on one core: 0.16 eager, 0.17 compiled
    )
