"""Who we are to the platform, and by which keys we know each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from partners.wechatpay.reading import parse, part, text

LIVE_BASE_URL: Final = "https://api.mch.weixin.qq.com"
_APIV3_KEY_BYTES: Final = 32
_RSA_BITS_MIN: Final = 2048


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """A public key of the platform (微信支付公钥) with the id that signed messages name in `Wechatpay-Serial`."""

    id: str
    key: RSAPublicKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant number with its keys.

    `serial` is the serial number of the merchant's own certificate, `apiv3_key` the 32 bytes that open callbacks.
    `platform_keys` holds every key that may sign for the platform now; the first is the one that we ask answers to
    be signed with. A change of keys is: add the new one at the end, later put it first, at last drop the old one.
    """

    mchid: str
    appid: str
    serial: str
    private_key: RSAPrivateKey = field(repr=False)
    apiv3_key: bytes = field(repr=False)
    platform_keys: tuple[PlatformKey, ...]
    base_url: str = LIVE_BASE_URL

    def __post_init__(self) -> None:
        if len(self.apiv3_key) != _APIV3_KEY_BYTES:
            raise ValueError(f"The APIv3 key has {_APIV3_KEY_BYTES} bytes, not {len(self.apiv3_key)}.")
        if not self.platform_keys:
            raise ValueError("Without a key of the platform no answer can be verified: name at least one.")
        if len({key.id for key in self.platform_keys}) < len(self.platform_keys):
            raise ValueError("Each key of the platform has its own id.")
        keys = (self.private_key, *(platform.key for platform in self.platform_keys))
        if any(key.key_size < _RSA_BITS_MIN for key in keys):
            raise ValueError(f"RSA keys have at least {_RSA_BITS_MIN} bits.")
        address = urlsplit(self.base_url)
        if address.scheme != "https" and address.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError(f"{self.base_url} is neither https nor on this machine.")

    @classmethod
    def load(cls, path: Path, *, base_url: str | None = None) -> Merchant:
        """Read a merchant from a JSON file; `base_url` replaces the address that the file names.

        The file holds `mchid`, `appid`, `serial`, `private_key` (PEM), `apiv3_key`, `platform_keys` (id → PEM, the
        preferred first) and perhaps `base_url`. Raises `ValueError` or `Unreadable` for a file that is none.
        """
        document = parse(path.read_bytes())
        private_key = load_pem_private_key(text(document, "private_key").encode(), password=None)
        if not isinstance(private_key, RSAPrivateKey):
            raise ValueError(f"{path} holds no RSA private key.")  # noqa: TRY004 - the value is wrong, not our type
        keys = part(document, "platform_keys")
        return cls(
            mchid=text(document, "mchid"),
            appid=text(document, "appid"),
            serial=text(document, "serial"),
            private_key=private_key,
            apiv3_key=text(document, "apiv3_key").encode(),
            platform_keys=tuple(_platform_key(key_id, text(keys, key_id)) for key_id in keys),
            base_url=base_url or (text(document, "base_url") if "base_url" in document else LIVE_BASE_URL),
        )

    def find_platform_key(self, key_id: str) -> RSAPublicKey | None:
        """Find the platform's key with this id; an id that we were never told is None."""
        return next((platform.key for platform in self.platform_keys if platform.id == key_id), None)


def _platform_key(key_id: str, pem: str) -> PlatformKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError(f"{key_id} is no RSA public key.")  # noqa: TRY004 - the value is wrong, not our type
    return PlatformKey(id=key_id, key=key)
