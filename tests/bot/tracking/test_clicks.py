"""A tap: counted once where a person made it, kept in any case, sent on to our own target."""

from datetime import timedelta

import pytest

from bot.errors import InvalidInput
from bot.store import accounts, coupons, links
from bot.store.models import Campaign, Click, Event, Follower, Link, Send
from bot.tracking.clicks import NO_COUPON, record_click
from bot.tracking.tokens import coupon_path, link_token
from tests.bot.coupon.cast import SOON, a_batch, a_campaign, a_send, state_of
from tests.bot.coupon.test_races import THREADS, at_once
from tests.bot.tracking.test_automatic import WECHAT
from tests.conftest import NOON, a_follower

SHOP = "https://shop.example.com/spring?from=wx"
SECOND = timedelta(seconds=1)


@pytest.fixture
def account(request):
    """On every engine where the test asks for `any_store`, else on SQLite."""
    request.getfixturevalue("any_store" if "any_store" in request.fixturenames else "store")
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


@pytest.fixture
def lin(account):
    return a_follower(account)


@pytest.fixture
def campaign(account):
    return a_campaign(account)


def a_token(campaign, follower, url=SHOP, state="sent", **changes):
    send_id = a_send(campaign, follower, state, **changes)
    return link_token(links.link_for(campaign, url, NOON), send_id, follower)


def tap(token, at=NOON, agent=WECHAT, address="", method="GET"):
    return record_click(token, at, agent, address, method)


def clicks():
    return [(row.automatic, row.why) for row in Click.select().order_by(Click.id)]


def events():
    return list(Event.select().where(Event.kind == "click"))


def test_a_tap_is_kept_told_and_sent_on(any_store, account, lin, campaign):
    batch_id = a_batch(account, 1, topics=["咖啡"])
    token = a_token(campaign, lin, batch=batch_id)
    outcome = tap(token)
    assert (outcome.target, outcome.counted, outcome.why) == (SHOP, True, "")
    assert clicks() == [(False, "")]
    (event,) = events()
    assert (event.follower_id, event.source, event.at) == (lin, "tracking", NOON)
    assert event.facts == {
        "campaign": "spring",
        "send": Send.get().id,
        "topics": {"咖啡": 1.0},
    }


def test_a_double_tap_counts_once_and_a_later_one_again(any_store, lin, campaign):
    token = a_token(campaign, lin)
    counted = [tap(token, NOON + after * SECOND).counted for after in (0, 1.9, 2.5)]
    assert counted == [True, False, True]
    assert clicks() == [(False, ""), (True, "repeat"), (False, "")]
    assert len(events()) == 2


def test_many_taps_at_once_count_once(any_store, lin, campaign):
    token = a_token(campaign, lin)
    outcomes = at_once(any_store, lambda _: tap(token), range(THREADS))
    assert sum(outcome.counted for outcome in outcomes) == 1
    assert {outcome.target for outcome in outcomes} == {SHOP}


def test_an_automatic_tap_is_kept_apart_and_redirected_too(lin, campaign):
    token = a_token(campaign, lin)
    assert tap(token, agent="curl/8").target == SHOP
    assert tap(token, method="HEAD").target == SHOP
    assert clicks() == [(True, "agent"), (True, "head")]
    assert events() == []
    assert tap(token).counted


@pytest.mark.parametrize(
    ("times", "why"),
    [
        pytest.param({"sent_at": NOON - 0.2 * SECOND}, "sudden", id="0.2 s after the send"),
        pytest.param({"sent_at": NOON - SECOND}, "", id="a second after the send"),
        pytest.param(
            {"sent_at": NOON + SECOND, "claimed_at": NOON - SECOND},
            "",
            id="before its batch was settled: the claim counts",
        ),
        pytest.param({"sent_at": None, "claimed_at": None}, "", id="nothing known of its times"),
    ],
)
def test_a_tap_sooner_than_a_person_can(lin, campaign, times, why):
    assert tap(a_token(campaign, lin, **times)).why == why


def test_all_links_of_a_message_at_once_is_a_scanner(lin, campaign):
    send_id = a_send(campaign, lin, "sent")
    outcomes = [
        tap(link_token(links.link_for(campaign, f"/h5/page/{i}", NOON), send_id, lin))
        for i in range(4)
    ]
    assert [outcome.why for outcome in outcomes] == ["", "", "burst", "burst"]


@pytest.mark.parametrize(
    ("agent", "last"),
    [
        pytest.param("Mozilla/5.0 (X11; Linux)", "burst", id="by some browser: a scanner"),
        pytest.param(WECHAT, "", id="by WeChat's: a carrier's gateway"),
    ],
)
def test_one_public_address_for_everybody(any_store, account, campaign, agent, last):
    address = links.hashed_address("8.8.8.8")
    whys = [
        tap(a_token(campaign, a_follower(account, f"o-{i}")), agent=agent, address=address).why
        for i in range(32)
    ]
    assert whys == [""] * 30 + [last] * 2


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "192.168.0.9", "", "nonsense"])
def test_an_address_that_is_everybodys_says_nothing(store, address):
    assert links.hashed_address(address) == ""


def test_a_public_address_is_kept_as_a_keyed_hash(store):
    hashed = links.hashed_address("8.8.8.8")
    assert len(hashed) == 16
    assert hashed != links.hashed_address("8.8.4.4")


# --- where a tap leads -------------------------------------------------------------------------


def test_a_coupon_link_leads_to_the_page_of_the_sends_own_code(any_store, account, lin, campaign):
    batch_id = a_batch(account, 2)
    token = a_token(campaign, lin, "coupon:", batch=batch_id)
    purpose = f"send:{Send.get().id}"
    assert tap(token).target == NO_COUPON
    ref = coupons.reserve_many(batch_id, [(lin, purpose)], SOON, NOON)[purpose]
    assert tap(token).target == coupon_path(ref.id)
    coupons.issue_many([purpose], NOON)
    assert tap(token).target == coupon_path(ref.id)


def test_a_path_of_ours_is_led_to_at_our_public_address(lin, campaign):
    token = a_token(campaign, lin, "/h5/menu")
    outcome = record_click(token, NOON, WECHAT, public_url="https://bot.example.com")
    assert outcome.target == "https://bot.example.com/h5/menu"


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://shop.example.com/x", True),
        ("http://shop.example.com", True),
        ("/h5/page", True),
        ("coupon:", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https:///nowhere", False),
        ("https://a.example/\nSet-Cookie: x", False),
        (" https://a.example", False),
        ("shop.example.com", False),
        ("", False),
    ],
)
def test_what_a_link_may_lead_to(store, url, fine):
    assert links.leads_somewhere(url) is fine
    if not fine:
        with pytest.raises(InvalidInput):
            links.link_for(None, url, NOON)


def test_a_campaign_has_one_link_for_an_address(account, any_store, campaign):
    other = a_campaign(account, "autumn")
    made = at_once(any_store, lambda _: links.link_for(campaign, SHOP, NOON), range(8))
    assert len(set(made)) == 1
    assert links.link_for(None, SHOP, NOON) == links.link_for(None, SHOP, NOON)
    ids = {
        links.link_for(campaign, SHOP, NOON),
        links.link_for(campaign, SHOP + "#b", NOON),
        links.link_for(other, SHOP, NOON),
        links.link_for(None, SHOP, NOON),
    }
    assert len(ids) == 4


def test_a_foreign_token_leads_nowhere(lin, campaign):
    token = a_token(campaign, lin)
    assert tap("x" + token[1:]) is None
    assert tap("") is None
    assert clicks() == []


def test_a_target_tampered_with_in_the_database_is_not_followed(lin, campaign):
    token = a_token(campaign, lin)
    Link.update(url="javascript:alert(1)").execute()
    assert tap(token) is None


def test_a_link_outside_any_message_counts_for_its_follower(any_store, account, lin):
    token = link_token(links.link_for(None, "/h5/menu", NOON), None, lin)
    assert [tap(token).counted, tap(token).counted] == [True, False]
    assert events()[0].facts == {"campaign": "", "send": None, "topics": {}}


def test_a_link_for_nobody_in_particular_is_kept_untold(store):
    token = link_token(links.link_for(None, "/h5/menu", NOON), None, None)
    assert not tap(token).counted
    assert (clicks(), events()) == ([(False, "")], [])


def test_an_erased_follower_is_sent_on_and_nothing_is_kept(lin, campaign):
    token = a_token(campaign, lin)
    Follower.update(erased_at=NOON).execute()
    outcome = tap(token)
    assert (outcome.target, outcome.counted, clicks(), events()) == (SHOP, False, [], [])


def test_a_campaign_that_was_deleted_leads_nowhere(any_store, lin, campaign):
    token = a_token(campaign, lin)
    Campaign.delete().execute()
    assert tap(token) is None


# --- what a tap proves -------------------------------------------------------------------------


@pytest.fixture
def unknown(account, lin, campaign):
    """(token, send id, code id): a send of unknown outcome with a code reserved for it."""
    batch_id = a_batch(account, 1, valid_seconds=60)
    token = a_token(campaign, lin, "coupon:", "unknown", batch=batch_id)
    send_id = Send.get().id
    purpose = f"send:{send_id}"
    ref = coupons.reserve_many(batch_id, [(lin, purpose)], SOON, NOON)[purpose]
    return token, send_id, ref.id


def test_a_persons_tap_proves_that_an_unknown_send_arrived(any_store, unknown):
    token, send_id, code_id = unknown
    tap(token)
    send = Send.get_by_id(send_id)
    assert (send.state, send.settled_at) == ("sent", NOON)
    assert send.sent_at == NOON - timedelta(minutes=1)
    assert send.reasons == {"arrived": "clicked"}
    assert state_of(code_id) == "issued"
    assert Event.select().where(Event.kind == "coupon.issued").count() == 1


def test_a_scanners_tap_proves_nothing(unknown):
    token, send_id, code_id = unknown
    tap(token, agent="curl/8")
    assert (Send.get_by_id(send_id).state, state_of(code_id)) == ("unknown", "reserved")


def test_an_unknown_send_is_settled_once_among_many(any_store, unknown):
    _, send_id, _ = unknown
    won = at_once(any_store, lambda _: links.settle_unknown_as_sent(send_id, NOON), range(THREADS))
    assert won.count(True) == 1
    assert Event.select().where(Event.kind == "coupon.issued").count() == 1


@pytest.mark.parametrize("state", ["intended", "claimed", "sent", "failed", "skipped"])
def test_no_other_state_is_touched_by_a_tap(lin, campaign, state):
    tap(a_token(campaign, lin, state=state))
    assert Send.get().state == state
