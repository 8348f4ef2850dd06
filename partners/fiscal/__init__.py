"""The fiscal platform's door for verifying electronic receipts (医疗收费电子票据查验), as we speak it.

    async with fiscal.Client(base_url, access_key=…, secret=…) as port:
        verdict = await port.verify(key, amount=…, issued_on=…, now=now)

One question per receipt, modelled on transaction 5501: `rhredFlag` says whether it was reversed, `reimFlag` whether it
was used. Requests are signed as the national gateway asks (HMAC-SHA1 over name, version, time and key). An answer that
is not clear is `None`, and never a verdict: the receipt goes on waiting.
"""

from partners.fiscal.client import Client, make_signature

__all__ = ["Client", "make_signature"]
