"""A WeChat that logs nobody in, and a real-name platform that knows no people: both speak as the true ones do.

    python -m sandbox.wechat make-account account.json
    python -m sandbox.wechat --port 0 --account account.json

The first makes an application with its secret; the second is both platforms. `jscode2session` answers with every
error code that is documented for it, messages go to who allowed them (`POST /sandbox/subscriptions`, `GET
/sandbox/messages`), and everything misbehaves as `POST /sandbox/behaviour` says. All is forgotten at the end:
codes live for five minutes anyway.
"""

from sandbox.wechat.keys import make_account
from sandbox.wechat.process import running

__all__ = ["make_account", "running"]
