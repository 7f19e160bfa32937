"""One cell judged: the truth, the measurement, the verdict."""
