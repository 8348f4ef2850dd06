"""The words of reports of misused funds on the wire."""

from __future__ import annotations

from typing import Final

from api.schema.enums import enum
from domain import tipoffs

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
