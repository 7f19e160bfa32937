"""The look-out: it sees what f calls, and refuses what torch would get wrong there."""
