"""What is measured: a scenario, or a function of the user's own, on a backend; and the twin of either."""
