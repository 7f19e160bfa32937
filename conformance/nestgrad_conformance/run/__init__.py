"""The engine room: worker processes, their supervisor, the plan of cells."""
