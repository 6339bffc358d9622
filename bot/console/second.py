"""The second factor: codes of an authenticator app (RFC 6238), and codes for a lost phone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP = 30  # seconds
DIGITS = 6
RECOVERY = 10  # codes for a lost phone
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def address(secret: str, name: str) -> str:
    """The otpauth:// address that an app reads from a QR code."""
    return _totp(secret).get_provisioning_uri(name, "Hongyan 鸿雁")


def step_of(secret: str, code: str, now: datetime, used: int) -> int | None:
    """The step whose code this is: the present one or a neighbour, later than `used`; else None."""
    digits = code.replace(" ", "")
    if len(digits) != DIGITS or not digits.isascii() or not digits.isdigit():
        return None
    at = int(now.timestamp()) // STEP
    totp = _totp(secret)
    for step in (at, at - 1, at + 1):
        if step > used and hmac.compare_digest(totp.generate(step * STEP).decode(), digits):
            return step
    return None


def code_at(secret: str, now: datetime) -> str:
    """What the app shows at this moment."""
    return _totp(secret).generate(int(now.timestamp())).decode()


def new_recovery() -> list[str]:
    """Ten codes like "k3mf-9wtx"; each has 39 bits."""
    return ["-".join(_word() for _ in range(2)) for _ in range(RECOVERY)]


def recovery_hash(code: str) -> str:
    """What is kept of a code: as random as it is, it needs no salt."""
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()


def _word() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(4))


def _totp(secret: str) -> TOTP:
    # SHA-1 and six digits are what every app can do; enforce_key_length is about 128 bits at least.
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP)
