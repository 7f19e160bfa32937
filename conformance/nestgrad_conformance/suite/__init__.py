"""The suite as tests: `pytest --pyargs nestgrad_conformance.suite --nestgrad-backend=NAME`."""
