"""Models with a way of their own: taught by what was, judged by what came, kept, said of everybody,
and conditions of segments. One town shows something for each of them to find."""

from __future__ import annotations

import random
import shutil
from datetime import timedelta

import numpy as np
import pytest

from bot import settings
from bot.campaign.ahead.dryrun import foreseen
from bot.campaign.ahead.to_come import sample_order
from bot.campaign.document.definition import parse
from bot.clock import to_ms
from bot.errors import InvalidInput
from bot.insight.recommend import keeping
from bot.learning import nightly, scoring, serving, tiring, training, ways, worth
from bot.learning.purposes import PURPOSES
from bot.segment import catalogue
from bot.segment.refresh import refresh_all
from bot.store import accounts, coupons, insight_models, predictions, profiles, segments
from bot.store.db import open_store, run, transaction
from bot.store.models import Follower
from tests.bot.campaign.world import SEGMENT, a_document
from tests.bot.coupon.cast import a_campaign
from tests.bot.learning import cast
from tests.bot.learning.cast import DAY
from tests.conftest import KEY, NOON

# What is taught once for this page is taught in one worker.
pytestmark = pytest.mark.xdist_group("ways")

HOUR = timedelta(hours=1)
BEGINS = NOON - 150 * DAY
NEXT = {"咖啡": "甜品", "火锅": "烧烤"}  # what those who like it turn to
AT = {"咖啡": 9, "火锅": 21}  # the hour, by Shanghai's clock, at which they talk
QUICK = {"uplift": {"candidates": ("X logistic", "response logistic")}, "clusters": {"k": 4}}
OWN = [slug for slug in PURPOSES if ways.own(slug)]


def a_town(account: int) -> dict[str, list[int]]:
    """Followers by what they like. A message makes those buy who like coffee and no others; who got
    six messages in a week (tired) mostly leaves, who got none stays (calm)."""
    rng = random.Random(7)
    batch = cast.an_offer(account, "b", "咖啡", BEGINS)
    runs = [(a_campaign(account, f"run{n}"), NOON - (12 + 15 * n) * DAY) for n in range(6)]
    town: dict[str, list[int]] = {"咖啡": [], "火锅": [], "tired": [], "calm": []}
    for number in range(130):
        topic = ("咖啡", "火锅")[number % 2]
        lin = cast.somebody(account, BEGINS)
        town[topic].append(lin)
        _talks(account, lin, topic, rng)
        for campaign, at in runs:
            at = at.replace(hour=(AT[topic] - 8) % 24)
            _tried(account, lin, campaign, batch, at, topic == "咖啡", rng)
    often = [a_campaign(account, f"often{n}") for n in range(6)]
    for number in range(200):
        tired = number % 2 == 0
        lin = cast.somebody(account, BEGINS)
        town["tired" if tired else "calm"].append(lin)
        burst = NOON - rng.uniform(8, 110) * DAY
        for day in range(6 if tired else 0):
            cast.got(often[day], lin, burst + day * DAY)
        if rng.random() < (0.7 if tired else 0.02):
            cast.did(account, lin, "unsubscribe", burst + 7 * DAY)
            Follower.update(subscribed=False).where(Follower.id == lin).execute()
    return town


def _talks(account: int, lin: int, topic: str, rng: random.Random) -> None:
    """Four days of the one topic; some weeks later the other, once a week until now."""
    start = rng.uniform(5, 145)
    later = start + rng.uniform(25, 40)
    days = [start + number for number in range(4)]
    for day in [*days, *np.arange(later, 149, 7.0).tolist()]:
        at = (BEGINS + day * DAY).replace(hour=(AT[topic] - 8) % 24)
        about = topic if day < start + 4 else NEXT[topic]
        cast.did(account, lin, "message.text", at, topics={about: 1.0})


def _tried(account, lin, campaign, batch, at, moved, rng) -> None:
    treated = rng.random() < 0.5
    if treated:
        cast.got(campaign, lin, at, batch)
    else:
        cast.held_out(campaign, lin, at, batch)
    if rng.random() < (0.75 if treated and moved else 0.12):
        cast.did(account, lin, "order", at + 2 * DAY, amount_fen=3000)


@pytest.fixture(scope="module")
def town_file(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("town")
    opened = open_store(fresh_sqlite(folder), [KEY])
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    with transaction():
        town = a_town(account)
    cast.folded(NOON)
    Follower.update(subscribed=False).where(
        Follower.id << [one for one in town["tired"] if one % 50 == 0]
    ).execute()
    taught = {slug: training.train(account, slug, NOON, options=QUICK.get(slug)) for slug in OWN}
    opened.close()
    return folder / "hongyan.db", town, taught


@pytest.fixture
def town(town_file, tmp_path):
    """(account, followers by what they like, what was taught) of a copy."""
    file, people, taught = town_file
    serving.load.cache_clear()
    opened = open_store(f"sqlite:///{shutil.copy(file, tmp_path)}", [KEY])
    yield 1, people, taught
    opened.close()


def said(account, slug, people):
    return predictions.of(account, slug, people)


@pytest.mark.parametrize("slug", OWN)
def test_each_is_judged_on_what_came_later_and_taken_into_use(town, slug):
    account, _, taught = town
    kept = insight_models.active(account, slug)[0]
    assert (kept.version, kept.kind, kept.state) == (1, PURPOSES[slug].kind, "active")
    assert taught[slug].verdict.swap
    assert kept.card["product"]["verdict"].startswith("none is in use: held against")
    assert kept.metrics  # how it judged, for `hongyan model list`


@pytest.mark.parametrize("slug", OWN)
def test_nothing_is_taught_where_nothing_is_known(store, slug):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    cast.somebody(account, BEGINS)
    with pytest.raises(InvalidInput, match=r"too little|0 rows|1 rows"):
        training.train(account, slug, NOON)
    assert insight_models.models(account) == []


@pytest.mark.parametrize("slug", OWN)
def test_a_second_model_serves_only_where_it_is_better_and_can_be_taken_back(town, slug):
    account, _, _ = town
    found = training.train(account, slug, NOON, options=QUICK.get(slug), activate=False)
    assert (found.kept.version, found.kept.state) == (2, "candidate")
    insight_models.activate(account, found.kept.id, NOON)
    assert insight_models.roll_back(account, slug, NOON).version == 1


def test_a_message_is_said_to_move_those_whom_it_moves(town):
    account, people, _ = town
    scoring.score(account, "uplift", NOON)
    moved, others = (list(said(account, "uplift", people[one]).values()) for one in NEXT)
    assert np.mean(moved) > 0.4 > 0.2 > np.mean(others)


def test_who_orders_often_and_lately_orders_again(town):
    account, people, _ = town
    scoring.score(account, "next_order", NOON)
    known = said(account, "next_order", people["咖啡"] + people["火锅"])
    assert len(known) < 130, "of who never ordered nothing is said"
    often, seldom = (np.mean([known[one] for one in people[k] if one in known]) for k in NEXT)
    assert often > seldom


def test_everybody_has_his_own_hour(town):
    account, people, _ = town
    scoring.score(account, "hours", NOON)
    assert set(said(account, "hours", people["咖啡"]).values()) == {9.0}
    assert set(said(account, "hours", people["火锅"]).values()) == {21.0}
    assert said(account, "hours", people["calm"]) == {}, "who never acted has none"
    catalogue.define(account, "late", "晚上活跃", {"model": "hours", "group": 21}, NOON)
    refresh_all(NOON)
    state = segments.by_slug(account, "late")
    assert segments.member_ids(state.id, 0, 1000) == people["火锅"]


def test_messages_tire(town):
    account, people, _ = town
    found = serving.needed(account, "fatigue")
    hazard = tiring.hazard_of(found.learnt)
    assert np.exp(hazard.weights[0]) > 1.5
    lin = next(one for one in people["calm"] if Follower.get_by_id(one).subscribed)
    before = serving.standing([lin], NOON)
    for n in range(4):
        cast.got(a_campaign(account, f"more{n}"), lin, NOON - HOUR * (n + 1))
    after = serving.standing([lin], NOON)
    assert tiring.worn(found, after, NOON) > 3 * tiring.worn(found, before, NOON) > 0
    scoring.score(account, "fatigue", NOON)
    scores = said(account, "fatigue", people["calm"])
    assert scores[lin] == max(scores.values()) > 5 * np.median(list(scores.values()))


def test_groups_keep_their_numbers_and_are_conditions(town):
    account, people, _ = town
    scoring.score(account, "clusters", NOON)
    first = said(account, "clusters", people["咖啡"])
    number = int(max(set(first.values()), key=list(first.values()).count))
    rule = {"model": "clusters", "group": number}
    catalogue.define(account, "mine", "我的组", rule, NOON)
    refresh_all(NOON)
    state = segments.by_slug(account, "mine")
    wanted = {one for one, group in said(account, "clusters", range(1, 400)).items()
              if group == number}  # fmt: skip
    assert set(segments.member_ids(state.id, 0, 1000)) == wanted
    again = training.train(account, "clusters", NOON, options=QUICK["clusters"])
    assert not again.verdict.swap, "groups that set people apart no better keep the old ones"
    assert {one["number"] for one in again.kept.card["clusters"]} >= {number}


def test_what_others_turned_to_is_foreseen(town):
    """Of who liked coffee a while ago and nothing since it is said that desserts come next."""
    account, people, _ = town
    scoring.score(account, "recommend", NOON)
    states = profiles.states_of(people["咖啡"])
    new = [one for one, state in states.items() if "甜品" not in state["topics"]]
    assert len(new) > 5
    for lin in new:
        foreseen = predictions.topics(lin)
        assert foreseen["甜品"] > 0.3 > max(foreseen.get("烧烤", 0), foreseen.get("火锅", 0))
    assert set(new) <= said(account, "topic-甜品", people["咖啡"]).keys()
    rule = {"model": "topic-甜品", "at_least": 0.3}
    catalogue.define(account, "next", "将看甜品", rule, NOON)
    refresh_all(NOON)
    members = segments.member_ids(segments.by_slug(account, "next").id, 0, 1000)
    assert set(new) <= set(members)
    assert not set(people["火锅"]) & set(members)


def test_a_recommender_holds_nobodys_history(town):
    account, _, _ = town
    names, found, _ = keeping.opened(serving.needed(account, "recommend").learnt)
    assert (names.users, found.users, found.had.nnz) == ((), 0, 0)


def test_what_a_model_said_goes_with_it(town):
    account, people, _ = town
    scoring.score(account, "recommend", NOON)
    lin = next(one for one in people["咖啡"] if predictions.topics(one))
    predictions.forget(lin)
    assert predictions.topics(lin) == {}
    assert scoring.retire(account, "recommend") > 50
    assert predictions.slugs(account, "recommend") == []


def test_the_night_scores_them_all_and_again_changes_nothing(town):
    account, _, _ = town
    assert nightly.learn(NOON + 14 * HOUR, OWN, 0) == len(OWN)
    again = [scoring.score(account, slug, NOON + 14 * HOUR) for slug in OWN]
    assert [one.changed for one in again] == [0] * len(OWN)


# --- in matching -------------------------------------------------------------------------------


@pytest.mark.parametrize("leaver_fen", [0, 100_000])
def test_matching_counts_whom_a_message_moves_and_whom_it_drives_away(town, leaver_fen):
    account, people, _ = town
    segments.put(account, SEGMENT, "所有人", {"all": []}, NOON)
    everybody = segments.by_slug(account, SEGMENT)
    run(
        "INSERT INTO segment_member (segment_id, follower_id, since)"
        " SELECT ?, id, ? FROM follower WHERE subscribed = TRUE",
        (everybody.id, to_ms(NOON)),
    )
    until = NOON + 40 * HOUR
    Follower.update(window_until=until, window_left=5, window_kind="message").execute()
    cast.an_offer(account, "other", "火锅", BEGINS)
    for slug in ("b", "other"):
        batch = coupons.batch_by_slug(account, slug)
        coupons.add_codes(batch.id, [f"{slug}-{n}" for n in range(300)])
    offers = [{"batch": slug, "margin_fen": 5000} for slug in ("b", "other")]
    match = {"offers": offers, "by": "uplift", "leaver_fen": leaver_fen, "minimum_fen": 800}
    definition = parse(a_document(offer=..., match=match, purpose="service"))
    assert definition.document()["match"]["by"] == "uplift"
    found = foreseen(sample_order(account, definition, "https://h.example", NOON), NOON)
    assert found is not None
    assert found.by_uplift
    given = found.among(people["咖啡"] + people["火锅"])
    assert len(given.keys() & set(people["咖啡"])) > 10 * len(given.keys() & set(people["火锅"]))
    told = found.told(found.place(next(iter(given))))
    assert (told["fatigue_fen"] > 0) is (leaver_fen > 0)


def test_by_hand_a_coupon_earns_by_who_is_moved_and_costs_by_who_uses_it():
    uplift, response = np.array([[0.1]]), np.array([[0.4]])
    margin, cost = np.array([1000.0]), np.array([200.0])
    chance = worth.of_uplift(uplift, response, margin, cost)
    assert chance[0, 0] * 800 == pytest.approx(0.1 * 1000 - 0.4 * 200)
    assert worth.of_uplift(uplift, None, margin, cost) == pytest.approx(uplift)
    assert worth.of_uplift(uplift, response, cost, cost) == 0.0


def test_settings_and_store_name_the_same_purposes():
    assert settings._MODELS == predictions.PURPOSES == tuple(PURPOSES)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"model": "clusters", "at_least": 0.5}, "group"),
        ({"model": "clusters", "group": 1.5}, "group"),
        ({"model": "hours", "group": 20, "at_most": 0.5}, "at_most"),
        ({"model": "churn", "group": 1}, "group"),
        ({"model": "churn", "at_least": -0.1}, "at_least"),
        ({"model": "uplift", "at_least": -1.1}, "at_least"),
        ({"model": "recommend", "at_least": 0.1}, "model"),
        ({"model": "topic-" + "长" * 30, "at_least": 0.1}, "model"),
    ],
)  # fmt: skip
def test_a_condition_that_could_never_hold_is_refused(store, rule, field):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    with pytest.raises(InvalidInput) as refused:
        catalogue.define(account, "s", "人群", rule, NOON)
    assert str(refused.value.field).endswith(field)
