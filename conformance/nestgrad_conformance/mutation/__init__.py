"""How good the suite is: faulty backends it must find, and sound ones it must not accuse."""
