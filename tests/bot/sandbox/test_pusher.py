"""Deliveries against a real local server: tries, time, order, and what the phone shows."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.sandbox.acts import Acts
from bot.sandbox.config import SandboxConfig, Switches
from bot.sandbox.crypto import Box, sign
from bot.sandbox.people import FAULT_NOTICE, UNAVAILABLE_NOTICE, Person
from bot.sandbox.pusher import Pusher
from bot.sandbox.world import World
from bot.sandbox.xml import parse, render
from tests.bot.sandbox.conftest import QUICK, SUCCESS, Answer, Asked, DumbBot, a_config


class Setting:
    """A pusher of a config, and its Lin, who follows."""

    def __init__(self, config: SandboxConfig) -> None:
        self.world = World(config)
        self.pusher = Pusher(self.world, workers=4)
        self.acts = Acts(self.world, self.pusher.push)
        self.pusher.start()
        self.lin = self.world.person("o-lin")

    def follow(self, person: Person | None = None) -> dict[str, Any]:
        self.acts.follow(person or self.lin)
        return self.report()

    def report(self) -> dict[str, Any]:
        assert self.pusher.drain(10)
        return self.pusher.report()

    def chat(self) -> list[str]:
        return [bubble.text for bubble in self.lin.chat]


@pytest.fixture
def setting(dumb_bot) -> Iterator[Any]:
    made: list[Setting] = []

    def make(answer: Any, **changes: Any) -> tuple[Setting, DumbBot]:
        bot = dumb_bot(answer)
        made.append(Setting(a_config(callback_url=f"{bot.url}/wechat/default?v=1", **changes)))
        return made[-1], bot

    yield make
    for one in made:
        one.pusher.stop()


def query_of(asked: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}


def opened(asked: Asked, config: SandboxConfig) -> dict[str, Any]:
    return parse(Box(config.aes_key, config.appid).open(parse(asked.body)["Encrypt"]))


def test_a_push_in_safe_mode_is_signed_and_hides_everything_but_the_account(setting):
    here, bot = setting(lambda _: SUCCESS)
    here.follow()
    (asked,) = bot.asked
    config, query, outer = here.world.config, query_of(asked), parse(asked.body)
    assert set(outer) == {"ToUserName", "Encrypt"}
    assert query["v"] == "1"
    assert query["encrypt_type"] == "aes"
    assert query["openid"] == "o-lin"
    stamp = (query["timestamp"], query["nonce"])
    assert query["signature"] == sign(config.token, *stamp)
    assert query["msg_signature"] == sign(config.token, *stamp, outer["Encrypt"])
    fields = opened(asked, config)
    assert fields["Event"] == "subscribe"
    assert (fields["ToUserName"], fields["FromUserName"]) == (config.original_id, "o-lin")


@pytest.mark.parametrize(
    ("mode", "fields"),
    [
        pytest.param("plain", {"Content"}, id="plain mode shows the fields"),
        pytest.param("compatible", {"Content", "Encrypt"}, id="compatible mode shows both"),
    ],
)
def test_the_other_modes(setting, mode, fields):
    here, bot = setting(lambda _: SUCCESS, mode=mode)
    here.follow()
    here.acts.say(here.lin, "你好")
    here.report()
    assert fields <= set(parse(bot.asked[1].body))
    assert ("msg_signature" in query_of(bot.asked[1])) == ("Encrypt" in fields)


def test_three_tries_of_one_push_then_the_fault_notice(setting):
    here, bot = setting(lambda _: (500, "text/plain", b"oops"))
    counts = here.follow()
    assert (counts["pushes"], counts["deliveries"]) == (1, 3)
    assert (counts["repeated"], counts["failed"], counts["silent"]) == (2, 1, 0)
    tries = [opened(asked, here.world.config) for asked in bot.asked]
    assert tries[0] == tries[1] == tries[2], "the same push, field by field"
    assert len({parse(asked.body)["Encrypt"] for asked in bot.asked}) == 3, "freshly encrypted"
    assert here.chat() == ["关注了公众号", FAULT_NOTICE]


def test_an_answer_that_is_none_is_not_asked_for_again(setting):
    here, _ = setting(lambda _: (200, "application/json", b'{"ok": true}'))
    counts = here.follow()
    assert (counts["deliveries"], counts["failed"]) == (1, 1)
    assert here.chat()[-1] == FAULT_NOTICE


def test_a_bot_that_answers_too_late_is_asked_three_times(setting):
    release = threading.Event()

    def slow(_: Asked) -> Answer:
        release.wait(5)
        return SUCCESS

    here, _ = setting(slow, limits=replace(QUICK, answer=0.03))
    counts = here.follow()
    release.set()
    assert (counts["deliveries"], counts["late"], counts["failed"]) == (3, 3, 1)


def test_an_answer_that_drips_is_cut_at_the_limit():
    """Byte by byte inside every socket time-out, yet late as a whole."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            there, _address = server.accept()
            with there, suppress(OSError):  # until the platform hangs up
                there.recv(65536)
                there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while True:
                    there.sendall(b"x")
                    time.sleep(0.01)

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        limits = replace(QUICK, answer=0.05, deliveries=1)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        here = Setting(a_config(callback_url=url, limits=limits))
        began = time.monotonic()
        counts = here.follow()
        assert time.monotonic() - began < 5, "the whole answer takes ten seconds"
        assert (counts["late"], counts["failed"]) == (1, 1)
        here.pusher.stop()
        dripping.join(1)


def test_where_nobody_listens_the_push_fails_after_three_tries():
    here = Setting(a_config())
    counts = here.follow()
    assert (counts["deliveries"], counts["refused"], counts["failed"]) == (3, 3, 1)
    assert here.chat() == ["关注了公众号", UNAVAILABLE_NOTICE]
    here.pusher.stop()


@pytest.mark.parametrize(
    ("status", "retried"), [(500, True), (302, True), (500, False)], ids=["500", "302", "switch"]
)
def test_another_status_than_200_is_tried_again_and_no_redirect_followed(setting, status, retried):
    switches = Switches(retry_status=retried)
    here, bot = setting(lambda _: (status, "/elsewhere", b"success"), switches=switches)
    here.follow()
    assert len(bot.asked) == (3 if retried else 1)
    assert not [asked for asked in bot.asked if asked.path.startswith("/elsewhere")]
    assert here.chat() == ["关注了公众号", FAULT_NOTICE]


def reply(asked: Asked, text: str) -> Answer:
    """The answer to a push in plain mode."""
    fields = parse(asked.body)
    answer = {
        "ToUserName": fields["FromUserName"],
        "FromUserName": fields["ToUserName"],
        "CreateTime": 1760000000,
        "MsgType": "text",
        "Content": text,
    }
    return 200, "application/xml", render(answer).encode()


@pytest.mark.parametrize(
    ("text", "links"),
    [("看 http://bot/t/abc，回复 TD 退订", ["http://bot/t/abc"]), ("十点开门", None)],
)
def test_a_reply_with_a_link_stands_in_the_books(setting, text, links):
    here, _ = setting(lambda asked: reply(asked, text), mode="plain")
    here.follow()
    kept = here.world.replies.get("o-lin", [])
    assert [one.as_json("o-lin")["links"] for one in kept] == ([links] if links else [])


def test_of_a_late_reply_and_one_to_the_retry_the_phone_shows_the_second(setting):
    """The platform has hung up on the first delivery: nobody hears what is said to it."""
    release, number = threading.Event(), itertools.count(1)

    def slow_at_first(asked: Asked) -> Answer:
        mine = next(number)
        if mine == 1:
            release.wait(5)
        return reply(asked, f"答复{mine}")

    limits = replace(QUICK, answer=0.2)
    here, bot = setting(slow_at_first, mode="plain", limits=limits)
    counts = here.follow()
    release.set()
    assert len(bot.asked) == 2
    assert (counts["late"], counts["answered"], counts["failed"]) == (1, 1, 0)
    assert here.chat() == ["关注了公众号", "答复2"]


def test_of_replies_to_a_push_and_its_duplicate_the_phone_shows_the_first(setting):
    number = itertools.count(1)
    here, bot = setting(
        lambda asked: reply(asked, f"答复{next(number)}"),
        mode="plain",
        faults={"push": {"duplicate": 1}},
    )
    counts = here.follow()
    assert len(bot.asked) == 2
    assert (counts["answered"], counts["unheard"]) == (1, 1)
    assert here.chat() == ["关注了公众号", "答复1"]


def test_of_a_lost_reply_and_one_to_the_retry_the_phone_shows_the_second(setting):
    number = itertools.count(1)
    here, _ = setting(
        lambda asked: reply(asked, f"答复{next(number)}"),
        mode="plain",
        faults={"push": {"lose_answers": {"times": 1}}},
    )
    here.follow()
    assert here.chat() == ["关注了公众号", "答复2"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((500, "text/plain", b"oops"), id="no answer"),
        pytest.param((200, "text/html", b"<html>"), id="an answer that is none"),
    ],
)
def test_of_what_the_follower_does_not_see_no_failure_is_shown_either(setting, answer):
    here, _ = setting(lambda _: answer)
    here.acts.follow(here.lin)
    here.acts.unfollow(here.lin)
    here.acts.revoke(here.lin, "206")
    here.report()
    assert here.chat() == ["关注了公众号", "取消了关注", FAULT_NOTICE]


@pytest.mark.parametrize("resigned", [True, False], ids=["afresh", "byte for byte"])
def test_a_retry_is_signed_as_the_switch_says(setting, resigned):
    here, bot = setting(
        lambda _: (500, "text/plain", b""), switches=Switches(resign_retries=resigned)
    )
    here.follow()
    assert len({(asked.path, asked.body) for asked in bot.asked}) == (3 if resigned else 1)


@pytest.mark.parametrize(
    ("events", "pushed"), [(True, ["event", "event"]), (False, ["event"])], ids=["pushed", "not"]
)
def test_what_blacklisted_followers_say_is_not_pushed(setting, events, pushed):
    here, bot = setting(
        lambda _: SUCCESS, mode="plain", switches=Switches(blacklisted_events=events)
    )
    here.follow()
    here.lin.blacklisted = True
    here.acts.say(here.lin, "在吗")
    here.acts.click(here.lin, "COUPON")
    counts = here.report()
    assert [parse(asked.body)["MsgType"] for asked in bot.asked] == pushed
    assert counts["blacklisted"] == 3 - len(pushed)


def test_a_blacklisted_follower_who_leaves_is_reported_all_the_same(setting):
    here, bot = setting(
        lambda _: SUCCESS, mode="plain", switches=Switches(blacklisted_events=False)
    )
    here.follow()
    here.lin.blacklisted = True
    here.acts.unfollow(here.lin)
    here.report()
    assert parse(bot.asked[-1].body)["Event"] == "unsubscribe"


def test_without_a_program_pushes_are_unsent():
    here = Setting(a_config(callback_url=""))
    counts = here.follow()
    assert (counts["pushes"], counts["unsent"], counts["deliveries"]) == (1, 1, 0)
    assert (counts["silent"], counts["answered"], counts["failed"]) == (0, 0, 0)
    assert not here.pusher.verify()
    here.pusher.stop()


# --- alarms ------------------------------------------------------------------------------------


def alarms(here: Setting) -> dict[str, int]:
    return {one["alarm"]: one["count"] for one in here.pusher.report()["alarms"]}


@pytest.mark.parametrize(
    ("answer", "kind", "count"),
    [
        pytest.param((500, "text/plain", b""), "回应失败", 3, id="another status"),
        pytest.param((200, "text/plain", b"ok"), "回应失败", 1, id="an answer that is none"),
    ],
)
def test_failures_are_alarms_counted_in_five_minutes(setting, answer, kind, count):
    here, _ = setting(lambda _: answer)
    here.follow()
    assert alarms(here) == {kind: count}
    records = here.world.ledger.records("alarm")
    assert [one["count"] for one in records] == list(range(1, count + 1))


def test_a_time_out_is_an_alarm_of_its_own(setting):
    release = threading.Event()
    here, _ = setting(lambda _: (release.wait(5), SUCCESS)[1], limits=replace(QUICK, answer=0.03))
    here.follow()
    release.set()
    assert alarms(here) == {"请求超时": 3}


def test_a_connection_that_is_refused_is_an_alarm_of_the_connection():
    here = Setting(a_config())
    here.follow()
    assert alarms(here) == {"连接超时": 3}
    here.pusher.stop()


def test_a_host_that_nobody_knows_is_an_alarm_of_the_dns():
    here = Setting(a_config(callback_url="http://host.invalid/"))
    here.follow()
    assert set(alarms(here)) <= {"DNS失败", "DNS超时"}
    assert sum(alarms(here).values()) == 3
    here.pusher.stop()


@pytest.mark.parametrize("shown", [True, False], ids=["with a notice", "in silence"])
def test_after_the_pause_of_mark_fail_it_pushes_again(setting, shown):
    answers = itertools.chain([(500, "text/plain", b"")] * 3, itertools.repeat(SUCCESS))
    here, bot = setting(
        lambda _: next(answers),
        limits=replace(QUICK, mark_fail=3),
        switches=Switches(mark_fail_notice=shown),
    )
    here.follow()
    here.acts.say(here.lin, "还在吗")
    here.report()
    assert here.chat()[2:] == ["还在吗"] + [UNAVAILABLE_NOTICE] * shown
    assert alarms(here) == {"回应失败": 3, "MarkFail": 1}
    assert [one["label"] for one in here.world.ledger.records("dropped")] == ["text"]
    here.world.clock.advance(60)
    here.acts.say(here.lin, "现在呢")
    assert here.report()["silent"] == 1
    assert len(bot.asked) == 4


def test_the_second_try_can_succeed(setting):
    answers = iter([(502, "text/html", b"<html>"), SUCCESS])
    here, _ = setting(lambda _: next(answers))
    counts = here.follow()
    assert (counts["deliveries"], counts["silent"], counts["failed"]) == (2, 1, 0)
    assert FAULT_NOTICE not in here.chat()


def test_a_reply_is_shown_on_the_phone(setting):
    here, _ = setting(lambda asked: reply(asked, "欢迎"), mode="plain")
    counts = here.follow()
    assert counts["answered"] == 1
    assert here.chat() == ["关注了公众号", "欢迎"]


def test_a_lost_answer_is_delivered_again_and_the_last_one_counts(setting):
    here, _ = setting(lambda _: SUCCESS, faults={"push": {"lose_answers": 1.0}})
    counts = here.follow()
    assert (counts["deliveries"], counts["repeated"], counts["silent"]) == (3, 2, 1)
    assert counts["failed"] == 0


def test_each_followers_pushes_arrive_in_order(setting):
    here, bot = setting(lambda _: SUCCESS, mode="plain")
    people = [here.world.person(f"o-{n}") for n in range(8)]
    for person in people:
        here.acts.follow(person)
    for number in range(10):
        for person in people:
            here.acts.say(person, str(number))
    here.report()
    heard: dict[str, list[str]] = {}
    for asked in bot.asked:
        fields = parse(asked.body)
        if fields["MsgType"] == "text":
            heard.setdefault(fields["FromUserName"], []).append(fields["Content"])
    assert heard == {person.openid: [str(n) for n in range(10)] for person in people}


def test_too_many_failures_silence_the_platform(setting):
    here, bot = setting(lambda _: (500, "text/plain", b""), limits=replace(QUICK, mark_fail=3))
    here.follow()
    here.acts.say(here.lin, "还在吗")
    counts = here.report()
    assert (counts["mark_fail"], counts["dropped"]) == (1, 1)
    assert len(bot.asked) == 3


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(lambda q: q["echostr"].encode(), True, id="the bare echostr"),
        pytest.param(lambda q: q["echostr"].encode() + b"\n", False, id="with a line break"),
        pytest.param(lambda q: b"success", False, id="something else"),
    ],
)
def test_the_verification_wants_the_bare_echostr(setting, answer, expected):
    here, bot = setting(lambda asked: (200, "text/plain", answer(query_of(asked))))
    assert here.pusher.verify() is expected
    query = query_of(bot.asked[0])
    assert query["signature"] == sign(here.world.config.token, query["timestamp"], query["nonce"])


def test_the_verification_is_repeated_until_the_bot_is_up(setting):
    calls = iter([503, 503, 200])

    def answer(asked: Asked) -> Answer:
        return next(calls), "text/plain", query_of(asked)["echostr"].encode()

    here, bot = setting(answer)
    assert here.pusher.verify_until_up(gap=0.001)
    assert len(bot.asked) == 3
