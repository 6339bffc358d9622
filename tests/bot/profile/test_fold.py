"""Law 2: a profile is a fold of the log, however the log is ordered and cut."""

import json
from datetime import timedelta
from itertools import pairwise
from math import isfinite

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.clock import to_ms
from bot.profile.features import Around, explain
from bot.profile.fold import KEEP_DAYS, fold, orders_of, spent_of
from bot.profile.merging import merged
from bot.profile.vector import vector
from bot.store.profiles import dumped
from bot.values.facts import FoldEvent
from bot.values.interest import DAY_MS
from tests.conftest import NOON

NOON_MS = to_ms(NOON)


def an_event(kind="message.text", days_ago=0.0, key="k", **facts):
    return FoldEvent(key, kind, to_ms(NOON - timedelta(days=days_ago)), facts)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
topics = st.dictionaries(st.sampled_from(["咖啡", "火锅", "酒店"]), st.floats(0, 1), max_size=3)
named = st.one_of(
    st.tuples(
        st.sampled_from(["message.text", "preference", "click"]),
        st.fixed_dictionaries({"topics": topics}),
    ),
    st.tuples(
        st.just("attribute"),
        st.fixed_dictionaries(
            {
                "name": st.sampled_from(["city", "level"]),
                "value": st.sampled_from(["北京", 3, None, True]),
            }
        ),
    ),
    st.tuples(
        st.just("tag"),
        st.fixed_dictionaries(
            {"tag": st.sampled_from(["vip", "new"]), "on": st.booleans()},
            optional={"days": st.integers(-1, 9), "until": st.sampled_from([NOON_MS, "soon"])},
        ),
    ),
    st.tuples(
        st.sampled_from(["message.text", "message.voice", "satisfied"]),
        st.fixed_dictionaries(
            {"sentiment": st.sampled_from([-1, -0.37, 0, 0.5, 0.99])},
            optional={"anger": st.sampled_from([0.2, 0.9]), "score": st.integers(0, 1)},
        ),
    ),
    st.tuples(
        st.sampled_from(["group.join", "group.leave"]),
        st.fixed_dictionaries({}, optional={"group": st.sampled_from(["a", "b", "c", "d", ""])}),
    ),
    st.tuples(
        st.just("friends"),
        st.fixed_dictionaries(
            {"count": st.integers(-1, 9)},
            optional={"shared": st.dictionaries(st.just("美食"), st.integers(0, 9))},
        ),
    ),
    st.tuples(st.just("order"), st.fixed_dictionaries({"amount_fen": st.integers(0, 9999)})),
    st.tuples(
        st.just("refund"),
        st.fixed_dictionaries(
            {"amount_fen": st.integers(0, 9999), "whole": st.booleans()},
            optional={"order_at": st.sampled_from([NOON_MS, NOON_MS - DAY_MS])},
        ),
    ),
    st.tuples(
        st.sampled_from(["article.view", "cart.add", "checkin", "custom.spin"]),
        st.fixed_dictionaries({"topics": topics}),
    ),
    st.tuples(
        st.sampled_from(
            ["subscribe", "opt_out", "opt_in", "coupon.issued", "coupon.redeemed", "complaint"]
        ),
        st.just({}),
    ),
    st.tuples(
        st.sampled_from(
            ["message.text", "attribute", "tag", "order", "refund", "friends", "group.join"]
        ),
        json_values,
    ),
)
# Instants repeat, and reach across the age at which topic days go.
instants = st.one_of(
    st.sampled_from([NOON_MS, NOON_MS - DAY_MS, NOON_MS - KEEP_DAYS * DAY_MS]),
    st.integers(NOON_MS - 900 * DAY_MS, NOON_MS),
)


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    """What is bounded is bounded within the reach of a short log."""
    monkeypatch.setattr("bot.profile.cycle.MOST_DAYS", 3)
    monkeypatch.setattr("bot.profile.social.MOST_GROUPS", 2)
    monkeypatch.setattr("bot.profile.fold.MOST_ATTRIBUTES", 1)
    monkeypatch.setattr("bot.profile.fold.MOST_TAGS", 1)


logs = st.lists(st.tuples(named, instants), max_size=30).map(
    lambda rows: [
        FoldEvent(f"{i:04}", kind, at, facts) for i, ((kind, facts), at) in enumerate(rows)
    ]
)


any_log = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@any_log
@given(log=logs, data=st.data())
def test_order_and_batches_change_nothing(log, data):
    shuffled = data.draw(st.permutations(log))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(log)))) | {0, len(log)})
    state = {}
    for start, end in pairwise(cuts):
        # what is stored in between is text: it must read back as it was
        state = json.loads(dumped(fold(state, shuffled[start:end])))
    assert dumped(state) == dumped(fold({}, log))


@any_log
@given(parts=st.lists(logs, min_size=1, max_size=3), data=st.data())
def test_states_of_disjoint_sets_merge_into_the_state_of_all(parts, data):
    """However the log was dealt out: what retention removed and what is left, shares of work."""
    dealt = [
        [FoldEvent(f"{number}-{event.key}", *event[1:]) for event in part]
        for number, part in enumerate(parts)
    ]
    states = [fold({}, part) for part in data.draw(st.permutations(dealt))]
    before = dumped(states)
    together = {}
    for state in states:
        together = json.loads(dumped(merged(together, state)))
    assert dumped(together) == dumped(fold({}, [event for part in dealt for event in part]))
    assert dumped(states) == before


@settings(any_log, max_examples=40)
@given(log=logs)
def test_event_by_event_is_the_same_and_the_given_state_is_left_alone(log):
    state = {}
    for event in log:
        before = dumped(state)
        following = fold(state, [event])
        assert dumped(state) == before
        state = following
    assert dumped(state) == dumped(fold({}, log))


@settings(any_log, max_examples=40)
@given(log=logs, sent=st.lists(instants, max_size=5))
def test_whatever_was_folded_can_be_told_and_learned_from(log, sent):
    state = fold({}, log)
    told = explain(state, NOON, Around(sent=sent))
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert 0 <= told["fatigue"]["score"] <= 1
    assert all(isfinite(figure) for figure in vector(state, NOON))


def test_acts_are_counted_by_hour_and_weekday_in_shanghai():
    state = fold({}, [an_event(), an_event("coupon.issued", key="ours")])
    assert state["hours"] == [0] * 12 + [1] + [0] * 11
    assert state["days"] == [0, 0, 0, 0, 0, 1, 0]  # 2026-11-21 is a Saturday
    assert state["kinds"] == {"message.text": 1, "coupon.issued": 1}


def test_first_last_and_inbound_are_of_own_acts():
    log = [
        an_event("subscribe", days_ago=3),
        an_event("message.text", days_ago=2),
        an_event("order", days_ago=1),
        an_event("tag", tag="vip"),
    ]
    state = fold({}, log)
    days = [(NOON_MS - state[name]) / DAY_MS for name in ("first", "inbound", "last", "newest")]
    assert days == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("kind", "hundredths"),
    [
        pytest.param("message.text", 50, id="a message of half the weight"),
        pytest.param("preference", 150, id="an answer to our question weighs three times as much"),
        pytest.param("click", 25, id="a click half"),
        pytest.param("coupon.issued", None, id="what we did says nothing about him"),
    ],
)
def test_what_a_topic_weighs(kind, hundredths):
    topics_ = fold({}, [an_event(kind, topics={"咖啡": 0.5})]).get("topics", {})
    assert [*topics_.get("咖啡", {}).values()] == ([] if hundredths is None else [hundredths])


@pytest.mark.parametrize(
    ("age", "kept"),
    [
        pytest.param(KEEP_DAYS, True, id="400 days before the newest event is kept"),
        pytest.param(KEEP_DAYS + 1, False, id="401 days is not"),
    ],
)
def test_topic_days_go_when_too_old(age, kept):
    old, new = an_event(days_ago=age, topics={"咖啡": 1}), an_event("unsubscribe", key="n")
    assert ("topics" in fold({}, [old, new])) == kept
    assert fold({}, [new, old]) == fold({}, [old, new])


@pytest.mark.parametrize(
    "first",
    [pytest.param(0, id="in order"), pytest.param(1, id="the later one arrives first")],
)
def test_the_last_writer_by_time_wins(first):
    log = [
        an_event("attribute", days_ago=2, key="a", name="city", value="上海"),
        an_event("attribute", days_ago=1, key="b", name="city", value="北京"),
    ]
    state = fold(fold({}, [log[first]]), [log[1 - first]])
    assert state["attrs"]["city"][0] == "北京"


def test_equal_instants_are_decided_by_the_key():
    log = [
        an_event("tag", key="b", tag="vip", on=False),
        an_event("tag", key="a", tag="vip", on=True),
    ]
    assert fold({}, log)["tags"]["vip"][0] is False


def test_orders_add_up_and_the_last_is_known():
    log = [
        an_event("order", days_ago=1, key="late", amount_fen=700),
        an_event("order", days_ago=5, key="early", amount_fen=300),
        an_event("order", days_ago=3, key="odd", amount_fen="many"),
    ]
    state = fold({}, log)
    assert (state["orders"], state["spent"], state["order"][1:]) == (3, 1000, ["late", 700])


@pytest.mark.parametrize(
    ("back", "left"),
    [
        pytest.param([], (2, 3000), id="nothing"),
        pytest.param([{"amount_fen": 500, "whole": False}], (2, 2500), id="a part of an order"),
        pytest.param([{"amount_fen": 1000, "whole": True}], (1, 2000), id="a whole order"),
        pytest.param([{"amount_fen": 9999, "whole": True}] * 3, (0, 0), id="more than there was"),
        pytest.param([{"amount_fen": -1}, {"amount_fen": "x"}, {}], (2, 3000), id="no amounts"),
    ],
)
def test_what_was_given_back_is_subtracted_in_any_order(back, left):
    log = [an_event("refund", key=f"r{n}", **facts) for n, facts in enumerate(back)]
    log += [
        an_event("order", key="a", amount_fen=1000),
        an_event("order", key="b", amount_fen=2000),
    ]
    for events in (log, log[::-1]):
        state = fold({}, events)
        assert (orders_of(state), spent_of(state)) == left


@pytest.mark.parametrize(
    ("kind", "hundredths"),
    [
        pytest.param("article.view", 50, id="an article read half a mention"),
        pytest.param("cart.add", 150, id="into the cart one and a half"),
        pytest.param("cart.remove", None, id="out of it none"),
        pytest.param("custom.spin", None, id="a kind of one's own none"),
    ],
)
def test_what_a_reported_act_weighs(kind, hundredths):
    state = fold({}, [an_event(kind, topics={"咖啡": 1.0})])
    days = state.get("topics", {}).get("咖啡", {})
    assert list(days.values()) == ([hundredths] if hundredths else [])
    assert ("last" in state) == (not kind.startswith("custom.")), "one's own act, or not"


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"name": "n" * 33, "value": 1}, id="a name longer than its column"),
        pytest.param({"name": "a\x00b", "value": 1}, id="a NUL in a name"),
        pytest.param({"name": "city", "value": ["北京"]}, id="a list"),
        pytest.param({"name": "city", "value": float("nan")}, id="not a number"),
        pytest.param([], id="facts that are no object"),
    ],
)
def test_what_no_store_takes_is_not_held(facts):
    assert "attrs" not in fold({}, [FoldEvent("k", "attribute", NOON_MS, facts)])
