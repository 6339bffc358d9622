"""Which coupon for whom, from what is bought."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from bot.errors import InvalidInput
from bot.insight.recommend import choosing, offers
from bot.insight.recommend.history import history_of
from tests.bot.insight.recommend.cast import COLUMNS, NAMES, a_table

# Coupon a is of p0 and p1, b of p2, c of p3, d of p4 and p5. Products are in order of first rows.
ROWS = [("lin", "p0", 2, 1), ("lin", "p1", 1, 5), ("wang", "p2", 3, 5), ("zhao", "p4", 1, 5),
        ("zhao", "p5", 1, 5), ("zhao", "p3", 1, 9)]  # fmt: skip
OF = sparse.csr_matrix(
    np.array([[1, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 1], [0, 0, 0, 1, 1, 0]],
             np.float32)
)  # fmt: skip
COUPONS = offers.Offers(("a", "b", "c", "d"), OF)
SORTS = [sparse.csr_matrix(np.repeat(np.eye(3, dtype=np.float32), 2, axis=0))]


@pytest.fixture
def bought():
    return history_of(a_table(ROWS, NAMES), COLUMNS)


def test_amounts_of_an_offers_products_by_hand(bought):
    held = offers.shelf(bought, now=6.0, pace=4.0)
    x = offers.features(held, COUPONS, np.array([0, 1]))
    amount = np.expm1(x[..., offers.NAMES.index("amount")])
    # Lin: 2 five weeks ago and 1 a week ago; amounts halve every 1.5 x 4 weeks.
    assert amount[0].tolist() == pytest.approx([2 * 0.5 ** (5 / 6) + 0.5 ** (1 / 6), 0, 0, 0])
    assert amount[1].tolist() == pytest.approx([0, 3 * 0.5 ** (1 / 6), 0, 0])


def test_what_is_bought_on_the_day_itself_or_later_is_not_read(bought):
    zhao = np.array([2])
    early, late = (
        offers.features(offers.shelf(bought, now, 4.0), COUPONS, zhao) for now in (9.0, 9.5)
    )
    at = offers.NAMES.index("different")
    assert early[0, :, at].tolist() == pytest.approx(np.log1p([0, 0, 0, 2]).tolist())
    assert late[0, :, at].tolist() != early[0, :, at].tolist()


def test_weights_rank_the_offers_of_ones_own_products_first(bought):
    held = offers.shelf(bought, 6.0, 4.0, SORTS)
    rows = offers.rows_of(held, COUPONS, np.array([0, 1, 2]), [{0}, {1}, {3}])
    weights = offers.fit([rows])
    best = {user: order[0] for user, order, _ in offers.rank(weights, held, COUPONS, np.arange(2))}
    assert rows[0].shape == (3, 4, len(offers.names(1)))
    assert best == {0: 0, 1: 1}


def test_someone_without_purchases_gets_the_order_of_the_crowd(bought):
    held = offers.shelf(bought, 6.0, 4.0, SORTS)
    weights = offers.fit([offers.rows_of(held, COUPONS, np.arange(3), [{0}, {1}, {2}])])
    ((_, order, score),) = offers.rank(weights, held, COUPONS, np.array([-1]))
    assert sorted(order.tolist()) == [0, 1, 2, 3]
    assert score.tolist() == sorted(score.tolist(), reverse=True)
    assert np.isfinite(score).all()


def test_before_anything_is_taught_offers_go_by_what_is_spent_on_them(bought):
    held = offers.shelf(bought, 6.0, 4.0)
    weights = offers.untaught(len(offers.NAMES))
    best = {user: order[0] for user, order, _ in offers.rank(weights, held, COUPONS, np.arange(3))}
    assert best == {0: 0, 1: 1, 2: 3}


@pytest.mark.parametrize(
    ("users", "nearer"),
    [
        pytest.param(3, "the start", id="few users move the weights little"),
        pytest.param(30_000, "what was taken", id="many move them all the way"),
    ],
)
def test_weights_leave_the_start_as_more_users_teach(users, nearer):
    # Of two offers the first has the feature; nine of ten take it: the odds are e^w, w = ln 9.
    x = np.tile(np.array([[1.0], [0.0]], np.float32), (users, 1))
    first = np.arange(users) % 10 > 0 if users > 9 else np.ones(users, bool)
    taken = np.stack([first, ~first], 1).ravel()
    (weight,) = choosing.fit(x, taken, np.full(users, 2), np.array([0.0]))
    if nearer == "the start":
        assert 0 < weight < 0.05
    else:
        assert weight == pytest.approx(np.log(9), rel=0.1)


@pytest.mark.parametrize(
    "taken",
    [pytest.param([set(), set()], id="nothing"), pytest.param([set(range(4))] * 2, id="all")],
)
def test_nothing_taken_or_everything_teaches_nothing(bought, taken):
    held = offers.shelf(bought, 6.0, 4.0)
    with pytest.raises(InvalidInput, match="some must be taken and some not"):
        offers.fit([offers.rows_of(held, COUPONS, np.arange(2), taken)])


def test_users_and_what_they_took_go_together(bought):
    with pytest.raises(InvalidInput, match="one set"):
        offers.rows_of(offers.shelf(bought, 6.0, 4.0), COUPONS, np.arange(2), [{0}])
