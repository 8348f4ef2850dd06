"""Words that stand in these reports and nowhere else, every writing in which one could lie somewhere, and a sieve.

What is looked through runs to hundreds of megabytes and the writings to many hundreds, so the sieve is `grep`: it looks
for all of them in one pass over the bytes.
"""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tests.made_files import CANARIES as IN_FILES

WORDS: Final[Mapping[str, str]] = {
    "who": "蓝塔康复护理医院",
    "what": "三楼护士长把病历补写成一百二十天",
    "when": "白露前后的第二个星期",
    "how_known": "替班时在灰色铁柜里亲眼所见",
    "name": "欧阳慕白",
    "phone": "13957288213",
    "reply": "钥匙由夜班药师薛某保管",
    "account": "6217003320018842217",
    "holder": "司空听雪",
}
FILE_NAME: Final = "灰柜照片翻拍"
AGENT: Final = "CanaryBrowser/7.31-quokka"
"""A user agent that nobody else has."""
REQUEST: Final = "canary-request-7731"
"""The number that a caller gives their own request."""
NETWORK: Final = "127.83."
CANARIES: Final = (*WORDS.values(), FILE_NAME, AGENT, REQUEST, NETWORK, *IN_FILES)
_PATHS_AT_ONCE: Final = 500


def address(number: int) -> str:
    """Give the address of a caller: each has their own, so that none is held back for what others sent."""
    return f"{NETWORK}{1 + number // 200}.{1 + number % 200}"


def writings(secret: str) -> Iterator[bytes]:
    """Give every common way in which a text could lie somewhere, whatever stands before and after it."""
    raws = [secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be"), secret.encode("utf-32-le")]
    with suppress(UnicodeEncodeError):
        raws.append(secret.encode("gb18030"))
    for raw in dict.fromkeys(raws):
        yield raw
        yield raw[::-1]
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        yield raw.hex(" ").encode()
        for shift, packer in product(range(3), (base64.b64encode, base64.urlsafe_b64encode)):
            packed = packer(bytes(shift) + raw + bytes(3))
            yield packed[-(-shift * 4 // 3) : (shift + len(raw)) * 4 // 3]
        for shift in range(5):
            packed = base64.b32encode(bytes(shift) + raw + bytes(5))
            yield packed[-(-shift * 8 // 5) : (shift + len(raw)) * 8 // 5]
    yield from _escapes(secret)


def _escapes(secret: str) -> Iterator[bytes]:
    """Give the writings that people's formats have for what is no plain letter."""
    yield quote(secret).encode()
    yield quote(secret).lower().encode()
    yield quote(secret).replace("%", "=").encode()
    yield quote(secret, encoding="gb18030", errors="replace").encode()
    yield secret.encode("unicode_escape")
    yield "".join(sign if sign.isascii() else f"\\u{ord(sign):04X}" for sign in secret).encode()
    yield "".join(sign if sign.isascii() else f"&#{ord(sign)};" for sign in secret).encode()
    yield "".join(sign if sign.isascii() else f"&#x{ord(sign):x};" for sign in secret).encode()
    yield repr(secret.encode())[2:-1].encode()
    yield "".join(f"\\{byte:03o}" for byte in secret.encode()).encode()


def pieces(secret: str) -> Iterator[str]:
    """Give the text, and halves of it that are still nobody else's."""
    yield secret
    half = len(secret) // 2
    if len(secret.encode()) >= 24:
        yield from (secret[:half], secret[half:])


class Sieve:
    """Finds canaries. `folder` is where the writings are laid down for `grep`, outside of what is looked through."""

    def __init__(self, folder: Path) -> None:
        self._secrets = {
            writing: secret for secret in CANARIES for piece in pieces(secret) for writing in writings(piece)
        }
        assert not [secret for writing, secret in self._secrets.items() if b"\n" in writing], "No pattern of grep."
        self._patterns = folder / "writings"
        self._patterns.write_bytes(b"\n".join(self._secrets) + b"\n")

    def in_bytes(self, content: bytes) -> set[str]:
        """Tell which canaries lie there."""
        return {self._secrets[writing] for writing in self.writings_in(content)}

    def in_files(self, paths: Iterable[Path]) -> set[str]:
        """Tell which canaries lie in files or are their names. What is gone meanwhile is passed over."""
        named = [str(path) for path in paths]
        found = self.in_bytes("\n".join(named).encode())
        for at in range(0, len(named), _PATHS_AT_ONCE):
            found |= {self._secrets[writing] for writing in self._grep(["--", *named[at : at + _PATHS_AT_ONCE]])}
        return found

    def writings_in(self, content: bytes) -> set[bytes]:
        """Tell which writings lie there, each as the longest that begins where it does."""
        return self._grep(["-"], content=content)

    def _grep(self, where: list[str], *, content: bytes = b"") -> set[bytes]:
        done = subprocess.run(
            ["grep", "-ahosF", "-f", str(self._patterns), *where],
            input=content,
            capture_output=True,
            check=False,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},  # noqa: TID251 - the tests' own border
        )
        return {line for line in done.stdout.split(b"\n") if line}
