"""A message platform that sends nothing: it keeps messages for a look and misbehaves on demand.

    python -m sandbox.sms make-account account.json
    python -m sandbox.sms --port 0 --account account.json

It checks signatures, times, nonces, signature name and template as the true one does, lets fifty notices a day through
to one number, and tells what became of a message. `GET /sandbox/messages` shows what would have gone out, or one of
them by our own reference. `POST /sandbox/behaviour` says what to do wrong.
All is forgotten at the end.
"""

from sandbox.sms.keys import NOTICE_TEMPLATES, make_account
from sandbox.sms.process import running

__all__ = ["NOTICE_TEMPLATES", "make_account", "running"]
