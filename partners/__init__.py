"""The outside world's protocols, as we speak them: WeChat Pay today, banks and the tax office later.

A partner's package signs, sends, verifies and reads. It decides nothing: what an answer means for a bill is the
domain's business. It imports no room, only the words of money and time.
"""
