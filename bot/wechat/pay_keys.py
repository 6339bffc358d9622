"""WeChat Pay v3's signatures: what the merchant signs, and what only the platform can have signed.

RSA-SHA256 over lines, each ended by a newline; what is pushed is sealed besides, with AES-GCM under
the APIv3 key. A platform's public key is known by its serial number; keys that follow it are
fetched, sealed, from the platform itself.
"""

from __future__ import annotations

import base64
import json
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

from bot.errors import SettingsError

SCHEME = "WECHATPAY2-SHA256-RSA2048"
SKEW = timedelta(minutes=5)
API_URL = "https://api.mch.weixin.qq.com"
_TEXTS = ("mchid", "serial_no", "private_key", "apiv3_key", "platform_serial_no", "platform_key")


class NotSigned(ValueError):
    """What arrived is not the platform's, or not fresh. The message says why, and no content."""


@dataclass(frozen=True, slots=True)
class PayConfig:
    """A merchant. Keys are PEM texts; `platform_key` a public key or a certificate."""

    mchid: str
    serial_no: str
    private_key: str = field(repr=False)
    apiv3_key: str = field(repr=False)
    platform_serial_no: str
    platform_key: str = field(repr=False)
    api_url: str = API_URL


def read_config(path: Path) -> PayConfig:
    """The merchant of a TOML file; `private_key` and `platform_key` are texts, or files beside it.

    Raises SettingsError that names the line's name, never its value.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not TOML"
        raise SettingsError(f"HONGYAN_PAY_CONFIG: {path.name}: {why}") from None
    texts = {name: str(found.get(name, "")) for name in _TEXTS}
    for name, text in texts.items():
        if not text:
            raise SettingsError(f"HONGYAN_PAY_CONFIG: {path.name}: {name} is missing")
        if name in ("private_key", "platform_key") and "-----BEGIN" not in text:
            texts[name] = _beside(path, name, text)
    return _checked(PayConfig(**texts, api_url=str(found.get("api_url", API_URL)).rstrip("/")))


def _beside(path: Path, name: str, file: str) -> str:
    try:
        return (path.parent / file).read_text(encoding="ascii")
    except (OSError, ValueError):
        why = f"{name}: neither a key nor a readable file"
        raise SettingsError(f"HONGYAN_PAY_CONFIG: {path.name}: {why}") from None


def _checked(config: PayConfig) -> PayConfig:
    try:
        Signer(config)
        platform_key(config.platform_key)
    except ValueError:
        raise SettingsError("HONGYAN_PAY_CONFIG: a key cannot be read") from None
    if len(config.apiv3_key.encode()) != 32:
        raise SettingsError("HONGYAN_PAY_CONFIG: apiv3_key: wants 32 characters")
    return config


def platform_key(pem: str) -> RSAPublicKey:
    """Of a public key or a certificate. Raises ValueError."""
    if "CERTIFICATE" in pem:
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    else:
        key = load_pem_public_key(pem.encode())  # type: ignore[assignment]
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the platform's key is no RSA key")
    return key


def _lines(*parts: str) -> bytes:
    return "".join(f"{part}\n" for part in parts).encode()


class Signer:
    """Signs the merchant's requests. Raises ValueError for a key that is none."""

    def __init__(self, config: PayConfig) -> None:
        key = load_pem_private_key(config.private_key.encode(), None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("the merchant's key is no RSA key")
        self._key, self._mchid, self._serial = key, config.mchid, config.serial_no

    def authorization(self, method: str, target: str, body: str, now: datetime) -> str:
        """The header of a request; `target` is path and query as they are sent."""
        stamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
        signed = self._key.sign(_lines(method, target, stamp, nonce, body), PKCS1v15(), SHA256())
        return (
            f'{SCHEME} mchid="{self._mchid}",nonce_str="{nonce}",'
            f'signature="{base64.b64encode(signed).decode()}",timestamp="{stamp}",'
            f'serial_no="{self._serial}"'
        )


def serial_of(headers: Mapping[str, str]) -> str:
    return headers.get("Wechatpay-Serial", "")


def check(key: RSAPublicKey, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises NotSigned for what the platform has not signed within five minutes."""
    stamp, nonce = headers.get("Wechatpay-Timestamp", ""), headers.get("Wechatpay-Nonce", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise NotSigned("no timestamp")
    if abs(int(stamp) - now.timestamp()) > SKEW.total_seconds():
        raise NotSigned("not fresh")
    try:
        signed = base64.b64decode(headers.get("Wechatpay-Signature", ""), validate=True)
        key.verify(signed, f"{stamp}\n{nonce}\n".encode() + body + b"\n", PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        raise NotSigned("the signature is not the platform's") from None


def unsealed(resource: Any, apiv3_key: str) -> str:
    """The text of an AEAD_AES_256_GCM resource. Raises NotSigned for one that does not open."""
    try:
        if resource["algorithm"] != "AEAD_AES_256_GCM":
            raise NotSigned("sealed otherwise")
        cipher = base64.b64decode(resource["ciphertext"], validate=True)
        associated = str(resource.get("associated_data") or "").encode()
        box = AESGCM(apiv3_key.encode())
        return box.decrypt(str(resource["nonce"]).encode(), cipher, associated).decode()
    except (KeyError, TypeError, ValueError, InvalidTag):
        raise NotSigned("the resource does not open") from None


def unsealed_json(resource: Any, apiv3_key: str) -> dict[str, Any]:
    """The same of a document. Raises NotSigned."""
    try:
        found = json.loads(unsealed(resource, apiv3_key))
    except (ValueError, RecursionError):
        raise NotSigned("the resource is no document") from None
    if not isinstance(found, dict):
        raise NotSigned("the resource is no document")
    return found
