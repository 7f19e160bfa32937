"""The look-out: it sees what f calls, and finds what autograd would get wrong there."""
