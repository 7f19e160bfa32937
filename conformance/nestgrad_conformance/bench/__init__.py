"""What a derivative costs: nestgrad beside the same derivative written by hand, in rounds that take turns."""
