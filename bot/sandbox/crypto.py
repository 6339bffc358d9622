"""The platform's side of signatures and of message encryption (消息加解密说明)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK = 32  # the padding's block; AES's own is 16


class BadCipher(ValueError):
    """A text that this key does not open, or that is another account's."""


def sign(*parts: str) -> str:
    """sha1 over the sorted parts: (token, timestamp, nonce), with the cipher text for bodies."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())


class Box:
    """Encrypts and decrypts for one account."""

    def __init__(self, aes_key: str, appid: str) -> None:
        key = base64.b64decode(aes_key + "=")
        self._appid = appid.encode()
        self._cipher = Cipher(AES(key), CBC(key[:16]))

    def seal(self, text: str, prefix: bytes = b"") -> str:
        """base64 of the encrypted text. `prefix`: the 16 random bytes, given only by tests."""
        body = text.encode()
        plain = (prefix or os.urandom(16)) + struct.pack(">I", len(body)) + body + self._appid
        fill = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()
        return base64.b64encode(sealed).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text inside. Raises BadCipher for anything that is not ours."""
        try:
            data = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError):
            raise BadCipher("not base64") from None
        if not data or len(data) % 16:
            raise BadCipher("not whole blocks")
        decryptor = self._cipher.decryptor()
        plain = decryptor.update(data) + decryptor.finalize()
        fill = plain[-1]
        if not 1 <= fill <= BLOCK or plain[-fill:] != bytes([fill]) * fill:
            raise BadCipher("wrong padding")
        plain = plain[:-fill]
        if len(plain) < 20:
            raise BadCipher("too short")
        (length,) = struct.unpack(">I", plain[16:20])
        if plain[20 + length :] != self._appid:
            raise BadCipher("another appid or length")
        try:
            return plain[20 : 20 + length].decode()
        except UnicodeDecodeError:
            raise BadCipher("not UTF-8") from None
