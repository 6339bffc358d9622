"""What other systems report: judged alone, taken once, kept where it is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.collect import intake, judging
from bot.errors import InvalidInput
from bot.profile.refresh import fold_new, rebuild
from bot.store import accounts, privacy, profiles, pseudonyms, quarantine
from bot.store.db import fetch
from bot.store.fields import Holder
from bot.store.vault import Vault
from bot.values import personal
from tests.bot.collect.conftest import killed_everywhere
from tests.conftest import KEY, NOON, a_follower

AN_HOUR_AGO = (NOON - timedelta(hours=1)).isoformat()


@pytest.fixture
def account(store) -> int:
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


@pytest.fixture
def any_account(any_store) -> int:
    """The same on every engine."""
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


@pytest.fixture
def vault(monkeypatch):
    """Keys without a store: pseudonyms are checked by them."""
    keys = Vault([KEY])
    keys.unlock_index(b"i" * 32)
    monkeypatch.setattr(Holder, "vault", keys, raising=False)


def an_event(**changes: Any) -> dict[str, Any]:
    """Lin looked at an article about coffee an hour ago, changed as named; ... takes out."""
    whole = {
        "id": "e-1", "kind": "article.view", "at": AN_HOUR_AGO, "follower": {"openid": "o-lin"},
        "facts": {"topics": {"咖啡": 1.0}}, **changes,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not ...}


def an_order(**changes: Any) -> dict[str, Any]:
    """Lin paid 45 yuan for coffee an hour ago, changed as named; ... takes out."""
    whole = {
        "order_number": "A-1", "follower": {"openid": "o-lin"}, "amount_fen": 4500,
        "at": AN_HOUR_AGO, "topics": ["咖啡"], **changes,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not ...}


def counted(taken: intake.Taken) -> tuple[int, int, int]:
    return taken.accepted, taken.repeated, len(taken.rejected)


def held(account: int) -> list[tuple[str, str]]:
    return [(one.where, one.reason) for one in quarantine.held(account)]


# --- events -------------------------------------------------------------------------------------


def test_each_item_of_a_batch_is_judged_alone(any_account):
    a_follower(any_account)
    batch = [an_event(), an_event(id="e-2", kind="unheard"), an_event(), "no object"]
    taken = intake.take_events(any_account, batch, NOON)
    assert counted(taken) == (1, 1, 2)
    assert [(one.index, one.field) for one in taken.rejected] == [(1, "kind"), (3, "")]
    assert counted(intake.take_events(any_account, batch, NOON)) == (0, 2, 2)
    assert len(held(any_account)) == 2, "what is refused twice is kept once"
    fold_new(NOON)
    assert list(profiles.interests_of([1])[1]) == ["咖啡"]


@pytest.mark.parametrize("how", ["id", "openid", "pseudonym"])
def test_a_person_is_named_by(account, how):
    lin = a_follower(account)
    names = {"id": lin, "openid": {"openid": "o-lin"}, "pseudonym": pseudonyms.of(lin)}
    assert counted(intake.take_events(account, [an_event(follower=names[how])], NOON))[0] == 1
    assert fetch("SELECT follower_id FROM event") == [(lin,)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"id": ...}, "id", id="no id"),
        pytest.param({"id": "x" * 65}, "id", id="an id of 65 characters"),
        pytest.param({"id": "a\x00b"}, "id", id="an id with a NUL"),
        pytest.param({"kind": "subscribe"}, "kind", id="what only the platform can tell"),
        pytest.param({"kind": "coupon.redeemed"}, "kind", id="what has a call of its own"),
        pytest.param({"kind": "custom."}, "kind", id="a kind of one's own without a name"),
        pytest.param({"at": "2026-11-21T11:00:00"}, "at", id="an instant without a zone"),
        pytest.param({"at": 1795233600}, "at", id="an instant as a number"),
        pytest.param({"at": "0001-01-01T00:00:00+14:00"}, "at", id="before the first year"),
        pytest.param({"follower": "hy-1-00000000"}, "follower", id="a made-up pseudonym"),
        pytest.param({"follower": {"openid": ""}}, "follower", id="an empty openid"),
        pytest.param({"follower": True}, "follower", id="no name at all"),
        pytest.param({"colour": 1}, "colour", id="an unknown member"),
        pytest.param({"facts": []}, "facts", id="facts that are no object"),
        pytest.param({"facts": {str(n): n for n in range(31)}}, "facts", id="31 facts"),
        pytest.param({"facts": {"a": {"b": {"c": {"d": 1}}}}}, "facts", id="facts four deep"),
        pytest.param({"facts": {"a": "好" * 1400}}, "facts", id="facts of over 4096 bytes"),
        pytest.param({"facts": {"a": "\ud800"}}, "facts", id="half a character"),
        pytest.param({"facts": {"a": float("nan")}}, "facts.a", id="not a number"),
        pytest.param({"facts": {"topics": {"咖啡": 2}}}, "facts.topics.咖啡", id="a weight over 1"),
        pytest.param({"facts": {"phone": "x"}}, "facts.phone", id="a telephone by its name"),
        pytest.param({"facts": {"note": "打 13800138000"}}, "facts.note", id="by its form"),
        pytest.param({"facts": {"n": [{"m": "a@b.cn"}]}}, "facts.n.0.m", id="an e-mail inside"),
        pytest.param({"facts": {"13800138000": 1}}, "facts.?", id="a telephone as a name"),
        pytest.param(
            {"kind": "attribute", "facts": {"name": "city"}}, None, id="an attribute taken back"
        ),
        pytest.param(
            {"kind": "attribute", "facts": {"name": "手机号", "value": "1"}},
            "facts.手机号",
            id="a telephone as an attribute",
        ),
        pytest.param(
            {"kind": "attribute", "facts": {"name": "city", "value": ["北京"]}},
            "facts.value",
            id="an attribute that is a list",
        ),
        pytest.param({"kind": "tag", "facts": {"tag": "会员"}}, None, id="a tag"),
        pytest.param({"kind": "tag", "facts": {"tag": "会员", "on": 1}}, "facts.on", id="tag on 1"),
        pytest.param({"kind": "preference", "facts": {}}, "facts.topics", id="likes nothing"),
        pytest.param({"kind": "custom.spin", "facts": {"won": True}}, None, id="of one's own"),
        pytest.param({"sealed": {"phone": "13800138000"}}, None, id="personal and sealed"),
        pytest.param({"sealed": "x"}, "sealed", id="sealed that is no object"),
    ],
)
def test_which_events_are_in_order(vault, changes, field):
    try:
        judging.event(an_event(**changes), NOON, NOON)
        found = None
    except InvalidInput as error:
        found = error.field
    assert found == field


@pytest.mark.parametrize("named", [99, {"openid": "o-who"}, "hy-99-made"])
def test_of_nobody_no_event_is_taken(account, named):
    taken = intake.take_events(account, [an_event(follower=named)], NOON)
    assert [one.field for one in taken.rejected] == ["follower"]
    assert fetch("SELECT COUNT(*) FROM event") == [(0,)]


@pytest.mark.parametrize(
    ("away", "taken"),
    [
        pytest.param(timedelta(minutes=5), True, id="five minutes ahead: a clock that runs fast"),
        pytest.param(timedelta(minutes=5, seconds=1), False, id="more than five minutes ahead"),
        pytest.param(timedelta(days=-400), True, id="400 days ago"),
        pytest.param(timedelta(days=-400, seconds=-1), False, id="longer ago"),
    ],
)
def test_instants_are_taken_from(vault, away, taken):
    asked = an_event(at=(NOON + away).isoformat())
    if taken:
        assert judging.event(asked, NOON, NOON).at <= NOON, "never later than now"
    else:
        with pytest.raises(InvalidInput):
            judging.event(asked, NOON, NOON)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("13800138000", "a phone number"),
        ("+86 138-0013-8000", "a phone number"),
        ("12800138000", ""),
        ("138001380001", ""),
        ("11010519491231002X", "an identity number"),
        ("110105194912310021", ""),
        ("6222021234567894", "a bank card's number"),
        ("6222021234567890", ""),
        ("o6_bmjrPTlm6_2sgVt7hMZOPfL2M", "an openid"),
        ("订单 2026112100001", ""),
    ],
)
def test_personal_data_is_known_by_its_form(text, what):
    assert personal.what_is(text) == what


@pytest.mark.parametrize(("size", "fits"), [(0, False), (1, True), (500, True), (501, False)])
def test_the_size_of_a_batch(store, size, fits):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    a_follower(account)
    batch = [an_event(id=f"e-{n}") for n in range(size)]
    if fits:
        assert intake.take_events(account, batch, NOON).accepted == size
    else:
        with pytest.raises(InvalidInput):
            intake.take_events(account, batch, NOON)


# --- orders -------------------------------------------------------------------------------------


def bought(lin: int) -> tuple[int, int]:
    """Orders and fen as segments read them; the same after a rebuild from the log."""
    fold_new(NOON)
    [row] = fetch("SELECT orders, spent_fen FROM profile WHERE follower_id = ?", (lin,))
    before = profiles.state_of(lin)
    rebuild(NOON, [lin])
    assert profiles.state_of(lin) == before
    return row[0], row[1]


@pytest.mark.parametrize(
    ("refund", "left"),
    [
        pytest.param({}, (1, 1000), id="the whole order: neither it nor its money counts"),
        pytest.param({"refund_fen": 4500}, (1, 1000), id="the whole amount, named"),
        pytest.param({"refund_fen": 500}, (2, 5000), id="a part: the order stays"),
    ],
)
def test_a_refund_subtracts(account, refund, left):
    lin = a_follower(account)
    other = an_order(order_number="A-2", amount_fen=1000)
    back = an_order(status="refunded", amount_fen=..., topics=..., **refund)
    assert counted(intake.take_orders(account, [an_order(), other], NOON)) == (2, 0, 0)
    assert bought(lin) == (2, 5500)
    assert counted(intake.take_orders(account, [back], NOON)) == (1, 0, 0)
    assert counted(intake.take_orders(account, [back, an_order()], NOON)) == (0, 2, 0)
    assert bought(lin) == left


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"amount_fen": 45.0}, "amount_fen", id="money that is not whole"),
        pytest.param({"amount_fen": -1}, "amount_fen", id="less than nothing"),
        pytest.param({"amount_fen": ...}, "amount_fen", id="no money"),
        pytest.param({"follower": ...}, "follower", id="nobody"),
        pytest.param({"status": "lost"}, "status", id="an unknown status"),
        pytest.param({"refund_fen": 1}, "refund_fen", id="money back of a paid order"),
        pytest.param({"status": "refunded", "order_number": "A-9"}, "order_number", id="no order"),
        pytest.param({"status": "refunded", "refund_fen": 4501}, "refund_fen", id="too much back"),
        pytest.param({"status": "refunded", "follower": 2}, "follower", id="another's order"),
        pytest.param({"items": [{"sku": 1}]}, "items[0].sku", id="a thing without a name"),
        pytest.param({"items": [{"topics": ["茶"]}]}, None, id="topics of things"),
    ],
)
def test_which_orders_are_taken(store, changes, field):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    a_follower(account)
    a_follower(account, "o-wang")
    intake.take_orders(account, [an_order()], NOON)
    taken = intake.take_orders(account, [an_order(**{"order_number": "A-1" if
        changes.get("status") == "refunded" else "A-2", **changes})], NOON)  # fmt: skip
    assert [one.field for one in taken.rejected] == ([] if field is None else [field])


# --- the quarantine -----------------------------------------------------------------------------


def test_what_was_refused_is_taken_after_a_fix(any_account):
    batch = [an_event(), an_event(id="e-2", kind="unheard")]
    assert counted(intake.take_events(any_account, batch, NOON)) == (0, 0, 2)
    a_follower(any_account)
    a_year_later = NOON + timedelta(days=401)
    done = intake.replay(any_account, a_year_later)
    assert (done.taken, done.refused) == (1, 1), "old is what was old when it came"
    assert [field for field, _ in held(any_account)] == ["kind"]
    assert intake.replay(any_account, a_year_later) == intake.Replayed(0, 1)
    assert fetch("SELECT COUNT(*) FROM event") == [(1,)]


def test_a_refund_waits_for_its_order(any_account):
    lin = a_follower(any_account)
    back = an_order(status="refunded", amount_fen=..., topics=...)
    assert counted(intake.take_orders(any_account, [back], NOON)) == (0, 0, 1)
    intake.take_orders(any_account, [an_order()], NOON)
    assert intake.replay(any_account, NOON) == intake.Replayed(1, 0)
    assert bought(lin) == (0, 0)


def test_a_replay_killed_at_any_write_takes_everything_once(any_account, monkeypatch):
    batch = [an_event(id=f"e-{n}") for n in range(6)]
    intake.take_events(any_account, batch, NOON)
    a_follower(any_account)
    assert killed_everywhere(monkeypatch, lambda: intake.replay(any_account, NOON)) > 1
    assert fetch("SELECT COUNT(*) FROM event") == [(6,)]
    assert held(any_account) == []


def test_what_it_said_is_sealed_and_goes_with_the_person(any_account):
    lin = a_follower(any_account)
    said = an_event(facts={"phone": "13800138000"})
    intake.take_events(any_account, [said], NOON)
    [(sealed, field, reason, who)] = fetch(
        "SELECT document, field, reason, follower_id FROM quarantine"
    )
    assert b"13800138000" not in bytes(sealed)
    assert "13800138000" not in field + reason
    assert who == lin
    assert quarantine.held(any_account)[0].document == said
    privacy.erase(lin, NOON, NOON - timedelta(minutes=10))
    assert held(any_account) == []


def test_nothing_that_a_sender_can_write_is_too_odd_to_keep(any_account):
    odd = [
        {"\x00": "\ud800"}, {"id": float("inf")}, [], None, {"facts": {"\ud83d": 1}, "id": "x"},
        {"kind": "attribute", **an_event(facts={"name": "\x00", "value": 1})},
    ]  # fmt: skip
    assert counted(intake.take_events(any_account, odd, NOON)) == (0, 0, 6)
    assert len(quarantine.held(any_account)) == 6
    json.dumps([one.to_json() for one in quarantine.held(any_account)]).encode()


def test_the_quarantine_has_an_end(store, monkeypatch):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    monkeypatch.setattr(quarantine, "MOST", 3)
    intake.take_events(account, [an_event(id=f"e-{n}") for n in range(5)], NOON)
    assert len(held(account)) == 3
    assert quarantine.prune(NOON + timedelta(days=1)) == 3


@pytest.mark.parametrize(
    ("value", "most", "deep"), [(1, 0, False), ([], 0, True), ({"a": [1]}, 2, False),
                                ({"a": [[]]}, 2, True)]
)  # fmt: skip
def test_how_deep_a_document_is(value, most, deep):
    assert judging.is_deep(value, most) == deep
