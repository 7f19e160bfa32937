"""A nestgrad backend on MLX. Importing this module imports no engine."""

from nestgrad.extend import Descriptor, hookimpl


@hookimpl
def nestgrad_backend() -> Descriptor:
    """Describe the backend; see `nestgrad.extend.Descriptor`."""
    return Descriptor(
        name="mlx",
        engine="mlx",
        install="pip install 'mlx[cpu]'",
        arrays=("mlx",),
        implementation="nestgrad_mlx._impl:Mlx",
        limits="limits.toml",
    )
