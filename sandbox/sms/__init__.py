"""A message platform that sends nothing: it keeps messages for a look and misbehaves on demand.

    python -m sandbox.sms make-account account.json
    python -m sandbox.sms --port 0 --account account.json

It checks signatures, times, nonces, signature name and template as the true one does, and shows what would have
gone out: `GET /sandbox/messages`, or one of them by our own reference. `POST /sandbox/behaviour` says what to do wrong.
All is forgotten at the end.
"""

from sandbox.sms.keys import make_account
from sandbox.sms.process import running

__all__ = ["make_account", "running"]
