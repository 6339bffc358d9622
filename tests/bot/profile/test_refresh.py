"""Profiles kept up batch by batch equal the fold of the whole log, however many work at it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.profile import features
from bot.profile.fold import fold
from bot.profile.refresh import age_stages, fold_new, rebuild
from bot.store import accounts, events, profiles
from bot.store import segments as segment_store
from bot.store.db import fetch, run
from bot.store.models import Follower, database
from tests.conftest import NOON, a_follower

DAY = timedelta(days=1)
TABLES = ("follower_attribute", "follower_tag", "follower_interest")
COLUMNS = {
    "follower_attribute": "follower_id, name, text, number",
    "follower_tag": "follower_id, tag, source, since, until_at",
    "follower_interest": "follower_id, topic, level",
}


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def did(account, follower, kind, key, days_ago=0.0, received_at=NOON, **facts):
    at = NOON - days_ago * DAY
    assert events.append(
        account,
        follower,
        kind,
        at=at,
        received_at=received_at,
        source="import",
        key=key,
        facts=facts,
    )


def a_life(account, follower, mark=""):
    did(account, follower, "subscribe", f"{mark}1", 20)
    did(account, follower, "message.text", f"{mark}2", 10, topics={"咖啡": 1, "火锅": 0.4})
    did(account, follower, "attribute", f"{mark}3", 9, name="city", value="北京")
    did(account, follower, "tag", f"{mark}4", 8, tag="vip", on=True, source="operator", days=60)
    did(account, follower, "order", f"{mark}5", 7, amount_fen=1200)


def kept():
    """Everything that the fold writes, but for counters of its own running."""
    rows = fetch(
        "SELECT follower_id, state, first_seen_at, last_seen_at, messages, orders, redeemed,"
        " spent_fen FROM profile ORDER BY follower_id"
    )
    return [
        sorted(rows),
        sorted(fetch("SELECT id, stage FROM follower")),
        *(sorted(fetch(f"SELECT {COLUMNS[table]} FROM {table}")) for table in TABLES),
    ]


def test_a_profile_and_what_segments_read_are_written(account):
    lin = a_follower(account)
    a_life(account, lin)
    assert fold_new(NOON) == 5
    facts = kept()[0][0]
    assert facts[4:] == (1, 1, 0, 1200)
    assert kept()[1] == [(lin, "customer")]
    assert kept()[2] == [(lin, "city", "北京", None)]
    assert [row[1] for row in kept()[4]] == ["咖啡", "火锅"]
    assert segment_store.dirty(account, 10) == [(lin, 1)]
    assert fold_new(NOON) == 0


@pytest.mark.parametrize("batch", [1, 2, 3, 1000])
def test_any_batch_size_gives_the_same_as_a_rebuild(account, batch):
    people = [a_follower(account, f"o-{n}") for n in range(4)]
    for number, person in enumerate(people):
        a_life(account, person, f"{number}-")
    did(account, people[0], "tag", "off", 1, tag="vip", on=False)
    did(account, people[0], "attribute", "none", 1, name="city", value=None)
    assert fold_new(NOON, batch=batch) == 22
    grown = kept()
    for table in TABLES:
        run(f"DELETE FROM {table}")
    run("UPDATE profile SET state = '{}', messages = 99")
    done = []
    assert rebuild(NOON, progress=done.append) == sum(done) == 4
    assert kept() == grown
    assert (people[0], "vip") not in {row[:2] for row in grown[3]}


def test_a_late_event_is_folded_where_it_belongs(account):
    lin = a_follower(account)
    did(account, lin, "attribute", "new", 1, name="city", value="北京")
    fold_new(NOON)
    did(account, lin, "attribute", "late", 5, name="city", value="上海")
    fold_new(NOON)
    assert kept()[2] == [(lin, "city", "北京", None)]


def test_topics_that_grew_too_old_leave_the_table(account):
    lin = a_follower(account)
    did(account, lin, "message.text", "old", 500, topics={"咖啡": 1})
    fold_new(NOON)
    assert len(kept()[4]) == 1
    did(account, lin, "message.text", "new", 0)
    fold_new(NOON)
    assert kept()[4] == []


def test_a_clock_ahead_does_not_age_everything_else(account):
    lin = a_follower(account)
    did(account, lin, "message.text", "now", 1, topics={"咖啡": 1})
    did(account, lin, "message.text", "ahead", -5000, received_at=NOON, topics={"火锅": 1})
    fold_new(NOON)
    assert [row[1] for row in kept()[4]] == ["咖啡", "火锅"]


def test_the_erased_and_nobody_get_no_profile(account):
    gone = a_follower(account, erased_at=NOON)
    did(account, gone, "message.text", "1")
    did(account, None, "delivery.mass", "2")
    assert fold_new(NOON) == 2
    assert fetch("SELECT * FROM profile") == []
    assert profiles.backlog() == 0


def test_one_strange_event_does_not_stop_the_others(account):
    lin = a_follower(account)
    did(account, lin, "attribute", "1", name=["x"], value={})
    did(account, lin, "attribute", "2", name="text", value="a\x00b" + "长" * 300)
    did(account, lin, "order", "3", amount_fen=10**30, topics=["咖啡", 7])
    did(account, lin, "tag", "4", tag="t" * 65)
    assert fold_new(NOON) == 4
    assert kept()[2] == [(lin, "text", "ab" + "长" * 188, None)]


def test_only_what_differs_is_written(account):
    lin = a_follower(account)
    a_life(account, lin)
    fold_new(NOON)
    run("UPDATE follower_tag SET weight = 0.5")  # a mark that an untouched row keeps
    did(account, lin, "message.text", "more", 0)
    fold_new(NOON)
    assert fetch("SELECT weight FROM follower_tag") == [(0.5,)]


def test_time_moves_stored_stages(account):
    lin, wang = a_follower(account, "o-lin"), a_follower(account, "o-wang", subscribed=False)
    for person in (lin, wang):
        did(account, person, "subscribe", f"s{person}")
    fold_new(NOON)
    stages = []
    for days in (0, 7, 8, 60, 61):
        age_stages(NOON + days * DAY)
        stages.append([row.stage for row in Follower.select().order_by(Follower.id)])
    assert [mine for mine, _ in stages] == ["new", "new", "active", "active", "sleeping"]
    assert {other for _, other in stages} == {"gone"}
    assert age_stages(NOON + 61 * DAY) == 0


@pytest.mark.mysql
def test_several_folders_lose_and_double_nothing(account):
    people = [a_follower(account, f"o-{n}") for n in range(12)]
    for number, person in enumerate(people):
        a_life(account, person, f"{number}-")
    ready = threading.Barrier(4)
    failures = []

    def work():
        try:
            ready.wait(10)
            while fold_new(NOON, batch=7):
                pass
        except Exception as error:
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    fold_new(NOON)
    assert failures == []
    log = {person: list(profiles.folded_events(person)) for person in people}
    assert profiles.states_of(people) == {
        person: fold({}, events_) for person, events_ in log.items()
    }
    assert {len(events_) for events_ in log.values()} == {5}
    before = kept()
    rebuild(NOON)
    assert kept() == before


def test_a_failed_write_folds_nothing(account, monkeypatch):
    lin = a_follower(account)
    a_life(account, lin)
    with monkeypatch.context() as broken:
        broken.setattr("bot.profile.refresh.profiles.mark_folded", lambda ids: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fold_new(NOON)
    assert fetch("SELECT * FROM follower_interest") == []
    assert fold_new(NOON) == 5


def test_features_match_their_names(account):
    lin = a_follower(account)
    a_life(account, lin)
    fold_new(NOON)
    state = profiles.state_of(lin)
    row = dict(zip(features.FEATURES, features.vector(state, NOON), strict=True))
    assert row["recency_days"] == 7
    assert row["tenure_days"] == 20
    assert row["opted_out"] == 0
    assert features.rfm(state, NOON).points == (5, 2, 2)
    assert list(features.interest_scores(state, NOON)) == ["咖啡", "火锅"]
    assert features.explain(state, NOON)["attributes"]["city"]["value"] == "北京"
