"""Keys and signatures of WeChat Pay v3: the merchant's, the platform's, and the sealed resources.

RSA keys cannot be made from a seed: they, and what they sign, stay out of the ledger. They open
nothing but a sandbox.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from bot.sandbox.world import World

MCHID = "1900000109"
SERIAL = "5A4DB0C500000000000000000000000000000001"  # of the merchant's certificate
PLATFORM_SERIAL = "5A4DB0C500000000000000000000000000000002"
SCHEME = "WECHATPAY2-SHA256-RSA2048 "
SKEW = timedelta(minutes=5)
LIFE = timedelta(days=5 * 365)
_FIELD = re.compile(r'(\w+)="([^"]*)"')


class BadSignature(ValueError):
    """Why a request is not the merchant's."""


@cache
def _merchant_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@cache
def _platform_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def apiv3_key(world: World) -> str:
    """The 32 characters that seal what is pushed."""
    return hashlib.sha256(f"{world.config.seed}:apiv3".encode()).hexdigest()[:32]


def merchant(world: World) -> dict[str, Any]:
    """All that a program is configured with: the number, keys and certificates, as texts."""
    private = _merchant_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = _platform_key().public_key()
    return {
        "mchid": MCHID,
        "appid": world.config.appid,
        "serial_no": SERIAL,
        "private_key": private.decode(),
        "apiv3_key": apiv3_key(world),
        "platform_serial_no": PLATFORM_SERIAL,
        "platform_certificate": certificate(world),
        "platform_public_key": public.public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        ).decode(),
    }


def valid(world: World) -> tuple[datetime, datetime]:
    """The platform's certificate's life, around the platform's now."""
    now = world.clock().replace(microsecond=0)
    return now - LIFE, now + LIFE


def certificate(world: World) -> str:
    """The platform's, PEM."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Tenpay.com sandbox")])
    begins, ends = valid(world)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_platform_key().public_key())
        .serial_number(int(PLATFORM_SERIAL, 16))
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(_platform_key(), SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


# --- signatures --------------------------------------------------------------------------------


def _lines(*parts: str) -> bytes:
    return "".join(f"{part}\n" for part in parts).encode()


def authorization(method: str, target: str, body: str, stamp: int, nonce: str) -> str:
    """The header with which the merchant signs a request; `target` is path and query."""
    text = _lines(method, target, str(stamp), nonce, body)
    signed = base64.b64encode(_merchant_key().sign(text, PKCS1v15(), SHA256())).decode()
    return (
        f'{SCHEME}mchid="{MCHID}",nonce_str="{nonce}",signature="{signed}",'
        f'timestamp="{stamp}",serial_no="{SERIAL}"'
    )


def check_authorization(header: str, method: str, target: str, body: bytes, now: datetime) -> None:
    """Raises BadSignature for anything that the merchant has not signed within five minutes."""
    if not header.startswith(SCHEME):
        raise BadSignature("Http头缺少Authorization，或认证类型不正确")
    given = dict(_FIELD.findall(header))
    if given.get("mchid") != MCHID or given.get("serial_no") != SERIAL:
        raise BadSignature("商户号或证书序列号有误")
    stamp, nonce = given.get("timestamp", ""), given.get("nonce_str", "")
    if not re.fullmatch(r"[0-9]{1,12}", stamp) or not nonce:
        raise BadSignature("Authorization缺少timestamp或nonce_str")
    if abs(int(stamp) - now.timestamp()) > SKEW.total_seconds():
        raise BadSignature("时间戳与当前时间相差超过5分钟")
    text = _lines(method, target, stamp, nonce, body.decode("utf-8", "replace"))
    try:
        signed = base64.b64decode(given.get("signature", ""), validate=True)
        _merchant_key().public_key().verify(signed, text, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        raise BadSignature("签名错误，请检查后再试") from None


def signature_headers(world: World, body: bytes) -> dict[str, str]:
    """With these the platform signs its answers and its callbacks."""
    stamp, nonce = str(int(world.clock.signing().timestamp())), world.ids.hex(16)
    text = _lines(stamp, nonce, body.decode())
    signed = _platform_key().sign(text, PKCS1v15(), SHA256())
    return {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": PLATFORM_SERIAL,
        "Wechatpay-Signature": base64.b64encode(signed).decode(),
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    }


def sealed(world: World, text: str, associated: str) -> dict[str, str]:
    """AEAD_AES_256_GCM under the APIv3 key."""
    nonce = world.ids.hex(6)
    box = AESGCM(apiv3_key(world).encode())
    cipher = box.encrypt(nonce.encode(), text.encode(), associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": nonce,
        "associated_data": associated,
        "ciphertext": base64.b64encode(cipher).decode(),
    }
