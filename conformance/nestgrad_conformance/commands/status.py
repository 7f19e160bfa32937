"""Exit statuses besides 0, which is that all is as declared."""

FINDING, USAGE = 1, 2
