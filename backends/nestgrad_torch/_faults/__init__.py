"""What torch gets wrong, by theme: what is refused, and where it is told apart from what is right."""
