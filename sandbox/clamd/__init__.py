"""A clamd that knows one harmful thing: the EICAR test file, which harms nobody.

    python -m sandbox.clamd --port 0

It speaks INSTREAM, PING and VERSION as clamd does, refuses streams over a limit with clamd's own words, and can be
told to be slow.
"""

from sandbox.clamd.process import running

__all__ = ["running"]
