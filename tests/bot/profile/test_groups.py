"""Reckoned segments: RFM by the account's own medians, clusters that keep their names."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from bot.clock import SHANGHAI
from bot.errors import InvalidInput
from bot.profile import clusters, grouping, rfm_groups
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import segments as segment_store
from bot.store.models import Follower
from tests.bot.segment import cast
from tests.conftest import NOON

DAY = timedelta(days=1)


def test_eight_classes_by_the_medians_of_the_buyers(any_store):
    account = cast.an_account()
    people = {}
    for recent in (1, 40):
        for often in (1, 3):
            for fen in (100, 9_000):
                person = cast.somebody(account)
                people[recent < 20, often > 1, fen > 1_000] = person
                for _ in range(often):
                    cast.did(person, "order", NOON - recent * DAY, NOON, amount_fen=fen // often)
    window_shopper = cast.somebody(account)
    cast.did(window_shopper, "click", NOON)
    cast.folded(NOON)
    found = rfm_groups.make(account, NOON)
    refresh_all(NOON, account)
    held = cast.held(account)
    for high, (slug, _) in rfm_groups.CLASSES.items():
        assert held[slug] == {people[high]}
    assert found[0].said == (
        "重要价值客户 1 人（占顾客 12%）：近来有互动，买得比一半人多，花费高于中位数"
    )


def test_most_bought_once_so_twice_is_often():
    from bot.store.groupings import Buyer

    of = rfm_groups.classed([Buyer(n, n, 1 + (n == 5), 100) for n in range(1, 6)])
    assert [often for _, often, _ in of.values()] == [False] * 4 + [True]
    assert rfm_groups.classed([]) == {}


def test_a_slug_with_a_rule_is_not_taken(store):
    account = cast.an_account()
    define(account, "rfm-lost", "我的", {"tag": "x"}, NOON)
    with pytest.raises(InvalidInput):
        rfm_groups.make(account, NOON)
    assert [one.slug for one in segment_store.of_account(account)] == ["rfm-lost"]


def crowd(account, rng, size=40):
    """Two kinds of people: who writes in the evening, and who buys by day; their ids."""
    writers, buyers = [], []
    noon = NOON.astimezone(SHANGHAI).replace(hour=12)
    for _ in range(size):
        writer, buyer = cast.somebody(account), cast.somebody(account)
        for day in range(1, rng.randint(5, 14)):
            at = noon - day * DAY
            cast.did(writer, "message.text", at + timedelta(hours=rng.choice([7, 8, 9])))
            cast.did(buyer, "order", at - timedelta(hours=2), amount_fen=rng.randint(5_000, 9_000))
        writers.append(writer)
        buyers.append(buyer)
    cast.folded(NOON)
    return set(writers), set(buyers)


def test_people_who_are_alike_are_together_and_keep_their_names(store):
    account, rng = cast.an_account(), random.Random(1)
    writers, buyers = crowd(account, rng)
    first = clusters.make(account, NOON, k=2)
    refresh_all(NOON, account)
    held = cast.held(account)
    assert sorted(map(sorted, held.values())) == sorted([sorted(writers), sorted(buyers)])
    of = {slug: "writers" if ids == writers else "buyers" for slug, ids in held.items()}
    said = {of[one.slug]: one.said for one in first}
    assert "晚间活跃" in said["writers"]
    assert "40 人（占 50%）" in said["buyers"]

    more, others = crowd(account, rng, 30)  # now there are more, and the numbers are other ones
    again = clusters.make(account, NOON, k=2)
    refresh_all(NOON, account)
    held = cast.held(account)
    assert {one.slug: one.name for one in again} == {one.slug: one.name for one in first}
    for slug, kind in of.items():
        assert held[slug] == (writers | more if kind == "writers" else buyers | others)


def test_as_many_clusters_as_set_people_apart(store):
    account = cast.an_account()
    writers, buyers = crowd(account, random.Random(1))
    found = clusters.make(account, NOON)
    refresh_all(NOON, account)
    held = cast.held(account)
    assert all(ids <= writers or ids <= buyers for ids in held.values())
    assert 2 <= len(found) == len(held) <= 8
    assert [one.size for one in found] == sorted((one.size for one in found), reverse=True)


def test_a_cluster_that_is_no_more_is_empty_and_its_number_is_not_used_again(store):
    account, rng = cast.an_account(), random.Random(2)
    crowd(account, rng)
    clusters.make(account, NOON, k=6)
    clusters.make(account, NOON, k=2)
    refresh_all(NOON, account)
    sizes = cast.sizes(account)
    assert len(sizes) >= 6
    assert sum(sizes.values()) == 80
    assert sum(size > 0 for size in sizes.values()) == 2


def test_who_switched_personalisation_off_is_grouped_with_nobody(store):
    account = cast.an_account()
    writers, buyers = crowd(account, random.Random(3))
    shy = min(buyers)
    Follower.update(personalised=False).where(Follower.id == shy).execute()
    clusters.make(account, NOON, k=2)
    rfm_groups.make(account, NOON)
    refresh_all(NOON, account)
    everybody = set().union(*cast.held(account).values())
    assert everybody == (writers | buyers) - {shy}


@pytest.mark.parametrize("k", [1, 13])
def test_how_many_has_bounds(store, k):
    with pytest.raises(InvalidInput):
        clusters.make(cast.an_account(), NOON, k)


def test_a_few_people_make_no_clusters(store):
    with pytest.raises(InvalidInput, match="50"):
        clusters.make(cast.an_account(), NOON)


def test_the_night_renews_what_was_made_once(store):
    account = cast.an_account()
    person = cast.somebody(account)
    cast.did(person, "order", NOON, amount_fen=100)
    cast.folded(NOON)
    four = NOON.astimezone(SHANGHAI).replace(hour=4, minute=5) + DAY
    assert grouping.regroup(four) == 0
    rfm_groups.make(account, NOON)
    assert grouping.regroup(four - timedelta(hours=1)) == 0
    assert grouping.regroup(four) == 8
    assert grouping.regroup(four + timedelta(minutes=30)) == 0
