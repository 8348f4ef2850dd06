"""Text messages by Alibaba Cloud's short message service (阿里云短信服务, `SendSms` of 2017-05-25).

    async with sms.Client(account) as texts:
        match await texts.send_code(phone="139…", code="123456", reference="…", now=now):
            case sms.Sent(): ...
            case sms.NotSent(why): ...

A request is signed by ACS3-HMAC-SHA256: method, path, sorted parameters, the signed headers and the digest of the body
go into a text whose HMAC stands in `Authorization`; a nonce and the time make it good for once. The parameters stand in
the address, as this call of theirs wants it, so the address is never logged. The wording is a template that they have
approved beforehand; only the code is filled in. Nothing is sent twice in here: a message whose answer was lost may have
gone out, and a person who gets none asks for another. Another provider is another `client`.
"""

from partners.sms.account import Account
from partners.sms.client import Client, Patience
from partners.sms.values import NotSent, Sent, Why

__all__ = ["Account", "Client", "NotSent", "Patience", "Sent", "Why"]
