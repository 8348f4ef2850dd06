"""The words of reports of misused funds on the wire."""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Final

from api.schema.enums import enum
from domain import informants, tipoffs

CASE: Final = "举报。 The report."
LETTER: Final = "给举报人的回信。 What the informant reads."
RECEIPT: Final = "回执码，仅显示一次；分组和大小写不影响。 The receipt; groups and capitals do not matter."
WRITTEN: Final = "内容，收到即加密。 What is written; sealed at once."
TipoffState = enum(
    tipoffs.TipoffState,
    "举报的状态。 Where a report stands.",
    RECEIVED="已收到。 Received.",
    ACCEPTED="已受理。 Taken up.",
    REFUSED="不予受理。 Not taken up.",
    APPEALED="已申请复核。 Another look was asked for.",
    TRANSFERRED="已移送。 Handed over to another office.",
    JOINED="已合并办理。 Joined to an earlier report.",
    CONFIRMED="已查实。 Found true.",
    UNFOUNDED="未查实。 Not found true.",
    CLOSED="已办结。 Closed.",
    ERASED="已销毁。 Erased.",
)
Topic = enum(
    tipoffs.Topic,
    "举报的类别，由办案人员认定。 What a report is about, as an investigator classified it.",
    FALSE_STAY="虚假住院。 False stays.",
    FALSE_BILL="伪造票据。 False bills.",
    OVERCHARGE="超标准、重复收费。 Overcharging.",
    CARD_MISUSE="冒名使用医保凭证。 Misuse of somebody's card.",
    DRUG_RESALE="倒卖药品。 Resale of drugs.",
    FALSE_COVERAGE="虚假参保。 False coverage.",
    AGENCY_STAFF="经办人员违规。 Staff of the agency.",
    OTHER="其他。 Something else.",
)
KeyPurpose = enum(
    tipoffs.KeyPurpose,
    "公钥的用途。 What a public key seals.",
    CASE="举报内容。 Reports.",
    ESCALATION="涉及本机构的举报。 Reports that nobody here may see.",
    IDENTITY_FIRST="举报人信息的前一半。 The first half of informants' records.",
    IDENTITY_SECOND="举报人信息的后一半。 The second half of informants' records.",
    REWARD_DESK="奖励收款账户，由奖励发放台开启。 Where rewards go; the reward desk opens it.",
)
EnvelopeKind = enum(
    tipoffs.EnvelopeKind,
    "密封件的种类。 What an envelope holds.",
    REPORT="举报内容。 The report.",
    FROM_INFORMANT="举报人的补充。 From the informant.",
    TO_INFORMANT="给举报人的回信。 To the informant.",
    NOTE="办案记录。 A note.",
    CHECK="实地核查报告。 A visit's report.",
    FINDING="查实结论。 A finding.",
    EVIDENCE_CLEAN="证据（已清洗）。 Evidence, cleaned.",
    EVIDENCE_ORIGINAL="证据（原件）。 Evidence, as it came.",
)
TipoffLinkKind = enum(
    tipoffs.LinkKind,
    "举报涉及的业务对象。 What of the house a report touches.",
    INSTITUTION="定点医药机构。 A provider.",
    CLAIM="零星报销。 A hand claim.",
    SETTLEMENT="结算单。 A settlement.",
)
TipoffOpeningState = enum(
    tipoffs.OpeningState,
    "开启申请的状态。 Where the opening of an informant's record stands.",
    ASKED="待他人批准。 Waits for another person.",
    APPROVED="已批准，待两人开启。 Allowed; two people open it.",
    REJECTED="未获批准，或已失效。 Not allowed, or lapsed.",
    OPENED="已开启。 Opened.",
)
TipoffRecordKind = enum(
    informants.RecordKind,
    "举报人信息的种类。 What is kept of an informant.",
    IDENTITY="身份。 Who it is.",
    REWARD="奖励编号。 Which reward belongs to the report.",
    PAYEE="收款账户。 Where the reward goes.",
    NOTICE="领取期限，仅奖励发放台可读。 Until when a reward may be claimed; for the reward desk alone.",
    OUTCOME="发放结果，仅举报人可读。 What became of a reward; for the informant alone.",
)
TipoffOpeningReason = enum(
    tipoffs.OpeningReason,
    "开启事由，限于列表。 Why a record is opened: words of a list alone.",
    TELL_DECISION="告知处理决定。 To tell a decision.",
    ASK_WITNESS="核实情况。 To ask about facts.",
    PAY_REWARD="发放奖励。 To pay a reward.",
    COURT_ORDER="司法机关调取。 By order of a court.",
)
TipoffOpeningAct = enum(
    tipoffs.OpeningAct,
    "对举报人信息的处理。 What is to be done with a record.",
    READ="开启阅看。 It is opened and read.",
    REMOVE="删除。 It is destroyed.",
)
TipoffRemovalReason = enum(
    tipoffs.RemovalReason,
    "删除事由，限于列表。 Why a record is destroyed: words of a list alone.",
    TIME_IS_OVER="保存期限届满。 Its time of keeping is over.",
    OWN_REQUEST="举报人本人要求。 The informant asks for it.",
    COURT_ORDER="司法机关要求。 By order of a court.",
)
TipoffRewardState = enum(
    tipoffs.RewardState,
    "奖励的状态。 Where a reward stands.",
    ASKED="待审批。 Waits for its deciders.",
    APPROVED="已批准，待领取。 Approved, to be claimed.",
    REJECTED="未获批准。 Not approved; it may be proposed anew.",
    CLAIMED="举报人已填写收款账户。 The informant has said where it goes.",
    LAPSED="逾期未决定或未领取。 Nobody decided or claimed it in time.",
)


@unique
class Accused(StrEnum):
    """Who was reported, as the rules of rewards tell them apart."""

    UNIT = "unit"
    PERSON = "person"


TipoffAccused = enum(
    Accused,
    "被举报对象。 Who was reported.",
    UNIT="单位。 A unit.",
    PERSON="个人。 A person.",
)
