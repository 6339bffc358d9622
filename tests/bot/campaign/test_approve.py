"""Approval by a second person: of the exact document, before it can start."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import campaign
from bot.campaign import approve
from bot.content.findings import refusing
from bot.errors import Conflict
from bot.store import audit, campaign_rules
from bot.store.db import Store
from tests.bot.campaign.world import SLUG, World, a_document, found_world

WANG, LI = "operator:wang", "operator:li"


@pytest.fixture
def world(store: Store) -> World:
    found = found_world(store, followers=2)
    campaign_rules.put(found.account_id, approval=True)
    campaign.create(found.services, found.account_id, a_document(), found.now, actor=WANG)
    return found


def edited(world: World, actor: str, **changes: object) -> None:
    document = a_document(**changes)
    campaign.change(world.services, world.account_id, SLUG, document, world.now, actor=actor)


def start(world: World) -> None:
    campaign.start(world.services, world.account_id, SLUG, world.now)


def submit(world: World, who: str) -> None:
    approve.submit(world.account_id, SLUG, who, world.now)


def give(world: World, who: str) -> None:
    approve.approve(world.account_id, SLUG, who, world.now)


def test_what_a_second_person_approved_starts(world: World):
    submit(world, WANG)
    give(world, LI)
    start(world)
    assert world.state().state == "scheduled"
    actions = [(one.actor, one.action) for one in audit.entries(10)]
    assert actions == [(LI, "campaign_approved"), (WANG, "campaign_submit")]


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        pytest.param([], "submit it first", id="never submitted"),
        pytest.param([(submit, WANG)], "waits", id="not decided yet"),
        pytest.param([(submit, WANG), (give, LI), (edited, WANG)], "was changed",
                     id="changed after it was approved"),
    ],
)  # fmt: skip
def test_without_it_nothing_starts(world: World, steps, why: str):
    for step, who in steps:
        step(world, who, **({"text": "{link} 改了"} if step is edited else {}))
    with pytest.raises(Conflict, match=why):
        start(world)
    assert world.state().state == "draft"


@pytest.mark.parametrize(
    ("steps", "who", "why"),
    [
        pytest.param([], LI, "submitted first", id="nothing was submitted"),
        pytest.param([(submit, WANG)], WANG, "second person", id="who submitted it"),
        pytest.param([(submit, LI)], WANG, "second person", id="who wrote it"),
        pytest.param([(submit, WANG), (give, LI)], LI, "submitted first", id="twice"),
    ],
)
def test_who_cannot_approve(world: World, steps, who: str, why: str):
    for step, by in steps:
        step(world, by)
    with pytest.raises(Conflict, match=why):
        give(world, who)


def test_a_change_while_it_waits_is_not_approved_unseen(world: World):
    submit(world, WANG)
    edited(world, WANG, text="{link} 改了")
    with pytest.raises(Conflict, match="changed after it was submitted"):
        give(world, LI)


def test_a_refusal_says_why_and_stays_until_the_document_changes(world: World):
    submit(world, WANG)
    with pytest.raises(Conflict, match="says why"):
        approve.reject(world.account_id, SLUG, LI, " ", world.now)
    assert approve.reject(world.account_id, SLUG, LI, "字太小", world.now).reason == "字太小"
    with pytest.raises(Conflict, match="refused"):
        start(world)
    edited(world, WANG, text="{link} 改了")
    submit(world, WANG)
    give(world, LI)
    start(world)


def test_what_the_linter_calls_an_error_is_not_submitted(world: World):
    edited(world, WANG, text="全网最低价，最好的咖啡：{link}")
    with pytest.raises(Conflict, match="linter refuses"):
        submit(world, WANG)


def test_nor_does_it_start_where_no_approval_is_demanded_unless_somebody_answers_for_it(
    world: World,
):
    campaign_rules.put(world.account_id, approval=False)
    edited(world, WANG, text="全网最低价，转发即可领券：{link}")
    with pytest.raises(Conflict, match="linter refuses"):
        start(world)
    with pytest.raises(Conflict, match="linter refuses"):
        campaign.start(
            world.services, world.account_id, SLUG, world.now, despite=["inducement-share"]
        )
    assert world.state().state == "draft"
    found = campaign.dry_run(world.services, world.account_id, SLUG, world.now).findings
    rules = {one.rule for one in refusing(found)}
    assert len(rules) == 2
    campaign.start(world.services, world.account_id, SLUG, world.now, despite=rules)
    assert world.state().state == "scheduled"


def test_a_refusal_holds_back_what_was_scheduled_without_a_demand(world: World):
    submit(world, WANG)
    campaign_rules.put(world.account_id, approval=False)
    campaign.schedule(
        world.services, world.account_id, SLUG, world.now, at=world.now + timedelta(days=1)
    )
    approve.reject(world.account_id, SLUG, LI, "字太小", world.now)
    assert world.state().state == "draft"
    with pytest.raises(Conflict, match="refused"):
        start(world)


def test_the_same_document_written_otherwise_is_still_approved(world: World):
    submit(world, WANG)
    give(world, LI)
    edited(world, WANG, priority=50, guardrails={"per_day": 1})
    start(world)


@pytest.mark.parametrize(
    ("account_demands", "document", "needed"),
    [(False, None, False), (False, "required", True), (True, None, True), (True, "none", True)],
)
def test_who_demands_it(store: Store, account_demands: bool, document, needed: bool):
    world = found_world(store, followers=1)
    campaign_rules.put(world.account_id, approval=account_demands)
    world.create(approval=document)
    assert (approve.standing_of(world.state()) == "missing") is needed
