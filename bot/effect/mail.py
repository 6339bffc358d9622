"""The week's digest by mail: at most once to a mailbox that the settings name.

A message whose sending was under way when the process ended stays `sending`: it may have gone, and
is not sent again. What the server did not take for now is tried again for three days.
"""

from __future__ import annotations

import errno
import logging
import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from bot.store import accounts, effect_documents
from bot.store.effect_documents import Kept

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS = 20.0
TRIED = timedelta(days=3)
LOCAL = ("127.0.0.1", "::1", "localhost")
PORTS = {"smtp": 587, "smtps": 465}


# The talk broke off, and the server's last word is not known.
_BROKEN = (TimeoutError, smtplib.SMTPServerDisconnected, ConnectionError)


class Unsent(OSError):
    """The talk broke off before any of the message was given: it did not go, and may later."""


class _Door(smtplib.SMTP):
    """`giving`: from DATA on the message may be taken, whatever breaks off."""

    giving = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.giving = True
        return super().data(msg)


class _SealedDoor(_Door, smtplib.SMTP_SSL):
    """The same by TLS from the first byte on."""


@dataclass(frozen=True)
class Mailbox:
    """url   smtp://USER:PASSWORD@HOST:PORT (STARTTLS is demanded, but by a server on this machine)
          or smtps://
    to    addresses; the sender is USER where that is an address, else the first of them
    """

    url: str = field(repr=False)
    to: tuple[str, ...]
    context: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def usable(self) -> bool:
        return bool(self.url and self.to)

    def send(self, subject: str, text: str, files: Sequence[tuple[str, bytes]] = ()) -> None:
        """`files`: (name, content) of CSV tables. Raises OSError or smtplib.SMTPException."""
        parts = urlsplit(self.url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        message = EmailMessage()
        message["Subject"] = subject
        message["From"] = _address(user if "@" in user else self.to[0])
        message["To"] = [_address(one) for one in self.to]
        message.set_content(text)
        for name, content in files:
            message.add_attachment(
                content, maintype="text", subtype="csv", filename=name, params={"charset": "utf-8"}
            )
        try:
            door = self._door(parts.scheme, parts.hostname or "", parts.port)
        except _BROKEN as error:
            raise Unsent(str(error)) from error
        try:
            if user:
                door.login(user, password)
            door.send_message(message)
        except _BROKEN as error:
            if door.giving:
                raise
            raise Unsent(str(error)) from error
        finally:  # once it is taken, what is said at parting changes nothing
            with suppress(OSError, smtplib.SMTPException):
                door.quit()

    def _door(self, scheme: str, host: str, port: int | None) -> _Door:
        context = self.context or ssl.create_default_context()
        port = port or PORTS[scheme]
        if scheme == "smtps":
            return _SealedDoor(host, port, timeout=TIMEOUT_SECONDS, context=context)
        door = _Door(host, port, timeout=TIMEOUT_SECONDS)
        try:
            door.ehlo()
            if host not in LOCAL or door.has_extn("starttls"):
                door.starttls(context=context)
        except BaseException:
            door.close()
            raise
        return door


def _address(text: str) -> Address:
    return Address(addr_spec=text)


def send_due(mailbox: Mailbox, now: datetime) -> int:
    """Mail the digests of the last days that were not mailed; how many went."""
    if not mailbox.usable:
        return 0
    return sum(
        _send(mailbox, account_id, kept, now)
        for account_id in accounts.ids()
        for kept in effect_documents.digests(account_id, limit=2)
        if kept.mail == "" and kept.made_at > now - TRIED
    )


def _send(mailbox: Mailbox, account_id: int, kept: Kept, now: datetime) -> bool:
    if not effect_documents.move_mail(account_id, kept.name, "", "sending"):
        return False
    ended = "sent"
    try:
        mailbox.send(kept.words.splitlines()[0], kept.words)
    except (OSError, smtplib.SMTPException) as error:
        ended = ended_by(error)
        # The server's words may name a mailbox.
        logger.warning("digest=%s mail=refused error=%s", kept.name, type(error).__name__)
    effect_documents.move_mail(account_id, kept.name, "sending", ended)
    return ended == "sent"


def ended_by(error: Exception) -> str:
    """ "" where it did not go and may later: nobody was there, the talk broke off before the
    message was given, or the server said 4xx to all of it. Where it broke off after that it may
    have gone: unknown, and not sent again."""
    codes: list[int] = []
    if isinstance(error, smtplib.SMTPResponseException):
        codes = [error.smtp_code]
    elif isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
    if isinstance(error, Unsent | ConnectionRefusedError | socket.gaierror):
        return ""
    if isinstance(error, OSError) and error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return ""
    if isinstance(error, TimeoutError | smtplib.SMTPServerDisconnected | ConnectionResetError):
        return "unknown"
    return "" if codes and all(400 <= code < 500 for code in codes) else "failed"
