"""Encryption at rest: sealed values, blind indexes, and the keys of both.

A sealed value is `version(1) key id(4) nonce(12) AES-256-GCM ciphertext+tag`, with the column's
name as associated data, so a value copied to another column does not open. The key id makes
rotation a look-up, not a trial. What must be found again (openid) has beside it a keyed hash; its
key, the index key, is itself kept sealed in the database: master keys rotate, every hash stays
valid.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.errors import SealBroken, SettingsError

VERSION = 1
_HEAD = 1 + 4 + 12


def new_key() -> str:
    """A fresh master key in the form that SECRET_KEYS takes: 43 characters of url-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def read_key(text: str) -> bytes:
    """32 bytes from the form above. Raises SettingsError that names no part of the key."""
    try:
        key = base64.urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise SettingsError(
            "HONGYAN_SECRET_KEYS: each key is 43 characters of url-safe base64 (32 bytes), "
            f"one has {len(text.strip())} characters; make one with: hongyan db new-key"
        )
    return key


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, f"hongyan/{purpose}".encode(), hashlib.sha256).digest()


class Vault:
    """Seals, opens and hashes. The first key seals, all open."""

    def __init__(self, keys: Iterable[str]) -> None:
        masters = [read_key(key) for key in keys]
        if not masters:
            raise SettingsError("HONGYAN_SECRET_KEYS: at least one key is needed, none given")
        self._ciphers = {
            hashlib.sha256(b"id" + key).digest()[:4]: AESGCM(_derive(key, "seal"))
            for key in masters
        }
        self._current = next(iter(self._ciphers))
        self._seal = self._ciphers[self._current].encrypt
        self._index_key = b""

    # --- sealing ---------------------------------------------------------------------------

    def seal(self, plain: bytes, place: str) -> bytes:
        """The sealed form of `plain` for the column `place` ("table.column")."""
        nonce = os.urandom(12)
        return b"\x01" + self._current + nonce + self._seal(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The plain bytes. Raises SealBroken: unknown key, other place, or changed bytes."""
        if len(sealed) < _HEAD + 16 or sealed[0] != VERSION:
            raise SealBroken(f"{place}: not a sealed value")
        cipher = self._ciphers.get(bytes(sealed[1:5]))
        if cipher is None:
            raise SealBroken(f"{place}: sealed by a key that is not in HONGYAN_SECRET_KEYS")
        try:
            return cipher.decrypt(bytes(sealed[5:_HEAD]), bytes(sealed[_HEAD:]), place.encode())
        except InvalidTag:
            raise SealBroken(f"{place}: the sealed value was changed or moved") from None

    def is_current(self, sealed: bytes) -> bool:
        """False: sealed by an older key, to be sealed again by `hongyan db rekey`."""
        return bytes(sealed[1:5]) == self._current

    def key_id(self) -> str:
        """8 hex digits that name the key in force, and tell nothing of it."""
        return self._current.hex()

    def knows(self, sealed: bytes) -> bool:
        """Whether the bytes look sealed, by a key that is at hand."""
        return len(sealed) >= _HEAD + 16 and sealed[0] == VERSION and sealed[1:5] in self._ciphers

    def seal_json(self, value: Any, place: str) -> bytes:
        return self.seal(json.dumps(value, ensure_ascii=False).encode(), place)

    def open_json(self, sealed: bytes, place: str) -> Any:
        return json.loads(self.open(sealed, place))

    # --- keyed hashes ----------------------------------------------------------------------

    def unlock_index(self, key: bytes) -> None:
        """Take the index key that the store keeps sealed; needed before `blind` and `sign`."""
        self._index_key = key
        # Set up once and copied: a new one for each value takes twice as long.
        self._blinding = hmac.new(_derive(key, "blind"), digestmod="sha256")
        self._signing = hmac.new(_derive(key, "sign"), digestmod="sha256")

    def blind(self, value: str, place: str) -> str:
        """32 hex digits that find `value` again in `place`, and tell nothing without the key."""
        mac = self._blinding.copy()
        mac.update(f"{place}\0{value}".encode())
        return mac.digest()[:16].hex()

    def sign(self, payload: bytes, purpose: str) -> bytes:
        """A 12-byte signature of `payload` for tokens in URLs."""
        mac = self._signing.copy()
        mac.update(purpose.encode() + b"\0" + payload)
        return mac.digest()[:12]

    def verify(self, payload: bytes, signature: bytes, purpose: str) -> bool:
        return hmac.compare_digest(self.sign(payload, purpose), signature)
