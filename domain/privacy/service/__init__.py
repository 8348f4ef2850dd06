"""Doing: what this room writes, a file for each right."""

from domain.privacy.service.contact import change_contact, prove_registered_phone
from domain.privacy.service.corrections import (
    ask_correction,
    decide_correction,
    take_up_correction,
    withdraw_correction,
)
from domain.privacy.service.exports import clear_expired_exports, export_file
from domain.privacy.service.phones import make_code_for_registered_phone, make_phone_code, retire_phone_code
from domain.privacy.service.unmasking import unmask

__all__ = [
    "ask_correction",
    "change_contact",
    "clear_expired_exports",
    "decide_correction",
    "export_file",
    "make_code_for_registered_phone",
    "make_phone_code",
    "prove_registered_phone",
    "retire_phone_code",
    "take_up_correction",
    "unmask",
    "withdraw_correction",
]
