"""Find out whether an audit trail is still what it was when it was sealed.

This program is written from `docs/guides/audit.md` alone. It imports nothing of the agency's software, so that a
mistake there, or somebody who changes that software, does not make it look away. It reads an export or a database and
needs the public keys; with checkpoints that were kept elsewhere it also finds a log that was cut off at its end, or
written anew as a whole by somebody who holds the signing key.
"""
