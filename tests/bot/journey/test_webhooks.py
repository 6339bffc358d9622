"""Webhooks: called until they are answered, signed, and never inside the house unasked."""

from __future__ import annotations

import ipaddress
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot import journey
from bot.errors import InvalidInput
from bot.journey.reading import parse
from bot.journey.webhooks import BACK_OFF, is_public, key_of, signature
from bot.settings import Settings
from bot.store import pseudonyms
from bot.store.db import Store, fetch
from tests.bot.journey.cast import a_journey, found_town

END = {"id": "end", "end": "finished"}


class Receiver(ThreadingHTTPServer):
    """Answers with the next of `answers`, then 200; keeps what it was told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[int] = []
        self.told: list[tuple[dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((dict(self.headers), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def called(store: Store, url: str, *, hosts: str = ""):
    """A town in which Lin has come to a webhook."""
    town = found_town(store)
    settings = Settings.from_env({"HONGYAN_WEBHOOK_HOSTS": hosts})
    town.world.services = replace(town.world.services, settings=settings)
    town.start(a_journey({"id": "call", "webhook": {"url": url, "facts": ["city"]}}, END))
    town.happens("attribute", town.people[0], name="city", value="成都")
    town.happens("attribute", town.people[0], name="phone", value="13800000000")
    town.turn()
    town.happens("subscribe", town.people[0])
    town.turn()
    return town


def state() -> tuple[str, int, int | None]:
    return fetch("SELECT state, attempts, status FROM journey_call")[0]


def test_it_is_signed_and_says_no_more_than_was_declared(any_store: Store, receiver: Receiver):
    port = receiver.server_port
    town = called(any_store, f"http://127.0.0.1:{port}/hook?a=1", hosts="127.0.0.1")
    assert journey.call_due(town.world.services, town.now) == 1
    assert journey.call_due(town.world.services, town.now) == 0
    (headers, body), = receiver.told  # fmt: skip
    told = json.loads(body)
    assert told["facts"] == {"city": "成都"}
    assert told["follower"] == pseudonyms.of(town.people[0])
    assert b"o-1" not in body
    assert (told["journey"], told["step"], told["entry"]) == ("welcome", "call", 1)
    sent = int(headers["X-Hongyan-Timestamp"])
    assert headers["X-Hongyan-Signature"] == signature(key_of(town.account_id), sent, body)
    assert headers["X-Hongyan-Id"].startswith("journey-call-")
    assert state() == ("done", 1, 200)


@pytest.mark.parametrize(
    ("answers", "ends"),
    [
        pytest.param([503, 429, 200], ("done", 3, 200), id="busy, too often, then well"),
        pytest.param([404], ("failed", 1, 404), id="nobody is there"),
        pytest.param([302], ("failed", 1, 302), id="it is not led elsewhere"),
        pytest.param([500] * 9, ("failed", len(BACK_OFF) + 1, 500), id="never well: given up"),
    ],
)
def test_it_is_repeated_until_it_is_answered(store: Store, receiver: Receiver, answers, ends):
    receiver.answers = answers
    town = called(store, f"http://127.0.0.1:{receiver.server_port}/", hosts="127.0.0.1")
    journey.call_due(town.world.services, town.now)
    for wait in BACK_OFF:
        assert journey.call_due(town.world.services, town.now + wait / 2) == 0
        town.world.later(seconds=wait.total_seconds())
        journey.call_due(town.world.services, town.now)
    assert state() == ends
    assert len({headers["X-Hongyan-Id"] for headers, _ in receiver.told}) == 1


@pytest.mark.parametrize(
    ("url", "hosts", "error"),
    [
        pytest.param("http://127.0.0.1:{port}/", "", "not https", id="plain http"),
        pytest.param("https://127.0.0.1:{port}/", "", "the address is not public", id="inside"),
        pytest.param("https://[::ffff:10.0.0.1]/", "", "the address is not public", id="disguised"),
    ],
)
def test_nobody_is_called_inside_the_house_unasked(store: Store, receiver, url, hosts, error):
    town = called(store, url.format(port=receiver.server_port), hosts=hosts)
    journey.call_due(town.world.services, town.now)
    assert fetch("SELECT state, error FROM journey_call") == [("failed", error)]
    assert receiver.told == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("10.1.2.3", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),  # where clouds keep their secrets
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("2606:4700::1111", True),
        ("::1", False),
        ("fd00::1", False),
        ("fe80::1", False),
        ("::ffff:192.168.1.1", False),
        ("2002:0a00:0001::1", False),
        ("64:ff9b::a00:1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool):
    assert is_public(ipaddress.ip_address(address)) is public


def test_a_name_in_the_address_is_no_way_around():
    for url in ("https://user@10.0.0.1/", "https:///x", "https://a b/"):
        with pytest.raises(InvalidInput):
            parse(a_journey({"id": "call", "webhook": {"url": url}}, END))
