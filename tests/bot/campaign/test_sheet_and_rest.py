"""What an ended run leaves behind: a signed sheet that finds changes, and a second try."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from bot import campaign
from bot.campaign.results import rest, sheet
from bot.errors import Conflict, MessageRefused, OutcomeUnknown
from bot.store import audit, campaigns, links, send_sheet
from bot.store.db import Store, fetch, run, transaction
from bot.store.models import Follower, Send
from tests.bot.campaign.world import SLUG, Crash, World, found_world

PLAIN = {"offer": ..., "text": "x", "concurrency": 8}


def closed(store: Store, followers: int = 20) -> World:
    """Some sent, one failed, one unknown, one skipped, some held out."""
    world = found_world(store, followers=followers, codes=50)
    Follower.update(blacklisted=True).where(Follower.id <= 4).execute()
    answers = iter([MessageRefused(45015, "window"), OutcomeUnknown(None, "lost")])
    world.platform.verdict = lambda body: next(answers, None)
    world.begin(holdout=0.2, concurrency=8)
    world.push()
    campaign.close_now(world.services, world.account_id, SLUG, world.later(days=1))
    assert campaign.close_due(world.now) == 0
    return world


def faults(world: World) -> tuple[str, ...]:
    return sheet.verify(world.state(), 1, world.later(hours=1)).faults


# --- the sheet ---------------------------------------------------------------------------------


def test_the_sheet_tells_the_sum_the_calls_and_the_codes(any_store: Store):
    world = closed(any_store)
    states = world.states()
    told = sheet.sheet_of(world.state(), 1, world.now).document
    assert told["sum"]["offer"]["sent"] == states["sent"] > 5
    assert told["calls"] == {"message/custom/send": states["sent"] + 2}
    assert told["codes"] == {"given": states["sent"], "kept": 1, "returned": 1}
    assert (told["rows"], [span["rows"] for span in told["spans"]]) == (20, [20])
    assert "o-" not in str(told)
    assert faults(world) == ()


def test_it_is_made_once_and_stays(store: Store):
    world = closed(store)
    first = sheet.sheet_of(world.state(), 1, world.now)
    assert sheet.sign_due(world.later(days=1)) == 0
    assert sheet.sheet_of(world.state(), 1, world.now) == first
    assert [entry.action for entry in audit.entries(action="campaign.sheet")] == ["campaign.sheet"]


CHANGES = [
    ("UPDATE send SET state = 'sent' WHERE state = 'failed'", "changed"),
    ("UPDATE send SET variant = 'b' WHERE id = 7", "changed"),
    ("UPDATE send SET sent_at = sent_at + 1 WHERE state = 'sent'", "changed"),
    ("UPDATE send SET skip = 'opted_out' WHERE state = 'skipped'", "changed"),
    ("DELETE FROM send WHERE id = 7", "20 then, 19 now"),
    ("UPDATE generation SET closing = '{}'", "sum"),
    ("UPDATE send_sheet SET sheet = REPLACE(sheet, 'sent', 'Sent')", "after it was signed"),
    ("UPDATE send_sheet SET signature = 'x'", "after it was signed"),
    ("DELETE FROM audit_entry WHERE action = 'campaign.sheet'", "audit log"),
]


def test_a_change_is_found(store: Store):
    """Each alone: it is undone before the next."""
    world = closed(store)
    for change, word in CHANGES:
        with pytest.raises(Crash):
            changed(world, change, word)
    assert faults(world) == ()


def changed(world: World, change: str, word: str) -> None:
    with transaction():
        assert run(change), change
        assert word in " ".join(faults(world)), change
        raise Crash


def test_only_the_span_of_a_changed_row_is_blamed(store: Store, monkeypatch):
    monkeypatch.setattr(send_sheet, "SPAN", 5)
    world = closed(store)
    run("UPDATE send SET variant = 'b' WHERE follower_id = 7")
    assert faults(world) == ("ledger rows of step offer, followers 6 to 10: changed",)


def test_what_may_still_happen_is_no_fault(store: Store):
    """A receipt and an erasure; a tap that shows that an unknown message has come."""
    world = closed(store)
    sent = Send.get(Send.state == "sent")
    unknown = Send.get(Send.state == "unknown")
    run("UPDATE send SET delivered_at = 5, msgid = '7', error = 'x' WHERE id = ?", (sent.id,))
    run("UPDATE send SET reasons = '{}', error = '', subject = '' WHERE id = ?", (sent.id,))
    assert links.settle_unknown_as_sent(unknown.id, world.later(hours=1))
    assert faults(world) == ()


def test_no_sheet_before_the_sum(store: Store):
    world = found_world(store, followers=3, codes=0)
    world.begin(**PLAIN | {"concurrency": 1})
    world.push(stop=lambda: len(world.platform.asked) >= 1)
    with pytest.raises(Conflict, match="still being sent"):
        sheet.sheet_of(world.state(), 1, world.now)


# --- the rest ----------------------------------------------------------------------------------


def half_sent(store: Store, followers: int = 30, **changes) -> World:
    """Some got it, one is unknown, one was refused, one has opted out; then it was cancelled."""
    world = found_world(store, followers=followers, codes=100)
    Follower.update(opted_out_at=world.now).where(Follower.id == 2).execute()
    answers = iter([MessageRefused(45015, "window"), OutcomeUnknown(None, "lost")])
    world.platform.verdict = lambda body: next(answers, None)
    world.begin(**{"concurrency": 8, "pace": {"per_minute": 10, "ramp_minutes": 0}, **changes})
    world.push()
    world.later(minutes=1)
    world.push()
    campaign.cancel(world.services, world.account_id, SLUG, world.now)
    campaign.close_due(world.later(minutes=1))
    return world


def the_rest(world: World) -> int:
    number = rest.send_rest_of(world.state(), world.now)
    for _ in range(12):
        world.push()
        world.later(minutes=1)
    return number


def test_the_figures_before_it_is_done(store: Store):
    world = half_sent(store)
    before = world.states()
    assert set(before) == {"sent", "failed", "unknown", "opted_out", "cancelled"}
    found = rest.rest_of(world.state())
    assert found.failed == {"45015": 1}
    assert found.skipped == {"cancelled": before["cancelled"]}
    assert world.state().generation == 1


def test_nobody_gets_it_twice_and_everybody_left_once(any_store: Store):
    world = half_sent(any_store)
    wanted = rest.rest_of(world.state()).followers
    assert the_rest(world) == 2
    assert max(world.platform.received().values()) == 1
    assert world.states() == {"sent": wanted - 1, "no_channel": 1}  # the refused: window shut
    assert rest.rest_of(closed_again(world)).followers == 0
    with pytest.raises(Conflict, match="nobody is left"):
        rest.send_rest_of(world.state(), world.now)


def closed_again(world: World) -> campaigns.CampaignState:
    campaign.close_now(world.services, world.account_id, SLUG, world.now)
    return world.state()


def test_a_rest_of_a_rest_counts_every_run(store: Store):
    """Cancelled again midway: the third run has those that neither of the two before reached."""
    world = half_sent(store)
    wanted = rest.rest_of(world.state()).followers
    rest.send_rest_of(world.state(), world.now)
    world.push()
    campaign.cancel(world.services, world.account_id, SLUG, world.now)
    campaign.close_due(world.now)
    left = rest.rest_of(world.state()).followers
    assert 0 < left < wanted
    assert the_rest(world) == 3
    assert world.states()["sent"] == left
    assert max(world.platform.received().values()) == 1


def test_held_out_stay_held_out_and_variants_stay_theirs(store: Store):
    variants = [
        {"name": "a", "weight": 1, "text": "a {link}"},
        {"name": "b", "weight": 1, "text": "b {link}"},
    ]
    world = half_sent(store, holdout=0.3, variants=variants)
    the_rest(world)
    rows = Send.select().order_by(Send.id)
    first = {row.follower_id: row for row in rows if row.generation == 1}
    second = {row.follower_id: row for row in rows if row.generation == 2}
    held = {who for who, row in first.items() if row.state == "held_out"}
    assert held
    assert not held & set(second)
    assert {who: first[who].variant for who in second} == {w: r.variant for w, r in second.items()}


@pytest.mark.parametrize("state", ["running", "paused", "cancelled"])
def test_only_an_ended_and_closed_run_has_a_rest(store: Store, state: str):
    world = found_world(store, followers=9, codes=0)
    world.begin(**{**PLAIN, "pace": {"per_minute": 5, "ramp_minutes": 0}})
    world.push()
    if state != "running":
        order = campaign.pause if state == "paused" else campaign.cancel
        order(world.services, world.account_id, SLUG, world.now)
    with pytest.raises(Conflict, match=f"is {state}"):
        rest.send_rest_of(world.state(), world.now)


def test_planning_the_rest_survives_a_kill_at_every_chunk(store: Store, monkeypatch):
    monkeypatch.setattr(rest, "CHUNK", 3)
    world = half_sent(store)
    wanted = rest.rest_of(world.state()).followers
    number = rest.send_rest_of(world.state(), world.now)
    real, kills = campaigns.advance, Counter[str]()

    def dies(*args):
        kills["all"] += 1
        if kills["all"] % 2:
            raise Crash
        real(*args)

    monkeypatch.setattr(campaigns, "advance", dies)
    while world.state().state == "planning":
        try:
            world.push(budget_seconds=5, stop=lambda: False)
        except Crash:
            continue
    found = fetch("SELECT follower_id FROM send WHERE generation = ?", (number,))
    assert len(found) == len(set(found)) == wanted
    assert campaigns.generation(world.state().id, number).audience == wanted
    assert kills["all"] > 2


def test_an_end_that_has_passed_does_not_bind_the_rest(store: Store):
    world = found_world(store, followers=12, codes=0)
    until = (world.now + timedelta(minutes=2)).isoformat()
    world.begin(**PLAIN, pace={"per_minute": 3, "ramp_minutes": 0}, schedule={"until": until})
    for _ in range(4):
        world.push()
        world.later(minutes=1)
    assert world.states()["expired"] > 0
    closed_again(world)
    the_rest(world)
    assert set(world.states()) == {"sent"}
