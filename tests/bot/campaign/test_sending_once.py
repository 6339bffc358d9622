"""Law 4: after a crash at any instant nobody gets two, nobody is forgotten, and the sum closes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from bot import campaign
from bot.campaign.permission.order import load
from bot.campaign.planning import plan
from bot.campaign.sending import claim, settle
from bot.campaign.sending.settle import Result
from bot.errors import OutcomeUnknown, Transient
from bot.store import campaigns, send_progress, sends
from bot.store.db import Store, run
from bot.store.models import CouponBatch, Follower, Send, database
from tests.bot.campaign.world import SLUG, Crash, World, found_world
from tests.conftest import NOON

LEASE = timedelta(minutes=2)
NOTICE = {"template_id": "T1", "fields": {"thing1": "您的预约已确认"}}
SERVICE = {"purpose": "service", "channels": ["template"], "template": NOTICE, "offer": ...,
           "text": "预约已确认", "concurrency": 4}  # fmt: skip


@pytest.fixture
def world(any_store: Store) -> World:
    return found_world(any_store, followers=12)


def recover(world: World) -> None:
    """Another process takes over: leases end, the sweeper works, sending goes on."""
    world.platform.before = world.platform.after = lambda body: None
    run("UPDATE lease SET until = 0")  # a dead refresher's, by the database's own clock
    for _ in range(3):
        world.later(minutes=3)
        campaign.sweep(world.now)
        world.push()


def assert_once_and_accounted(world: World) -> None:
    """The ledger against the phones: sent arrived once, unknown at most once, the rest never."""
    received = world.platform.received()
    assert max(received.values(), default=0) <= 1
    sums = campaign.close_now(world.services, world.account_id, SLUG, world.now)
    assert sums["offer"].balanced
    assert sums["offer"].audience == 12
    assert sums["offer"].sent <= len(received) <= sums["offer"].sent + sums["offer"].unknown


@pytest.mark.parametrize("at", [0, 1, 5, 11])
def test_a_crash_before_a_call_reaches_the_platform(world: World, at: int):
    def before(body):
        if len(world.platform.asked) == at:
            raise Crash

    world.platform.before = before
    world.begin(concurrency=4)
    with pytest.raises(Crash):
        world.push()
    recover(world)
    assert_once_and_accounted(world)


@pytest.mark.parametrize("at", [0, 1, 5, 11])
def test_a_crash_after_the_platform_accepted_before_the_answer_is_known(world: World, at: int):
    answers = iter(range(99))

    def after(body):
        if next(answers) == at:
            raise Crash

    world.platform.after = after
    world.begin(concurrency=4)
    with pytest.raises(Crash):
        world.push()
    recover(world)
    assert_once_and_accounted(world)


class Tripwire:
    """Raises Crash at the n-th statement that the store executes: a kill between any two."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash


def killed_at(world: World, statement: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Push until the process is killed just before that statement; False when it had fewer.

    Nothing that a dying process would not do is done: what its `finally` would write, fails too.
    """
    wire = Tripwire(statement)
    db = database.obj
    dead = False

    def guarded(method):
        def call(*args, **kwargs):
            nonlocal dead
            if not dead:
                try:
                    wire()
                except Crash:
                    dead = True
            if dead:
                raise Crash
            return method(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(db, "execute_sql", guarded(db.execute_sql))
        patch.setattr(db, "cursor", guarded(db.cursor))
        with contextlib.suppress(Crash):
            world.push()
    if dead:  # the connection dies with its process, and the database rolls back
        connection = db.connection()
        db._state.reset()
        connection.close()
        db.drop_writer()
    return dead


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("definition", [{"concurrency": 4}, SERVICE], ids=["offer", "notice"])
def test_a_kill_between_any_two_statements(store: Store, definition, monkeypatch):
    """Statements of planning, claiming and settling in turn, each in a fresh campaign: every fifth,
    or each of them with KILL_AT_EACH=1."""
    step = 1 if os.environ.get("KILL_AT_EACH") else 5
    statement, followers = 0, 12
    world = found_world(store, followers=followers, codes=5000)
    rails = {"per_day": None, "per_week": None, "per_month": None, "quiet_hours": None}
    CouponBatch.update(per_person=10_000).execute()
    while True:
        statement += step
        slug = f"run-{statement}"
        Follower.update(window_left=5, window_until=world.now + timedelta(days=2)).execute()
        world.platform.sent.clear()
        world.platform.remembered.clear()
        world.begin(slug=slug, guardrails=rails, **definition)
        killed = killed_at(world, statement, monkeypatch)
        recover(world)
        received = world.platform.received()
        assert max(received.values(), default=0) <= 1, f"twice: statement {statement}"
        sums = campaign.close_now(world.services, world.account_id, slug, world.now)
        offer = sums["offer"]
        assert offer.audience == followers
        assert offer.balanced
        assert offer.sent <= len(received) <= offer.sent + offer.unknown
        if not killed:
            break
    assert offer.sent == followers
    assert statement > 20


def test_a_dead_senders_customer_message_stays_unknown_and_keeps_its_coupon(world: World):
    def before(body):
        raise Crash

    world.platform.before = before
    world.begin(concurrency=1)
    with pytest.raises(Crash):
        world.push()
    recover(world)
    assert world.states() == {"unknown": 1, "sent": 11}
    assert world.stock() == {"available": 88, "reserved": 1, "issued": 11}


def test_a_dead_senders_template_message_is_repeated_with_its_id(world: World):
    def after(body):
        raise Crash

    world.platform.after = after
    world.begin(**SERVICE)
    with pytest.raises(Crash):
        world.push()
    recover(world)
    assert world.states() == {"sent": 12}
    assert set(world.platform.received().values()) == {1}
    ids = Counter(body["client_msg_id"] for body in world.platform.asked)
    assert set(ids) == {f"send-{row.id}" for row in Send.select()}
    assert max(ids.values()) == 2


def test_after_ten_minutes_a_template_message_is_not_repeated(world: World):
    def after(body):
        raise Crash

    world.platform.after = after
    world.begin(**SERVICE)
    with pytest.raises(Crash):
        world.push()
    asked = len(world.platform.asked)
    world.later(minutes=9)
    recover(world)
    assert world.states() == {"unknown": asked, "sent": 12 - asked}
    assert set(world.platform.received().values()) == {1}


def test_an_unreadable_answer_to_a_template_message_is_asked_again_with_its_id(world: World):
    lost = iter([True] * 12)
    world.platform.verdict = lambda body: (
        OutcomeUnknown(None, "time-out") if next(lost, False) else None
    )
    world.begin(**SERVICE)
    world.push()
    assert world.states() == {"intended": 12}
    world.later(seconds=6)
    world.push()
    assert world.states() == {"sent": 12}
    assert set(world.platform.received().values()) == {1}


def test_what_may_have_been_sent_is_not_skipped(world: World):
    world.platform.verdict = lambda body: OutcomeUnknown(None, "time-out")
    world.begin(**SERVICE)
    world.push()
    Follower.update(subscribed=False).execute()
    world.later(seconds=6)
    world.push()
    assert world.states() == {"unknown": 12}


def test_cancelling_does_not_call_skipped_what_may_have_been_sent(world: World):
    world.platform.verdict = lambda body: OutcomeUnknown(None, "time-out")
    world.begin(**SERVICE)
    world.push()
    campaign.cancel(world.services, world.account_id, SLUG, world.now)
    assert world.states() == {"unknown": 12}


def test_an_answer_that_comes_twice_counts_once(world: World):
    row = a_claimed_row(world)
    order = load(world.state().id, "https://h.example", world.now)
    first = settle.settle(order, "me", [Result(row)], world.now)
    second = settle.settle(order, "me", [Result(row, Transient(-1, "busy"))], world.now)
    assert (first.sent, second.again) == (1, 0)
    assert world.states()["sent"] == 1


def test_an_answer_after_the_row_went_on_changes_nothing(world: World):
    row = a_claimed_row(world)
    order = load(world.state().id, "https://h.example", world.now)
    settle.settle(order, "me", [Result(row, Transient(-1, "busy"))], world.now)
    world.later(minutes=1)
    again = claim.claim(order, "other", 12, LEASE, world.now)
    assert row.id in {other.id for other in again.rows}
    assert settle.settle(order, "me", [Result(row)], world.now).sent == 0


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_of_a_batch_of_answers_those_count_whose_rows_are_still_the_senders(world: World, gone):
    """The desk takes all for its own, and looks only where it was wrong: nothing counts twice."""
    a_claimed_row(world, rows=2)
    order = load(world.state().id, "https://h.example", world.now)
    rows = claim.claim(order, "me", 8, LEASE, world.now).rows
    early = [Result(row) for row in rows[:gone]]
    assert settle.settle(order, "me", early, world.now).sent == gone
    batch = [*(Result(row) for row in rows[:-1]), Result(rows[-1], Transient(-1, "busy"))]
    found = settle.settle(order, "me", batch, world.now)
    assert (found.sent, found.again) == (len(rows) - 1 - gone, 1)
    assert world.states()["sent"] == len(rows) - 1
    assert world.stock()["issued"] == len(rows) - 1
    moved = send_progress.total(order.campaign_id, order.generation)
    assert (moved.sent, moved.again) == (len(rows) - 1, 1)


def test_a_late_answer_resolves_what_the_sweeper_called_unknown(world: World):
    row = a_claimed_row(world)
    world.later(minutes=3)
    campaign.sweep(world.now)
    assert world.states()["unknown"] == 1
    order = load(world.state().id, "https://h.example", world.now)
    settle.settle(order, "me", [Result(row)], world.now)
    assert world.states()["sent"] == 1
    assert world.stock()["issued"] == 1


def a_claimed_row(world: World, rows: int = 1) -> sends.SendRow:
    made = world.begin()
    plan.begin(campaigns.get(made.id), world.now)
    assert plan.plan(made.id, "https://h.example", world.now)
    order = load(made.id, "https://h.example", world.now)
    return claim.claim(order, "me", rows, LEASE, world.now).rows[0]


def test_the_lease_is_respected(world: World):
    a_claimed_row(world)
    world.later(minutes=1, seconds=59)
    assert campaign.sweep(world.now) == 0
    world.later(seconds=1)
    assert campaign.sweep(world.now) == 1


# --- many at once ------------------------------------------------------------------------------


def claim_everything(campaign_id: int, owner: str, limit: int = 7) -> list[int]:
    order = load(campaign_id, "https://h.example", NOON)
    taken: list[int] = []
    while (batch := claim.claim(order, owner, limit, LEASE, NOON)).looked or (
        sends.has_due(campaign_id, NOON)
    ):
        taken += [row.id for row in batch.rows]
    return taken


@pytest.mark.mysql
def test_four_threads_claim_every_row_once(any_store: Store):
    world = found_world(any_store, followers=200, codes=150)
    made = world.begin()
    plan.begin(campaigns.get(made.id), world.now)
    plan.plan(made.id, "https://h.example", world.now)
    taken: list[list[int]] = []

    def work(name: str) -> None:
        try:
            taken.append(claim_everything(made.id, name))
        finally:
            any_store.close()

    threads = [threading.Thread(target=work, args=(f"thread-{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [send_id for ids in taken for send_id in ids]
    assert len(every) == len(set(every)) == 150
    assert world.states() == {"claimed": 150, "no_stock": 50}
    assert world.stock() == {"reserved": 150}


CHILD = """
import sys
from bot.store.db import open_store
from tests.bot.campaign.test_sending_once import claim_everything
from tests.conftest import KEY
store = open_store(sys.argv[1], [KEY], upgrade=False)
print(*claim_everything(int(sys.argv[2]), sys.argv[3]))
store.close()
"""


def test_two_processes_claim_every_row_once(any_store: Store):
    world = found_world(any_store, followers=200, codes=200)
    made = world.begin()
    plan.begin(campaigns.get(made.id), world.now)
    plan.plan(made.id, "https://h.example", world.now)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, any_store.url, str(made.id), f"process-{i}"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        for i in range(2)
    ]
    every = [send_id for child in children for send_id in child.communicate(timeout=60)[0].split()]
    assert [child.returncode for child in children] == [0, 0]
    assert len(every) == len(set(every)) == 200
    assert world.states() == {"claimed": 200}


def test_two_campaigns_at_once_keep_the_cap_together(any_store: Store):
    world = found_world(any_store, followers=100, codes=0)
    plain = {"offer": ..., "url": "https://a.example", "text": "{link}", "concurrency": 3}
    made = [world.begin(slug=slug, **plain) for slug in ("one", "two")]
    for one in made:
        plan.begin(campaigns.get(one.id), world.now)
        plan.plan(one.id, "https://h.example", world.now)

    def work(campaign_id: int) -> None:
        try:
            claim_everything(campaign_id, f"thread-{campaign_id}")
        finally:
            any_store.close()

    threads = [threading.Thread(target=work, args=(one.id,)) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claimed = Counter(row.follower_id for row in Send.select().where(Send.state == "claimed"))
    assert len(claimed) == 100
    assert set(claimed.values()) == {1}
