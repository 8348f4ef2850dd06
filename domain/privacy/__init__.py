"""The rights of the person whose data it is, and the one way to look behind a mask.

*Unmasking* (查看完整号码) shows one sealed value of one person to one member of staff: with the right to, a
purpose from a list, and a case of that very person. It is on record, the person sees it, an hour has a limit, and a
day with very many alarms those who audit. A *correction* (关键信息变更) changes name, document or birth day: with
papers, after its effects were shown, by two people. Phone and address everybody changes for themself after a
re-check, a phone with the code that was sent to it: it is *proved* then (已验证的手机号码), and log-in codes may go
there; at a window the registered number is proved. An *export* (个人信息副本) is everything that the house holds about
somebody, for them alone, for a day.
个人信息保护法 art. 44 to 46.
"""

from domain.privacy.errors import MessageNotSent, MessagesPaused, RecheckFailed
from domain.privacy.queries import (
    find_correction,
    find_export,
    find_phone_code_end,
    find_revealed,
    list_alarms,
    list_corrections,
    passed_recheck,
    preview_correction,
)
from domain.privacy.service import (
    ask_correction,
    change_contact,
    clear_expired_exports,
    decide_correction,
    export_file,
    make_code_for_registered_phone,
    make_phone_code,
    prove_registered_phone,
    retire_phone_code,
    take_up_correction,
    unmask,
    withdraw_correction,
)
from domain.privacy.values import (
    CaseKind,
    CorrectionForm,
    CorrectionPreview,
    CorrectionRecord,
    CorrectionState,
    Effect,
    PersonalFile,
    PhoneCode,
    Revealed,
    SealedValue,
    UnmaskingAlarm,
    UnmaskPurpose,
)
from domain.privacy.values.exported import EXPORTED, NOT_EXPORTED

__all__ = [
    "EXPORTED",
    "NOT_EXPORTED",
    "CaseKind",
    "CorrectionForm",
    "CorrectionPreview",
    "CorrectionRecord",
    "CorrectionState",
    "Effect",
    "MessageNotSent",
    "MessagesPaused",
    "PersonalFile",
    "PhoneCode",
    "RecheckFailed",
    "Revealed",
    "SealedValue",
    "UnmaskPurpose",
    "UnmaskingAlarm",
    "ask_correction",
    "change_contact",
    "clear_expired_exports",
    "decide_correction",
    "export_file",
    "find_correction",
    "find_export",
    "find_phone_code_end",
    "find_revealed",
    "list_alarms",
    "list_corrections",
    "make_code_for_registered_phone",
    "make_phone_code",
    "passed_recheck",
    "preview_correction",
    "prove_registered_phone",
    "retire_phone_code",
    "take_up_correction",
    "unmask",
    "withdraw_correction",
]
