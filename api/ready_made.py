"""What the explorer offers: the journeys of the house as ready-made operations, in the order of taking them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from api.documents import TrustedDocuments
from api.explorer import Explorer, ReadyOperation
from api.oauth import DemoLogIn
from domain import identity
from domain.errors import Text

_PASTE: Final = "粘贴上一步返回的 id · paste the id from before"
_KEY: Final = "00000000-0000-4000-8000-00000000000"

_CLAIMS: Final = (
    (Text("我的报销", "My claims"), "MyClaims", {}),
    (Text("消息", "My notices"), "MyNotices", {}),
    (Text("报销队列（经办）", "The queue of claims"), "ClaimQueue", {"states": ["FILED", "IN_REVIEW"]}),
)
_BOOKS: Final = (
    (Text("试算平衡（会计）", "Trial balance"), "TrialBalance", {}),
    (Text("序时账（会计）", "The journal"), "Journal", {"first": 10}),
    (Text("缴费标准（公开）", "Contribution standard, for everybody"), "ContributionStandard", {"year": 2027}),
)
_REPORTS: Final = (
    (Text("举报（办理人员）", "Reports of misuse"), "Tipoffs", {"states": ["RECEIVED", "ACCEPTED"]}),
    (Text("打开举报（办理人员）", "Open a report"), "TipoffOpen", {"input": {"id": _PASTE}}),
)


@dataclass(frozen=True)
class Demonstration:
    """What only a demonstration has: log-ins to show, and a child that waits to be registered."""

    log_ins: Sequence[DemoLogIn] = ()
    newborn: Mapping[str, object] = field(default_factory=dict[str, object])


def explorer(demonstration: Demonstration) -> Explorer:
    """Build the explorer of a demonstration."""
    documents = {document.name: document.text for document in TrustedDocuments.of_folder().documents}
    return Explorer(
        title=Text("医保经办 · 接口试用", "Statutory health insurance · try the API"),
        ready=[
            ReadyOperation(name=name, document=documents[operation], variables=variables)
            for name, operation, variables in _journeys(demonstration)
        ],
        scopes=sorted(identity.RESIDENT_SCOPES | identity.STAFF_SCOPES),
        whoami=documents["Viewer"],
    )


def _journeys(demonstration: Demonstration) -> Sequence[tuple[Text, str, Mapping[str, object]]]:
    return (
        (Text("我的首页", "My first page"), "Home", {}),
        (Text("我家的缴费单", "Our bills"), "Bills", {}),
        (Text("为什么是这个金额", "Why this amount"), "Bill", {"id": _PASTE}),
        (Text("缴费（本人和孩子）", "Pay, for oneself and a child"), "PaymentOrderCreate", _asked(1, billIds=[_PASTE])),
        (Text("支付订单", "The order"), "PaymentOrder", {"id": _PASTE}),
        (
            Text("新生儿参保登记", "Register a newborn"),
            "RegistrationSubmit",
            _asked(2, form=dict(demonstration.newborn)),
        ),
        (Text("我的登记", "My registrations"), "MyRegistrations", {}),
        (
            Text("补正登记", "Complete a registration"),
            "RegistrationComplete",
            _asked(3, id=_PASTE, expectedVersion=2, form=dict(demonstration.newborn)),
        ),
        (Text("登记队列（经办）", "The clerks' queue"), "Registrations", {"states": ["SUBMITTED", "CHECKED"]}),
        (
            Text("打开登记（经办）", "Open a registration"),
            "RegistrationOpen",
            {"input": {"id": _PASTE, "purpose": "审核参保登记"}},
        ),
        (
            Text("一次性告知补正（经办）", "Send back, with everything"),
            "RegistrationReturn",
            _asked(
                4,
                id=_PASTE,
                expectedVersion=1,
                faults=[{"field": "EVIDENCE", "text": "请补充出生医学证明照片"}],
            ),
        ),
        (
            Text("受理通过（经办）", "Check, and ask a second person"),
            "RegistrationCheck",
            _asked(5, id=_PASTE, expectedVersion=1),
        ),
        (
            Text("复核登记（复核）", "Decide, as the second person"),
            "RegistrationDecide",
            _asked(6, id=_PASTE, expectedVersion=2, contentDigest="打开登记时所见 · as you saw it", approve=True),
        ),
        (
            Text("查人（窗口）", "Find a person, at the counter"),
            "PersonOpen",
            {"input": {"number": "R…", "purpose": "窗口收款"}},
        ),
        (Text("某人的缴费单（窗口）", "A person's bills, at the counter"), "CounterBills", {"personId": _PASTE}),
        (
            Text("窗口收款（出纳）", "Receive money, at the counter"),
            "PaymentReceive",
            _asked(7, billIds=[_PASTE], received="630.00", receipt="2026-0001"),
        ),
        *_CLAIMS,
        *_REPORTS,
        *_BOOKS,
    )


def _asked(place: int, **fields: object) -> dict[str, object]:
    return {"input": {"idempotencyKey": f"{_KEY}{place}"} | fields}
