"""WeChat's log-in for mini-programs (小程序登录, `jscode2session`), and the real-name platform beside it.

    async with wechat.Client(account) as wechat:
        match await wechat.code_to_session(js_code):
            case wechat.Arrived(openid): ...
            case wechat.NotArrived(why): ...

`jscode2session` is a GET with our secret in its address and an answer of HTTP 200 for everything; an error is a number
in it. Three things follow. The address is never logged: the client's own log lines would show it, so they are cut off
here. The `session_key` of the answer is not even read: whoever has it can decrypt and forge what WeChat says of this
person. And a call whose answer was lost has used the code up, so a code is sent once and nothing is retried in here.

The real-name port asks whether a name and an identity number belong to whom a one-time ticket was given to. The
national platform's interface is given to agencies under contract and no public text of it was at hand; what is spoken
here is a stand-in with the same facts, signed on both sides by HMAC-SHA256, and the only file to change is `realname`.

`MessageClient` sends subscription messages to users who asked for them. Sending twice is worse than not at all, so an
answer says apart whether nothing was sent (`NotNow`) or nobody knows (`Unheard`).
"""

from partners.wechat.account import Account
from partners.wechat.client import CODE_MAX, Client, Patience
from partners.wechat.messages import Message, MessageClient, NotNow, NotTaken, Taken, Unheard
from partners.wechat.realname import RealNameClient
from partners.wechat.values import Arrived, Claim, Method, NotArrived, NotConfirmed, Unclear, Why

__all__ = [
    "CODE_MAX",
    "Account",
    "Arrived",
    "Claim",
    "Client",
    "Message",
    "MessageClient",
    "Method",
    "NotArrived",
    "NotConfirmed",
    "NotNow",
    "NotTaken",
    "Patience",
    "RealNameClient",
    "Taken",
    "Unclear",
    "Unheard",
    "Why",
]
