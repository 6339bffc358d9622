"""Neighbours, measures, lists, topics and reasons: by hand, on a shop of three users."""

from __future__ import annotations

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.i18n import t
from bot.insight.recommend import listing, logistic, measures, nearby, neural, reasons
from bot.insight.recommend.blend import look, only
from bot.insight.recommend.habit import NAMES as HABITS
from bot.insight.recommend.habit import habits
from bot.insight.recommend.history import history_of
from bot.insight.recommend.topics import fields_of, likeness
from tests.bot.insight.recommend.cast import COLUMNS, NAMES, a_table

# Lin has tea twice and milk, Wang tea and milk, Zhao tea and rice; a horizon is 8 weeks.
ROWS = [
    ("lin", "tea", 1, 4), ("lin", "tea", 2, 8), ("lin", "milk", 1, 8),
    ("wang", "tea", 1, 8), ("wang", "milk", 1, 6), ("zhao", "tea", 1, 8), ("zhao", "rice", 1, 8),
]  # fmt: skip
ITEMS = [("tea", "drink"), ("milk", "drink"), ("rice", "food"), ("bread", "food")]


@pytest.fixture
def events():
    return history_of(a_table(ROWS, NAMES), COLUMNS)


@pytest.fixture
def known(events):
    fields = fields_of(a_table(ITEMS, ["item", "kind"]), "item", events.items)
    return look(events, 8.0, 8.0, fields)


def test_own_frequency_halves_with_each_half_life(events):
    seen = habits(events, 8.0, 8.0)
    tea = dict(zip(HABITS, seen.features[0].tolist(), strict=True))
    # Now and four weeks ago; a step is a week.
    assert seen.strength[0] == pytest.approx(1 + 0.5 ** (4 / 13))
    assert tea["often_2"] == pytest.approx(np.log1p(1.25))
    assert tea["times"] == pytest.approx(np.log(3))
    assert (tea["since"], tea["gap"]) == (0, pytest.approx(np.log(5)))


def test_rows_of_one_user_item_and_time_are_one_row_with_their_weights_added():
    twice = history_of(a_table([*ROWS, ("lin", "tea", 3, 8)], NAMES), COLUMNS)
    assert len(twice.user) == len(ROWS)
    assert twice.weight.max() == 5


def test_what_is_later_than_the_look_changes_nothing(events):
    later = history_of(a_table([*ROWS, ("zhao", "milk", 9, 9)], NAMES), COLUMNS)
    for first, second in zip(look(events, 8.0, 8.0, ()).ridge, look(later, 8.0, 8.0, ()).ridge,
                             strict=True):  # fmt: skip
        assert first.tolist() == second.tolist()


def test_counts_and_cosines_by_hand(known):
    counts = nearby.together(known.had)
    # tea 3 users, milk 2, rice 1; tea with milk 2, tea with rice 1, milk with rice 0.
    assert counts.tolist() == [[3, 2, 1], [2, 2, 0], [1, 0, 1]]
    found = nearby.cosine(counts, shrink=1)
    assert found[0, 1] == pytest.approx(2 / (6**0.5 + 1))
    assert found[1, 2] == found[0, 0] == 0


def test_the_ridge_foretells_each_item_from_all_others():
    x = np.random.default_rng(0).integers(0, 2, (50, 6)).astype(float)
    found = nearby.ridge(x.T @ x, 3.0)
    others = [1, 2, 3, 4, 5]
    by_hand = np.linalg.solve(
        x[:, others].T @ x[:, others] + 3.0 * np.eye(5), x[:, others].T @ x[:, 0]
    )
    assert found[others, 0] == pytest.approx(by_hand, abs=1e-5)
    assert np.diag(found).tolist() == [0] * 6


def test_likeness_is_the_cosine_between_topics_had_and_topics_of(known):
    field = known.fields[0]
    found = likeness(field, known.strength)
    drinks, food = 1.0, 1.0  # Zhao: tea and rice, each once and now
    assert found[2].tolist() == pytest.approx(
        [drinks / 2**0.5, drinks / 2**0.5, food / 2**0.5], abs=1e-6
    )
    assert found[0].tolist() == pytest.approx([1, 1, 0], abs=1e-6)


@pytest.mark.parametrize(
    ("columns", "titles"),
    [
        pytest.param({"kind": "abab"}, ["kind"], id="words that several items share"),
        pytest.param({"kind": ["a;b", "b", "a", ""]}, ["kind"], id="several topics in a cell"),
        pytest.param({"kind": "aaaa"}, [], id="one word for all says nothing"),
        pytest.param({"kind": "abcd"}, [], id="names are no topics"),
        pytest.param({"kind": "1212"}, [], id="numbers are no topics"),
    ],
)
def test_which_columns_are_topics(columns, titles):
    table = a_table(list(zip("wxyz", columns["kind"], strict=True)), ["item", "kind"])
    assert [one.title for one in fields_of(table, "item", tuple("wxyz"))] == titles


def test_an_item_on_two_lines_is_refused():
    with pytest.raises(InvalidInput, match="tea stands twice"):
        fields_of(a_table([*ITEMS, ("tea", "leaf")], ["item", "kind"]), "item", ("tea",))


def test_recall_and_ndcg_by_hand():
    hit = np.array([[True, False, True], [False, False, False]])
    recall, ndcg = measures.gains(hit, np.array([2, 9]))
    assert recall.tolist() == [1, 0]
    assert ndcg.tolist() == [pytest.approx(1.5 / (1 + 1 / np.log2(3))), 0]


def test_an_interval_of_nobody_is_none():
    assert measures.interval(np.zeros(0)) == {"value": None, "low": None, "high": None}
    assert measures.interval(np.ones(5)) == {"value": 1.0, "low": 1.0, "high": 1.0}


@pytest.mark.parametrize(
    ("score", "k", "expected"),
    [
        pytest.param([1, 3, 2, 0], 2, [1, 2], id="the highest first"),
        pytest.param([1, 2, 2, 2], 2, [1, 2], id="of equals the lower place first"),
        pytest.param([2, 2, 2, 3], 3, [3, 0, 1], id="equals on the edge"),
        pytest.param([1, 2], 5, [1, 0], id="more asked for than there are"),
    ],
)
def test_the_best_of_a_row(score, k, expected):
    assert listing.top(np.array([score], np.float32), k)[0].tolist() == [expected]


def test_turns_take_the_cheapest_swap_and_keep_what_is_shown_only_there():
    shown = np.array([2, 1, 0, 0])  # items 2 and 3 are in no list
    found = listing.turns(
        shown, np.array([2, 3, 2, 3]), np.array([0, 0, 1, 2]), np.array([0.1, 0.2, 0.0, 0.3]),
        8, np.array([0, 0, 1, -1, -1, -1, -1, -1]), 4,
    )  # fmt: skip
    # User 1 swaps item 0 for 2 at no cost; then item 0 is shown once only, and item 1 was.
    assert found == {1: 2}


def test_the_weights_are_those_of_the_library():
    library = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 3)).astype(np.float32)
    y = (rng.random(400) < 1 / (1 + np.exp(3 - 2 * x[:, 0]))).astype(float)
    mean, scale, weight = logistic.fit(x, y, strength=2.0)
    z = (x - mean[:-1]) / scale[:-1]
    expected = library.LogisticRegression(C=0.5, tol=1e-8).fit(z, y)
    assert weight[:-1] == pytest.approx(expected.coef_[0], abs=1e-3)
    assert weight[-1] == pytest.approx(expected.intercept_[0], abs=1e-3)


def test_a_plain_feature_has_the_say_that_its_share_gives_it():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(300, 2)).astype(np.float32)
    y = (rng.random(300) < 1 / (1 + np.exp(-x[:, 0] - x[:, 1]))).astype(float)
    logit = {}
    for share in (0.0, 0.5, 1.0):
        p = neural.chances(neural.fit(x, y, 0, neural.Shares(plain=share, column=1)), x)
        logit[share] = np.log(p / (1 - p))
    assert np.argsort(logit[1.0]).tolist() == np.argsort(x[:, 1]).tolist()
    assert logit[0.5] == pytest.approx((logit[0.0] + logit[1.0]) / 2)


def test_with_one_answer_only_the_weights_stay_finite():
    assert np.isfinite(logistic.fit(np.ones((5, 2), np.float32), np.zeros(5))).all()


@pytest.mark.parametrize(
    ("user", "item", "key", "zh"),
    [
        pytest.param("lin", "tea", reasons.HABIT, "因为您买过2次“tea”", id="own habit"),
        pytest.param("zhao", "milk", reasons.NEIGHBOUR, "买过“tea”的人也买", id="neighbours"),
        pytest.param("zhao", "bread", reasons.TOPIC, "因为您常看“food”", id="topics"),
        pytest.param("lin", "bread", reasons.POPULAR, "近期热门", id="nothing of one's own"),
    ],
)
def test_the_reason_is_what_the_history_shows(events, user, item, key, zh):
    from dataclasses import replace

    events = replace(events, items=(*events.items, "bread"))
    fields = fields_of(a_table(ITEMS, ["item", "kind"]), "item", events.items)
    known = look(events, 8.0, 8.0, fields)
    said = reasons.reason(known, events.items, events.users.index(user), events.items.index(item))
    assert (said.key, t(said.key, "zh", **said.values)) == (key, zh)


def test_every_reason_has_words_in_both_languages():
    values = {"item": "茶", "times": "2", "other": "茶", "topic": "茶"}
    for key in reasons.KEYS:
        assert t(key, "zh", **values) != t(key, "en", **values)


def test_a_part_of_the_users_looks_the_same_as_in_the_whole(known):
    some = only(known, np.array([2, 0]))
    assert some.had.toarray().tolist() == known.had.toarray()[[2, 0]].tolist()
    assert some.seen.features.tolist() == (
        known.seen.features[[4, 5, 0, 1]].tolist()  # Zhao's two pairs, then Lin's two
    )
