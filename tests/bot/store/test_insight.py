"""Learnt models and their predictions, kept; on every engine."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Conflict, NotFound
from bot.store import accounts, consents, insight_models, predictions, privacy, segments
from bot.store.db import fetch, run, transaction
from bot.store.insight_models import KEPT
from bot.store.models import Follower
from bot.store.predictions import Written
from tests.conftest import NOON, a_follower

HOUR = timedelta(hours=1)


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def a_model(account, slug="churn", content=b"numbers"):
    return insight_models.save(
        account, slug, "propensity", content,
        fingerprint="f", card={"columns": ["a"]}, metrics={"auc": 0.7}, now=NOON,
    )  # fmt: skip


def put(account, scores, slug="churn", version=1, now=NOON):
    with transaction():
        return predictions.put(account, slug, version, scores, now)


def dirty(account):
    return {follower_id for follower_id, _ in segments.dirty(account, 100)}


# --- the registry ------------------------------------------------------------------------------


@pytest.mark.mysql
def test_of_a_slug_one_model_is_in_use(account):
    first, second, other = a_model(account), a_model(account), a_model(account, "buy")
    assert [(one.slug, one.version) for one in (first, second, other)] == [
        ("churn", 1), ("churn", 2), ("buy", 1),
    ]  # fmt: skip
    for one in (first, other, second):
        insight_models.activate(account, one.id, NOON)
    assert [(one.slug, one.version) for one in insight_models.active(account)] == [
        ("buy", 1), ("churn", 2),
    ]  # fmt: skip
    assert insight_models.get(account, first.id).state == "retired"


def test_rolling_back_goes_to_what_was_in_use_before(account):
    made = [a_model(account) for _ in range(3)]
    insight_models.activate(account, made[0].id, NOON)
    insight_models.activate(account, made[2].id, NOON + HOUR)
    assert insight_models.roll_back(account, "churn", NOON + 2 * HOUR).version == 1
    assert insight_models.roll_back(account, "churn", NOON + 3 * HOUR).version == 3


def test_what_is_not_there_is_refused(account):
    other = accounts.add("other", "wx-other", "s", "t", "", "service", NOON)
    mine = a_model(account)
    for refused in (
        lambda: insight_models.activate(account, 99, NOON),
        lambda: insight_models.activate(other, mine.id, NOON),
        lambda: insight_models.roll_back(account, "churn", NOON),
        lambda: insight_models.content(99),
    ):
        with pytest.raises(NotFound):
            refused()


def test_the_bytes_come_back_or_are_refused(account):
    made = a_model(account, content=bytes(range(256)) * 400)
    assert insight_models.content(made.id) == bytes(range(256)) * 400
    run("UPDATE insight_model SET content = ? WHERE id = ?", (b"others", made.id))
    with pytest.raises(Conflict, match="hash"):
        insight_models.content(made.id)


def test_only_the_last_unused_models_stay_and_the_active_one(account):
    first = a_model(account)
    insight_models.activate(account, first.id, NOON)
    made = [a_model(account) for _ in range(KEPT + 2)]
    kept = {one.id for one in insight_models.models(account, "churn")}
    assert kept == {first.id, *(one.id for one in made[2:])}


# --- predictions -------------------------------------------------------------------------------


@pytest.mark.mysql
def test_only_what_changed_is_written_and_told(account):
    lin, mei = (a_follower(account, name) for name in ("o-lin", "o-mei"))
    assert put(account, {lin: 0.1234, mei: 0.9}) == [
        Written(lin, None, 0.123), Written(mei, None, 0.9),
    ]  # fmt: skip
    later = NOON + HOUR
    assert put(account, {lin: 0.1231, mei: 0.4}, now=later) == [Written(mei, 0.9, 0.4)]
    assert predictions.of(account, "churn", [lin, mei, 99]) == {lin: 0.123, mei: 0.4}
    at = {one: predictions.about(one)[0].computed_at for one in (lin, mei)}
    assert at == {lin: NOON, mei: later}


def test_a_new_version_of_a_model_is_noted_though_the_score_stays(account):
    lin = a_follower(account)
    put(account, {lin: 0.5})
    assert put(account, {lin: 0.5}, version=2) == []
    assert predictions.about(lin)[0].version == 2


@pytest.mark.parametrize(
    "changes",
    [{"subscribed": False}, {"personalised": False}, {"erased_at": NOON}],
    ids=lambda changes: next(iter(changes)),
)
def test_nobody_is_predicted_about_who_left_or_refused(account, changes):
    lin = a_follower(account)
    put(account, {lin: 0.5})
    Follower.update(changes).where(Follower.id == lin).execute()
    assert put(account, {lin: 0.6}) == [Written(lin, 0.5, None)]
    assert predictions.of(account, "churn", [lin]) == {}


def test_scores_of_another_account_are_neither_written_nor_read(account):
    lin = a_follower(account)
    other = accounts.add("other", "wx-other", "s", "t", "", "service", NOON)
    assert put(other, {lin: 0.5}) == []
    put(account, {lin: 0.5})
    assert predictions.of(other, "churn", [lin]) == {}


def test_who_switches_personalisation_off_loses_them_at_once(account):
    lin = a_follower(account)
    put(account, {lin: 0.5})
    put(account, {lin: 0.2}, "buy")
    consents.set_personalised(lin, False)
    assert predictions.about(lin) == []
    assert dirty(account) == {lin}


def test_an_erasure_takes_them_and_counts_them(account):
    lin = a_follower(account)
    put(account, {lin: 0.5})
    assert privacy.erase(lin, NOON, NOON)["prediction"] == 1
    assert fetch("SELECT COUNT(*) FROM prediction") == [(0,)]


def test_scores_nobody_renews_are_found_and_dropped(account):
    people = [a_follower(account, f"o-{n}") for n in range(4)]
    put(account, dict.fromkeys(people, 0.5), version=2)
    put(account, {people[0]: 0.5}, version=1)
    Follower.update(subscribed=False).where(Follower.id == people[1]).execute()
    assert predictions.stale(account, "churn", 2, 0, 10) == people[:2]
    assert predictions.drop(account, "churn", people[:2]) == [
        Written(one, 0.5, None) for one in people[:2]
    ]
    assert predictions.stale(account, "churn", 2, 0, 10) == []


def test_how_scores_are_spread(account):
    scores = (0.0, 0.099, 0.1, 0.999, 1.0)
    put(account, {a_follower(account, f"o-{n}"): score for n, score in enumerate(scores)})
    assert predictions.spread(account, "churn") == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]


def test_a_person_is_told_what_a_score_means(account):
    lin = a_follower(account)
    put(account, {lin: 0.5}, "churn")
    put(account, {lin: 0.5}, "own_purpose")
    told = {one["what"]: one["means"] for one in predictions.told(lin)}
    assert "取消关注" in told["churn"]
    assert told["own_purpose"] == "own_purpose"


# --- topics ------------------------------------------------------------------------------------


@pytest.mark.mysql
def test_of_topics_each_has_its_slug_and_all_are_one_models(account):
    lin, wang = a_follower(account, "o-lin"), a_follower(account, "o-wang")
    put(account, {lin: 0.2, wang: 0.9}, "topic-咖啡")
    put(account, {lin: 0.7}, "topic-甜品")
    for slug in ("topics", "topic", "churn", "topical", "uplift"):
        put(account, {lin: -0.25 if slug == "uplift" else 0.5}, slug)
    assert predictions.topics(lin) == {"甜品": 0.7, "咖啡": 0.2}
    assert list(predictions.topics(lin)) == ["甜品", "咖啡"], "the likeliest first"
    assert sorted(predictions.slugs(account, "recommend")) == sorted(["topic-咖啡", "topic-甜品"])
    assert predictions.slugs(account, "churn") == ["churn"]
    assert predictions.of(account, "uplift", [lin]) == {lin: -0.25}
    assert "咖啡" in predictions.means("topic-咖啡")
