"""A bank that moves no money: ISO 20022 over a signed line, files in a shared folder, statements, and moods.

    python -m sandbox.bank make-customer bank.json
    python -m sandbox.bank --port 0 --customer bank.json --data bank-data

The first makes keys for the customer and for the bank; the second is the bank. It keeps its books in the data folder
and misbehaves as `POST /sandbox/behaviour` says: slow, 500 after it did it, silence after it did it, refusals, money
that comes back, and no idempotency.
"""

from sandbox.bank.keys import make_customer
from sandbox.bank.process import running

__all__ = ["make_customer", "running"]
