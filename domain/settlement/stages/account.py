"""Stage 6: the personal account pays the person's share first (个人账户), the rest is cash."""

from __future__ import annotations

from domain.settlement.tables import AccountTerms
from domain.settlement.values import Mark


def pay_account(
    share: int, *, in_catalogue: int, balance: int, med_type: str, terms: AccountTerms | None
) -> tuple[int, list[Mark]]:
    """Give what the account pays of a person's share, of which `in_catalogue` lies inside the catalogue."""
    if terms is None or balance <= 0 or (terms.med_types and med_type not in terms.med_types):
        return 0, []
    payable = in_catalogue if terms.in_catalogue_only else share
    pays = min(balance, payable)
    if not pays:
        return 0, []
    return pays, [Mark("account", "TA01", payable, -1, pays, terms.origin, (balance - pays,))]
