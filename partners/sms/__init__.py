"""Text messages by Alibaba Cloud's short message service (阿里云短信服务, `SendSms` of 2017-05-25).

    async with sms.Client(account) as texts:
        match await texts.send_code(phone="139…", code="123456", reference="…", now=now):
            case sms.Sent(): ...
            case sms.NotSent(why): ...
        match await texts.send_notice("claim.returned", phone="139…", number="LX…", reference="…", now=now):
            case sms.Sent(receipt): ...      # on its way
            case sms.NotSent(why): ...       # surely not
            case sms.Unheard(): ...          # nobody knows; `inquire` may tell

A request is signed by ACS3-HMAC-SHA256: method, path, sorted parameters, the signed headers and the digest of the body
go into a text whose HMAC stands in `Authorization`; a nonce and the time make it good for once. The parameters stand in
the address, as this call of theirs wants it, so the address is never logged. The wording is a template that they have
approved beforehand, one for each kind of notice; only a code or a business number is filled in. Nothing is sent twice
in here: a message whose answer was lost may have gone out. What became of it is asked by our own reference
(`QuerySendDetails`). Another provider is another `client`.
"""

from partners.sms.account import Account
from partners.sms.client import Client, Patience
from partners.sms.values import Arrived, Failed, NotSent, OnItsWay, Report, Sent, Unheard, Why

__all__ = [
    "Account",
    "Arrived",
    "Client",
    "Failed",
    "NotSent",
    "OnItsWay",
    "Patience",
    "Report",
    "Sent",
    "Unheard",
    "Why",
]
