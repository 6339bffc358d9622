"""Models of the store: taught from what was known, judged by what came later, kept and served."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from bot.errors import Conflict, InvalidInput, NotFound
from bot.learning import alike, nightly, rows, scoring, serving, training, why
from bot.learning.features import Terms
from bot.segment import catalogue
from bot.segment.refresh import refresh_all
from bot.store import accounts, insight_models, predictions, segments
from bot.store.models import Follower
from tests.bot.learning import cast
from tests.bot.learning.cast import DAY
from tests.conftest import NOON

# What is taught once for this page is taught in one worker.
pytestmark = pytest.mark.xdist_group("training")

QUICK = {"candidates": ["logistic regression"]}
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def shop_file(tmp_path_factory, fresh_sqlite):
    """A shop with a past and a model of it, made once: (store's file, followers)."""
    from bot.store.db import open_store
    from tests.conftest import KEY

    folder = tmp_path_factory.mktemp("shop")
    opened = open_store(fresh_sqlite(folder), [KEY])
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    people = cast.a_shop(account, NOON, people=220)
    training.train(account, "redeem", NOON, options=QUICK)
    opened.close()
    return folder / "hongyan.db", people


@pytest.fixture
def shop(shop_file, tmp_path):
    """(account, followers) of a copy of the shop."""
    import shutil

    from bot.store.db import open_store
    from tests.conftest import KEY

    file, people = shop_file
    serving.load.cache_clear()
    opened = open_store(f"sqlite:///{shutil.copy(file, tmp_path)}", [KEY])
    yield 1, people
    opened.close()


# --- training ----------------------------------------------------------------------------------


def test_the_first_model_is_taken_into_use_where_it_beats_the_mean(shop):
    account, _ = shop
    kept = insight_models.active(account, "redeem")[0]
    assert (kept.version, kept.kind, kept.state) == (1, "propensity", "active")
    assert kept.metrics["auc"] > 0.7
    assert "0.5000 before" in kept.card["product"]["verdict"]


def test_those_that_judge_came_after_those_that_taught(shop):
    account, _ = shop
    found = rows.table(account, training.purpose("redeem"), NOON)
    parted = training.part(found, training.purpose("redeem"), None)
    assert parted.teach.numbers(rows.MOMENT).max() < parted.judge.numbers(rows.MOMENT).min()
    assert parted.teach.rows + parted.judge.rows == found.rows


def test_a_model_in_use_is_not_replaced_by_one_that_is_no_better(shop):
    account, _ = shop
    found = training.train(account, "redeem", NOON, options=QUICK)
    assert not found.verdict.swap
    assert [one.state for one in insight_models.models(account)] == ["candidate", "active"]
    assert "the old model serves" in found.verdict.reason


def test_a_worse_model_in_use_is_replaced(shop):
    account, _ = shop
    noise = training.part(
        rows.table(account, training.purpose("redeem"), NOON), training.purpose("redeem"), None
    )
    target = noise.teach.numbers(rows.TARGET)
    target[:] = 1 - target  # taught that who likes it will not
    kind = training.kinds.kind("propensity")
    wrong = kind.train(training.Request(noise.teach, training.COLUMNS, 0, dict(QUICK)))
    verdict = training.judge(wrong, None, noise, 0)
    kept = training._keep(account, training.purpose("redeem"), wrong, noise, verdict, NOON)
    insight_models.activate(account, kept.id, NOON)
    asked = training.train(account, "redeem", NOON, options=QUICK, activate=False)
    assert (asked.verdict.swap, asked.kept.state) == (False, "candidate")  # as was asked
    found = training.train(account, "redeem", NOON, options=QUICK)
    assert found.verdict.swap
    assert insight_models.active(account, "redeem")[0].version == 4


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("redeem", "there are 0 messages whose coupon was used and 0 not"),
        ("churn", "0 active followers who left"),
        ("buy", "0 followers who bought"),
    ],
)
def test_too_little_to_learn_from_is_said_and_nothing_is_made(store, slug, said):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    with pytest.raises(InvalidInput, match=said):
        training.train(account, slug, NOON)
    assert insight_models.models(account) == []


def test_later_rows_too_few_to_judge_leave_the_model_in_use(shop):
    account, _ = shop
    kept = insight_models.active(account, "redeem")[0]
    learnt = serving.serving(account, "redeem").learnt
    card = {**learnt.card, "product": {**learnt.card["product"], "rows_until": NOON.timestamp()}}
    newer = insight_models.save(
        account, "redeem", "propensity",
        training.modelfile.to_bytes(training.Learnt(card, learnt.arrays)),
        fingerprint="later", card=card, metrics={}, now=NOON,
    )  # fmt: skip
    insight_models.activate(account, newer.id, NOON)
    with pytest.raises(InvalidInput, match="later ones, which judge, are 0"):
        training.train(account, "redeem", NOON, options=QUICK)
    assert insight_models.active(account, "redeem")[0].id == newer.id != kept.id


# --- serving -----------------------------------------------------------------------------------


def test_an_offer_on_what_somebody_likes_is_likelier_answered(shop):
    account, people = shop
    offers = [Terms((topic,), 1000) for topic in ("咖啡", "火锅")]
    found = serving.response(account, "redeem", people, offers, NOON)
    from bot.store.profiles import states_of

    states = states_of(people)
    likes = np.array(["咖啡" in states[one]["topics"] for one in people])
    assert found.shape == (len(people), 2)
    assert (found[likes, 0] > found[likes, 1]).mean() > 0.95
    assert (found[~likes, 1] > found[~likes, 0]).mean() > 0.95


def test_without_a_model_there_are_no_chances(store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    assert serving.response(account, "redeem", [1], [Terms()], NOON) is None
    with pytest.raises(NotFound, match="hongyan model train redeem"):
        scoring.score(account, "redeem", NOON)


def test_a_model_of_other_columns_is_refused_and_not_asked(shop, monkeypatch):
    account, _ = shop
    monkeypatch.setattr("bot.learning.features.VERSION", 99)
    assert serving.serving(account, "redeem") is None
    with pytest.raises(Conflict, match="teach it anew"):
        scoring.score(account, "redeem", NOON)


# --- scores ------------------------------------------------------------------------------------


def test_everybody_who_follows_is_scored_and_a_second_time_nothing_changes(shop, monkeypatch):
    account, people = shop
    monkeypatch.setattr(scoring, "CHUNK", 37)
    first = scoring.score(account, "redeem", NOON)
    again = scoring.score(account, "redeem", NOON)
    assert (first.followers, first.changed) == (len(people), len(people))
    assert (again.followers, again.changed) == (len(people), 0)
    assert predictions.of(account, "redeem", people).keys() == set(people)
    assert insight_models.active(account, "redeem")[0].scored_at == NOON


def test_who_left_or_refused_loses_the_score(shop):
    account, people = shop
    scoring.score(account, "redeem", NOON)
    Follower.update(subscribed=False).where(Follower.id == people[0]).execute()
    Follower.update(personalised=False).where(Follower.id == people[1]).execute()
    found = scoring.score(account, "redeem", NOON)
    assert found.changed == 2
    assert predictions.of(account, "redeem", people).keys() == set(people[2:])


def test_a_segment_of_a_score_follows_the_scores(shop):
    account, people = shop
    catalogue.define(account, "likely", "会用券", {"model": "redeem", "at_least": 0.6}, NOON)
    refresh_all(NOON)
    scoring.score(account, "redeem", NOON)
    refresh_all(NOON)
    scores = predictions.of(account, "redeem", people)
    likely = {one for one, score in scores.items() if score >= 0.6}
    state = segments.by_slug(account, "likely")
    assert 0 < len(likely) < len(people)
    assert set(segments.member_ids(state.id, 0, 1000)) == likely


def test_a_crowd_that_became_another_is_told_of(shop, caplog):
    account, people = shop
    assert max(line["psi"] for line in scoring.score(account, "redeem", NOON).drift) < 0.01
    for lin in people:
        cast.did(account, lin, "message.text", NOON, topics={"健身": 3.0})
    cast.folded(NOON)
    found = scoring.score(account, "redeem", NOON + 30 * DAY)
    assert {"recency_days", "interest_topics"} <= {line["feature"] for line in found.strayed}
    assert "model strayed" in caplog.text
    assert insight_models.active(account, "redeem")[0].metrics["drift"][0]["psi"] >= 0.25


def test_reasons_name_what_makes_the_score(shop):
    account, people = shop
    scoring.score(account, "redeem", NOON)
    found = why.why(account, "redeem", people[0], NOON)
    assert found["score"] == found["kept"] == predictions.of(account, "redeem", people)[people[0]]
    assert "offer_interest" in {one["feature"] for one in found["reasons"]}
    effects = [abs(one["effect"]) for one in found["reasons"]]
    assert effects == sorted(effects, reverse=True)
    with pytest.raises(NotFound):
        why.why(account, "redeem", 10**6, NOON)


# --- by itself -----------------------------------------------------------------------------------


def night(days=0):
    """Two o'clock in Shanghai, in the night after NOON."""
    return NOON + 14 * HOUR + days * DAY


def test_at_night_it_scores_once_and_teaches_when_it_is_time(shop, monkeypatch):
    account, _ = shop
    monkeypatch.setattr(training, "USUAL", tuple(QUICK["candidates"]))
    assert nightly.learn(NOON, ["redeem"], 7) == 0
    assert nightly.learn(night(), ["redeem"], 7) == 1
    assert nightly.learn(night() + HOUR / 2, ["redeem"], 7) == 0
    assert nightly.learn(night(1), ["redeem"], 7) == 1
    assert len(insight_models.models(account)) == 1
    assert nightly.learn(night(8), ["redeem"], 7) == 2
    assert len(insight_models.models(account)) == 2


def test_models_that_nobody_wants_taught_are_scored_on(shop):
    account, _ = shop
    assert nightly.learn(night(30), ["redeem"], 0) == 1
    assert len(insight_models.models(account)) == 1


# --- who is like whom ----------------------------------------------------------------------------


def test_who_is_like_the_members_of_a_segment(shop, monkeypatch):
    account, people = shop
    talkers = {"event": "message.text", "at_least": 5}
    catalogue.define(account, "talkers", "爱说话", talkers, NOON)
    refresh_all(NOON)
    kept = alike.learn(account, "talkers", NOON)
    assert (kept.slug, kept.state) == ("like-talkers", "active")
    found = scoring.score(account, kept.slug, NOON)
    assert found.followers == len(people)
    state = segments.by_slug(account, "talkers")
    members = set(segments.member_ids(state.id, 0, 1000))
    scores = predictions.of(account, kept.slug, people)
    inside = [score for one, score in scores.items() if one in members]
    outside = [score for one, score in scores.items() if one not in members]
    assert np.median(inside) > 0.8 > 0.6 > np.median(outside)
    catalogue.define(account, "more", "像爱说话的", {"model": kept.slug, "at_least": 0.9}, NOON)
    assert nightly.learn(night(), [], 7) == 1  # scored anew, not taught


def test_of_too_few_nobody_can_be_alike(shop):
    account, _ = shop
    catalogue.define(account, "vip", "会员", {"tag": "vip"}, NOON)
    refresh_all(NOON)
    with pytest.raises(InvalidInput, match="20"):
        alike.learn(account, "vip", NOON)
    with pytest.raises(NotFound):
        alike.learn(account, "none", NOON)
