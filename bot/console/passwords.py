"""Passwords: kept as scrypt hashes, checked in equal time, refused where easily guessed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from bot.errors import InvalidInput

LOG_N, BLOCK, LANES = 15, 8, 3  # 32 MB and some 0.2 s a guess (OWASP, Password Storage)
LEAST, MOST = 10, 128
_LEAST_DIFFERENT = 5
_EASY = frozenset(
    {
        "1234567890", "0123456789", "qwertyuiop", "1q2w3e4r5t", "password", "password1",
        "iloveyou", "woaini", "woaini1314", "administrator", "changeme", "hongyan", "wechat",
        "weixin",
    }
)  # fmt: skip


def hashed(password: str) -> str:
    """`scrypt$log_n$block$lanes$salt$hash`, salted anew at every call."""
    salt = secrets.token_bytes(16)
    return _written(salt, _derived(password, salt, LOG_N, BLOCK, LANES))


def fits(password: str, kept: str) -> bool:
    """Whether it is the password of this hash. "" is the hash of nobody's, and takes as long."""
    _, log_n, block, lanes, salt, wanted = (kept or _nobodys()).split("$")
    found = _derived(password, _bytes(salt), int(log_n), int(block), int(lanes))
    return hmac.compare_digest(found, _bytes(wanted)) and bool(kept)


def is_old(kept: str) -> bool:
    """Whether a hash was made at another price than today's, and is to be made anew."""
    return kept.split("$")[1:4] != [str(LOG_N), str(BLOCK), str(LANES)]


def must_be_good(password: str, name: str) -> None:
    """Raises InvalidInput with what is wrong, field `password`."""
    low = password.lower()
    if not LEAST <= len(password) <= MOST:
        raise InvalidInput(
            f"密码要 {LEAST} 到 {MOST} 个字符 ({LEAST} to {MOST} characters)", "password"
        )
    if len(set(low)) < _LEAST_DIFFERENT:
        raise InvalidInput("the password has too few different characters", "password")
    if low.rstrip("0123456789!.") in _EASY or low in _EASY or name.lower() in low:
        raise InvalidInput("the password is too common, or has the name in it", "password")


def _derived(password: str, salt: bytes, log_n: int, block: int, lanes: int) -> bytes:
    room = 256 * block * (1 << log_n)  # twice what scrypt says it takes
    return hashlib.scrypt(
        password.encode(), salt=salt, n=1 << log_n, r=block, p=lanes, maxmem=room, dklen=32
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


def _nobodys() -> str:
    """What a try without an operator is held against: it costs what a real one costs."""
    return _written(bytes(16), bytes(32))


def _written(salt: bytes, derived: bytes) -> str:
    price = (str(LOG_N), str(BLOCK), str(LANES))
    return "$".join(("scrypt", *price, _text(salt), _text(derived)))
