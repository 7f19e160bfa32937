"""Does a backend work at all? Each is loaded and tried in a process of its own."""
