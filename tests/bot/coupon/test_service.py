"""A coupon's way through the use cases: the state, the event log and the credit agree."""

import json
from datetime import timedelta

import pytest

from bot import coupon
from bot.coupon import Reject
from bot.errors import Conflict, InvalidInput, NotFound
from bot.store import accounts, coupons
from bot.store.coupons import UsableCoupon
from bot.store.db import fetch
from bot.store.models import Conversion, CouponCode, Event, Send
from bot.values.audience import Skip
from bot.values.coupons import RedeemOutcome
from tests.bot.coupon.cast import SOON, a_batch, a_campaign, a_send, state_of
from tests.conftest import NOON, a_follower

DAY = timedelta(days=1)


@pytest.fixture
def lin(account_id):
    return a_follower(account_id)


@pytest.fixture
def batch_id(account_id):
    return a_batch(account_id, 5, topics=["咖啡"], valid_seconds=7 * 86400)


def logged(kind):
    """The facts of every event of this kind."""
    query = Event.select(Event.facts).where(Event.kind == kind).order_by(Event.id)
    return [facts for (facts,) in query.tuples()]


def sent_code(batch_id, account_id, follower, state="sent"):
    """A code reserved for a send in this state, issued where it was sent; (code id, send id)."""
    send_id = a_send(a_campaign(account_id), follower, state, batch=batch_id)
    purpose = f"send:{send_id}"
    ref = coupons.reserve_many(batch_id, [(follower, purpose)], SOON, NOON)[purpose]
    if state == "sent":
        coupons.issue_many([purpose], NOON)
        coupon.issued_events([ref], NOON)
    return ref.id, send_id


def redeem(code_id, account_id, order="A1", amount=2500, now=NOON):
    return coupon.redeem(
        coupons.code_text(code_id),
        order_number=order,
        amount_fen=amount,
        now=now,
        account_id=account_id,
    )


# --- batches and stock -------------------------------------------------------------------------


def test_a_batch_is_made_from_its_document_with_its_codes(account_id):
    document = {"slug": "tea", "title": "满30减8", "face_value_fen": 800, "codes": 30}
    batch = coupon.make_batch(account_id, document, NOON)
    assert coupons.stock(batch.id)["available"] == 30
    assert coupon.restock(batch.id, 5) == 5
    with pytest.raises(Conflict):
        coupon.make_batch(account_id, document, NOON)
    with pytest.raises(InvalidInput, match="face_value_fen"):
        coupon.make_batch(account_id, {**document, "face_value_fen": 0}, NOON)


def test_an_import_says_what_became_of_each_line(account_id):
    batch_id = a_batch(account_id)
    lines = [
        "\ufeff券码,备注\n",
        "AB-1001,给老客\r\n",
        "\n",
        "ab1001\n",
        '"AB1002"\n',
        "AB\n",
        "AB 优惠 1\n",
        "X" * 65,
        "ＡＢ１００３\n",
    ]
    rejects = []
    report = coupon.import_codes(batch_id, lines, rejects.append)
    assert (report.lines, report.added, report.repeated, report.rejected) == (7, 3, 1, 3)
    assert rejects == [Reject(6, "length"), Reject(7, "characters"), Reject(8, "length")]
    assert coupon.import_codes(batch_id, lines).added == 0


def test_low_stock_is_less_than_a_tenth(account_id):
    batch_id = a_batch(account_id, 20)
    wants = [(a_follower(account_id, f"o-{i}"), f"send:{i}") for i in range(19)]
    coupons.reserve_many(batch_id, wants[:18], SOON, NOON)
    assert coupon.low_stock(account_id) == []
    coupons.reserve_many(batch_id, wants[18:], SOON, NOON)
    assert [(low.batch, low.available, low.total) for low in coupon.low_stock(account_id)] == [
        ("spring-8", 1, 20)
    ]


# --- issue and opening -------------------------------------------------------------------------


def test_the_answer_to_an_event_gives_one_code_however_often_it_is_made(account_id, lin, batch_id):
    given = coupon.issue_for_event(account_id, lin, "spring-8", 34, NOON)
    again = coupon.issue_for_event(account_id, lin, "spring-8", 34, NOON)
    assert isinstance(given, UsableCoupon)
    assert given == again
    assert (given.title, given.expires_at) == ("满30减8", NOON + 7 * DAY)
    assert given.code not in repr(given)
    assert coupons.usable_by(lin, NOON) == [given]
    assert logged("coupon.issued") == [
        {"batch": "spring-8", "amount_fen": 800, "campaign": "", "topics": {"咖啡": 1.0}}
    ]


def test_a_second_wish_meets_the_limit_per_person(account_id, lin, batch_id):
    coupon.issue_for_event(account_id, lin, "spring-8", 34, NOON)
    answer = coupon.issue_for_event(account_id, lin, "spring-8", 35, NOON)
    assert answer is Skip.PERSON_LIMIT
    assert len(logged("coupon.issued")) == 1


def test_a_batch_of_another_account_is_none_of_ours(account_id, lin, batch_id):
    other = accounts.add("other", "wxother0000000000", "s", "t", "k", "service", NOON)
    with pytest.raises(NotFound):
        coupon.issue_for_event(other, lin, "spring-8", 34, NOON)


def test_usable_coupons_come_the_next_to_end_first(account_id, lin):
    for slug, seconds in [("never", None), ("late", 200), ("soon", 100), ("over", 10)]:
        a_batch(account_id, 1, slug, valid_seconds=seconds)
        coupon.issue_for_event(account_id, lin, slug, hash(slug) % 1000, NOON)
    later = NOON + timedelta(seconds=10)
    ends = [usable.expires_at for usable in coupons.usable_by(lin, later)]
    assert ends == [NOON + timedelta(seconds=100), NOON + timedelta(seconds=200), None]


def test_the_first_opening_is_told_once(account_id, lin, batch_id):
    code_id, _ = sent_code(batch_id, account_id, lin)
    assert [coupon.claim(code_id, NOON), coupon.claim(code_id, NOON)] == [True, False]
    assert [facts["campaign"] for facts in logged("coupon.claimed")] == ["spring"]


def test_a_coupon_that_is_over_is_not_opened(account_id, lin, batch_id):
    code_id, _ = sent_code(batch_id, account_id, lin)
    assert not coupon.claim(code_id, NOON + 7 * DAY)
    with pytest.raises(NotFound):
        coupon.claim(999, NOON)


def test_looking_at_a_coupon_changes_nothing(account_id, lin, batch_id):
    code_id, _ = sent_code(batch_id, account_id, lin, "unknown")
    seen = coupon.view(code_id, NOON)
    assert (seen.state, seen.claimed, state_of(code_id)) == ("reserved", False, "reserved")
    assert seen.code == coupons.code_text(code_id)
    assert seen.code not in repr(seen)
    coupon.claim(code_id, NOON)
    assert (coupon.view(code_id).state, coupon.view(code_id).claimed) == ("issued", True)
    assert coupon.view(code_id, NOON + 7 * DAY).state == "expired"


# --- redeeming ---------------------------------------------------------------------------------


def test_a_redemption_stands_in_the_state_the_log_and_the_credit(account_id, lin, batch_id):
    code_id, send_id = sent_code(batch_id, account_id, lin)
    answer = redeem(code_id, account_id)
    assert answer.ok
    assert answer.first
    assert (answer.coupon.state, answer.coupon.order_number) == ("redeemed", "A1")
    facts = {"batch": "spring-8", "amount_fen": 2500, "campaign": "spring", "topics": {"咖啡": 1.0}}
    assert logged("coupon.redeemed") == [facts]
    assert logged("order") == [{"amount_fen": 2500, "topics": {"咖啡": 1.0}}]
    credit = Conversion.get()
    assert (credit.send_id, credit.amount_fen, credit.at) == (send_id, 2500, NOON)


def test_the_same_code_with_the_same_order_again_is_the_same_answer(account_id, lin, batch_id):
    code_id, _ = sent_code(batch_id, account_id, lin)
    first = redeem(code_id, account_id)
    again = redeem(code_id, account_id, amount=1, now=NOON + 30 * DAY)
    assert again == first
    assert not again.first
    counts = [len(logged(kind)) for kind in ("coupon.redeemed", "order")]
    assert [*counts, Conversion.select().count()] == [1, 1, 1]


def test_the_answer_for_a_till_is_plain_json(account_id, lin, batch_id):
    code_id, _ = sent_code(batch_id, account_id, lin)
    told = json.loads(json.dumps(redeem(code_id, account_id).to_json()))
    assert (told["outcome"], told["batch"], told["order_number"]) == ("redeemed", "spring-8", "A1")
    assert told["redeemed_at"] == NOON.isoformat()
    unknown = coupon.redeem("0000", now=NOON, account_id=account_id)
    assert unknown.to_json() == {"outcome": "unknown"}


def test_another_order_is_refused_with_the_first_ones_facts(account_id, lin, batch_id):
    code_id, _ = sent_code(batch_id, account_id, lin)
    redeem(code_id, account_id)
    answer = redeem(code_id, account_id, order="A2")
    assert answer.outcome is RedeemOutcome.ALREADY_REDEEMED
    assert answer.coupon.order_number == "A1"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        pytest.param({"state": "available"}, "not_issued", id="on stock"),
        pytest.param({"state": "reserved"}, "not_issued", id="reserved for nobody's send"),
        pytest.param({"state": "void"}, "void", id="taken out of use"),
        pytest.param({"state": "expired"}, "expired", id="expired"),
        pytest.param({"expires_at": NOON}, "expired", id="over this very moment, unswept"),
        pytest.param({"expires_at": NOON + timedelta(milliseconds=1)}, "redeemed", id="still good"),
    ],
)
def test_what_stands_against_a_redemption(account_id, lin, batch_id, changes, outcome):
    code_id, _ = sent_code(batch_id, account_id, lin)
    CouponCode.update(purpose=None, **changes).where(CouponCode.id == code_id).execute()
    assert redeem(code_id, account_id).outcome == outcome
    assert len(logged("coupon.redeemed")) == (outcome == "redeemed")


def test_a_coupon_from_tomorrow_on_is_not_yet_valid(account_id, lin):
    a_batch(account_id, 1, valid_from=NOON + DAY)
    given = coupon.issue_for_event(account_id, lin, "spring-8", 1, NOON)
    assert redeem(given.code_id, account_id).outcome is RedeemOutcome.NOT_YET_VALID
    assert redeem(given.code_id, account_id, now=NOON + DAY).ok


def test_an_unknown_code_and_another_accounts_code_look_alike(account_id, lin, batch_id):
    code_id, _ = sent_code(batch_id, account_id, lin)
    other = accounts.add("other", "wxother0000000000", "s", "t", "k", "service", NOON)
    assert redeem(code_id, other) == coupon.redeem("0000", now=NOON, account_id=account_id)
    assert redeem(code_id, other).outcome is RedeemOutcome.UNKNOWN


def test_a_code_is_understood_as_people_type_it(account_id, lin, batch_id):
    code_id, _ = sent_code(batch_id, account_id, lin)
    typed = coupons.code_text(code_id).lower().replace("-", " ").replace("0", "o")
    assert coupon.redeem(typed, now=NOON, account_id=account_id).ok


@pytest.mark.parametrize("bad", [{"amount_fen": -1}, {"order_number": "x" * 65}])
def test_a_till_that_talks_nonsense_is_told_so(account_id, bad):
    with pytest.raises(InvalidInput, match=next(iter(bad))):
        coupon.redeem("0000", now=NOON, account_id=account_id, **bad)


def test_an_order_that_the_shop_reported_already_is_one_order(account_id, lin, batch_id):
    from bot.store import events

    order = events.append(
        account_id, lin, "order", at=NOON, received_at=NOON, source="order", key="A1"
    )
    code_id, _ = sent_code(batch_id, account_id, lin)
    redeem(code_id, account_id)
    assert len(logged("order")) == 1
    assert Conversion.get().event_id == order


def test_a_failed_redemption_leaves_no_trace(account_id, lin, batch_id, monkeypatch):
    code_id, _ = sent_code(batch_id, account_id, lin)

    def broken(*_):
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(coupons, "credit", broken)
        with pytest.raises(RuntimeError):
            redeem(code_id, account_id)
    assert (state_of(code_id), logged("coupon.redeemed"), logged("order")) == ("issued", [], [])
    assert redeem(code_id, account_id).first


# --- what arrived though nobody knew -----------------------------------------------------------


@pytest.mark.parametrize(
    ("ledger", "redeemed", "becomes"),
    [
        pytest.param("unknown", True, "sent", id="an unknown send has arrived: its code is shown"),
        pytest.param("claimed", True, "claimed", id="one in flight is left to its sender"),
        pytest.param("intended", False, "intended", id="one not begun cannot have brought it"),
        pytest.param("failed", False, "failed", id="nor can one that failed"),
    ],
)
def test_a_reserved_code_shown_at_the_till(account_id, lin, batch_id, ledger, redeemed, becomes):
    code_id, send_id = sent_code(batch_id, account_id, lin, ledger)
    assert redeem(code_id, account_id).ok is redeemed
    send = Send.get_by_id(send_id)
    assert send.state == becomes
    assert send.reasons == ({"arrived": "redeemed"} if ledger == "unknown" else {})
    assert len(logged("coupon.issued")) == redeemed


def test_opening_a_reserved_coupon_settles_its_unknown_send(account_id, lin, batch_id):
    code_id, send_id = sent_code(batch_id, account_id, lin, "unknown")
    assert coupon.claim(code_id, NOON)
    assert state_of(code_id) == "issued"
    assert Send.get_by_id(send_id).reasons == {"arrived": "claimed"}


# --- time passing ------------------------------------------------------------------------------


def test_the_sweep_ends_what_is_over_and_returns_what_is_forgotten(account_id, lin, batch_id):
    code_id, _ = sent_code(batch_id, account_id, lin)
    coupons.reserve_many(batch_id, [(a_follower(account_id, "o-wang"), "send:99")], SOON, NOON)
    assert coupon.sweep(NOON + 7 * DAY) == 2
    states = coupons.stock(batch_id)
    assert (state_of(code_id), states["reserved"], states["available"]) == ("expired", 0, 4)
    assert coupon.sweep(NOON + 7 * DAY) == 0


def test_the_whole_way_on_every_engine(any_store):
    account_id = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    batch_id = a_batch(account_id, 2, topics=["咖啡"], valid_seconds=60)
    lin, wang = a_follower(account_id), a_follower(account_id, "o-wang")
    code_id, _ = sent_code(batch_id, account_id, lin)
    given = coupon.issue_for_event(account_id, wang, "spring-8", 1, NOON)
    assert coupons.usable_by(wang, NOON) == [given]
    assert coupon.claim(given.code_id, NOON)
    assert [due.code_id for due in coupons.expiring(account_id, SOON, NOON, 9)] == [given.code_id]
    assert coupons.mark_reminded([given.code_id], NOON) == 1
    assert redeem(code_id, account_id).first
    assert redeem(code_id, account_id).ok
    assert coupon.sweep(NOON + timedelta(seconds=60)) == 1
    assert coupons.stock(batch_id)["expired"] == coupons.stock(batch_id)["redeemed"] == 1
    assert [low.batch for low in coupon.low_stock(account_id)] == ["spring-8"]


def test_only_an_opened_unused_coupon_is_reminded_of_and_once(account_id, batch_id):
    codes = {}
    for name in ("opened", "unopened", "used", "reminded"):
        follower = a_follower(account_id, f"o-{name}")
        given = coupon.issue_for_event(account_id, follower, "spring-8", len(codes), NOON)
        codes[name] = given.code_id
        if name != "unopened":
            coupon.claim(given.code_id, NOON)
    redeem(codes["used"], account_id)
    assert coupons.mark_reminded([codes["reminded"]], NOON) == 1
    ends = NOON + 7 * DAY
    due = coupons.expiring(account_id, ends + DAY, ends - DAY, 10)
    assert [one.code_id for one in due] == [codes["opened"]]
    assert coupons.expiring(account_id, ends, NOON, 10) == []
    assert coupons.expiring(account_id, ends + DAY, ends, 10) == []
    assert coupons.mark_reminded([codes["opened"], codes["reminded"]], NOON) == 1


def test_no_fact_tells_a_code_or_a_person(account_id, lin, batch_id):
    code_id, _ = sent_code(batch_id, account_id, lin)
    coupon.claim(code_id, NOON)
    redeem(code_id, account_id)
    told = json.dumps(fetch("SELECT facts FROM event"))
    assert coupons.code_text(code_id) not in told
    assert "o-lin" not in told
