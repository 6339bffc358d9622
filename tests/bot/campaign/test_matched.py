"""Several offers in one campaign: planned for the whole audience at once, told why, and held to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot import campaign
from bot.campaign.ahead.dryrun import foreseen
from bot.campaign.ahead.preview import preview
from bot.campaign.ahead.telling import dry_run_told, preview_told
from bot.campaign.ahead.to_come import order_to_come, sample_order
from bot.campaign.document.definition import parse
from bot.campaign.drawing import matched, matched_decide
from bot.campaign.drawing.matched_decide import decide
from bot.campaign.permission.order import order_of
from bot.campaign.planning.plan import begin, plan_chunk
from bot.campaign.results.rest import send_rest_of
from bot.clock import SHANGHAI, to_ms
from bot.errors import InvalidInput
from bot.learning import features, serving, training
from bot.store import accounts, campaign_rules, campaigns, consents, coupons, effect_costs, segments
from bot.store.db import Store, fetch, run
from bot.store.models import Follower, FollowerInterest
from bot.store.send_matches import told_of
from bot.values.interest import level
from tests.bot.campaign.world import OFFER, SEGMENT, SLUG, Crash, World, a_document, found_world
from tests.bot.learning import cast
from tests.conftest import NOON

TEA, CAKE = "tea", "cake"
LIKE_TEA = range(1, 7)  # 1..6 like tea, 1 most; 7..9 like cake; of 10..12 nothing is known
LIKE_CAKE = range(7, 10)


def a_town(store: Store, tea: int = 100, cake: int = 100, followers: int = 12) -> World:
    world = found_world(store, followers=followers, codes=0)
    for slug, title, codes, topic in ((TEA, "茶券", tea, "茶"), (CAKE, "蛋糕券", cake, "甜品")):
        batch_id = coupons.create_batch(
            world.account_id, slug, title, face_value_fen=500, threshold_fen=2000,
            valid_seconds=7 * 86400, topics=(topic,), now=NOON,
        )  # fmt: skip
        coupons.add_codes(batch_id, [f"{slug}-{i:04d}" for i in range(codes)])
    day = str(to_ms(NOON) // 86_400_000)
    for who in (*LIKE_TEA, *LIKE_CAKE):
        topic = "茶" if who in LIKE_TEA else "甜品"
        FollowerInterest.create(follower=who, topic=topic, level=level({day: 400 - 30 * who}))
    return world


def offering(**part: Any) -> dict[str, Any]:
    """What changes a document into one that matches; tea earns a little more than cake."""
    more = {name: part.pop(name) for name in ("budget_fen", "holdout") if name in part}
    offers = [{"batch": TEA, "margin_fen": 3000}, {"batch": CAKE, "margin_fen": 2900}]
    return {"offer": ..., "match": {"offers": offers, **part}, **more}


def gotten(world: World) -> dict[int, str | None]:
    """What each follower's row carries, by slug."""
    slugs = dict(fetch("SELECT id, slug FROM coupon_batch"))
    return {row.follower_id: slugs.get(row.batch_id) for row in world.rows()}


def dry(world: World) -> campaign.DryRun:
    return campaign.dry_run(world.services, world.account_id, SLUG, world.now)


def test_each_gets_the_offer_that_suits_and_its_own_text(any_store: Store):
    world = a_town(any_store)
    world.begin(**offering())
    world.push()
    got = gotten(world)
    assert {got[who] for who in LIKE_TEA} == {TEA}
    assert {got[who] for who in LIKE_CAKE} == {CAKE}
    assert {got[who] for who in (10, 11, 12)} == {TEA}, "nothing is known: what earns more"
    texts = {int(body["touser"][2:]): body["text"]["content"] for body in world.platform.sent}
    for who, slug in got.items():
        assert ("茶券" if slug == TEA else "蛋糕券") in texts[who]
    held = fetch("SELECT follower_id, batch_id FROM coupon_code WHERE follower_id IS NOT NULL")
    assert dict(held) == {row.follower_id: row.batch_id for row in world.rows()}


def test_scarce_stock_goes_to_whom_it_is_worth_most(store: Store):
    world = a_town(store, tea=2, cake=4)
    world.begin(**offering())
    world.push()
    got = gotten(world)
    assert [who for who, slug in got.items() if slug == TEA] == [1, 2]
    assert {who for who, slug in got.items() if slug == CAKE} > set(LIKE_CAKE)
    assert world.states() == {"sent": 6, "no_offer": 6}
    assert fetch("SELECT COUNT(*) FROM coupon_code WHERE state = 'available'") == [(0,)]


def test_the_budget_counts_each_as_if_it_were_redeemed(store: Store):
    world = a_town(store)
    world.begin(**offering(budget_fen=4 * 500 + 499))
    world.push()
    assert world.states() == {"sent": 4, "no_offer": 8}
    likes = {who for who, slug in gotten(world).items() if slug}
    assert likes < {*LIKE_TEA, *LIKE_CAKE}, "none of those of whom nothing is known"
    assert fetch("SELECT spent_fen FROM campaign_budget") == [(2000,)]


SHORT: dict[str, tuple[dict[str, int], dict[str, Any]]] = {
    "enough of all": ({}, {}),
    "little stock": ({"tea": 2, "cake": 3}, {}),
    "no stock of one": ({"tea": 0}, {}),
    "a budget": ({}, {"budget_fen": 2600}),
    "a budget and little stock": ({"tea": 1, "cake": 2}, {"budget_fen": 1200}),
    "some held out": ({"tea": 2}, {"holdout": 0.4}),
    "a minimum": ({}, {"minimum_fen": 130}),
    "nothing is worth it": ({}, {"minimum_fen": 100_000}),
}


@pytest.mark.parametrize(("stock", "part"), SHORT.values(), ids=SHORT)
def test_a_dry_run_says_what_the_run_then_does(store: Store, stock, part):
    world = a_town(store, **stock)
    Follower.update(opted_out_at=NOON).where(Follower.id == 2).execute()
    Follower.update(window_left=0).where(Follower.id == 7).execute()
    made = world.create(**offering(**part))
    told = dry(world)
    campaign.start(world.services, world.account_id, made.id, world.now)
    world.push()
    states = world.states()
    assert states.pop("sent", 0) == told.expected == told.burn
    assert states.pop("held_out", 0) == told.held_out
    assert dict(states) == told.skipped
    kept = campaigns.generation(made.id, 1)
    assert kept.forecast == told.figures()
    assert told.match is not None
    given = Counter(slug for slug in gotten(world).values() if slug)
    assert Counter({slug: one["given"] for slug, one in told.match["offers"].items()}) == given
    assert told.cost_fen == 500 * sum(given.values())
    assert told.match["served"] == sum(given.values())
    assert 0 <= told.match["gap"] <= 0.005


def planning(world: World, **part: Any) -> matched.Order:
    """A run whose audience is in the ledger, and not decided on."""
    made = world.begin(**offering(**part))
    assert begin(campaigns.get(made.id), world.now)
    begun = campaigns.generation(made.id, 1)
    order = order_of(campaigns.get(made.id), begun, "https://h.example", world.now)
    while not matched.owed(order, campaigns.generation(made.id, 1)):
        plan_chunk(order, world.now)
    return order


def test_who_dies_while_writing_leaves_nothing_and_the_next_comes_to_the_same(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
):
    world = a_town(any_store, tea=3, cake=2)
    order = planning(world)
    expected = matched.planned_for(order, campaigns.generation(order.campaign_id, 1))
    write = matched.send_matches.give

    def die(rows: list[Any]) -> None:
        write(rows)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(matched.send_matches, "give", die)
        with pytest.raises(Crash):
            decide(order)
    assert set(gotten(world).values()) == {None}
    world.later(minutes=20)  # somebody else takes it up later
    world.push()
    sent = {row.follower_id: row.batch_id for row in world.rows() if row.batch_id}
    assert sent == expected.among(range(1, 13))
    again = gotten(world)
    decide(order)  # a process that comes late changes nothing
    assert gotten(world) == again


def test_who_takes_over_writes_the_rest_and_not_what_stands(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
):
    world = a_town(any_store, tea=3, cake=2)
    order = planning(world, holdout=0.2)
    expected = matched.planned_for(order, campaigns.generation(order.campaign_id, 1))
    write, written = matched.send_matches.give, list[int]()
    monkeypatch.setattr(matched.send_matches, "CHUNK", 4)

    def die_later(rows: list[Any]) -> None:
        if written:
            raise Crash
        write(rows)
        written.extend(row.follower_id for row in rows)

    with monkeypatch.context() as patched:
        patched.setattr(matched.send_matches, "give", die_later)
        with pytest.raises(Crash):
            decide(order)
    assert matched.owed(order, campaigns.generation(order.campaign_id, 1))
    kept = list(written)
    assert len(kept) == 4

    def note(rows: list[Any]) -> None:
        write(rows)
        written.extend(row.follower_id for row in rows)

    with monkeypatch.context() as patched:
        patched.setattr(matched.send_matches, "give", note)
        decide(order)
    assert sorted(written) == sorted(set(written)), "nobody is written twice"
    slugs = {batch.id: batch.slug for batch in order.choices}
    assert {who: slug for who, slug in gotten(world).items() if slug} == {
        who: slugs[batch] for who, batch in expected.among(range(1, 13)).items()
    }
    run_ = campaigns.generation(order.campaign_id, 1)
    assert matched_decide.MATCHING not in (run_.forecast or {})


def test_what_changed_meanwhile_makes_another_plan_of_all_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    """Half of the old plan beside half of the new one would give out more than there is."""
    world = a_town(store, tea=6, cake=0)
    order = planning(world)
    monkeypatch.setattr(matched.send_matches, "CHUNK", 4)
    write, batches = matched.send_matches.give, list[int]()

    def die_later(rows: list[Any]) -> None:
        if batches:
            raise Crash
        write(rows)
        batches.append(len(rows))

    with monkeypatch.context() as patched:
        patched.setattr(matched.send_matches, "give", die_later)
        with pytest.raises(Crash):
            decide(order)
    assert [who for who, slug in gotten(world).items() if slug == TEA] == [1, 2, 3, 4]
    tea = coupons.batch_by_slug(world.account_id, TEA)
    for who in (7, 8, 9, 10, 11):  # taken meanwhile: one is left
        coupons.issue_now(tea.id, who, f"meanwhile:{who}", NOON)
    decide(order)
    assert [who for who, slug in gotten(world).items() if slug] == [1]
    assert told_of(order.campaign_id, 1, 2)["choice"] is None


def test_equals_are_parted_the_same_way_each_time_and_another_way_in_another_run(store: Store):
    world = a_town(store, tea=20, cake=0, followers=60)
    FollowerInterest.delete().execute()
    order = planning(world)
    begun = campaigns.generation(order.campaign_id, 1)
    first, again = (matched.planned_for(order, begun).among(range(1, 61)) for _ in range(2))
    assert first == again
    assert len(first) == 20
    assert set(first) != set(range(1, 21)), "not who came first"


def test_permission_stays_at_the_claim(store: Store):
    world = a_town(store)
    order = planning(world)
    decide(order)
    assert gotten(world)[1] == TEA
    consents.choose(1, "茶", wanted=False, at=NOON, how="test")
    consents.choose(2, "甜品", wanted=False, at=NOON, how="test")
    Follower.update(opted_out_at=NOON).where(Follower.id == 3).execute()
    world.push()
    rows = {row.follower_id: (row.state, row.skip) for row in world.rows()}
    assert rows[1] == ("skipped", "topic_refused")
    assert rows[2] == ("sent", ""), "what was refused is not what they get"
    assert rows[3] == ("skipped", "opted_out")


def test_who_may_not_have_an_offer_gets_another(store: Store):
    world = a_town(store)
    tea = coupons.batch_by_slug(world.account_id, TEA)
    coupons.issue_now(tea.id, 1, "earlier", NOON)  # as many as one person may have
    consents.choose(2, "茶", wanted=False, at=NOON, how="test")
    world.begin(**offering())
    world.push()
    got = gotten(world)
    assert (got[1], got[2], got[3]) == (CAKE, CAKE, TEA)


def test_who_does_not_want_acts_to_be_made_use_of_is_as_if_nothing_were_known(store: Store):
    world = a_town(store)
    Follower.update(personalised=False).where(Follower.id == 7).execute()
    world.begin(**offering())
    world.push()
    assert (gotten(world)[7], gotten(world)[8]) == (TEA, CAKE)


def test_why_this_and_why_not_the_other_is_kept_and_told(any_store: Store):
    world = a_town(any_store, tea=2)
    made = world.create(**offering())
    ahead = preview(world.services, world.account_id, SLUG, 3, world.now)
    campaign.start(world.services, world.account_id, made.id, world.now)
    world.push()
    kept = told_of(made.id, 1, 3)
    assert kept is not None
    assert ahead.match == kept
    assert (kept["choice"], kept["runner_up"], kept["why_not"]) == (CAKE, TEA, "stock")
    parts = kept["response_fen"] - kept["offer_cost_fen"] - kept["message_fen"]
    assert kept["value_fen"] == pytest.approx(parts - kept["fatigue_fen"], abs=0.02)
    after = preview(world.services, world.account_id, SLUG, 3, world.now)
    assert after.matched == kept
    lines = {lang: "\n".join(preview_told(after, SHANGHAI, lang)) for lang in ("zh", "en")}
    assert "选中的券：cake" in lines["zh"]
    assert "没有给 tea：库存有限" in lines["zh"]
    assert "Chosen: cake" in lines["en"]
    assert "Not tea: its stock went to those it is worth more to" in lines["en"]


def test_where_a_model_is_in_use_its_predictions_are_the_chances(store: Store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    people = cast.a_shop(account, NOON, people=100)
    training.train(account, "redeem", NOON, options={"candidates": ["logistic regression"]})
    coupons.add_codes(coupons.batch_by_slug(account, "b0").id, [f"b0-{i}" for i in range(20)])
    coupons.add_codes(coupons.batch_by_slug(account, "b1").id, [f"b1-{i}" for i in range(200)])
    segment = segments.put(account, SEGMENT, "所有人", {"all": []}, NOON)
    run(
        "INSERT INTO segment_member (segment_id, follower_id, since) SELECT ?, id, ? FROM follower",
        (segment.id, to_ms(NOON)),
    )
    until = NOON + timedelta(hours=40)
    Follower.update(window_until=until, window_left=5, window_kind="message").execute()
    Follower.update(personalised=False).where(Follower.id == people[0]).execute()
    offers = [{"batch": slug, "margin_fen": 9000} for slug in ("b0", "b1")]
    definition = parse(a_document(offer=..., match={"offers": offers}, purpose="service"))
    order = sample_order(account, definition, "https://h.example", NOON)
    found = foreseen(order, NOON)
    assert found is not None
    assert found.by_model
    terms = [features.Terms(b.topics, b.face_value_fen, b.threshold_fen) for b in order.choices]
    said = serving.response(account, "redeem", [0, *people], terms, NOON)
    assert said is not None
    column = {batch.slug: j for j, batch in enumerate(order.choices)}
    for row, who in enumerate(people):
        place = found.place(who)
        assert place is not None
        told = found.told(place)
        known = 0 if who == people[0] else row + 1
        assert told["chance"] == pytest.approx(said[known, column[told["choice"]]], abs=1e-5)
    given = found.among(people)
    scarce = [row for row, who in enumerate(people, 1) if given[who] == order.choices[0].id]
    rest = [row for row, who in enumerate(people, 1) if given[who] != order.choices[0].id]
    gains = said[:, 0] - said[:, 1]
    assert len(scarce) == 20
    assert gains[scarce].mean() > gains[rest].mean()


def test_a_dry_run_tells_who_is_served_and_what_is_scarce(store: Store):
    world = a_town(store, tea=2)
    world.create(**offering())
    found = dry(world)
    zh, en = ("\n".join(dry_run_told(found, SHANGHAI, lang)) for lang in ("zh", "en"))
    assert "选券：12 人中 12 人有合适的券" in zh
    assert "tea：发 2 张，库存 2 张，再多一张值" in zh
    assert "No model is in use" in en
    assert "cake: 10 given, 100 in stock\n" in en


def test_held_out_who_would_have_got_no_offer_are_no_fair_comparison(any_store: Store):
    world = a_town(any_store, tea=2, cake=0, followers=40)
    campaign_rules.put(world.account_id, control_permille=300)
    world.begin(**offering(holdout=0.3, minimum_fen=120))
    world.push()
    held = [row for row in world.rows() if row.state == "held_out"]
    fair = {row.follower_id for row in held if not row.reasons and row.skip != "no_offer"}
    apart = {row.follower_id for row in held} - fair
    served = {row.follower_id for row in world.rows() if row.state == "sent"}
    assert len(served) == 2
    assert {row.skip for row in held} >= {"no_offer"}
    assert all(who < max(served) for who in fair), "they like tea more than who got the last"
    assert all(who > max(served) for who in apart)


def test_a_run_by_night_is_matched_for_the_morning(store: Store):
    world = a_town(store, tea=2, cake=3)
    world.later(hours=10)
    made = world.create(**offering())
    told = dry(world)
    campaign.start(world.services, world.account_id, made.id, world.now)
    world.push()
    assert world.states() == {"intended": 12}
    world.later(hours=11)
    world.push()
    assert told.delayed == world.states()["sent"] == 5
    assert told.skipped == {"no_offer": world.states()["no_offer"]}


def test_who_gets_none_is_told_why_not(store: Store):
    world = a_town(store, tea=2, cake=0)
    world.create(**offering())
    found = preview(world.services, world.account_id, SLUG, 12, world.now)
    assert (found.outcome, found.why, found.coupon) == ("skipped", "no_offer", None)
    zh, en = ("\n".join(preview_told(found, SHANGHAI, lang)) for lang in ("zh", "en"))
    assert "没有选中任何一张券" in zh
    assert "没有给 tea：库存有限" in zh
    assert "Nothing was chosen" in en


def test_the_margin_may_come_from_account_and_coupon(store: Store):
    world = a_town(store)
    changes: dict[str, Any] = {"offer": ..., "match": {"offers": [TEA, CAKE]}}
    with pytest.raises(InvalidInput) as refused:
        world.create(**changes)
    assert refused.value.field == "match.offers[0].margin_fen"
    effect_costs.set_price(world.account_id, effect_costs.MARGIN, 600)
    world.begin(**changes)
    world.push()
    told = told_of(world.state().id, 1, 12)
    assert told is not None
    assert told["response_fen"] == pytest.approx(0.05 * 2000 * 0.6)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "one alone": ({"match": {"offers": [TEA]}}, "match.offers"),
    "a batch twice": ({"match": {"offers": [TEA, TEA]}}, "match.offers"),
    "no batch": ({"match": {"offers": [TEA, {"margin_fen": 5}]}}, "match.offers[1].batch"),
    "no list": ({"match": {"offers": TEA}}, "match.offers"),
    "a negative margin": (
        {"match": {"offers": [TEA, {"batch": CAKE, "margin_fen": -1}]}},
        "match.offers[1].margin_fen",
    ),
    "a word nobody knows": ({"match": {"offers": [TEA, CAKE], "how": "x"}}, "match.how"),
    "a batch that is not": ({"match": {"offers": [TEA, "pie"]}}, "match"),
    "beside an offer": ({"offer": OFFER, "match": {"offers": [TEA, CAKE]}}, "match"),
    "a reminder": (
        {"reminder": {"template_id": "T", "fields": {"thing1": "x"}},
         "match": {"offers": [TEA, CAKE]}}, "match",
    ),
    "text without a link": ({"text": "{title}", "match": {"offers": [TEA, CAKE]}}, "text"),
    "a mass message": ({"channels": ["mass_list"], "match": {"offers": [TEA, CAKE]}}, "offer"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "field"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(store: Store, changes: dict[str, Any], field: str):
    world = a_town(store)
    with pytest.raises(InvalidInput) as refused:
        world.create(**{"offer": ..., **changes})
    assert refused.value.field == field


def test_the_rest_is_matched_anew(store: Store):
    world = a_town(store, tea=2, cake=0)
    made = world.begin(**offering())
    world.push()
    assert world.states() == {"sent": 2, "no_offer": 10}
    tea = coupons.batch_by_slug(world.account_id, TEA)
    coupons.add_codes(tea.id, ["tea-more-1", "tea-more-2"])
    send_rest_of(campaigns.get(made.id), world.later(hours=1))
    world.push()
    assert world.states() == {"sent": 2, "no_offer": 8}
    had = {row.follower_id for row in world.rows() if row.state == "sent"}
    assert had == {1, 2, 3, 4}


def test_a_recurring_run_draws_anew_between_equals(store: Store):
    world = a_town(store, tea=20, cake=0, followers=60)
    FollowerInterest.delete().execute()
    made = world.create(**offering(), guardrails={"per_day": None, "per_week": None})
    runs = []
    for number in (1, 2):
        at = world.services.settings.public
        order = order_to_come(campaigns.get(made.id), at, world.now)
        found = foreseen(replace(order, generation=number), world.now)
        assert found is not None
        runs.append(set(found.among(range(1, 61))))
    assert len(runs[0]) == len(runs[1]) == 20
    assert runs[0] != runs[1]


def test_with_a_journey_there_is_one_offer(store: Store):
    document = {"slug": "x", "name": "x", "purpose": "marketing", "text": "{link}"}
    with pytest.raises(InvalidInput, match="a journey brings its followers one by one"):
        parse({**document, "match": {"offers": [TEA, CAKE]}}, standing=True)


def test_what_a_document_says_comes_back_as_it_was(store: Store):
    world = a_town(store)
    made = world.create(**offering(minimum_fen=30, assumed=0.1))
    definition = parse(made.definition)
    assert parse(definition.document()) == definition
    assert definition.match is not None
    assert [one.margin_fen for one in definition.match.offers] == [3000, 2900]
