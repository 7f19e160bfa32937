"""The commands of `nestgrad`, a group or a command a file; `cli` puts them together."""
