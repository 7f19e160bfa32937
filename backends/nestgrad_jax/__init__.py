"""The JAX backend. Importing this module imports no engine."""

from nestgrad.extend import Descriptor, hookimpl


@hookimpl
def nestgrad_backend() -> Descriptor:
    """Describe the backend; see `nestgrad.extend.Descriptor`."""
    return Descriptor(
        name="jax",
        engine="jax",
        install="pip install 'nestgrad[jax]'",
        arrays=("jax", "jaxlib"),
        implementation="nestgrad_jax._impl:Jax",
        limits="limits.toml",
        measured="measured.json",
        speeds={"eager": "slow"},  # seconds for a cell of tier ops, cold, on one core: 0.35 eager, 0.12 compiled
    )
