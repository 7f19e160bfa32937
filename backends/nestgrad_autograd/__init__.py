"""The HIPS autograd backend, on NumPy: the embedded default. Importing this module imports no engine."""

from nestgrad.extend import Descriptor, hookimpl


@hookimpl
def nestgrad_backend() -> Descriptor:
    """Describe the backend; see `nestgrad.extend.Descriptor`."""
    return Descriptor(
        name="autograd",
        engine="autograd",
        install="pip install autograd",
        arrays=("autograd",),
        implementation="nestgrad_autograd._impl:Autograd",
        limits="limits.toml",
        measured="measured.json",
        embedded=True,
    )
