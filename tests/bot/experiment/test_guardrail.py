"""The brake: it holds while the rate is allowed, however often one looks, and trips when not."""

from __future__ import annotations

from math import isfinite

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import InvalidInput
from bot.experiment.guardrail import Watch, guardrail, guardrail_against, watch

RUNS = 1000
LOOKS = 20


def counts(rng, people, rate, runs=RUNS):
    """Events of each run in each of LOOKS batches of `people`."""
    return rng.binomial(people, rate, (runs, LOOKS))


@pytest.mark.parametrize(("people", "rate"), [(1, 0.3), (2000, 0.005)])
def test_a_rate_at_the_limit_trips_it_in_few_of_a_thousand_runs_of_twenty_looks(people, rate):
    seen = counts(np.random.default_rng(1), people, rate).cumsum(axis=1).tolist()
    alarms = sum(
        any(guardrail(x, people * (i + 1), rate, 0.05).tripped for i, x in enumerate(run))
        for run in seen
    )
    assert alarms / RUNS <= 0.05


@pytest.mark.parametrize(
    ("rate", "found"), [(0.02, 0.9), (0.05, 1.0)], ids=["twice as high", "five times"]
)
def test_a_rate_above_the_limit_of_one_percent_trips_it(rate, found):
    seen = counts(np.random.default_rng(2), 200, rate, 200).cumsum(axis=1).tolist()
    tripped = sum(
        any(guardrail(x, 200 * (i + 1), 0.01).tripped for i, x in enumerate(run)) for run in seen
    )
    assert tripped / 200 >= found


def test_the_lower_bound_is_below_the_true_rate_at_every_look():
    seen = counts(np.random.default_rng(3), 300, 0.03, 30).cumsum(axis=1).tolist()
    missed = sum(
        any(guardrail(x, 300 * (i + 1), 0.5, 0.05).at_least > 0.03 for i, x in enumerate(run))
        for run in seen
    )
    assert missed / 30 <= 0.05


@pytest.mark.parametrize(
    ("events", "people", "tripped"),
    [
        pytest.param(0, 0, False, id="nobody yet"),
        pytest.param(1, 1, False, id="the first person complains"),
        pytest.param(3, 3, True, id="the first three do"),
        pytest.param(10, 1000, False, id="just as allowed"),
        pytest.param(0, 10_000_000, False, id="nobody of ten million"),
        pytest.param(10_000_000, 10_000_000, True, id="all of them"),
    ],
)
def test_the_brake_at_an_allowed_one_percent(events, people, tripped):
    found = guardrail(events, people, 0.01)
    assert found.tripped is tripped
    assert isfinite(found.at_least)
    assert (found.at_least > 0.01) is tripped


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5000), st.integers(0, 5000), st.sampled_from([0.001, 0.02, 0.5]))
def test_it_trips_just_when_the_bound_is_above_the_limit(events, others, allowed):
    found = guardrail(events, events + others, allowed, 0.05)
    assert 0 <= found.at_least <= found.rate
    assert found.tripped is (found.at_least > allowed)


def test_against_the_held_out_the_same_rate_holds_and_thrice_the_rate_trips():
    rng = np.random.default_rng(4)
    sent, held_out = counts(rng, 950, 0.01, 500), counts(rng, 50, 0.01, 500)
    more = counts(rng, 950, 0.03, 500)
    alarms, found = (
        sum(
            any(
                guardrail_against(x, 950 * (i + 1), y, 50 * (i + 1), alpha=0.05).tripped
                for i, (x, y) in enumerate(zip(run, other, strict=True))
            )
            for run, other in zip(
                arm.cumsum(axis=1).tolist(), held_out.cumsum(axis=1).tolist(), strict=True
            )
        )
        for arm in (sent, more)
    )
    assert alarms / 500 <= 0.05
    assert found / 500 > 0.5


def test_what_is_tolerated_of_the_held_out_raises_the_limit():
    assert guardrail_against(60, 1000, 20, 1000).tripped
    assert not guardrail_against(60, 1000, 20, 1000, tolerated=3.0).tripped


def test_trouble_that_begins_midway_is_seen_sooner_by_a_watch_than_in_all_counts_together():
    batches = [(1, 200)] * 200 + [(20, 200)] * 20
    together = [
        guardrail(sum(x for x, _ in batches[:i]), 200 * i, 0.02).tripped for i in range(1, 221)
    ]
    watched = [watch(batches[:i], 0.02).tripped for i in range(195, 221)]
    assert not any(together)
    assert watched.index(True) + 195 <= 202


def test_a_watch_at_the_limit_trips_in_few_of_five_hundred_runs_and_stays_tripped():
    seen = counts(np.random.default_rng(5), 100, 0.02, 500).tolist()
    states = [watch([(x, 100) for x in run], 0.02, 0.05) for run in seen]
    assert sum(state.tripped for state in states) / 500 <= 0.05
    bad = watch([(50, 100)], 0.02)
    assert bad.tripped
    assert bad.after(0, 100_000).tripped


def test_a_watch_may_be_kept_between_batches_or_made_anew():
    batches = [(0, 0), (2, 100), (0, 1), (1, 1)]
    kept = Watch(0.05)
    for batch in batches:
        kept = kept.after(*batch)
    assert kept == watch(batches, 0.05)
    assert 0 < kept.p_value <= 1


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: guardrail(2, 1, 0.1),
        lambda: guardrail(-1, 1, 0.1),
        lambda: guardrail(0, 1, 0.0),
        lambda: guardrail(0, 1, 1.0),
        lambda: guardrail(0, 1, 0.1, alpha=1.0),
        lambda: guardrail_against(0, 0, 0, 10),
        lambda: guardrail_against(0, 10, 11, 10),
        lambda: watch([(3, 2)], 0.1),
    ],
    ids=["2 of 1", "-1 of 1", "none allowed", "all allowed", "alpha 1", "nobody", "11", "batch"],
)
def test_counts_and_limits_that_cannot_be_are_refused(impossible):
    with pytest.raises(InvalidInput):
        impossible()
