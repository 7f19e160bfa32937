"""Worker processes: where code may crash, hang, exit, fill memory or print."""
