"""The conformance suite: which nestings of which backend really work, measured."""
