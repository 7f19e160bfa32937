"""Runs: the plan of cells, the workers that measure them, their supervisor."""
