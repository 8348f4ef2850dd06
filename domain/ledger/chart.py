"""The chart of accounts: statutory names and codes, read from data and never written in code."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, cast

import yaml
from cattrs import Converter

from domain.ledger.values import Fund

RESIDENTS: Final = "390"
"""The residents' basic insurance fund (城乡居民基本医疗保险基金), by its insutype."""

BUDGET: Final = "BUDGET"
"""Money of the budget in the agency's hands (部门预算资金), which belongs to no fund: rewards are paid from it."""

CASH: Final = "1001"
"""库存现金: what was taken at the counter and is not at the bank yet."""
INCOME_DEPOSITS: Final = "1002"
"""收入户存款: what the channels have paid in, until it is swept to the fiscal special account."""
EXPENDITURE_DEPOSITS: Final = "1004"
"""支出户存款: what may be paid out, filled from the fiscal special account."""
FISCAL_DEPOSITS: Final = "1003"
"""财政专户存款: the fund's money, held by the treasury."""
ADVANCES: Final = "1101"
"""暂付款: what the fund paid for somebody else who has to give it back."""
BENEFITS: Final = "5001"
"""社会保险待遇支出: what the fund pays for its insured people."""
SUSPENSE: Final = "2001"
"""暂收款: money that came in and belongs to nothing yet."""
CONTRIBUTIONS: Final = "4001"
"""社会保险费收入: contributions of insured people."""
OTHER_EXPENSES: Final = "5401"
"""其他支出: what the fund bears for no insured person, like a debt that was written off."""

_FILE: Final = Path(__file__).with_name("data") / "accounts.yaml"
_CONVERTER: Final = Converter(forbid_extra_keys=True)


@cache
def load_funds() -> tuple[Fund, ...]:
    """Read the funds and their accounts; an unknown key, kind or standing and a repeated code are refused."""
    content: dict[str, dict[str, dict[str, object]]] = yaml.load(_FILE.read_bytes(), Loader=yaml.BaseLoader)  # noqa: S506 - plain text only
    return tuple(_fund(code, written) for code, written in content["funds"].items())


def _fund(code: str, written: dict[str, object]) -> Fund:
    rows = cast("list[dict[str, object]]", written["accounts"])
    fund = _CONVERTER.structure({**written, "code": code, "accounts": [{**row, "fund": code} for row in rows]}, Fund)
    codes = [account.code for account in fund.accounts]
    if len(set(codes)) != len(codes):
        raise ValueError(f"The chart of fund {code} has a code twice.")
    return fund
