"""Law 6 among many at once: threads on each engine, and processes on one SQLite file."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from bot import coupon
from bot.store import accounts, coupons
from bot.store.coupons import CodeRef
from bot.store.db import transaction
from bot.store.models import Conversion, CouponCode, Event
from bot.values.audience import Skip
from tests.bot.coupon.cast import SOON, a_batch, a_campaign, a_send
from tests.conftest import NOON, a_follower

THREADS = 16


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def at_once(store, work, arguments):
    """Call `work` with each argument, all together, each thread with its own connection."""
    arguments = list(arguments)
    start = Barrier(len(arguments))

    def one(argument):
        start.wait()
        try:
            return work(argument)
        finally:
            store.close()

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(one, arguments))


def test_two_hundred_followers_a_hundred_and_fifty_codes(any_store, account):
    """Each follower is wanted twice, by two senders at once; a third of the batches fails."""
    batch_id = a_batch(account, 150)
    followers = [a_follower(account, f"o-{i}") for i in range(200)]
    # Thread t and thread t + 8 want for the same 25 followers, for different purposes.
    shares = [followers[(t % 8) * 25 : (t % 8 + 1) * 25] for t in range(THREADS)]

    def work(t):
        wants = [(follower, f"send:{t * 1000 + follower}") for follower in shares[t]]
        got = {}
        for part in (wants[:10], wants[10:20], wants[20:]):
            with transaction():
                got |= coupons.reserve_many(batch_id, part, SOON, NOON)
        held = [purpose for purpose, ref in got.items() if isinstance(ref, CodeRef)]
        failed = held[::3]
        coupons.release_many(failed)
        coupons.issue_many([purpose for purpose in held if purpose not in failed], NOON)
        return got, set(failed)

    results = at_once(any_store, work, range(THREADS))
    kept = [
        ref
        for got, failed in results
        for purpose, ref in got.items()
        if isinstance(ref, CodeRef) and purpose not in failed
    ]
    assert {skip for got, _ in results for skip in got.values() if isinstance(skip, Skip)} <= {
        Skip.NO_STOCK,
        Skip.PERSON_LIMIT,
    }
    assert max(Counter(ref.id for ref in kept).values()) == 1
    assert max(Counter(ref.follower_id for ref in kept).values()) == 1
    states = coupons.stock(batch_id)
    assert (states["issued"], states["reserved"], sum(states.values())) == (len(kept), 0, 150)
    owners = {ref.id: (ref.follower_id, ref.purpose) for ref in kept}
    issued = CouponCode.select().where(CouponCode.state == "issued")
    assert {row.id: (row.follower_id, row.purpose) for row in issued} == owners


def test_the_last_codes_go_to_as_many_as_there_are(any_store, account):
    batch_id = a_batch(account, 5)
    followers = [a_follower(account, f"o-{i}") for i in range(THREADS)]
    got = at_once(
        any_store,
        lambda follower: coupons.issue_now(batch_id, follower, f"event:{follower}", NOON),
        followers,
    )
    assert len({ref.id for ref in got if isinstance(ref, CodeRef)}) == 5
    assert got.count(Skip.NO_STOCK) == THREADS - 5
    assert coupons.stock(batch_id)["available"] == 0


def test_one_follower_asking_everywhere_at_once_gets_one(any_store, account):
    batch_id, lin = a_batch(account, 50), a_follower(account)
    got = at_once(
        any_store,
        lambda t: coupon.issue_for_event(account, lin, "spring-8", t, NOON),
        range(THREADS),
    )
    assert got.count(Skip.PERSON_LIMIT) == THREADS - 1
    assert coupons.stock(batch_id)["issued"] == 1


def test_one_purpose_asked_for_by_many_is_one_code(any_store, account):
    batch_id, lin = a_batch(account, 50, per_person=9), a_follower(account)
    got = at_once(
        any_store,
        lambda _: coupons.issue_now(batch_id, lin, "event:7", NOON).id,
        range(THREADS),
    )
    assert len(set(got)) == 1


@pytest.mark.parametrize("ledger", ["sent", "unknown"])
def test_a_redeem_race_has_one_winner(any_store, account, ledger):
    batch_id, lin = a_batch(account, 1), a_follower(account)
    purpose = f"send:{a_send(a_campaign(account), lin, ledger)}"
    ref = coupons.reserve_many(batch_id, [(lin, purpose)], SOON, NOON)[purpose]
    if ledger == "sent":
        coupons.issue_many([purpose], NOON)
    code = coupons.code_text(ref.id)

    def work(t):
        return coupon.redeem(
            code, order_number=f"A{t % 8}", amount_fen=100, now=NOON, account_id=account
        )

    answers = at_once(any_store, work, range(THREADS))
    assert sum(answer.first for answer in answers) == 1
    # Each order came twice: the winner's second coming has the winner's answer.
    assert Counter(answer.outcome for answer in answers) == {"redeemed": 2, "already_redeemed": 14}
    kinds = Counter(kind for (kind,) in Event.select(Event.kind).tuples())
    assert (kinds["coupon.redeemed"], kinds["order"], Conversion.select().count()) == (1, 1, 1)


def test_a_sweep_among_senders_takes_nothing_from_them(any_store, account):
    """Lapsed reservations are swept while their senders come back for them."""
    batch_id = a_batch(account, 60)
    wants = [(a_follower(account, f"o-{i}"), f"send:{i}") for i in range(60)]
    coupons.reserve_many(batch_id, wants, NOON, NOON - timedelta(minutes=5))

    def work(t):
        if t % 4 == 0:
            return coupons.release_expired(NOON)
        part = wants[t * 4 : t * 4 + 4] if t < 15 else []
        coupons.reserve_many(batch_id, part, SOON, NOON)
        return coupons.issue_many([purpose for _, purpose in part], NOON)

    at_once(any_store, work, range(THREADS))
    rows = CouponCode.select().where(CouponCode.state == "issued")
    wanted = {w for t in range(15) if t % 4 for w in wants[t * 4 : t * 4 + 4]}
    assert {(row.follower_id, row.purpose) for row in rows} == wanted
    assert coupons.stock(batch_id)["reserved"] == 0


PROCESS = """
import sys
from bot import coupon
from bot.store import coupons
from bot.store.db import open_store
from tests.conftest import KEY, NOON
store = open_store(sys.argv[1], [KEY])
sys.stdin.readline()
for event in range(40):
    given = coupon.issue_for_event(1, 1 + event, "spring-8", event, NOON)
    code = getattr(given, "code", "")
    answer = coupon.redeem(code, order_number=sys.argv[2], now=NOON, account_id=1)
    print(event, getattr(given, "code_id", given), answer.first, flush=True)
"""


@pytest.mark.slow
def test_several_processes_on_one_file_agree(store, account_id, tmp_path):
    a_batch(account_id, 30)
    for i in range(40):
        a_follower(account_id, f"o-{i}")
    command = [sys.executable, "-c", PROCESS, f"sqlite:///{tmp_path}/hongyan.db"]
    processes = [
        subprocess.Popen(
            [*command, f"till-{i}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for i in range(4)
    ]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    lines = [line.split() for p in processes for line in p.communicate(timeout=60)[0].splitlines()]
    assert [p.returncode for p in processes] == [0] * 4
    assert len(lines) == 160
    given = {(event, code) for event, code, _ in lines if code.isdecimal()}
    assert (
        len(given) == len({event for event, _ in given}) == len({code for _, code in given}) == 30
    )
    assert sum(first == "True" for _, _, first in lines) == 30
    assert coupons.stock(1)["redeemed"] == 30
