"""What TensorFlow gets wrong, by theme: how it is told apart from what is right, and the repair if there is one."""
