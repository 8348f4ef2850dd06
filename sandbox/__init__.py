"""The outside world for demo and tests: separate processes that speak the true protocols and misbehave on demand.

Nothing here imports our own code, and our code does not import it: they meet over HTTP, so that an error in one is
not repeated in the other.
"""
