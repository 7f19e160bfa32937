"""What this backend raises where jax would go on."""


class SilentlyWrongError(Exception):
    """jax would give a wrong number for this operation; its arguments are the operation and the reason."""
