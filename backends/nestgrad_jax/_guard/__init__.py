"""The look-out: it sees what f calls, and finds what jax would get wrong there."""
