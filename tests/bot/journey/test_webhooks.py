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
from bot.journey.webhooks import BACK_OFF, Answer, call, is_public, key_of, signature
from bot.settings import Settings
from bot.store import pseudonyms
from bot.store.db import Store, fetch
from bot.store.journey_calls import Call
from tests.bot.journey.cast import a_journey, found_town
from tests.conftest import NOON

END = {"id": "end", "end": "finished"}


class Receiver(ThreadingHTTPServer):
    """Answers with the next of the path's `answers`, then 200; keeps what it was told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, list[int]] = {}
        self.told: list[tuple[dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((dict(self.headers), body))
        answers = self.server.answers.get(self.path)
        self.send_response(answers.pop(0) if answers else 200)
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


def called(store: Store, *urls: str):
    """A town in which Lin has come to webhooks at these addresses."""
    town = found_town(store)
    settings = Settings.from_env({"HONGYAN_WEBHOOK_HOSTS": "127.0.0.1"})
    town.world.services = replace(town.world.services, settings=settings)
    steps = [
        {"id": f"call-{n}", "webhook": {"url": url, "facts": ["city"]}}
        for n, url in enumerate(urls)
    ]
    town.start(a_journey(*steps, END))
    town.happens("attribute", town.people[0], name="city", value="成都")
    town.happens("attribute", town.people[0], name="phone", value="13800000000")
    town.turn()
    town.happens("subscribe", town.people[0])
    town.turn()
    return town


def states() -> list[tuple[str, int, int | None]]:
    return fetch("SELECT state, attempts, status FROM journey_call ORDER BY id")


def test_it_is_signed_and_says_no_more_than_was_declared(any_store: Store, receiver: Receiver):
    town = called(any_store, f"http://127.0.0.1:{receiver.server_port}/hook?a=1")
    assert journey.call_due(town.world.services, town.now) == 1
    assert journey.call_due(town.world.services, town.now) == 0
    (headers, body), = receiver.told  # fmt: skip
    told = json.loads(body)
    assert told["facts"] == {"city": "成都"}
    assert told["follower"] == pseudonyms.of(town.people[0])
    assert b"o-1" not in body
    assert (told["journey"], told["step"], told["entry"]) == ("welcome", "call-0", 1)
    sent = int(headers["X-Hongyan-Timestamp"])
    assert headers["X-Hongyan-Signature"] == signature(key_of(town.account_id), sent, body)
    assert headers["X-Hongyan-Id"].startswith("journey-call-")
    assert states() == [("done", 1, 200)]


ANSWERS = [
    ([503, 429, 200], ("done", 3, 200)),  # busy, too often, then well
    ([404], ("failed", 1, 404)),  # nobody is there
    ([302], ("failed", 1, 302)),  # it is not led elsewhere
    ([500] * 9, ("failed", len(BACK_OFF) + 1, 500)),  # never well: given up
]


def test_each_is_repeated_until_it_is_answered(store: Store, receiver: Receiver):
    receiver.answers = {f"/{n}": answers for n, (answers, _) in enumerate(ANSWERS)}
    base = f"http://127.0.0.1:{receiver.server_port}"
    town = called(store, *(f"{base}/{n}" for n in range(len(ANSWERS))))
    journey.call_due(town.world.services, town.now)
    for wait in BACK_OFF:
        assert journey.call_due(town.world.services, town.now + wait / 2) == 0
        town.world.later(seconds=wait.total_seconds())
        journey.call_due(town.world.services, town.now)
    assert states() == [ends for _, ends in ANSWERS]
    assert len({headers["X-Hongyan-Id"] for headers, _ in receiver.told}) == len(ANSWERS)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        pytest.param("http://127.0.0.1:{port}/", "not https", id="plain http"),
        pytest.param("https://127.0.0.1:{port}/", "the address is not public", id="inside"),
        pytest.param("https://[::ffff:10.0.0.1]/", "the address is not public", id="disguised"),
    ],
)
def test_nobody_is_called_inside_the_house_unasked(receiver: Receiver, url: str, error: str):
    one = Call(1, 1, "call", url.format(port=receiver.server_port), {}, 1)
    assert call(one, (), NOON) == Answer(None, error, final=True)
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
