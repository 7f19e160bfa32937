"""Limits: what a backend declares that it refuses."""
