"""The look-out: it sees what f calls, and finds what TensorFlow would get wrong there."""
