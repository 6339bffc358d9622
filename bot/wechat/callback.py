"""The gate: what is proved about a callback before anybody looks at it.

Platform rules: `signature` covers token, timestamp and nonce but never the body, so only
`msg_signature` (over these and the encrypted body) proves a message; the platform retries with the
same words, so an exact repeat passes here and is told apart by the inbox; after a change of
EncodingAESKey messages on their way still carry the old one, and the reply takes the key that
worked; the bare words `success` and "" are never encrypted. The age limit is ours, not its.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from bot.errors import CallbackRejected, SettingsError
from bot.wechat import markup
from bot.wechat.crypto import Cipher, same, signature

MAX_BODY = 1 << 20
MAX_AGE_S = 300
MAX_PARAMETER = 512
BARE = ("", "success")


@dataclass(frozen=True, slots=True)
class Opened:
    """A proved callback. `cipher` is the key that opened it, None when it came unencrypted."""

    fields: Mapping[str, Any]
    cipher: Cipher | None
    nonce: str


def read_query(query_string: str) -> dict[str, str]:
    """The parameters of a callback's URL. Raises CallbackRejected(400) for one given twice."""
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, max_num_fields=32)
    except ValueError:
        raise CallbackRejected(400, "bad_query") from None
    query = dict(pairs)
    if len(query) != len(pairs):
        raise CallbackRejected(400, "repeated_parameter")
    return query


class Gate:
    """One account's gate.

    aes_keys      the current EncodingAESKey, then the previous one
    accept_plain  False: only encrypted bodies are let in (compatible mode's plain half is not read)
    original_id   gh_... of the account; "" while unknown, then ToUserName is not checked

    Raises SettingsError for an empty token (a signature over nothing proves nothing), a malformed
    key, or when it could let nothing in.
    """

    def __init__(
        self,
        token: str,
        appid: str,
        aes_keys: tuple[str, ...],
        accept_plain: bool,
        original_id: str = "",
    ) -> None:
        if not token:
            raise SettingsError("callback token: none given; without it nothing can be proved")
        if not aes_keys and not accept_plain:
            raise SettingsError("EncodingAESKey: none given, and unencrypted callbacks are refused")
        self._token = token
        self._accept_plain = accept_plain
        self._original_id = original_id
        self._ciphers = tuple(Cipher(key, appid) for key in aes_keys)

    def verify_url(self, query: Mapping[str, str], now: datetime) -> str:
        """The text that answers the platform's GET when the URL is set: its own `echostr`, bare."""
        self._check_signature(query, now)
        echo = _parameter(query, "echostr")
        if not echo or not echo.isprintable() or "<" in echo:
            raise CallbackRejected(400, "bad_echostr")
        return echo

    def open(self, query: Mapping[str, str], body: bytes, now: datetime) -> Opened:
        """Prove, decrypt and parse one POST. Raises nothing but CallbackRejected."""
        if len(body) > MAX_BODY:
            raise CallbackRejected(413, "too_large")
        timestamp, nonce = self._check_signature(query, now)
        if not body:
            raise CallbackRejected(400, "empty_body")
        kind = query.get("encrypt_type", "aes" if "msg_signature" in query else "raw")
        if kind == "aes":
            opened = self._open_encrypted(query, timestamp, nonce, body)
        elif kind not in ("raw", ""):
            raise CallbackRejected(400, "bad_encrypt_type")
        elif not self._accept_plain:
            raise CallbackRejected(403, "unencrypted")
        else:
            opened = Opened(markup.read(body), None, nonce)
        self._check_receiver(opened.fields)
        return opened

    def seal(self, reply_xml: str, opened: Opened, now: datetime) -> bytes:
        """The body that answers `opened`: encrypted by its key, or as it is."""
        if opened.cipher is None or reply_xml in BARE:
            return reply_xml.encode()
        encrypted = opened.cipher.encrypt(reply_xml.encode())
        timestamp = str(int(now.timestamp()))
        signed = signature(self._token, timestamp, opened.nonce, encrypted)
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signed}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp>"
            f"<Nonce>{markup.cdata(opened.nonce)}</Nonce></xml>"
        ).encode()

    def _check_signature(self, query: Mapping[str, str], now: datetime) -> tuple[str, str]:
        """The proved timestamp and nonce. Freshness is judged after proof, so that a stranger
        learns nothing of our clock."""
        timestamp, nonce = _parameter(query, "timestamp"), _parameter(query, "nonce")
        given = _parameter(query, "signature")
        if not given:
            raise CallbackRejected(403, "no_signature")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise CallbackRejected(400, "bad_timestamp")
        if not same(given, signature(self._token, timestamp, nonce)):
            raise CallbackRejected(403, "bad_signature")
        if abs(now.timestamp() - int(timestamp)) > MAX_AGE_S:
            raise CallbackRejected(403, "stale")
        return timestamp, nonce

    def _open_encrypted(
        self, query: Mapping[str, str], timestamp: str, nonce: str, body: bytes
    ) -> Opened:
        given = _parameter(query, "msg_signature")
        if not given:
            raise CallbackRejected(403, "no_msg_signature")
        encrypted = markup.read(body).get("Encrypt")
        if not isinstance(encrypted, str) or not encrypted:
            raise CallbackRejected(403, "unencrypted")
        if not same(given, signature(self._token, timestamp, nonce, encrypted)):
            raise CallbackRejected(403, "bad_msg_signature")
        xml, cipher = self._decrypt(encrypted)
        return Opened(markup.read(xml), cipher, nonce)

    def _decrypt(self, encrypted: str) -> tuple[bytes, Cipher]:
        for cipher in self._ciphers[:-1]:
            try:
                return cipher.decrypt(encrypted), cipher
            except CallbackRejected:
                continue  # the next one is the older key
        if not self._ciphers:
            raise CallbackRejected(403, "undecryptable")
        return self._ciphers[-1].decrypt(encrypted), self._ciphers[-1]

    def _check_receiver(self, fields: Mapping[str, Any]) -> None:
        receiver = fields.get("ToUserName")
        if self._original_id and receiver and receiver != self._original_id:
            raise CallbackRejected(403, "other_account")


def _parameter(query: Mapping[str, str], name: str) -> str:
    value = query.get(name, "")
    if len(value) > MAX_PARAMETER:
        raise CallbackRejected(400, f"bad_{name}")
    return value
