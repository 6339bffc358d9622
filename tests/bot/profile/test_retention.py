"""Old events go, kind by kind; profiles and their rebuilding stay what they are."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from bot.errors import InvalidInput
from bot.profile import privacy, refresh
from bot.profile.retention import parse, retain
from bot.store import accounts, events, profiles
from bot.store.db import fetch, insert_new, run
from bot.store.models import Conversion, Event, database
from tests.bot.coupon.cast import a_campaign, a_send
from tests.conftest import NOON, a_follower

KINDS = ("message.text", "click", "order", "attribute", "tag", "coupon.claimed", "opt_out")
DAYS = parse("message.*=90, click=30, order=365, attribute=60, tag=60, coupon.claimed=45")


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def did(account, who, kind, days_ago, key, **facts):
    at = NOON - timedelta(days=days_ago)
    return events.append(
        account, who, kind, at=at, received_at=max(at, NOON - timedelta(days=500)),
        source="import", key=f"{who}:{key}", facts=facts, sealed={"text": "幸福里三号"},
    )  # fmt: skip


def a_history(account, who, seed, length=60):
    chance = random.Random(seed)
    for n in range(length):
        kind = chance.choice(KINDS)
        facts = {"topics": {chance.choice("咖火甜"): 1.0}, "amount_fen": chance.randrange(9000)}
        facts |= {"name": chance.choice("ab"), "value": n, "tag": "t", "on": chance.random() < 0.5}
        did(account, who, kind, chance.uniform(0, 450), n, **facts)


def states():
    rows = fetch("SELECT follower_id, state FROM profile ORDER BY follower_id")
    shown = fetch("SELECT follower_id, topic, level FROM follower_interest ORDER BY 1, 2")
    return rows, shown


@pytest.fixture
def people(account):
    found = [a_follower(account, f"o-{n}") for n in range(4)]
    for n, who in enumerate(found):
        a_history(account, who, n)
    refresh.fold_new(NOON)
    return found


def left_too_old():
    return {
        kind: fetch(
            "SELECT COUNT(*) FROM event WHERE kind = ? AND at < ?",
            (kind, int((NOON - timedelta(days=days)).timestamp() * 1000)),
        )[0][0]
        for kind, days in DAYS.items()
    }


def test_profiles_and_their_rebuilding_stay_what_they_are(people):
    before = states()
    done = retain(DAYS, NOON, batch=7)
    assert sum(done.removed.values()) > 100
    assert set(left_too_old().values()) == {0}
    assert states() == before
    refresh.rebuild(NOON)
    assert states() == before
    run("DELETE FROM profile")  # from nothing at all
    refresh.rebuild(NOON)
    assert states() == before


def test_new_events_fold_on_top_as_if_nothing_had_gone(account, people):
    retain(DAYS, NOON)
    twin = a_follower(account, "o-twin")
    a_history(account, twin, 0)
    for who in (people[0], twin):
        did(account, who, "order", 0, "new", amount_fen=700, topics={"咖": 1.0})
    # What the twin tells of long ago is late: it has to arrive before the marks are set.
    run("DELETE FROM retention_mark")
    refresh.rebuild(NOON)
    found = [profiles.state_of(who) for who in (people[0], twin)]
    for state in found:
        for name in ("attrs", "tags", "order", "opt"):  # by another event key
            state.pop(name, None)
    assert found[0] == found[1]


def test_interrupted_after_any_statement_it_goes_on_and_nothing_is_lost(store, account_id):
    who = a_follower(account_id)
    a_history(account_id, who, 5, 12)
    refresh.fold_new(NOON)
    before, real = states(), database.obj.execute_sql
    calls = limit = 0

    def dying(sql, *args, **more):
        nonlocal calls
        answer = real(sql, *args, **more)
        calls += sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))
        if calls == limit:
            raise KeyboardInterrupt
        return answer

    kills, done = 0, False
    while not done:
        calls, limit = 0, limit + 1
        database.obj.execute_sql = dying
        try:
            retain(DAYS, NOON, batch=2)
            done = True
        except KeyboardInterrupt:
            kills += 1
        finally:
            database.obj.execute_sql = real
        refresh.rebuild(NOON)
        assert states() == before
    assert kills > 20
    assert set(left_too_old().values()) == {0}


def test_what_is_imported_again_after_it_went_counts_once(account, people):
    before = states()
    retain(DAYS, NOON)
    a_history(account, people[0], 0)  # the same file again: the removed ones are new to the log
    refresh.fold_new(NOON)
    assert states() == before
    assert set(left_too_old().values()) == {0}


def test_what_something_else_stands_on_stays_and_falls_silent(account):
    who = a_follower(account)
    bought = did(account, who, "order", 400, "o", amount_fen=500)
    said = did(account, who, "message.text", 400, "m")
    columns = (
        "event_id", "state", "attempts", "handler", "answer", "repeats", "error", "reason", "trace"
    )  # fmt: skip
    insert_new("inbox", columns, (said, "failed", 1, "", "", 0, "", "", "[]"), key="event_id")
    send = a_send(a_campaign(account, "c"), who, "sent")
    Conversion.insert(send=send, event=bought, at=NOON, amount_fen=500).execute()
    done = retain(DAYS, NOON)
    assert (done.removed, done.silenced) == ({}, {"order": 1})
    assert [(row.kind, row.sealed is None) for row in Event.select().order_by(Event.id)] == [
        ("order", True), ("message.text", False)
    ]  # fmt: skip
    assert Conversion.select().count() == 1
    assert profiles.state_of(who)["spent"] == 500
    refresh.rebuild(NOON)
    assert profiles.state_of(who)["spent"] == 500


def test_a_revoked_attribute_goes_from_the_base_too(account):
    who = a_follower(account)
    did(account, who, "attribute", 90, "a", name="nickname", value="林小雨")
    did(account, who, "order", 90, "o", amount_fen=500)
    retain(DAYS, NOON)
    did(account, who, "click", 1, "c")
    privacy.revoke(who, ["205"], 5, NOON)
    refresh.fold_new(NOON)
    assert profiles.state_of(who).get("attrs", {}) == {}
    assert profiles.state_of(who)["orders"] == 1
    assert "林小雨" not in str(fetch("SELECT state FROM profile_base"))


def test_what_was_concluded_from_revoked_messages_goes_from_the_base_too(account):
    who = a_follower(account)
    did(account, who, "message.voice", 95, "v", topics={"咖": 1.0}, sentiment=-0.8, anger=0.9)
    retain(DAYS, NOON)
    assert {"topics", "felt", "voiced", "upset"} <= profiles.state_of(who).keys()
    privacy.revoke(who, ["204"], 5, NOON)
    refresh.fold_new(NOON)
    assert {"topics", "felt", "voiced", "upset"} & profiles.state_of(who).keys() == set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("message.text=29", "at least 30 days"),
        ("opt_out=90", "evidence"),
        ("consent=900", "evidence"),
        ("click", "KIND=DAYS"),
        ("click=soon", "KIND=DAYS"),
        ("click=-90", "KIND=DAYS"),
    ],
)
def test_what_cannot_be_meant_is_refused(text, said):
    with pytest.raises(InvalidInput, match=said):
        parse(text)


def test_a_family_is_its_kinds_and_a_later_word_counts():
    found = parse("message.*=90, message.image=30, click : 40")
    assert (found["message.text"], found["message.image"], found["click"]) == (90, 30, 40)
    assert parse("") == {}
