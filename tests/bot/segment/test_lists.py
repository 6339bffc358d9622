"""What marketers do to a segment beside its rule: pins, lists, versions, uses, triggers, cost."""

from __future__ import annotations

import pytest

from bot.errors import Conflict, InvalidInput, NotFound
from bot.profile import fold
from bot.segment import lists
from bot.segment.catalogue import define, pin, remove, restore, used_by, why
from bot.segment.cost import cost
from bot.segment.refresh import refresh_all
from bot.segment.rules import parse
from bot.store import campaigns, privacy, segment_lists, segment_versions, talk
from bot.store import segments as segment_store
from bot.store.db import fetch
from bot.values.facts import FoldEvent
from tests.bot.segment import cast
from tests.bot.segment.test_law import DAY
from tests.conftest import NOON

param = pytest.param
VIP = {"tag": "vip"}


@pytest.fixture
def account(kept_store):
    return cast.an_account()


def tagged(account, count):
    """Followers, the first of whom has the tag vip."""
    people = [cast.somebody(account) for _ in range(count)]
    cast.did(people[0], "tag", NOON, tag="vip", on=True)
    cast.folded(NOON)
    return people


def kept(account, slug, now=NOON, full=False):
    refresh_all(now, account, full)
    return cast.held(account)[slug]


# --- pins --------------------------------------------------------------------------------------


@pytest.mark.parametrize("full", [param(False, id="incremental"), param(True, id="in full")])
def test_a_pin_is_stronger_than_the_rule(account, full):
    vip, other = tagged(account, 2)
    define(account, "vip", "会员", VIP, NOON)
    assert kept(account, "vip") == {vip}
    pin(account, "vip", [vip], False, NOON, author="lin", reason="同行")
    pin(account, "vip", [other], True, NOON)
    assert kept(account, "vip", full=full) == {other}
    found = why(account, "vip", vip, NOON)
    assert (found["member"], found["because"]) == (False, [{"pinned": "out", "held": True}])
    assert why(account, "vip", other, NOON)["because"] == [{"pinned": "in", "held": True}]
    pin(account, "vip", [vip, other], None, NOON)
    assert kept(account, "vip", full=full) == {vip}
    assert why(account, "vip", vip, NOON)["because"] == [{"tag": "vip", "held": True}]


def test_a_pin_says_who_and_why(account):
    vip, _ = tagged(account, 2)
    state = define(account, "vip", "会员", VIP, NOON)
    pin(account, "vip", [vip], False, NOON, author="lin", reason="同行")
    assert segment_lists.pins(state.id) == [(vip, False, NOON, "lin", "同行")]


def test_nobody_is_pinned_where_one_is_unknown(account):
    vip, _ = tagged(account, 2)
    stranger = cast.somebody(cast.an_account())
    state = define(account, "vip", "会员", VIP, NOON)
    with pytest.raises(NotFound, match=str(stranger)):
        pin(account, "vip", [vip, stranger], True, NOON)
    assert segment_lists.pins(state.id) == []


def test_an_erased_follower_keeps_no_pin_and_no_place(account):
    vip, other = tagged(account, 2)
    state = define(account, "vip", "会员", VIP, NOON)
    lists.upload(account, "gold", [str(other)], "id", NOON)
    pin(account, "vip", [other], True, NOON)
    assert kept(account, "vip") == {vip, other}
    privacy.erase(other, NOON, NOON)
    assert kept(account, "vip") == {vip}
    assert kept(account, "gold") == set()
    assert segment_lists.pins(state.id) == []


# --- lists -------------------------------------------------------------------------------------


def test_an_uploaded_list_adds_up_and_says_what_it_rejects(account):
    one, two, three = (cast.somebody(account) for _ in range(3))
    stranger = cast.somebody(cast.an_account())
    lines = ["\ufeffid\n", f"{one}\n", "\n", f"{two},备注\n", f"{one}\n", f"{stranger}\n", "x\n"]
    done = lists.upload(account, "gold", lines, "id", NOON, name="金卡")
    assert (done.read, done.taken, done.added, done.dropped) == (5, 2, 2, 0)
    assert [(r.line, r.why) for r in done.rejects] == [
        (5, "repeated"), (6, "unknown"), (7, "unknown"),
    ]  # fmt: skip
    assert kept(account, "gold") == {one, two}
    again = lists.upload(account, "gold", [str(two), str(three)], "id", NOON)
    assert (again.added, again.dropped) == (1, 1)
    assert kept(account, "gold") == {two, three}
    lists.upload(account, "gold", [str(one)], "id", NOON, replace=False)
    assert kept(account, "gold") == {one, two, three}
    assert segment_store.by_slug(account, "gold").name == "金卡"


def test_a_list_names_people_by_openid_or_customer_number(account):
    from tests.conftest import a_follower

    lin, mei = a_follower(account, "o-lin"), a_follower(account, "o-mei")
    cast.did(mei, "attribute", NOON, name=segment_lists.CUSTOMER, value="K7")
    cast.folded(NOON)
    assert lists.upload(account, "a", ["openid", "o-lin", "o-gone"], "openid", NOON).taken == 1
    assert lists.upload(account, "b", ["K7", "K8"], "customer", NOON).taken == 1
    assert (kept(account, "a"), kept(account, "b")) == ({lin}, {mei})


@pytest.mark.parametrize("most", [param(20_000, id="one by one"), param(1, id="compared anew")])
def test_rules_read_lists_and_follow_them(account, monkeypatch, most):
    monkeypatch.setattr(segment_lists, "MOST_DIRTY", most)
    people = tagged(account, 4)
    lists.upload(account, "gold", map(str, people[:2]), "id", NOON)
    define(account, "rest", "其余", {"not": {"segment": "gold"}}, NOON)
    define(account, "both", "又", {"all": [{"list": "gold"}, VIP]}, NOON)
    assert kept(account, "rest") == set(people[2:])
    lists.upload(account, "gold", map(str, people[1:]), "id", NOON)
    assert kept(account, "rest") == {people[0]}
    assert kept(account, "both") == set()


def test_a_segment_with_a_rule_takes_no_list(account):
    define(account, "vip", "会员", VIP, NOON)
    with pytest.raises(InvalidInput, match="has a rule"):
        lists.upload(account, "vip", ["1"], "id", NOON)
    assert segment_store.by_slug(account, "vip").rule == VIP


# --- versions and uses -------------------------------------------------------------------------


def test_every_edit_is_kept_and_can_come_back(account):
    define(account, "vip", "会员", VIP, NOON, author="lin")
    define(account, "vip", "会员", VIP, NOON + DAY, author="mei")  # nothing changed
    define(account, "vip", "贵宾", {"tag": "gold"}, NOON + 2 * DAY, author="mei")
    state = restore(account, "vip", 1, NOON + 3 * DAY, author="lin")
    assert (state.name, state.rule) == ("会员", VIP)
    found = segment_versions.versions(state.id)
    assert [(v.number, v.name, v.at, v.author) for v in found] == [
        (3, "会员", NOON + 3 * DAY, "lin"),
        (2, "贵宾", NOON + 2 * DAY, "mei"),
        (1, "会员", NOON, "lin"),
    ]
    with pytest.raises(NotFound):
        restore(account, "vip", 9, NOON)


def test_what_names_a_segment_keeps_it(account):
    for slug in ("vip", "free"):
        define(account, slug, slug, VIP, NOON)
    define(account, "outer", "外", {"not": {"segment": "vip"}}, NOON)
    define(account, "reader", "读", {"list": "vip"}, NOON)
    campaigns.create(account, "autumn", "秋", {"segment": "vip"}, NOON)
    answers = {"answers": [{"text": "您好", "only": "vip"}, {"text": "好"}]}
    talk.put(account, "intent", "hello", answers, NOON)
    talk.put(account, "rule", "hi", {"segment": "vip"}, NOON, stage=talk.DRAFT)
    found = [(use.kind, use.slug, use.stage) for use in used_by(account, "vip")]
    assert found == [
        ("segment", "outer", ""),
        ("segment", "reader", ""),
        ("campaign", "autumn", ""),
        ("intent", "hello", "live"),
        ("rule", "hi", "draft"),
    ]
    with pytest.raises(Conflict, match=r"'outer' looks into 'vip'; .*campaign 'autumn' is for"):
        remove(account, "vip")
    assert used_by(account, "free") == []
    remove(account, "free")
    assert [row.slug for row in segment_store.of_account(account)] == ["outer", "reader", "vip"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        param({"list": "nobody"}, "'nobody'", id="a list"),
        param({"campaign": "k9", "outcome": "sent"}, "campaign 'k9'", id="a campaign"),
        param({"coupon": "b9", "state": "issued"}, "batch 'b9'", id="a coupon batch"),
    ],
)
def test_what_a_rule_names_must_be_there(account, rule, words):
    with pytest.raises(InvalidInput, match=words):
        define(account, "a", "甲", rule, NOON)


# --- triggers ----------------------------------------------------------------------------------


def announced(account):
    rows = fetch(
        "SELECT follower_id, kind, facts FROM event WHERE account_id = ? AND source = ?"
        " ORDER BY id",
        (account, "segment"),
    )
    return [tuple(row) for row in rows]


def test_comings_and_goings_are_events_where_asked_for_and_nothing_turns_in_circles(account):
    vip, other = tagged(account, 2)
    define(account, "vip", "会员", VIP, NOON, triggers=True)
    define(account, "quiet", "静", VIP, NOON)
    refresh_all(NOON, account)  # the first filling is nobody's coming
    assert announced(account) == []
    cast.did(other, "tag", NOON + DAY, tag="vip", on=True)
    cast.did(vip, "tag", NOON + DAY, tag="vip", on=False)
    cast.folded(NOON + DAY)
    refresh_all(NOON + DAY, account)
    facts = '{"segment": "vip"}'
    assert announced(account) == [(other, "segment.entered", facts), (vip, "segment.left", facts)]
    cast.folded(NOON + DAY)
    assert segment_store.dirty(account, 9) == []
    assert refresh_all(NOON + DAY, account).looked == 0
    assert len(announced(account)) == 2


def test_a_profile_says_nothing_of_segments_and_rules_do_not_read_their_events():
    assert fold.fold({}, [FoldEvent("k", "segment.entered", 1, {"segment": "vip"})]) == {}
    with pytest.raises(InvalidInput) as refused:
        parse({"event": "segment.left"})
    assert refused.value.field == "event"


# --- cost --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        param(VIP, [], id="a tag"),
        param({"attribute": "city", "value": "北京"}, [], id="equal"),
        param({"attribute": "city", "op": "contains", "value": "京"}, ["contains"], id="a part"),
        param({"attribute": "city", "op": "ne", "value": "北京"}, ["ne"], id="unequal"),
        param({"attribute": "stage", "op": "ne", "value": "new"}, [], id="unequal, built in"),
        param({"event": "order", "within_days": 7}, [], id="events of a week"),
        param({"event": "order"}, ["ever"], id="events of ever"),
        param({"event": "order", "never": True}, [], id="never at all"),
        param({"event": "order", "within_days": 7, "where": {"a": 1}}, ["where"], id="facts"),
        param({"event": "order", "sum": "amount_fen", "at_least": 1}, ["ever"], id="a sum of ever"),
    ],
)
def test_what_no_index_orders_is_said_before_it_is_saved(account, rule, why):
    assert [one.why for one in cost(account, parse(rule), NOON).warnings] == why


def test_the_cost_is_of_what_is_there(account):
    people = tagged(account, 3)
    for days in (0, 0.5, 3, 40):
        cast.did(people[1], "order", NOON - days * DAY, NOON)
    cast.folded(NOON)
    found = cost(account, parse({"event": "order", "within_days": 7}), NOON)
    assert (found.rows, found.daily, found.capped) == (3 + 3, 2, False)
