"""Judgement of a function of the user's own."""
