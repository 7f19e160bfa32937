"""What TensorFlow gets wrong, where it is refused or repaired."""
