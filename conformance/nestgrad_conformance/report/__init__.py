"""Reports: their schema, how they merge, how they look."""
