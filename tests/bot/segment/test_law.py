"""Law 3: members kept by changes = members by evaluating everybody = members by SQL, always."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from bot.segment import rules as rules_module
from bot.segment import scored
from bot.segment.acts import COUPON_STATES, FIGURES, OUTCOMES
from bot.segment.catalogue import define, pin
from bot.segment.lists import change
from bot.segment.refresh import refresh_all
from bot.segment.rules import BUILT_IN
from bot.store import segments as store
from bot.store.attribute_types import define as declare
from bot.store.models import Follower
from bot.values.attributes import Declared
from tests.bot.segment import cast
from tests.conftest import NOON

DAY = timedelta(days=1)
TOPICS = ["咖啡", "火锅"]
# Around the first day of the tests, elsewhere in the year, a leap day, and no date at all.
DAYS = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-28", "1990-11-22", "1988-02-29",
        "2027-01-02", "2026-1-5", "2026-11-2x", 20261121]  # fmt: skip
days = st.sampled_from([1, 7, 30, 0.5])

text_values = st.sampled_from(["北京", "上海", "5", "b", ""])
numbers = st.sampled_from([0, 1, 5, 5.5, -3, 100])
values = st.one_of(text_values.filter(bool), numbers, st.booleans())
attributes = st.one_of(
    st.tuples(st.sampled_from(["eq", "ne"]), values),
    st.tuples(
        st.sampled_from(["lt", "le", "gt", "ge"]), st.one_of(text_values.filter(bool), numbers)
    ),
    st.tuples(st.just("in"), st.lists(values, min_size=1, max_size=3)),
    st.tuples(st.just("contains"), st.sampled_from(["京", "5", "b"])),
    st.tuples(st.just("exists"), st.booleans()),
).map(lambda pair: {"attribute": "city", "op": pair[0], "value": pair[1]})
stages = st.sampled_from(["new", "active", "customer", "loyal", "sleeping", "gone"])
built_in = st.one_of(
    st.tuples(st.just("stage"), st.sampled_from(["eq", "ne"]), stages),
    st.tuples(st.just("stage"), st.just("in"), st.lists(stages, min_size=1, max_size=3)),
    st.tuples(st.just("subscribed"), st.sampled_from(["eq", "ne"]), st.booleans()),
    st.tuples(st.just("language"), st.just("in"), st.just(["zh", "en"])),
    st.tuples(st.just("source_scene"), st.just("contains"), st.just("QR")),
    st.tuples(
        st.sampled_from(["orders", "messages", "spent_fen"]),
        st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
        st.sampled_from([0, 1, 2, 500]),
    ),
    st.tuples(st.just("orders"), st.just("in"), st.just([0, 2])),
    st.tuples(st.just("last_seen"), st.sampled_from(["lt", "le", "gt", "ge"]), days),
    st.tuples(st.just("last_seen"), st.just("exists"), st.booleans()),
).map(lambda row: {"attribute": row[0], "op": row[1], "value": row[2]})
facts_wanted = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"shop": st.sampled_from(["A1", 1, True, 1.5])}),
)
event_rules = st.builds(
    lambda kind, times, within, where: {
        "event": kind,
        "at_least": times,
        **({"within_days": within} if within else {}),
        **({"where": where} if where else {}),
    },
    st.sampled_from(["order", "message.*", "subscribe", "click"]),
    st.integers(1, 3),
    st.one_of(st.none(), days),
    facts_wanted,
)
amounts = st.sampled_from([-500, 0, 500, 900, 1400])
bounds = st.one_of(
    st.builds(lambda low: {"at_least": low}, amounts),
    st.builds(lambda high: {"at_most": high}, amounts),
    st.builds(lambda one: {"exactly": one}, amounts),
    st.builds(
        lambda low, more: {"at_least": low, "at_most": low + more}, amounts, amounts.map(abs)
    ),
)
often = st.one_of(
    st.builds(lambda high: {"at_most": high}, st.integers(0, 2)),
    st.builds(lambda one: {"exactly": one}, st.integers(0, 2)),
    st.builds(lambda low, more: {"at_least": low, "at_most": low + more}, st.integers(1, 2),
              st.integers(0, 1)),
    st.just({"never": True}),
    st.just({}),
)  # fmt: skip
lately = st.one_of(st.just({}), st.builds(lambda within: {"within_days": within}, days))
where = facts_wanted.map(lambda facts: {"where": facts} if facts else {})
acts = st.sampled_from(["order", "message.*", "click", "message.text"])
counts = st.builds(lambda kind, *parts: {"event": kind} | merged(parts), acts, often, lately, where)
figures = st.builds(
    lambda figure, *parts: {"event": "order", figure: "amount_fen"} | merged(parts),
    st.sampled_from(["sum", "min", "max", "avg"]),
    bounds,
    lately,
    where,
)
follows = st.builds(lambda kind, *parts: {"event": kind} | merged(parts), acts, lately, where)
sequences = st.builds(
    lambda first, then, last, within: {"sequence": [first, *then, *last]} | within,
    st.builds(lambda kind, facts: {"event": kind} | facts, acts, where),
    st.lists(follows, min_size=1, max_size=2),
    st.lists(
        st.builds(
            lambda kind, within: {"event": kind, "within_days": within, "not": True}, acts, days
        ),
        max_size=1,
    ),
    lately,
)
coupon_rules = st.builds(
    lambda state, *parts: {"coupon": "b0", "state": state} | merged(parts),
    st.sampled_from(["issued", "claimed", "redeemed", "expired"]),
    often,
    lately,
)
outcomes = st.builds(
    lambda outcome, variant: {"campaign": "k0", "outcome": outcome} | variant,
    st.sampled_from(["sent", "clicked", "redeemed", "held_out", "skipped", "not_clicked"]),
    st.sampled_from([{}, {"variant": "a"}, {"variant": "b"}]),
)


def merged(parts):
    return {key: value for part in parts for key, value in part.items()}


dated = st.one_of(
    st.tuples(st.sampled_from(["within_last", "within_next", "yearly_within"]),
              st.sampled_from([0, 1, 7, 100])),
    st.tuples(st.sampled_from(["on", "before", "after"]), st.just("2026-11-21")),
).map(lambda pair: {"attribute": "day", "op": pair[0], "value": pair[1]})  # fmt: skip


scores = st.sampled_from([0.0, 0.2, 0.5, 0.7, 0.701, 1.0])
predicted = st.builds(
    lambda slug, bounds: {"model": slug} | bounds,
    st.sampled_from(["churn", "buy"]),
    st.one_of(
        st.builds(lambda low: {"at_least": low}, scores),
        st.builds(lambda high: {"at_most": high}, scores),
        st.builds(lambda a, b: {"at_least": min(a, b), "at_most": max(a, b)}, scores, scores),
    ),
)
leaves = st.one_of(
    counts,
    dated,
    figures,
    sequences,
    coupon_rules,
    outcomes,
    st.just({"list": "s3"}),
    predicted,
    attributes,
    built_in,
    st.sampled_from([{"tag": "vip"}, {"tag": "new"}]),
    st.builds(
        lambda topic, score: {"interest": topic, "at_least": score},
        st.sampled_from(TOPICS),
        st.sampled_from([0.1, 0.3, 0.5, 0.75]),
    ),
    event_rules,
    st.sampled_from([{"bucket": [0, 50]}, {"bucket": [30, 80], "salt": "秋"}]),
)


def composed(leaf):
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda part: {"not": part}, inner),
        ),
        max_leaves=4,
    )


rules = st.tuples(
    composed(leaves),
    composed(leaves),
    composed(st.one_of(leaves, st.just({"segment": "s0"}))),
    composed(st.one_of(leaves, st.sampled_from([{"segment": "s1"}, {"segment": "s2"}]))),
)
happenings = st.one_of(
    st.tuples(
        st.sampled_from(["message.text", "message.image", "click", "preference"]),
        st.fixed_dictionaries(
            {"topics": st.dictionaries(st.sampled_from(TOPICS), st.sampled_from([0.2, 1]))}
        ),
    ),
    st.tuples(
        st.just("order"),
        st.fixed_dictionaries(
            {
                "amount_fen": st.sampled_from(
                    [0, 500, 900, -500, 10**12, 500.0, 1.5, "500", True, None, [500]]
                ),
                "shop": st.sampled_from(["A1", 1, 1.0, True, "true", None, "\x00A1"]),
            }
        ),
    ),
    st.tuples(
        st.just("attribute"),
        st.fixed_dictionaries(
            {
                "name": st.just("city"),
                "value": st.one_of(text_values, numbers, st.booleans(), st.none()),
            }
        ),
    ),
    st.tuples(
        st.just("tag"),
        st.fixed_dictionaries(
            {"tag": st.sampled_from(["vip", "new"]), "on": st.booleans()},
            optional={"days": st.sampled_from([1, 7, 30])},
        ),
    ),
    st.tuples(
        st.just("attribute"),
        st.fixed_dictionaries({"name": st.just("day"), "value": st.sampled_from(DAYS)}),
    ),
    st.tuples(st.sampled_from(["subscribe", "coupon.redeemed", "opt_out"]), st.just({})),
)
ages = st.sampled_from([0, 0.5, 1, 7, 29, 30, 59.5, 60, 399])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("does"), st.integers(0, 5), happenings, ages),
        st.tuples(
            st.just("waits"),
            st.sampled_from([timedelta(milliseconds=1), DAY / 2, DAY, 7 * DAY, 30 * DAY, 61 * DAY]),
        ),
        st.tuples(st.just("waits for a turn"), st.sampled_from([-1, 0, 1, 2, 3])),
        st.tuples(st.just("leaves"), st.integers(0, 5), st.booleans()),
        st.tuples(st.just("is erased"), st.integers(0, 5)),
        st.tuples(st.just("redefine"), st.integers(0, 1), composed(leaves)),
        st.tuples(
            st.just("coupon"),
            st.integers(0, 5),
            st.sampled_from(["issued", "issued", "claimed", "redeemed", "swept"]),
        ),
        st.tuples(
            st.just("sending"),
            st.integers(0, 5),
            st.sampled_from(
                [
                    "planned",
                    "planned",
                    "held_out",
                    "sent",
                    "sent",
                    "failed",
                    "skipped",
                    "clicked",
                    "scanned",
                    "bought",
                ]
            ),
            st.sampled_from(["a", "b"]),
        ),
        st.tuples(
            st.just("pin"),
            st.integers(0, 3),
            st.integers(0, 5),
            st.sampled_from([True, False, None]),
        ),
        st.tuples(
            st.just("is predicted"), st.integers(0, 5), st.sampled_from(["churn", "buy"]), scores
        ),
        st.tuples(st.just("list"), st.sets(st.integers(0, 5), max_size=3), st.booleans()),
        st.tuples(st.just("full")),
    ),
    min_size=1,
    max_size=8,
)


def live(rules, steps):
    """Play the steps; after each, the three ways must agree."""
    account, now = cast.an_account(), NOON
    people = [
        cast.somebody(account, source_scene="QR" if n % 2 else "", language="zh" if n else "en")
        for n in range(6)
    ]
    cast.an_offer(account)
    declare(account, Declared("day", "date"), now)
    store.put(account, "s3", "人群3", {"tag": "vip"}, now)  # the list that rules name
    for number, rule in enumerate(rules):
        define(account, f"s{number}", f"人群{number}", rule, now)
    agree(account, people, now)
    for step, *what in steps:
        full = False
        if step == "does":
            who, (kind, facts), days_ago = what
            cast.did(people[who], kind, now - days_ago * DAY, now, **facts)
        elif step == "waits":
            now += what[0]
        elif step == "waits for a turn":
            if turns := cast.turns(account, people, now):
                now = max(now, turns[0] + cast.ms(what[0]))
        elif step == "leaves":
            Follower.update(subscribed=what[1]).where(Follower.id == people[what[0]]).execute()
            store.mark_dirty([people[what[0]]])
        elif step == "is erased":
            Follower.update(erased_at=now).where(Follower.id == people[what[0]]).execute()
            store.mark_dirty([people[what[0]]])
        elif step == "coupon":
            cast.coupon(account, people[what[0]], what[1], now)
        elif step == "sending":
            cast.sending(account, people[what[0]], what[1], what[2], now)
        elif step == "is predicted":
            scored.put(account, what[1], 1, {people[what[0]]: what[2]}, now)
        elif step == "pin":
            if alive(people[what[1]]):
                pin(account, f"s{what[0]}", [people[what[1]]], what[2], now)
        elif step == "list":
            chosen = {people[one] for one in what[0] if alive(people[one])}
            change(store.by_slug(account, "s3"), chosen, replace=what[1])
        elif step == "redefine":
            define(account, f"s{what[0]}", "改", what[1], now)
        else:
            full = True
        agree(account, people, now, full)


def alive(person):
    return Follower.get_by_id(person).erased_at is None


def agree(account, people, now, full=False):
    cast.folded(now)
    refresh_all(now, account, full)
    kept = cast.held(account)
    assert kept == cast.brute(account, people, now)
    assert kept == cast.by_sql(account, now)
    assert cast.sizes(account) == {slug: len(ids) for slug, ids in kept.items()}
    assert store.dirty(account, 1) == []


relaxed = settings(
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@relaxed
@given(rules=rules, steps=steps)
def test_three_ways_agree_whatever_happens(store, rules, steps):
    live(rules, steps)


@settings(relaxed, max_examples=12)
@given(rules=rules, steps=steps)
@pytest.mark.mysql
def test_three_ways_agree_on_every_engine(any_store, rules, steps):
    live(rules, steps)


def words_of(document):
    """The kinds of conditions in a rule, and their operators, names, states and figures."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from words_of(value)
    elif isinstance(document, list):
        for one in document:
            yield from words_of(one)
    elif isinstance(document, str):
        yield document


# What the language knows, and the strategy that has to make each of it.
MADE = [
    (rules_module._READERS.keys() - {"all", "any", "not", "segment"}, leaves),
    (rules_module.OPS, st.one_of(attributes, dated)),
    (rules_module.ON_DAYS, dated),
    (BUILT_IN, built_in),
    (FIGURES, figures),
    (COUPON_STATES, coupon_rules),
    (OUTCOMES, outcomes),
]


def test_the_law_is_tried_with_every_kind_of_rule():
    """What `rules` puts together, all, any, not and segment, are in it by the way it is made."""
    quick = settings(max_examples=500, database=None, phases=[Phase.generate])
    for words, made in MADE:
        for word in sorted(words):
            assert find(made, lambda rule, w=word: w in words_of(rule), settings=quick)


TIMED = [
    {"interest": "咖啡", "at_least": 0.3},
    {"interest": "咖啡", "at_least": 0.6},
    {"tag": "club"},
    {"not": {"tag": "club"}},
    {"event": "message.*", "within_days": 7},
    {"event": "message.*", "at_least": 2, "within_days": 30},
    {"event": "order", "within_days": 30, "where": {"shop": "A1"}},
    *({"attribute": "last_seen", "op": op, "value": 7} for op in ("lt", "le", "gt", "ge")),
    *(
        {"attribute": "stage", "op": "eq", "value": stage}
        for stage in ("new", "active", "customer")
    ),
    {"attribute": "stage", "op": "eq", "value": "sleeping"},
    {"not": {"any": [{"event": "subscribe", "within_days": 7}, {"interest": "咖啡"}]}},
    {"event": "message.text", "at_most": 1, "within_days": 30},
    {"event": "order", "sum": "amount_fen", "at_least": 1000, "within_days": 30},
    {"event": "order", "avg": "amount_fen", "at_most": 500, "within_days": 30},
    {
        "sequence": [{"event": "message.*"}, {"event": "message.*", "within_days": 15}],
        "within_days": 30,
    },
    {"sequence": [{"event": "click"}, {"event": "order", "within_days": 5, "not": True}]},
    {"attribute": "day", "op": "within_last", "value": 7},
    {"attribute": "day", "op": "within_next", "value": 1},
    {"coupon": "b0", "state": "issued", "within_days": 7},
    {"coupon": "b0", "state": "expired", "exactly": 1, "within_days": 7},
]
LIVES = [
    [("message.text", 0, {"topics": {"咖啡": 1}})],
    [("subscribe", 6.5, {}), ("order", 3, {})],
    [("subscribe", 6.75, {}), ("click", 2, {"topics": {"咖啡": 1}})],
    [("subscribe", 20, {}), ("message.text", 12, {}), ("message.text", 1, {})],
    [("order", 29, {"shop": "A1"}), ("order", 1, {}), ("message.image", 59, {})],
    [("preference", 90, {"topics": {"咖啡": 1}}), ("message.text", 40, {"topics": {"咖啡": 0.5}})],
    [("preference", 3, {"topics": {"咖啡": 1}}), ("message.text", 2, {})],
    [("tag", 1, {"tag": "vip"}), ("tag", 1, {"tag": "club", "days": 3})],
    [("tag", 4, {"tag": "club", "days": 3}), ("tag", 2, {"tag": "club", "days": 9})],
    [("attribute", 1, {"name": "day", "value": "2026-11-20"})],
    [("attribute", 1, {"name": "day", "value": "2026-11-24"})],
    [("order", 29, {"amount_fen": 900}), ("order", 10, {"amount_fen": 300}), ("click", 12, {})],
]


@pytest.mark.parametrize("offset", [pytest.param(n, id=f"{n:+} ms") for n in (-1, 0, 1)])
@pytest.mark.parametrize("rule", TIMED, ids=str)
def test_time_alone_moves_the_right_people(store, rule, offset):
    """Nothing happens; the clock goes from turn to turn, and to the milliseconds beside them."""
    account, now = cast.an_account(), NOON
    people = [cast.somebody(account) for _ in LIVES]
    for person, life in zip(people, LIVES, strict=True):
        for kind, days_ago, facts in life:
            cast.did(person, kind, NOON - days_ago * DAY - cast.ms(person), NOON, **facts)
    cast.an_offer(account)
    cast.coupon(account, people[0], "issued", NOON - 3 * DAY)
    cast.coupon(account, people[1], "issued", NOON - 5 * DAY)
    cast.folded(NOON)
    declare(account, Declared("day", "date"), NOON)
    define(account, "s", "时间", rule, NOON)
    agree(account, people, now)
    moved = set()
    while turns := cast.turns(account, people, now):
        held = cast.held(account)
        assert cast.brute(account, people, turns[0] - cast.ms(1)) == held
        agree(account, people, max(now, turns[0] + cast.ms(offset)))
        now = turns[0] + cast.ms(2)
        agree(account, people, now)
        moved |= cast.held(account)["s"] ^ held["s"]
    assert moved


@relaxed
@given(
    rule=composed(leaves),
    done=st.lists(st.tuples(happenings, ages), max_size=4),
    issued=st.lists(ages, max_size=2),
    data=st.data(),
)
def test_until_its_until_a_verdict_stands(store, rule, done, issued, data):
    account = cast.an_account()
    person = cast.somebody(account)
    cast.an_offer(account)
    for days_ago in issued:
        cast.coupon(account, person, "issued", NOON - days_ago * DAY)
    for (kind, facts), days_ago in done:
        cast.did(person, kind, NOON - days_ago * DAY, NOON, **facts)
    cast.folded(NOON)
    declare(account, Declared("day", "date"), NOON)
    define(account, "s3", "人群3", {"tag": "vip"}, NOON)
    define(account, "s", "s", rule, NOON)
    first = cast.brute(account, [person], NOON)
    turns = cast.turns(account, [person], NOON)
    last = turns[0] - cast.ms(1) if turns else NOON + 4000 * DAY
    assert last >= NOON
    share = data.draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
    later = NOON + (last - NOON) * share
    assert cast.brute(account, [person], later) == first


def test_he_leaves_the_last_thirty_days_without_any_event(any_store):
    account = cast.an_account()
    lin = cast.somebody(account)
    cast.did(lin, "order", NOON)
    cast.folded(NOON)
    define(account, "buyers", "近期下单", {"event": "order", "within_days": 30}, NOON)
    refresh_all(NOON)
    assert cast.held(account) == {"buyers": {lin}}
    refresh_all(NOON + 30 * DAY)
    assert cast.held(account) == {"buyers": {lin}}
    report = refresh_all(NOON + 30 * DAY + cast.ms(1))
    assert cast.held(account) == {"buyers": set()}
    assert report.looked == 1


def test_only_those_behind_an_edge_or_changed_are_looked_at(store):
    account = cast.an_account()
    people = [cast.somebody(account) for _ in range(40)]
    for number, person in enumerate(people):
        cast.did(person, "message.text", NOON - number * DAY / 2, topics={"咖啡": 1})
    cast.folded(NOON)
    define(account, "week", "一周", {"event": "message.*", "within_days": 7}, NOON)
    define(account, "coffee", "咖啡", {"interest": "咖啡", "at_least": 0.45}, NOON)
    refresh_all(NOON)
    refresh_all(NOON)
    looked = refresh_all(NOON + DAY).looked
    assert 0 < looked <= 6
    assert refresh_all(NOON + DAY).looked == 0


def test_only_those_whose_score_passes_a_bound_are_looked_at(store):
    account = cast.an_account()
    people = [cast.somebody(account) for _ in range(4)]
    define(account, "leaving", "要走", {"model": "churn", "at_least": 0.7}, NOON)
    refresh_all(NOON)
    assert scored.put(account, "churn", 1, dict(zip(people, (0.1, 0.6, 0.7, 0.8), strict=True)),
                      NOON) == 4  # fmt: skip
    assert refresh_all(NOON).looked == 2
    assert cast.held(account) == {"leaving": set(people[2:])}
    scored.put(account, "churn", 1, dict(zip(people, (0.2, 0.7, 0.6, 0.9), strict=True)), NOON)
    scored.put(account, "buy", 1, dict.fromkeys(people, 0.9), NOON)
    assert refresh_all(NOON).looked == 2
    assert cast.held(account) == {"leaving": {people[1], people[3]}}
    scored.drop(account, "churn", people)
    assert refresh_all(NOON).looked == 2
    assert cast.held(account) == {"leaving": set()}


def test_many_behind_one_edge_are_compared_by_sql(store, monkeypatch):
    monkeypatch.setattr("bot.segment.refresh.MOST_SWEPT", 3)
    account = cast.an_account()
    people = [cast.somebody(account) for _ in range(6)]
    for person in people:
        cast.did(person, "order", NOON)
    cast.folded(NOON)
    define(account, "buyers", "下单", {"event": "order", "within_days": 1}, NOON)
    define(account, "others", "未下单", {"not": {"segment": "buyers"}}, NOON)
    refresh_all(NOON)
    report = refresh_all(NOON + 2 * DAY)
    assert {one.slug: one.how for one in report.segments} == {"buyers": "full", "others": "changes"}
    assert cast.held(account) == {"buyers": set(), "others": set(people)}


@pytest.mark.parametrize("seed", range(3))
def test_full_refreshes_in_spans_agree(store, monkeypatch, seed):
    monkeypatch.setattr("bot.segment.refresh.SPAN", 7)
    rng = random.Random(seed)
    account, other = cast.an_account(), cast.an_account()
    people = [cast.somebody(rng.choice([account, account, other])) for _ in range(40)]
    mine = [p for p in people if p in set(store_ids(account))]
    for person in people:
        if rng.random() < 0.5:
            cast.did(person, "tag", NOON, tag="vip", on=True)
    cast.folded(NOON)
    define(account, "vip", "会员", {"any": [{"tag": "vip"}, {"bucket": [0, 20]}]}, NOON)
    refresh_all(NOON)
    define(account, "vip", "会员", {"not": {"tag": "vip"}}, NOON)
    refresh_all(NOON)
    assert cast.held(account) == cast.brute(account, mine, NOON) == cast.by_sql(account, NOON)


def store_ids(account):
    return [row.id for row in Follower.select(Follower.id).where(Follower.account == account)]
