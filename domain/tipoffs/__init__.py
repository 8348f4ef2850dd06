"""Reports of misused funds (举报): anyone gives one, without a log-in; only investigators read it; nobody else can.

What somebody writes is sealed to the investigators' public keys in the request that brings it, and the house keeps
no way to open it. A *receipt* of a hundred bits, shown once, finds the case again and opens what was written back.
Whoever is named in a report, or close to who is, gets no key to it. Names and accounts of informants lie in the second
store (`informants`), for two people together. A reward is bound to the finding by a commitment and stands apart.

For a page or a field that serves the public:

    receipt = tipoffs.receipt_for(token, keys)         # token: 128 random bits of the form, so sending twice is once
    await tipoffs.anonymously(lambda work: tipoffs.receive(work, report=…, token=token, …), now=now, keys=keys)
    mailbox = await tipoffs.look(receipt, keys=keys)   # the same shape, size and time, whatever the receipt opens
    await tipoffs.anonymously(lambda work: tipoffs.reply(work, receipt=receipt, text=…, shelf=…), now=now, keys=keys)

Such a caller hands over no address and no request's number, logs nothing of it, and sends an answer as long as
`ANSWER_BYTES` (`Mailbox.padding`), uncompressed.
"""

from domain.tipoffs.calc.receipts import ANSWER_BYTES, read_receipt
from domain.tipoffs.calc.reckoning import commitment, reward_sum
from domain.tipoffs.calc.sealing import (
    fingerprint,
    lock_private_key,
    open_by_two,
    open_sealed,
    unlock_private_key,
    unwrap,
    wrap,
)
from domain.tipoffs.errors import (
    ByAnother,
    CannotJoinLater,
    CheckByTwo,
    KeyUnfit,
    LastKeyStays,
    NobodyLooked,
    OffenceUnknown,
    ReceiptOpensNothing,
    ReceiptUnreadable,
    ReportDiffers,
    ReportIncomplete,
    RewardRefused,
    RewardsCannotBePaid,
    RewardTooLate,
    TextTooLong,
    TipoffChangedMeanwhile,
    TipoffNotFound,
    TipoffsCannotBeReceived,
    TipoffStepNotAllowed,
)
from domain.tipoffs.queries import (
    count_cases,
    find_case,
    list_cases,
    list_due_for_erasure,
    list_envelopes,
    list_keys,
    list_linked,
)
from domain.tipoffs.service.claiming import claim_reward
from domain.tipoffs.service.desk import (
    classify,
    close,
    confirm_check,
    confirm_finding,
    decide_intake,
    declare_relation,
    find_true,
    find_unfounded,
    join,
    open_case,
    order_check,
    report_check,
    step_back,
    transfer,
    write,
)
from domain.tipoffs.service.ending import erase
from domain.tipoffs.service.openings import OpeningReason, ask_opening, open_record, read_record
from domain.tipoffs.service.public import anonymously, appeal, look, receipt_for, receive, reply
from domain.tipoffs.service.registry import confirm_key, register_key, retire_key, share_case
from domain.tipoffs.service.reward_desk import DeskKeys, find_desk_keys, settle_accounts, take_account
from domain.tipoffs.service.rewards import announce_reward, pay_reward, propose_reward
from domain.tipoffs.values import (
    TEXT_MAX,
    Case,
    Cell,
    Envelope,
    EnvelopeKind,
    Evidence,
    KeyPurpose,
    Letter,
    LinkKind,
    Mailbox,
    Named,
    PenaltyRange,
    PublicKey,
    Report,
    RewardStep,
    RewardSum,
    TipoffState,
    Topic,
)

__all__ = [
    "ANSWER_BYTES",
    "TEXT_MAX",
    "ByAnother",
    "CannotJoinLater",
    "Case",
    "Cell",
    "CheckByTwo",
    "DeskKeys",
    "Envelope",
    "EnvelopeKind",
    "Evidence",
    "KeyPurpose",
    "KeyUnfit",
    "LastKeyStays",
    "Letter",
    "LinkKind",
    "Mailbox",
    "Named",
    "NobodyLooked",
    "OffenceUnknown",
    "OpeningReason",
    "PenaltyRange",
    "PublicKey",
    "ReceiptOpensNothing",
    "ReceiptUnreadable",
    "Report",
    "ReportDiffers",
    "ReportIncomplete",
    "RewardRefused",
    "RewardStep",
    "RewardSum",
    "RewardTooLate",
    "RewardsCannotBePaid",
    "TextTooLong",
    "TipoffChangedMeanwhile",
    "TipoffNotFound",
    "TipoffState",
    "TipoffStepNotAllowed",
    "TipoffsCannotBeReceived",
    "Topic",
    "announce_reward",
    "anonymously",
    "appeal",
    "ask_opening",
    "claim_reward",
    "classify",
    "close",
    "commitment",
    "confirm_check",
    "confirm_finding",
    "confirm_key",
    "count_cases",
    "decide_intake",
    "declare_relation",
    "erase",
    "find_case",
    "find_desk_keys",
    "find_true",
    "find_unfounded",
    "fingerprint",
    "join",
    "list_cases",
    "list_due_for_erasure",
    "list_envelopes",
    "list_keys",
    "list_linked",
    "lock_private_key",
    "look",
    "open_by_two",
    "open_case",
    "open_record",
    "open_sealed",
    "order_check",
    "pay_reward",
    "propose_reward",
    "read_receipt",
    "read_record",
    "receipt_for",
    "receive",
    "register_key",
    "reply",
    "report_check",
    "retire_key",
    "reward_sum",
    "settle_accounts",
    "share_case",
    "step_back",
    "take_account",
    "transfer",
    "unlock_private_key",
    "unwrap",
    "wrap",
    "write",
]
