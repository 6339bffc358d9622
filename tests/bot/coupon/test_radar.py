"""Signs of fraud: planted ones are found and named, an honest month raises no alarm."""

import random
from datetime import timedelta

import pytest

from bot import coupon
from bot.clock import to_ms
from bot.coupon import patrol, radar
from bot.errors import Conflict, InvalidInput
from bot.profile import privacy
from bot.store import accounts, coupon_notices, coupon_tills, coupons, pseudonyms
from bot.store.coupon_radar import AttemptRow, ClaimRow, LeaverRow, RuleSetting, UseRow
from bot.store.coupons import Use
from bot.store.db import fetch
from tests.conftest import NOON, a_follower

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
DAY = 24 * HOUR
T0 = to_ms(NOON)
MONTH = 30


def use(at, follower, till=1, order="", given=None, came=None, source="till"):
    return UseRow(
        at, at, till, source, "a1", order, follower, given or at - HOUR, came or at - 9 * DAY
    )


class Shop:
    """An honest shop of three tills, a month long: noon rushes, wrong keys, a busy Wi-Fi, families
    with coupons that stack, newcomers who scan at the till, and people who leave again."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.uses, self.attempts, self.claims, self.leavers = [], [], [], []
        for day in range(MONTH):
            for _ in range(150):
                self.serve(T0 + day * DAY)
            for _ in range(8):
                self.claims.append(ClaimRow(0, T0 + day * DAY + self.hour(), "wifi", self.anyone()))
            if day % 3 == 0:
                self.leavers.append(LeaverRow(0, T0 + day * DAY + self.hour(), "poster"))
        for rows in (self.uses, self.attempts, self.claims, self.leavers):
            rows.sort(key=lambda row: row.at)

    def hour(self):
        return int(self.dice.triangular(0, 12, 2) * HOUR)

    def anyone(self):
        return self.dice.randrange(1, 2000)

    def serve(self, day):
        at, who, till = day + self.hour(), self.anyone(), self.dice.randrange(1, 4)
        order = f"{self.dice.getrandbits(128):032x}"
        new = self.dice.random() < 0.1
        given = at - self.dice.randrange(35, 240) * SECOND if new else at - HOUR
        came = given - 30 * SECOND if new else None
        self.uses.append(use(at, who, till, order, given, came))
        if self.dice.random() < 0.2:
            self.uses.append(use(at + 20 * SECOND, who, till, order))
        if self.dice.random() < 0.03:
            self.attempts.append(AttemptRow(0, at, till, "till"))

    def rows(self):
        return {"uses": self.uses, "claims": self.claims, "attempts": self.attempts,
                "leavers": self.leavers}  # fmt: skip


PLANTED = [
    pytest.param("follower_uses", "uses", lambda n: use(T0 + n * MINUTE, 7, n), 6,
                 id="one follower"),
    pytest.param("till_speed", "uses", lambda n: use(T0 + n * 10 * SECOND, n), 31, id="one till"),
    pytest.param("order_codes", "uses", lambda n: use(T0 + n, n, n, "same"), 4, id="one order"),
    pytest.param("address_claims", "claims", lambda n: ClaimRow(n, T0 + n * MINUTE, "x", n), 31,
                 id="one address"),
    pytest.param("till_guesses", "attempts",
                 lambda n: AttemptRow(n, T0 + n * SECOND, 2, "till"),
                 21, id="guessing"),
    pytest.param("sudden_newcomers", "uses",
                 lambda n: use(T0 + n * HOUR, n, 1, given=T0 + n * HOUR - 9 * SECOND,
                               came=T0 + n * HOUR - MINUTE), 6, id="faster than one reads"),
    pytest.param("scene_ring", "leavers", lambda n: LeaverRow(n, T0 + n * MINUTE, "invite-9"), 9,
                 id="came, redeemed, left"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "looks", "row", "enough"), PLANTED)
def test_each_rule_finds_what_it_is_for_and_not_one_act_less(rule, looks, row, enough):
    found = radar.scan({looks: [row(n) for n in range(1, enough + 1)]}, {})
    assert [(one.rule, one.count, one.severity) for one in found] == [(rule, enough, "medium")]
    assert radar.scan({looks: [row(n) for n in range(1, enough)]}, {}) == []
    slow = RuleSetting(1000, 60, hold=False, enabled=True)
    assert radar.scan({looks: [row(n) for n in range(1, enough + 1)]}, {rule: slow}) == []


@pytest.mark.parametrize("seed", range(3))
def test_an_honest_month_raises_no_alarm_and_one_thief_in_it_does(seed):
    shop = Shop(seed)
    assert radar.scan(shop.rows(), {}) == []
    shop.uses += [use(T0 + 9 * DAY + n * HOUR, 5000, 1 + n % 3) for n in range(8)]
    shop.uses.sort(key=lambda row: row.at)
    (found,) = radar.scan(shop.rows(), {})
    assert (found.rule, found.followers) == ("follower_uses", {5000})


@pytest.fixture(autouse=True)
def _keys(store):
    """Pseudonyms want the store's keys."""


# --- at work -------------------------------------------------------------------------------------


@pytest.fixture
def thief(account_id):
    who = a_follower(account_id)
    document = {"slug": "b", "title": "券", "face_value_fen": 800, "per_person": 99, "codes": 20}
    batch = coupon.make_batch(account_id, document, NOON)
    refs = [coupons.issue_now(batch.id, who, f"event:{n}", NOON) for n in range(9)]
    till = coupon_tills.make(account_id, "a1", NOON + timedelta(days=9), NOON)
    return account_id, who, till, [coupons.code_text(ref.id) for ref in refs]


def redeem(account, till, code, n):
    return coupon.redeem(
        code, order_number=f"A{n}", now=NOON + timedelta(minutes=n), account_id=account,
        use=Use("till", "a1", till.id),
    )  # fmt: skip


def test_it_tells_once_holds_only_where_wanted_and_a_person_releases(thief):
    account, who, till, codes = thief
    later = NOON + timedelta(minutes=9)
    assert all(redeem(account, till, code, n).ok for n, code in enumerate(codes[:6]))
    assert [patrol.patrol(later) for _ in range(2)] == [1, 0]
    assert redeem(account, till, codes[6], 10).ok  # told of, not blocked
    patrol.set_rule(account, "follower_uses", hold=True)
    patrol.patrol(later + timedelta(minutes=2))
    assert redeem(account, till, codes[7], 12).outcome == "held"
    (notice,) = coupon_notices.open_notices(account)
    assert (notice.kind, notice.subject) == ("follower_uses", pseudonyms.of(who))
    patrol.release(account, notice.id, later + timedelta(minutes=5))
    assert patrol.patrol(later + timedelta(minutes=6)) == 0
    assert redeem(account, till, codes[7], 16).ok
    with pytest.raises(Conflict):
        patrol.release(account, notice.id, later)


def test_what_was_found_is_over_when_its_time_is_over(thief):
    account, _, till, codes = thief
    for n, code in enumerate(codes[:6]):
        redeem(account, till, code, n)
    assert patrol.patrol(NOON + timedelta(hours=1)) == 1
    assert patrol.patrol(NOON + timedelta(days=2)) == 1
    assert coupon_notices.open_notices(account) == []


def test_a_till_where_codes_are_guessed_is_held(thief):
    account, _, till, _ = thief
    patrol.set_rule(account, "till_guesses", most=3, hold=True)
    for n in range(4):
        redeem(account, till, f"GUESS-{n}", n)
    patrol.patrol(NOON + timedelta(minutes=5))
    assert coupon_tills.get(till.id).held_at is not None
    (notice,) = coupon_notices.open_notices(account)
    patrol.release(account, notice.id, NOON + timedelta(minutes=6))
    assert coupon_tills.get(till.id).held_at is None


def test_claims_and_leavers_come_from_the_store(any_store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    patrol.set_rule(account, "address_claims", most=1)
    patrol.set_rule(account, "scene_ring", most=1)
    batch = coupon.make_batch(
        account, {"slug": "b", "title": "券", "face_value_fen": 1, "codes": 2}, NOON
    )
    for n in range(2):
        who = a_follower(
            account, f"o-{n}", source_scene="invite", unsubscribed_at=NOON + timedelta(hours=1)
        )
        ref = coupons.issue_now(batch.id, who, f"event:{n}", NOON)
        coupons.claim(ref.id, NOON, "8f" * 8)
        code = coupons.code_text(ref.id)
        assert coupon.redeem(code, order_number=f"A{n}", now=NOON, account_id=account).ok
    found = patrol.look(account, NOON - timedelta(hours=1))
    assert {(one.rule, one.subject) for one in found} == {
        ("address_claims", f"address:{'8f' * 8}"), ("scene_ring", "scene:invite"),
    }  # fmt: skip
    patrol.patrol(NOON)
    privacy.erase(who, "follower", NOON)
    assert pseudonyms.of(who) not in str(
        [one.to_json() for one in coupon_notices.since(account, NOON)]
    )
    left = "SELECT COUNT(*) FROM coupon_code WHERE claimed_from IS NOT NULL"
    assert fetch(left) == fetch("SELECT COUNT(*) FROM coupon_use WHERE order_hash <> ''") == [(1,)]


@pytest.mark.parametrize(
    "changes", [{"most": 0}, {"within_seconds": 59}, {"within_seconds": 32 * 86400}]
)
def test_a_rule_is_set_within_reason(account_id, changes):
    with pytest.raises(InvalidInput):
        patrol.set_rule(account_id, "till_speed", **changes)
    with pytest.raises(InvalidInput, match="there are"):
        patrol.set_rule(account_id, "nonsense", most=2)
