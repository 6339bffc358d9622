"""Law 6: a code is given to one follower, once; what is not settled in time comes back."""

from datetime import timedelta

import pytest

from bot.errors import Conflict, NotFound
from bot.store import accounts, coupons
from bot.store.coupons import CodeRef
from bot.store.db import fetch
from bot.store.models import CouponCode
from bot.values.audience import Skip
from tests.bot.coupon.cast import SOON, a_batch, a_campaign, a_send, state_of
from tests.conftest import NOON, a_follower


@pytest.fixture
def account(request):
    """On every engine where the test asks for `any_store`, else on SQLite."""
    request.getfixturevalue("any_store" if "any_store" in request.fixturenames else "store")
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


@pytest.fixture
def lin(account):
    return a_follower(account)


def reserved(batch_id, *wants):
    return coupons.reserve_many(batch_id, wants, SOON, NOON)


def test_a_slug_names_one_batch(any_store, account):
    batch_id = a_batch(account, topics=["咖啡"], valid_until=SOON)
    with pytest.raises(Conflict, match="spring-8"):
        a_batch(account)
    found = coupons.batch_by_slug(account, "spring-8")
    assert (found.id, found.topics, found.valid_until) == (batch_id, ("咖啡",), SOON)
    assert coupons.batches(account) == [found]
    with pytest.raises(NotFound):
        coupons.batch_by_slug(account, "autumn")


def test_the_same_code_in_another_writing_goes_on_stock_once(any_store, account):
    batch_id = a_batch(account)
    assert coupons.add_codes(batch_id, ["AB10-C", "ab1o c", "XY-77", "XY77"]) == 2
    assert coupons.add_codes(batch_id, ["XY77", "XY78"]) == 1
    assert coupons.stock(batch_id) == {
        "available": 3,
        "reserved": 0,
        "issued": 0,
        "redeemed": 0,
        "expired": 0,
        "void": 0,
    }


def test_more_codes_than_one_chunk_come_in(account):
    batch_id = a_batch(account)
    assert coupons.add_codes(batch_id, (f"CODE-{i:05}" for i in range(1201))) == 1201


def test_a_code_is_kept_sealed_and_shown_as_it_was_imported(account, lin):
    batch_id = a_batch(account)
    coupons.add_codes(batch_id, [" aB-77 "])
    ref = coupons.issue_now(batch_id, lin, "event:1", NOON)
    assert coupons.code_text(ref.id) == "aB-77"
    ((sealed, hashed),) = fetch("SELECT code, code_hash FROM coupon_code")
    assert b"aB-77" not in bytes(sealed)
    assert len(hashed) == 32


def test_reserving_again_for_the_same_purpose_gives_the_same_code_and_a_longer_lease(
    any_store, account, lin
):
    batch_id = a_batch(account, 3)
    first = reserved(batch_id, (lin, "send:1"))["send:1"]
    later = SOON + timedelta(minutes=5)
    again = coupons.reserve_many(batch_id, [(lin, "send:1")], later, NOON)["send:1"]
    assert again == first == CodeRef(first.id, batch_id, lin, "send:1", "reserved", None)
    assert CouponCode.get_by_id(first.id).reserved_until == later
    assert coupons.stock(batch_id)["available"] == 2


def test_two_hundred_wants_cost_a_handful_of_statements(any_store, account, statements):
    batch_id = a_batch(account, 200)
    wants = [(a_follower(account, f"o-{i}"), f"send:{i}") for i in range(200)]
    statements.clear()
    refs = coupons.reserve_many(batch_id, wants, SOON, NOON)
    assert len({ref.id for ref in refs.values()}) == 200
    assert {ref.purpose: ref.follower_id for ref in refs.values()} == {p: f for f, p in wants}
    coupons.issue_many([purpose for _, purpose in wants], NOON)
    assert len(statements) <= 14


def test_who_has_the_limit_gets_no_more(any_store, account, lin):
    batch_id = a_batch(account, 9, per_person=2)
    got = reserved(batch_id, (lin, "send:1"), (lin, "send:2"), (lin, "send:3"))
    assert got["send:3"] is Skip.PERSON_LIMIT
    coupons.issue_many(["send:1"], NOON)
    coupons.redeem(
        coupons.code_text(got["send:1"].id),
        order_number="A1",
        amount_fen=1,
        now=NOON,
        account_id=account,
    )
    assert reserved(batch_id, (lin, "send:4"))["send:4"] is Skip.PERSON_LIMIT
    coupons.release_many(["send:2"])
    assert isinstance(reserved(batch_id, (lin, "send:4"))["send:4"], CodeRef)


def test_the_first_to_ask_get_what_is_left(any_store, account):
    batch_id = a_batch(account, 2)
    wants = [(a_follower(account, f"o-{i}"), f"send:{i}") for i in range(3)]
    got = reserved(batch_id, *wants)
    assert [isinstance(got[p], CodeRef) for _, p in wants] == [True, True, False]
    assert got["send:2"] is Skip.NO_STOCK


def test_a_batch_that_is_over_gives_nothing(account, lin):
    batch_id = a_batch(account, 1, valid_until=NOON)
    assert coupons.issue_now(batch_id, lin, "event:1", NOON) is Skip.NO_STOCK


@pytest.mark.parametrize(
    ("terms", "expires"),
    [
        pytest.param({}, None, id="without an end it never expires"),
        pytest.param({"valid_seconds": 60}, 60, id="so long from issue"),
        pytest.param({"valid_until": NOON + timedelta(seconds=90)}, 90, id="until a day"),
        pytest.param(
            {"valid_seconds": 60, "valid_until": NOON + timedelta(seconds=90)},
            60,
            id="the earlier end counts: from issue",
        ),
        pytest.param(
            {"valid_seconds": 99, "valid_until": NOON + timedelta(seconds=90)},
            90,
            id="the earlier end counts: the day",
        ),
    ],
)
def test_when_an_issued_code_expires(account, lin, terms, expires):
    batch_id = a_batch(account, 1, **terms)
    ref = coupons.issue_now(batch_id, lin, "event:1", NOON)
    assert ref.state == "issued"
    assert ref.expires_at == (None if expires is None else NOON + timedelta(seconds=expires))


def test_issuing_twice_changes_nothing(account, lin):
    batch_id = a_batch(account, 1, valid_seconds=60)
    reserved(batch_id, (lin, "send:1"))
    assert coupons.issue_many(["send:1"], NOON) == 1
    assert coupons.issue_many(["send:1", "send:2"], SOON) == 0
    assert CouponCode.get().issued_at == NOON


def test_a_returned_code_is_anybodys_and_an_issued_one_stays(any_store, account, lin):
    batch_id = a_batch(account, 2)
    reserved(batch_id, (lin, "send:1"))
    coupons.issue_now(batch_id, a_follower(account, "o-wang"), "event:2", NOON)
    assert coupons.release_many(["send:1", "event:2", "send:9"]) == 1
    assert coupons.release_many(["send:1"]) == 0
    states = coupons.stock(batch_id)
    assert (states["available"], states["issued"]) == (1, 1)
    free = CouponCode.get(CouponCode.state == "available")
    assert (free.follower_id, free.purpose, free.reserved_until) == (None, None, None)


@pytest.mark.parametrize(
    ("ledger", "becomes"),
    [
        pytest.param(None, "available", id="no such send: back on stock"),
        pytest.param("intended", "available", id="intended: back on stock"),
        pytest.param("failed", "available", id="failed: back on stock"),
        pytest.param("skipped", "available", id="skipped: back on stock"),
        pytest.param("claimed", "reserved", id="claimed: the ledger has it in hand"),
        pytest.param("unknown", "reserved", id="unknown: it may have arrived"),
        pytest.param("sent", "issued", id="sent: it is the follower's"),
    ],
)
def test_what_becomes_of_a_reservation_whose_lease_ended(account, lin, ledger, becomes):
    batch_id = a_batch(account, 1)
    send_id = a_send(a_campaign(account), lin, ledger) if ledger else 12
    ref = reserved(batch_id, (lin, f"send:{send_id}"))[f"send:{send_id}"]
    assert coupons.release_expired(SOON - timedelta(milliseconds=1)) == 0
    assert state_of(ref.id) == "reserved"
    assert coupons.release_expired(SOON) == (becomes == "available")
    assert state_of(ref.id) == becomes


def test_a_reservation_kept_alive_is_not_swept(any_store, account, lin):
    batch_id = a_batch(account, 1)
    reserved(batch_id, (lin, "send:1"))
    assert coupons.extend_many(["send:1"], SOON + timedelta(hours=1)) == 1
    assert coupons.extend_many(["send:1"], SOON) == 0
    assert coupons.release_expired(SOON) == 0


def test_the_sweep_goes_past_what_it_must_keep(any_store, account, monkeypatch):
    monkeypatch.setattr(coupons, "CHUNK", 2)
    batch_id, campaign_id = a_batch(account, 5), a_campaign(account)
    for i, state in enumerate(["unknown", "unknown", "unknown", "failed", "failed"]):
        follower = a_follower(account, f"o-{i}")
        reserved(batch_id, (follower, f"send:{a_send(campaign_id, follower, state)}"))
    assert coupons.release_expired(SOON) == 2
