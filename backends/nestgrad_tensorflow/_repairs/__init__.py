"""What TensorFlow gets wrong and is repaired, a file for each family."""
