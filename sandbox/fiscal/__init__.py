"""The fiscal platform that verifies electronic receipts, as a process of its own.

It knows the receipts that were issued to it (`POST /sandbox/receipts`) and answers 5501 about them; with a folder it
remembers them over a restart. `bills` writes bills as hospitals issue them. `POST /sandbox/behaviour` makes it
slow, lets it fail with 500, answer garbage, or speak of another receipt.
"""

from sandbox.fiscal.bills import Bill, Line, new_check_code, new_number

__all__ = ["Bill", "Line", "new_check_code", "new_number"]
