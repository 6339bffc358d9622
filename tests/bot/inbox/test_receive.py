"""Law 1: a callback is stored before it is answered, takes effect once, and is answered in time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from peewee import ProgrammingError

from bot.clock import to_ms
from bot.errors import OutcomeUnknown, StoreUnavailable, Transient
from bot.i18n import t
from bot.inbox import receive
from bot.inbox.repairing import repair_inbox
from bot.store import followers, inbox, repair
from bot.store.db import fetch, pragma, run
from bot.values.replies import NO_REPLY, Reply, TextReply
from tests.bot.inbox.conftest import answering, echo
from tests.conftest import NOON
from tests.support.threads import together


def rows(sql):
    return fetch(sql)


class Counting:
    """A handler that counts how often it acted."""

    def __init__(self) -> None:
        self.times = 0
        self._lock = threading.Lock()

    def __call__(self, message, ctx):
        with self._lock:
            self.times += 1
        return echo(message, ctx)


def test_a_message_is_answered_and_stored_with_its_facts(house):
    receiver = house.receiver(echo)
    assert house.deliver(receiver, Content="想吃火锅") == "你说想吃火锅"
    assert rows("SELECT kind, source, facts FROM event") == [
        ("message.text", "callback", '{"topics": {"火锅": 1.0}, "word": ""}')
    ]
    assert rows("SELECT state, handler, reason, answer FROM inbox") == [
        ("done", "echo", "always", "passive")
    ]


def test_words_and_sender_stand_nowhere_in_plain_columns(house):
    house.deliver(house.receiver(echo), Content="我住在南京路一号", FromUserName="oVisible")
    for table in ("event", "inbox", "follower"):
        for row in rows(f"SELECT * FROM {table}"):
            shown = " ".join(str(bytes(v)) if isinstance(v, memoryview) else str(v) for v in row)
            assert "南京路" not in shown
            assert "oVisible" not in shown


@pytest.mark.mysql
def test_a_repeat_has_no_second_effect_and_gets_the_same_answer(house):
    handler = Counting()
    receiver = house.receiver(handler)
    fields = house.platform.fields(NOON)
    assert [house.again(receiver, fields) for _ in range(3)] == ["你说你好"] * 3
    assert handler.times == 1
    assert repair.callback_counts(house.account.id) == {
        "delivered": 3, "repeated": 2, "answered": 1, "late": 0, "failed": 0
    }  # fmt: skip


def test_a_thousand_deliveries_from_sixteen_threads_take_effect_once(house):
    handler = Counting()
    receiver = house.receiver(handler)
    fields = house.platform.fields(NOON)
    together(16, lambda n: [house.again(receiver, fields) for _ in range(63)])
    assert handler.times == 1
    assert rows("SELECT COUNT(*) FROM event") == [(1,)]
    assert repair.callback_counts(house.account.id)["delivered"] == 16 * 63


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"MsgId": 7}, id="another message with the same words in the same second"),
        pytest.param({"FromUserName": "o-wang"}, id="another follower"),
        pytest.param({"Content": "再见"}, id="other words under the same id"),
    ],
)
def test_what_differs_is_not_a_repeat(house, other):
    handler = Counting()
    receiver = house.receiver(handler)
    fields = house.platform.fields(NOON, MsgId=5)
    house.again(receiver, fields)
    house.again(receiver, {**fields, **other})
    assert handler.times == 2


def test_two_events_of_one_second_are_both_taken(house):
    handler = Counting()
    receiver = house.receiver(handler)
    house.deliver(receiver, MsgType="event", Event="LOCATION", Latitude="1.5", Longitude="2.5")
    house.deliver(receiver, MsgType="event", Event="CLICK", EventKey="COUPON")
    assert handler.times == 2


class TestALateAnswer:
    @pytest.fixture
    def slow(self, monkeypatch):
        """A handler that ends when told, and a budget of a moment."""
        monkeypatch.setattr(receive, "REPLY_BUDGET_SECONDS", 0.05)
        ready = threading.Event()

        def handler(message, ctx):
            ready.wait(5)
            return echo(message, ctx)

        handler.ready = ready
        return handler

    def wait_for(self, condition):
        for _ in range(500):
            if condition():
                return
            threading.Event().wait(0.01)
        raise AssertionError("it did not happen in 5 s")

    def test_follows_as_a_customer_service_message(self, house, slow):
        assert house.deliver(house.receiver(slow)) == ""
        slow.ready.set()
        self.wait_for(lambda: house.phone.shown)
        assert house.phone.shown == [("o-lin", TextReply("你说你好"))]
        self.wait_for(lambda: rows("SELECT answer FROM inbox") == [("sent",)])

    def test_is_not_sent_twice_when_the_platform_asks_again(self, house, slow):
        receiver = house.receiver(slow)
        fields = house.platform.fields(NOON)
        assert [house.again(receiver, fields) for _ in range(3)] == ["", "", ""]
        slow.ready.set()
        self.wait_for(lambda: rows("SELECT answer FROM inbox") == [("sent",)])
        repair_inbox(house.services, slow, NOON + timedelta(minutes=5))
        assert len(house.phone.shown) == 1

    def test_spends_one_message_of_the_window(self, house, slow):
        house.deliver(house.receiver(slow))
        slow.ready.set()
        self.wait_for(lambda: house.phone.shown)
        assert rows("SELECT window_kind, window_left FROM follower") == [("message", 4)]

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            pytest.param(OutcomeUnknown(None, "time-out"), "unknown", id="never sent again"),
            pytest.param(Transient(-1, "busy"), "late", id="stays due"),
        ],
    )
    def test_without_word_from_the_platform(self, house, slow, error, outcome):
        house.phone.error = error
        house.deliver(house.receiver(slow))
        slow.ready.set()
        self.wait_for(lambda: house.phone.asked == 1)
        self.wait_for(lambda: rows("SELECT state, answer FROM inbox") == [("done", outcome)])
        house.phone.error = None
        repair_inbox(house.services, slow, NOON + timedelta(minutes=1))
        assert len(house.phone.shown) == (1 if outcome == "late" else 0)


class TestAFailingHandler:
    @staticmethod
    def failing(message, ctx):
        raise ZeroDivisionError

    def test_gives_a_harmless_reply_and_its_event_waits(self, house):
        assert house.deliver(house.receiver(self.failing)) == t("reply.trouble")
        assert rows("SELECT state, error, answer FROM inbox") == [
            ("failed", "ZeroDivisionError", "passive")
        ]

    def test_of_an_event_stays_silent(self, house):
        receiver = house.receiver(self.failing)
        assert house.deliver(receiver, MsgType="event", Event="VIEW", EventKey="http://x") == ""

    def test_is_tried_again_and_its_answer_then_sent(self, house):
        house.deliver(house.receiver(self.failing))
        assert repair_inbox(house.services, echo, NOON) == 0  # not due yet
        house.now += timedelta(seconds=3)
        assert repair_inbox(house.services, echo, house.now) == 2  # handled, and sent
        assert house.phone.shown == [("o-lin", TextReply("你说你好"))]
        assert rows("SELECT state, attempts, answer FROM inbox") == [("done", 2, "sent")]

    def test_is_given_up_after_five_tries_and_says_so_once(self, house):
        house.deliver(house.receiver(self.failing))
        for _ in range(10):
            house.now += timedelta(minutes=10)
            repair_inbox(house.services, self.failing, house.now)
        assert rows("SELECT state, attempts FROM inbox") == [("dead", 5)]
        assert house.phone.shown == []

    def test_does_not_hold_its_follower(self, house):
        house.deliver(house.receiver(self.failing))
        assert house.deliver(house.receiver(echo), Content="还在吗") == "你说还在吗"


def test_what_a_dead_process_left_is_handled_by_another(house):
    fields = house.platform.fields(NOON)
    receiver = house.receiver(echo)
    house.again(receiver, fields)
    until = to_ms(NOON + receive.LEASE)  # as it stood when the process was killed
    run("UPDATE inbox SET state = 'open', answer = '', reply = NULL, lease_until = ?", (until,))
    run("UPDATE follower SET busy_event = (SELECT MAX(id) FROM event), busy_until = ?", (until,))
    assert repair_inbox(house.services, echo, NOON) == 0
    house.now = NOON + receive.LEASE + timedelta(seconds=1)
    repair_inbox(house.services, echo, house.now)
    assert house.phone.shown == [("o-lin", TextReply("你说你好"))]
    assert rows("SELECT busy_event FROM follower") == [(None,)]


def test_two_messages_of_one_follower_never_overlap(house):
    inside, overlaps = [], []

    def watching(message, ctx):
        inside.append(message.msg_id)
        overlaps.append(len(inside))
        threading.Event().wait(0.005)
        inside.remove(message.msg_id)
        return echo(message, ctx)

    receivers = [house.receiver(watching), house.receiver(watching)]
    together(12, lambda n: house.deliver(receivers[n % 2], Content=f"第{n}句"))
    assert overlaps == [1] * 12


def test_messages_of_different_followers_do_not_wait_for_each_other(house):
    meeting = threading.Barrier(2, timeout=4)

    def together_inside(message, ctx):
        meeting.wait()
        return echo(message, ctx)

    receiver = house.receiver(together_inside)
    said = together(2, lambda n: house.deliver(receiver, FromUserName=f"o-{n}"))
    assert said == ["你说你好"] * 2


def test_what_cannot_be_stored_whole_is_not_stored_at_all(house):
    receiver = house.receiver(echo)
    run("DROP TABLE inbox")
    with pytest.raises((StoreUnavailable, ProgrammingError), match="inbox"):
        house.deliver(receiver)
    assert rows("SELECT COUNT(*) FROM event") == [(0,)]


def test_a_locked_database_is_refused_so_that_the_platform_retries(store, tmp_path):
    import sqlite3

    from bot.store import accounts

    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    pragma("busy_timeout = 50")
    other = sqlite3.connect(tmp_path / "hongyan.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        inbox.arrive(
            account, "o-lin", "message.text", key="k", at=NOON, now=NOON, facts={}, raw={},
            window=None, lease=timedelta(seconds=1),
        )  # fmt: skip
    other.close()


def test_a_full_disk_is_refused_so_that_the_platform_retries(store):
    from bot.store import accounts

    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    pages = pragma("page_count")[0][0]
    pragma(f"max_page_count = {pages}")

    def arrive(n):
        return inbox.arrive(
            account, f"o-{n}", "message.text", key=f"{n}", at=NOON, now=NOON, facts={},
            raw={"Content": "满" * 900}, window=None, lease=timedelta(seconds=1),
        )  # fmt: skip

    with pytest.raises(StoreUnavailable, match="full"):
        list(map(arrive, range(1000)))
    stored = rows("SELECT (SELECT COUNT(*) FROM event), (SELECT COUNT(*) FROM inbox)")[0]
    assert stored[0] == stored[1]
    pragma("max_page_count = 1000000")
    assert isinstance(arrive(1001), inbox.Arrival)


@pytest.mark.parametrize(
    ("fields", "kind", "left"),
    [
        pytest.param({}, "message", 5, id="a message opens 48 h and 5"),
        pytest.param(
            {"MsgType": "event", "Event": "CLICK", "EventKey": "K"}, "click", 3, id="a menu click 3"
        ),
        pytest.param({"MsgType": "event", "Event": "subscribe"}, "subscribe", 3, id="a follow 3"),
        pytest.param(
            {"MsgType": "event", "Event": "SCAN", "EventKey": "s"}, "scan", 3, id="scan 3"
        ),
        pytest.param(
            {"MsgType": "event", "Event": "VIEW", "EventKey": "http://x"}, "", 0, id="a view none"
        ),
    ],
)
def test_which_act_opens_which_window(house, fields, kind, left):
    house.deliver(house.receiver(answering(lambda ctx: NO_REPLY)), **fields)
    assert rows("SELECT window_kind, window_left FROM follower") == [(kind, left)]


def test_a_click_does_not_shorten_the_window_of_a_message(house):
    receiver = house.receiver(answering(lambda ctx: NO_REPLY))
    house.deliver(receiver)
    house.deliver(receiver, MsgType="event", Event="CLICK", EventKey="K")
    assert rows("SELECT window_kind, window_left FROM follower") == [("message", 5)]


def test_a_privacy_event_makes_no_follower(house):
    receiver = house.receiver(answering(lambda ctx: NO_REPLY))
    house.deliver(
        receiver,
        FromUserName="gh_platform",
        MsgType="event",
        Event="user_authorization_cancellation",
        OpenID="o-stranger",
        AppID="wx1",
    )
    assert followers.find(house.account.id, "o-stranger") is None
    assert rows("SELECT follower_id FROM event") == [(None,)]


def test_a_reply_kind_of_nothing_is_success(house):
    query, body = house.platform.delivery(house.platform.fields(NOON), NOON)
    answer = house.receiver(answering(lambda ctx: Reply())).receive("default", query, body, NOON)
    assert (answer.status, answer.body) == (200, b"success")
