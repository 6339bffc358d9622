"""What the console's settings pages read of the database, on every engine."""

from __future__ import annotations

from random import Random

import pytest

from bot.store import (
    accounts,
    campaign_rules,
    care_figures,
    consent_figures,
    consents,
    drawn_list,
    followers,
    quotas,
)
from bot.store.db import run
from tests.conftest import NOON


@pytest.mark.mysql
def test_size_migrations_consents_drawn_followers_and_counts_set_back(any_store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    people = [followers.ensure(account, f"o-{n}", NOON).id for n in range(30)]
    run("UPDATE follower SET subscribed = ?", (True,))
    run("UPDATE follower SET blacklisted = ? WHERE id = ?", (True, people[0]))
    consents.note(people[1], "marketing", False, at=NOON, received_at=NOON, how="h5")

    assert care_figures.size_bytes() > 10_000
    found = care_figures.migrated()
    assert (found.pending, found.unknown) == ((), ())
    assert found.latest == max(found.latest, "0029_sending_rules")

    counted = consent_figures.counts(account)
    assert (counted["known"], counted["following"], counted["blacklisted"]) == (30, 30, 1)
    assert consent_figures.said(account) == [("marketing", False, "h5", 1)]
    assert consent_figures.erased(account, 5) == []

    assert [one.id for one in drawn_list.drawn(account, 100, Random(1))] == people
    some = [one.id for one in drawn_list.drawn(account, 10, Random(1))]
    assert len(some) == 10
    assert some == [one.id for one in drawn_list.drawn(account, 10, Random(1))]
    assert drawn_list.drawn(account + 1, 10, Random(1)) == []

    quotas.room(account, "x", "2026-11-21", 9)
    quotas.take(account, "x", "2026-11-21", 5)
    quotas.give_back(account, "x", "2026-11-21")
    assert quotas.left(account, "x", "2026-11-21", 9) == 5
    quotas.begin_anew(account, "2026-11-21")
    assert quotas.left(account, "x", "2026-11-21", 9) == 9

    assert campaign_rules.put(account, approval=True).version == 1
    assert campaign_rules.change(account, 1, {"per_day": 2}).version == 2
