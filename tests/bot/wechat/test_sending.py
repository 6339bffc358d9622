import json

import pytest

from bot.errors import (
    GatewayDown,
    MessageRefused,
    OutcomeUnknown,
    RequestRejected,
    TokenRejected,
    Transient,
)
from bot.values.replies import TextReply, TransferReply
from bot.wechat.breaker import Breaker
from bot.wechat.calls import CUSTOM, TEMPLATE, custom, template
from bot.wechat.exchange import Exchange
from bot.wechat.fanout import CurlFanout, Fanouts, ThreadFanout
from bot.wechat.sending import Sender
from bot.wechat.transport import PooledTransport
from tests.bot.wechat.conftest import CUT, HANG
from tests.conftest import NOON


class Tokens:
    """Counts replacements; `error` is raised instead of giving a token."""

    def __init__(self) -> None:
        self.version = 1
        self.replaced: list[str] = []
        self.error: Exception | None = None

    def get(self, now):
        if self.error:
            raise self.error
        return f"token-{self.version}"

    def replace(self, rejected, now):
        self.replaced.append(rejected)
        if rejected == f"token-{self.version}":
            self.version += 1
        return self.get(now)


@pytest.fixture(params=[CurlFanout, ThreadFanout])
def world(request, platform):
    """An exchange on the local platform, and a way to send through either fan-out."""

    class World:
        tokens = Tokens()
        exchange = Exchange(platform.url, tokens, PooledTransport(), lambda: NOON, Breaker(1000))
        timeout_s = 10.0

        def __init__(self):
            self.fanouts = Fanouts(lambda n: request.param(n, timeout_s=self.timeout_s))

        def send(self, calls, concurrency=4):
            return Sender(self.exchange, concurrency, self.fanouts).run(calls)

    made = World()
    yield made
    made.fanouts.close()
    World.exchange.transport.close()


def calls(count):
    return [custom(n, f"o-{n}", TextReply("你好")) for n in range(count)]


def outcomes(answers):
    return {answer.key: type(answer.error) for answer in answers}


NONE = type(None)


def test_every_call_is_sent_once_and_answered_once(world, platform):
    answers = list(world.send(calls(50), 8))
    assert outcomes(answers) == dict.fromkeys(range(50), NONE)
    assert len(answers) == 50
    touched = sorted(json.loads(body)["touser"] for _, body in platform.asked(CUSTOM))
    assert touched == sorted(f"o-{n}" for n in range(50))


def test_connections_are_kept(world, platform):
    list(world.send(calls(40), 4))
    list(world.send(calls(40), 4))  # also from one batch to the next
    assert platform.connections <= 4


def test_no_calls_no_answers(world):
    assert list(world.send([])) == []


def test_msgid_comes_back_for_templates(world, platform):
    platform.script[TEMPLATE] = [{"errcode": 0, "errmsg": "ok", "msgid": 200228332}]
    (answer,) = world.send([template("k", "o", "T", {"thing1": "好"}, "https://u", "send-1")])
    assert (answer.key, answer.msgid, answer.error) == ("k", "200228332", None)
    assert json.loads(platform.asked(TEMPLATE)[0][1])["client_msg_id"] == "send-1"


def test_calls_are_pulled_when_there_is_room(world, platform):
    pulled, answered = [], []

    def source():
        for call in calls(30):
            pulled.append(call.key)
            assert len(pulled) - len(answered) <= 3 + 3  # in flight, and ended but not yet taken
            yield call

    for answer in world.send(source(), 3):
        answered.append(answer.key)
    assert len(answered) == 30


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param({"errcode": -1, "errmsg": "busy"}, Transient, id="busy is the caller's"),
        pytest.param({"errcode": 45015, "errmsg": "late"}, MessageRefused, id="window closed"),
        pytest.param({"errcode": 48001, "errmsg": "no"}, RequestRejected, id="no right"),
        pytest.param((500, b"<html>"), OutcomeUnknown, id="500 and HTML"),
        pytest.param((200, b"oops"), OutcomeUnknown, id="no JSON"),
        pytest.param((301, b""), OutcomeUnknown, id="sent elsewhere, not followed"),
        pytest.param(CUT, OutcomeUnknown, id="cut after reading"),
    ],
)
def test_failures_are_answers_and_not_repeated(world, platform, answer, error):
    platform.script[CUSTOM] = [{"errcode": 0}, answer]
    assert outcomes(world.send(calls(3), 1)) == {0: NONE, 1: error, 2: NONE}
    assert len(platform.asked(CUSTOM)) == 3


def test_cuts_on_reused_connections_never_send_twice(world, platform):
    platform.script[CUSTOM] = [{"errcode": 0}, {"errcode": 0}, *[CUT] * 10]
    found = outcomes(world.send(calls(20), 2))
    assert sum(kind is OutcomeUnknown for kind in found.values()) == 10
    assert len(platform.asked(CUSTOM)) == 20


def test_a_slow_answer_is_unknown_and_the_others_do_not_wait_for_it(world, platform):
    world.timeout_s = 0.3
    platform.script[CUSTOM] = [HANG]
    found = list(world.send(calls(6), 2))
    assert sorted(outcomes(found).values(), key=str) == [NONE] * 5 + [OutcomeUnknown]
    assert type(found[-1].error) is OutcomeUnknown


def test_nobody_listening_is_down(world, platform):
    platform.close()
    assert set(outcomes(world.send(calls(3))).values()) == {GatewayDown}


def test_a_refused_token_is_replaced_once_and_each_call_repeated_once(world, platform):
    platform.stale_tokens = {"token-1"}
    assert outcomes(world.send(calls(10), 4)) == dict.fromkeys(range(10), NONE)
    assert world.tokens.version == 2
    assert len(platform.asked(CUSTOM)) <= 10 + 4
    assert set(world.tokens.replaced) == {"token-1"}


def test_a_token_refused_for_ever_costs_two_requests_a_call(world, platform):
    platform.script[CUSTOM] = [{"errcode": 42001, "errmsg": "expired"}] * 1000
    assert set(outcomes(world.send(calls(5), 2)).values()) == {TokenRejected}
    assert len(platform.asked(CUSTOM)) == 10


def test_without_a_token_nothing_is_sent(world, platform):
    world.tokens.error = RequestRejected(40164, "invalid ip")
    assert set(outcomes(world.send(calls(5))).values()) == {RequestRejected}
    assert platform.requests == []


def test_an_open_circuit_answers_without_sending(world, platform):
    world.exchange.breaker = Breaker(threshold=3, pause_s=60)
    platform.script[CUSTOM] = [(500, b"")] * 100
    found = outcomes(world.send(calls(20), 1))
    assert [found[n] for n in range(20)] == [OutcomeUnknown] * 3 + [GatewayDown] * 17
    assert len(platform.asked(CUSTOM)) == 3


def test_stopping_early_leaves_nothing_open(world, platform):
    answers = world.send(calls(50), 4)
    next(answers)
    answers.close()
    assert len(platform.asked(CUSTOM)) < 50


def test_an_error_of_the_source_comes_through(world):
    def source():
        yield calls(1)[0]
        raise LookupError("the database is gone")

    with pytest.raises(LookupError):
        list(world.send(source(), 1))


def test_logs_name_the_failure_and_nobody(world, platform, caplog):
    platform.script[CUSTOM] = [{"errcode": 43004, "errmsg": "require subscribe rid: 5-f"}]
    list(world.send(calls(1)))
    assert "errcode=43004 rid=5-f" in caplog.text
    assert "token-1" not in caplog.text
    assert "o-0" not in caplog.text


def test_a_reply_that_cannot_be_sent_is_refused_when_built():
    with pytest.raises(ValueError, match="TransferReply"):
        custom(1, "o", TransferReply())
