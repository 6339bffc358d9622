"""The platform's message encryption and signatures.

Platform rules, as read in the documents on message encryption: the AES key is the base64 of the 43
characters of EncodingAESKey plus "="; the plain text is 16 random bytes, a big-endian length, the
message and the appid, padded in the manner of PKCS#7 to a multiple of 32; AES-256-CBC, the first 16
bytes of the key being the initial vector. A signature is the SHA-1 of the sorted parts in a row.
"""

from __future__ import annotations

import binascii
import hashlib
import os
import re
from hmac import compare_digest

from cryptography.hazmat.primitives import ciphers
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bot.errors import CallbackRejected, SettingsError

BLOCK = 32  # of the padding; AES's own is 16
HEAD = 16 + 4  # random bytes and length
_PADS = tuple(bytes([n]) * n for n in range(BLOCK + 1))
_KEY = re.compile(r"[0-9A-Za-z]{43}")


def signature(*parts: str) -> str:
    """40 hex digits over `parts`, whatever their order."""
    joined = "".join(sorted(parts)).encode("utf-8", "replace")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def same(given: str, expected: str) -> bool:
    """Equal, in a time that does not tell where they differ."""
    return compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


class Cipher:
    """One EncodingAESKey of one app. The AES key is set up once.

    Raises SettingsError when the key is not 43 letters and digits.
    """

    def __init__(self, aes_key: str, appid: str) -> None:
        if not _KEY.fullmatch(aes_key):
            raise SettingsError(
                f"EncodingAESKey: wants 43 letters and digits, has {len(aes_key)} characters"
            )
        key = binascii.a2b_base64(aes_key + "=")
        self._aes = ciphers.Cipher(AES(key), CBC(key[:16]))
        self._appid = appid.encode()

    def decrypt(self, encrypt: str | bytes) -> bytes:
        """The message in an `Encrypt` element.

        Raises CallbackRejected(403, "undecryptable") for anything that this key and appid did not
        encrypt exactly so: nobody learns which of the checks failed.
        """
        full = self._decrypted(encrypt)
        pad = full[-1] if full else 0
        end = len(full) - pad
        start = HEAD + int.from_bytes(full[16:HEAD], "big")
        if (
            not 1 <= pad <= BLOCK
            or start > end
            or not compare_digest(full[end:], _PADS[pad])
            or not compare_digest(full[start:end], self._appid)
        ):
            raise CallbackRejected(403, "undecryptable")
        return full[HEAD:start]

    def _decrypted(self, encrypt: str | bytes) -> bytes:
        try:
            sealed = binascii.a2b_base64(encrypt.strip(), strict_mode=True)
        except ValueError:  # binascii.Error, or a character outside ASCII
            raise CallbackRejected(403, "undecryptable") from None
        if len(sealed) % 16:
            raise CallbackRejected(403, "undecryptable")
        decryptor = self._aes.decryptor()
        return decryptor.update(sealed) + decryptor.finalize()

    def encrypt(self, xml: bytes, random16: bytes | None = None) -> str:
        """The `Encrypt` element's text for `xml`. `random16` is given by tests only."""
        head = (random16 or os.urandom(16)) + len(xml).to_bytes(4, "big")
        full = head + xml + self._appid
        full += _PADS[BLOCK - len(full) % BLOCK]
        encryptor = self._aes.encryptor()
        sealed = encryptor.update(full) + encryptor.finalize()
        return binascii.b2a_base64(sealed, newline=False).decode("ascii")
