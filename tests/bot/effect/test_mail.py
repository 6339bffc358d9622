"""The digest by mail, to a server in this process: by TLS, once, and nothing when it must not."""

from __future__ import annotations

import smtplib
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from bot.effect import mail as mailing
from bot.effect.mail import Mailbox, ended_by, send_due
from bot.sandbox.tls import Certificates
from bot.store import accounts, effect_documents
from bot.store.db import Store
from tests.conftest import NOON

WORDS = "【鸿雁周报】2026-W47\n粉丝：新关注 2"


class Server(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a client needs. `answers`: what it says to RCPT; cut: at DATA."""

    daemon_threads = True
    tls: ssl.SSLContext | None = None
    answer = "250 ok"
    cut = False
    gone_at = ""  # the word at which it goes without an answer; END: when it has the message

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.said: list[str] = []
        super().__init__(("127.0.0.1", 0), Talk)

    @property
    def port(self) -> int:
        return self.server_address[1]


class Talk(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self._say("220 hello")
        while line := self.rfile.readline():
            word = line.split()[0].upper().decode()
            self.server.said.append(word)
            if word == self.server.gone_at:
                return
            if word == "EHLO":
                self._say("250-here\r\n250-AUTH PLAIN\r\n250 " + self._offer())
            elif word == "STARTTLS":
                self._say("220 go on")
                try:
                    self.request = self.server.tls.wrap_socket(self.request, server_side=True)
                except (ssl.SSLError, OSError):
                    return
                self.setup()
            elif word == "RCPT":
                self._say(self.server.answer)
            elif word == "DATA":
                if self.server.cut:
                    return
                self._say("354 go on")
                self._body()
            else:
                self._say("235 welcome" if word == "AUTH" else "250 ok")
                if word == "QUIT":
                    return

    def finish(self) -> None:
        super().finish()
        self.request.close()  # by TLS it is not the one that the server opened

    def _offer(self) -> str:
        return "STARTTLS" if self.server.tls and "STARTTLS" not in self.server.said else "SIZE"

    def _body(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.got.append(b"".join(lines))
        if self.server.gone_at == "END":
            self.request.close()
            return
        self._say("250 taken")

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def account(store: Store) -> int:
    made = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    assert effect_documents.keep_digest(made, "2026-W47", {}, WORDS, NOON)
    return made


def box(server: Server, context: ssl.SSLContext | None = None) -> Mailbox:
    url = f"smtp://bot%40shop.cn:pa%2Fss@127.0.0.1:{server.port}"
    return Mailbox(url, ("boss@shop.cn", "ad@shop.cn"), context)


def mail(account: int) -> str:
    kept = effect_documents.digest(account, "2026-W47")
    assert kept is not None
    return kept.mail


def test_it_goes_once_by_tls_to_everybody_named(server: Server, account: int):
    good = Certificates("good")
    server.tls = good.context()
    trusting = ssl.create_default_context(cadata=good.authority.decode())
    assert send_due(box(server, trusting), NOON) == 1
    assert send_due(box(server, trusting), NOON) == 0
    found = message_from_bytes(server.got[0], policy=policy.default)
    assert (found["From"], found["To"]) == ("bot@shop.cn", "boss@shop.cn, ad@shop.cn")
    assert found["Subject"] == WORDS.splitlines()[0]
    assert found.get_content().split() == WORDS.split()
    assert server.said.index("STARTTLS") < server.said.index("AUTH")
    assert mail(account) == "sent"


def test_a_server_that_nobody_vouches_for_gets_neither_password_nor_report(
    server: Server, account: int
):
    server.tls = Certificates("self-signed").context()
    assert send_due(box(server), NOON) == 0
    assert ("AUTH" in server.said, server.got, mail(account)) == (False, [], "failed")


@pytest.mark.parametrize(
    ("answer", "cut", "ended"),
    [
        pytest.param("450 later", False, "", id="tried again later"),
        pytest.param("550 nobody of that name", False, "failed", id="refused for good"),
        pytest.param("250 ok", True, "unknown", id="broken off: it may have gone"),
    ],
)
def test_what_the_server_did_not_take(
    server: Server, account: int, answer: str, cut: bool, ended: str
):
    server.answer, server.cut = answer, cut
    assert send_due(box(server), NOON) == 0
    assert mail(account) == ended
    server.answer, server.cut = "250 ok", False
    assert send_due(box(server), NOON) == (ended == "")


@pytest.mark.parametrize(
    ("gone_at", "ended"),
    [("EHLO", ""), ("MAIL", ""), ("RCPT", ""), ("DATA", "unknown"), ("END", "unknown")],
)
def test_a_talk_that_breaks_off_is_unknown_only_once_the_message_is_given(
    server, gone_at, ended, monkeypatch
):
    monkeypatch.setattr(mailing, "TIMEOUT_SECONDS", 1.0)
    server.gone_at = gone_at
    box = Mailbox(f"smtp://127.0.0.1:{server.port}", ("lin@example.com",))
    with pytest.raises((OSError, smtplib.SMTPException)) as caught:
        box.send("周报", "文")
    assert ended_by(caught.value) == ended
    assert bool(server.got) == (gone_at == "END")


def test_a_server_that_answers_no_connection_was_sent_nothing(monkeypatch, account):
    """It listens and says nothing: a firewall, a server that is too busy."""
    monkeypatch.setattr(mailing, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for scheme in ("smtp", "smtps"):
            url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
            with pytest.raises(mailing.Unsent) as caught:
                Mailbox(url, ("lin@example.com",)).send("周报", "文")
            assert ended_by(caught.value) == ""
        send_due(Mailbox(url, ("lin@example.com",)), NOON)
    (kept,) = effect_documents.digests(account, limit=2)
    assert kept.mail == "", "it is tried again"


def test_nothing_is_mailed_without_a_server_to_nobody_or_after_days(server: Server, account: int):
    assert send_due(Mailbox("", ("boss@shop.cn",)), NOON) == 0
    assert send_due(Mailbox(box(server).url, ()), NOON) == 0
    assert send_due(box(server), NOON + timedelta(days=3)) == 0
    gone = Mailbox("smtp://127.0.0.1:9", ("boss@shop.cn",))
    assert send_due(gone, NOON) == 0
    assert (mail(account), server.said) == ("", [])
