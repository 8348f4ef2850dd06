"""What a password may be: long enough, none that everybody tries, and made of none of our own words.

The list of common passwords is that of the package `zxcvbn` (30,000 from published breaches, most frequent first;
more than 11,000 of them are long enough to be taken here), with what breaches of Chinese sites showed besides. It lies
with us: nobody outside is asked about anybody's password. No rule asks for kinds of signs (ASVS 5.0, V6.2.5).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Final

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from domain.errors import DomainError
from domain.identity.errors import PasswordCommon, PasswordHoldsOurWords, PasswordUnfit

PASSWORD_SHORTEST: Final = 8
PASSWORD_LONGEST: Final = 128
OUR_WORDS: Final = frozenset(
    {
        # The product, the agency and its matters, in characters, pinyin and English.
        *("yibao", "医保", "医疗保障", "医疗保险", "yiliaobaozhang", "yiliaobaoxian", "ylbz", "ylbx"),
        *("医保局", "医保中心", "经办", "jingban", "社保", "shebao", "shehuibaozhang", "社会保障"),
        *("参保", "canbao", "insurance", "medicare", "healthcare", "agency"),
        # Posts and first accounts.
        *("admin", "administrator", "guanliyuan", "管理员", "clerk", "reviewer", "cashier", "accountant", "auditor"),
        # What a log-in page suggests.
        *("password", "mima", "密码", "denglu", "登录", "login"),
        # The places of the agency.
        *("dongyu", "东屿", "wanghai", "望海"),
    }
)
"""No password lives on one of these, however it is spelled: compared without case, gaps and look-alike signs."""
_SHORTEST_WORD: Final = 3
WITHOUT_OUR_WORDS: Final = 10
"""So many signs a password still has when one of these words is taken out: among unrelated words it harms nobody."""
_CHINESE: Final = (
    *("woaini1314", "woaini520", "woaini521", "woaiwojia", "woaiwoziji", "woailaopo", "woaimama", "woaibaba"),
    *("5201314520", "1314520520", "a5201314", "wo5201314", "woshishui", "woshishei", "wobuzhidao"),
    *("wojiushiwo", "qq123456789", "qq5201314", "wang123456", "zhang123456", "li123456", "liu123456"),
    *("chen123456", "aini1314", "iloveyou1314", "asd123456", "abc123456", "aa123456", "aaa123456"),
    *("a12345678", "a123456789", "123456789a", "123456abc", "zxc123456", "qwe123456", "1qaz2wsx3edc"),
    *("dearbook", "wangyut2", "nihao123", "zhongguo", "beijing2008", "tiantian", "kaixin123", "laopo520"),
    *("baobei520", "xiaoxiao", "xingfu123", "fangfang", "shanshan", "147258369", "789456123", "110120119"),
    *("1123581321", "31415926", "135792468", "woaizhongguo"),
)
_LOOKALIKES: Final = str.maketrans("01345@$!7", "oieasasit")
_NO_LETTER: Final = re.compile(r"[\W_]+")
_DATE: Final = re.compile(r"(19\d\d|20\d\d)(\d\d)(\d\d)")
_SHORTEST_UNIT: Final = 5
"""A password that repeats fewer signs than this is the few signs."""


def password_faults(password: str, *, path: str, words: Iterable[str] = ()) -> Iterator[DomainError]:
    """Name what stands against a password; `words` are those of the account: its log-in name and its owner's name."""
    if not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST:
        yield PasswordUnfit(shortest=PASSWORD_SHORTEST, longest=PASSWORD_LONGEST, path=(path,))
    elif is_common(password):
        yield PasswordCommon(path=(path,))
    elif word := word_held(password, words=words):
        yield PasswordHoldsOurWords(word=word, path=(path,))


def is_common(password: str) -> bool:
    """Say whether everybody who guesses tries this password early: from breaches, a date, a row, a few signs again."""
    text = unicodedata.normalize("NFKC", password).casefold()
    unit = text[: (text + text).find(text, 1)]
    if len(unit) < _SHORTEST_UNIT or _is_row(text) or _is_date(text):
        return True
    return not _common().isdisjoint({text, text.strip(), unit, text.translate(_LOOKALIKES)})


def word_held(password: str, *, words: Iterable[str] = ()) -> str | None:
    """Give a word that a password holds and is little without; None when there is none."""
    text = _plain(password)
    for word in sorted({*OUR_WORDS, *words}, key=lambda word: (-len(word), word)):
        plain = _plain(word)
        # Two characters are a Chinese word; two letters are found everywhere.
        if len(plain) < _SHORTEST_WORD and plain.isascii():
            continue
        rest = text.replace(plain, "") if len(plain) > 1 else text
        if rest != text and len(rest) < WITHOUT_OUR_WORDS:
            return word
    return None


@cache
def _common() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"]) | frozenset(_CHINESE)


def _plain(text: str) -> str:
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text).casefold()).translate(_LOOKALIKES)


def _is_row(text: str) -> bool:
    """Say whether each sign follows the one before, upwards or downwards: 23456789, hgfedcba."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1})


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(_NO_LETTER.sub("", text))
    if found is None:
        return False
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True
