"""What coupons are worth in a basket, which may stand side by side, and in words."""

from datetime import datetime
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.coupon import words
from bot.coupon.worth import best, estimated, legal, objection, stack, together, worth
from bot.values.coupons import Kind, RedeemOutcome, Terms

CUT = Terms(slug="cut", kind=Kind.CUT, face_value_fen=800, threshold_fen=3000)
CASH = Terms(slug="cash", kind=Kind.CASH, face_value_fen=500)
EIGHTY = Terms(slug="eighty", kind=Kind.DISCOUNT, discount_permille=200)
CAPPED = Terms(slug="capped", kind=Kind.DISCOUNT, discount_permille=150, threshold_fen=5000,
               max_discount_fen=2000, face_value_fen=2000)  # fmt: skip
LATTE = Terms(slug="latte", kind=Kind.EXCHANGE, exchange="拿铁一杯", face_value_fen=2500)


def beside(terms, *names, **changes):
    values = {name: getattr(terms, name) for name in terms.__slots__}
    return Terms(**{**values, **changes, "stacks_with": names})


@pytest.mark.parametrize(
    ("terms", "basket", "off"),
    [
        pytest.param(CUT, 2999, 0, id="满减 a fen below its threshold"),
        pytest.param(CUT, 3000, 800, id="满减 at its threshold"),
        pytest.param(CASH, 0, 0, id="代金 of an empty basket"),
        pytest.param(CASH, 300, 300, id="代金 never more than the basket"),
        pytest.param(CASH, 501, 500, id="代金"),
        pytest.param(EIGHTY, 999, 199, id="折扣 in whole fen, none given away"),
        pytest.param(CAPPED, 4999, 0, id="折扣 below its threshold"),
        pytest.param(CAPPED, 5000, 750, id="折扣"),
        pytest.param(CAPPED, 99_900, 2000, id="折扣 at its cap"),
        pytest.param(LATTE, 9900, 0, id="兑换 changes no price"),
    ],
)
def test_what_a_coupon_takes_off_a_basket(terms, basket, off):
    assert worth(terms, basket) == off


@pytest.mark.parametrize(
    ("terms", "paid", "off"),
    [(CUT, 2200, 800), (CASH, 1, 500), (EIGHTY, 8000, 2000), (CAPPED, 20_000, 2000), (LATTE, 5, 0)],
)
def test_what_it_took_off_is_estimated_from_what_was_paid(terms, paid, off):
    assert estimated(terms, paid) == off


def test_amounts_come_off_before_percentages_and_cash_comes_last():
    assert together([CASH, EIGHTY, CUT], 10_000) == 800 + 1840 + 500
    assert together([CUT, EIGHTY, CASH], 10_000) == 800 + 1840 + 500
    assert together([CASH, CUT], 3000) == 1300


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        pytest.param(CUT, CASH, False, id="neither says anything"),
        pytest.param(beside(CUT, "cash"), CASH, False, id="one allows, the other does not"),
        pytest.param(beside(CUT, "cash"), beside(CASH, "cut"), True, id="both by slug"),
        pytest.param(beside(CUT, "*"), beside(CASH, "*"), True, id="both with any"),
        pytest.param(
            beside(CUT, "drinks"), beside(CASH, "cut", stack_group="drinks"), True, id="by group"
        ),
        pytest.param(beside(CUT, "*"), beside(CUT, "*"), True, id="two of one batch"),
        pytest.param(beside(CUT, ""), beside(CASH, "", "cut"), False, id="no group is no group"),
    ],
)
def test_two_stand_side_by_side_only_where_both_allow_it(one, other, may):
    assert stack(one, other) is stack(other, one) is may


def test_the_best_legal_combination():
    drinks = [beside(CUT, "cash"), beside(CASH, "cut"), EIGHTY]
    assert best(drinks, 3000).chosen == (0, 1)
    assert best(drinks, 10_000).chosen == (2,)
    assert best(drinks, 10_000).discount_fen == 2000
    assert best([], 10_000).chosen == ()
    assert best([CUT, CUT], 3000).chosen == (0,)


TERMS = st.builds(
    Terms,
    slug=st.sampled_from("abc"),
    kind=st.sampled_from(Kind),
    face_value_fen=st.integers(0, 500),
    threshold_fen=st.integers(0, 800),
    discount_permille=st.integers(1, 990),
    max_discount_fen=st.none() | st.integers(1, 300),
    stack_group=st.sampled_from(["", "g"]),
    stacks_with=st.lists(st.sampled_from(["a", "b", "g", "*"]), max_size=2).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TERMS, max_size=5), st.integers(0, 1000))
def test_no_combination_is_better_and_none_takes_more_than_there_is(coupons, basket):
    found = best(coupons, basket)
    every = [
        together([coupons[n] for n in chosen], basket)
        for size in range(len(coupons) + 1)
        for chosen in combinations(range(len(coupons)), size)
        if legal([coupons[n] for n in chosen])
    ]
    assert found.discount_fen == max(every)
    assert 0 <= found.discount_fen <= basket


@pytest.mark.parametrize(
    ("changes", "shop", "basket", "when", "against"),
    [
        pytest.param({}, "", None, "21T12:00", None, id="nothing said, nothing against"),
        pytest.param({}, "a1", 2999, "21T12:00", "below_threshold", id="too small a basket"),
        pytest.param({"shops": ("a1",)}, "a1", 3000, "21T12:00", None, id="in its shop"),
        pytest.param({"shops": ("a1",)}, "b2", 3000, "21T12:00", "wrong_shop", id="another"),
        pytest.param({"shops": ("a1",)}, "", 3000, "21T12:00", "wrong_shop", id="no shop"),
        pytest.param({"weekdays": (6,)}, "", 3000, "21T12:00", None, id="on its day"),
        pytest.param({"weekdays": (7,)}, "", 3000, "21T12:00", "wrong_time", id="not its"),
        pytest.param({"hours": "10:00-14:00"}, "", 3000, "21T14:00", "wrong_time", id="end"),
        pytest.param({"hours": "10:00-14:00"}, "", 3000, "21T10:00", None, id="beginning"),
        pytest.param(
            {"hours": "22:00-02:00", "weekdays": (5,)}, "", 3000, "21T01:59", None,
            id="Friday's night on Saturday",
        ),
        pytest.param(
            {"hours": "22:00-02:00", "weekdays": (6,)}, "", 3000, "21T01:59", "wrong_time",
            id="Saturday's night begins on Saturday",
        ),
    ],
)  # fmt: skip
def test_where_and_when_it_counts(changes, shop, basket, when, against):
    terms = Terms(kind=Kind.CUT, threshold_fen=3000, face_value_fen=800, **changes)
    local = datetime.fromisoformat(f"2026-11-{when}").replace(tzinfo=SHANGHAI)
    found = objection(terms, shop, basket, local)
    assert found == (RedeemOutcome(against) if against else None)


@pytest.mark.parametrize(
    ("terms", "value", "line", "cost"),
    [
        (CUT, "8元", "满30元减8元", 800),
        (CASH, "5元", "代金5元", 500),
        (EIGHTY, "8折", "8折（无门槛）", 0),
        (CAPPED, "8.5折", "8.5折（满50元可用，最多减20元）", 2000),
        (LATTE, "兑换券", "兑换：拿铁一杯", 2500),
    ],
)
def test_in_words_and_what_one_costs(terms, value, line, cost):
    assert (words.value(terms), words.in_one_line(terms), terms.cost) == (value, line, cost)
    assert words.in_one_line(terms, "en")


def test_every_outcome_has_its_words():
    for lang in ("zh", "en"):
        assert all(words.outcome(one, lang) for one in RedeemOutcome)
    named = Terms(shops=("静安店",), weekdays=(1, 2), hours="10:00-14:00")
    assert words.places(named) == "限门店 静安店，限周一、周二，限 10:00-14:00"
