"""The platform's side of the signatures: it checks the merchant's and makes its own."""

from __future__ import annotations

import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.wechatpay.errors import ApiError
from sandbox.wechatpay.keys import Platform

_SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"
_FIELDS: Final = re.compile(r'\s*(mchid|nonce_str|timestamp|serial_no|signature)="([^"]*)"\s*')
_WINDOW_SECONDS: Final = 300


def check_request(platform: Platform, *, method: str, target: str, authorization: str, body: bytes, now: float) -> None:
    """Let the merchant's request through, or raise what the real platform answers."""
    scheme, _, rest = authorization.partition(" ")
    matches = [_FIELDS.fullmatch(field) for field in rest.split(",")]
    given = {match[1]: match[2] for match in matches if match}
    if (
        scheme != _SCHEME
        or None in matches
        or len(given) != len(matches)
        or len(given) != _FIELDS.pattern.count("|") + 1
    ):
        raise ApiError(401, "SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》")
    if given["mchid"] != platform.mchid:
        raise ApiError(400, "MCH_NOT_EXISTS", "商户号不存在")
    if given["serial_no"] != platform.merchant_serial:
        raise ApiError(401, "SIGN_ERROR", "商户证书序列号有误，请使用签名私钥匹配的证书序列号")
    if not re.fullmatch("[0-9]{10}", given["timestamp"]) or abs(int(given["timestamp"]) - now) > _WINDOW_SECONDS:
        raise ApiError(401, "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
    message = f"{method}\n{target}\n{given['timestamp']}\n{given['nonce_str']}\n".encode() + body + b"\n"
    if not _is_by_merchant(platform, message, given["signature"]):
        raise ApiError(401, "SIGN_ERROR", "错误的签名，验签失败")


def check_payment_request(platform: Platform, arguments: Mapping[str, str]) -> None:
    """Check what `wx.requestPayment` was given; the real client shows «调用支付JSAPI缺少参数» or fails to open."""
    names = ("appId", "timeStamp", "nonceStr", "package")
    message = "".join(f"{arguments.get(name, '')}\n" for name in names).encode()
    rightly = arguments.get("signType") == "RSA" and _is_by_merchant(platform, message, arguments.get("paySign", ""))
    if arguments.get("appId") != platform.appid or not rightly:
        raise ApiError(400, "SIGN_ERROR", "支付验证签名失败")


def sign(*, key_id: str, key: RSAPrivateKey, body: bytes, now: float) -> dict[str, str]:
    """Make the headers that sign a body."""
    timestamp, nonce = str(int(now)), secrets.token_hex(16)
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": key_id,
        "Wechatpay-Signature": b64encode(key.sign(message, PKCS1v15(), SHA256())).decode(),
        "Wechatpay-Signature-Type": _SCHEME,
    }


def seal(platform: Platform, *, content: bytes, original_type: str) -> dict[str, str]:
    """Encrypt the content of a notification for the merchant."""
    nonce = secrets.token_urlsafe(9)
    sealed = AESGCM(platform.apiv3_key).encrypt(nonce.encode(), content, original_type.encode())
    return {
        "original_type": original_type,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": b64encode(sealed).decode(),
        "associated_data": original_type,
        "nonce": nonce,
    }


def _is_by_merchant(platform: Platform, message: bytes, signature: str) -> bool:
    try:
        platform.merchant_key.verify(b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
