"""What users of jax call: the table of scenarios, and their functions by theme, of one array x each."""
