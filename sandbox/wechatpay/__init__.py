"""A WeChat Pay that moves no money: APIv3 with true signatures, true error codes and a page to pay on.

    python -m sandbox.wechatpay make-merchant merchant.json
    python -m sandbox.wechatpay --port 0 --merchant merchant.json --data wechatpay-data

The first makes keys for a merchant and for the platform; the second is the platform. It keeps its orders in the data
folder, notifies as often as the real one (faster by `--speed`), and misbehaves as `POST /sandbox/behaviour` says.
"""

from sandbox.wechatpay.keys import make_merchant
from sandbox.wechatpay.process import running

__all__ = ["make_merchant", "running"]
