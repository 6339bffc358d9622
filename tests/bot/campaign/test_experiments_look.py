"""The hourly look: bandit, roll-out, guardrails, shares that are off; whatever dies in between."""

from __future__ import annotations

from collections import Counter
from random import Random

from bot.campaign.experiments import look as experiments_look
from bot.campaign.experiments import sweep as experiments_sweep
from bot.campaign.experiments.figures import RIPE, ratios
from bot.campaign.experiments.report import counted, shown
from bot.campaign.planning import standing
from bot.experiment.arms import Arm
from bot.experiment.bandit import FLOOR, decide
from bot.experiment.evidence import as_document
from bot.store import audit, campaigns, send_figures
from bot.store.db import Store, database, run
from tests.bot.campaign.trying import (
    URL,
    VARIANTS,
    answer,
    by_arm,
    leave,
    look,
    open_windows,
    pages,
    rows,
    state,
    tried,
    variants,
)
from tests.bot.campaign.world import SLUG, Crash, World, a_document, found_world, people
from tests.bot.effect.doings import buy, tap


def half_sent(store: Store, many: int = 200, waits: int = 50, **part: object) -> World:
    """A run of which all but `waits` are sent; those wait until the next week."""
    world = found_world(store, followers=many, codes=0)
    open_windows(world)
    made = world.begin(**tried(**part), schedule={"until": "2027-01-01T00:00:00+08:00"})
    world.push()
    ids = sorted(rows(made.id))[-waits:]
    run(
        "UPDATE send SET state = 'intended', sent_at = NULL, client_id = '', not_before = ?"
        f" WHERE follower_id IN ({','.join('?' * len(ids))})",
        (4_000_000_000_000, *ids),
    )
    return world


WINNER = {"winner": {"after_hours": 2, "metric": "clicked"}}


def test_the_winner_goes_to_whoever_waits_wherever_it_is_killed(any_store: Store, monkeypatch):
    world = half_sent(any_store, **WINNER)
    monkeypatch.setattr(experiments_sweep, "BATCH", 13)
    done = [row for row in world.rows() if row.state == "sent"]
    answer(world, done, {"a": 0.1, "b": 0.5})
    assert (look(world), pages(world)) == (0, [])  # an hour after the first send it is too early
    world.later(hours=1)
    assert killed_at_each_statement(world, monkeypatch) > 30
    assert by_arm(state="intended") == {"b": 50}
    assert {row.chance for row in world.rows() if row.state == "intended"} == {None}
    assert variants(done[0].campaign_id).items() >= {r.follower_id: r.variant for r in done}.items()
    assert [page.kind for page in pages(world)] == ["winner"]
    assert (state(world).state, state(world).winner, state(world).sweeping) == ("won", "b", False)
    assert [e.action for e in audit.entries(9)].count("experiment.decided") == 1
    assert look(world) == 1  # once more an hour later, for what a plan wrote meanwhile: no rows
    assert by_arm(state="intended") == {"b": 50}
    assert "「b」胜出" in pages(world)[0].words["zh"][0]


def killed_at_each_statement(world: World, monkeypatch) -> int:
    """Look until it ends by itself, dying at the first statement, then at the second ...; from the
    first again once it is decided. How often it died."""
    kills = reached = 0
    real = database.obj.execute_sql
    while True:
        left, was = reached, state(world).state

        def dies(*args, **kwargs):
            nonlocal left
            if left == 0:
                raise Crash
            left -= 1
            return real(*args, **kwargs)

        monkeypatch.setattr(database.obj, "execute_sql", dies)
        try:
            experiments_look.look(world.now)
            return kills
        except Crash:
            kills += 1
        finally:
            monkeypatch.setattr(database.obj, "execute_sql", real)
        reached = reached + 1 if state(world).state == was else 0


def test_without_an_answer_it_waits_and_says_so_once(store: Store):
    world = half_sent(store, many=120, waits=20, **WINNER)
    before = by_arm(state="intended")
    answer(world, [row for row in world.rows() if row.state == "sent"], {"a": 0.2, "b": 0.2})
    for _ in range(4):
        look(world, hours=2)
    assert [page.kind for page in pages(world)] == ["not_yet"]
    assert by_arm(state="intended") == before
    assert "继续" in pages(world)[0].words["zh"][-1]
    look(world, days=31)
    assert (pages(world)[-1].kind, state(world).state) == ("over", "over")


def test_control_goes_to_whoever_waits_when_everything_else_is_worse(store: Store):
    world = half_sent(store, many=160, waits=60, **WINNER)
    answer(world, [row for row in world.rows() if row.state == "sent"], {"a": 0.7, "b": 0.05})
    look(world, hours=3)
    assert by_arm(state="intended") == {"a": 60}
    assert "保留对照" in pages(world)[0].words["zh"][0]


def test_runs_of_other_shares_raise_no_alarm_as_their_followers_keep_their_arm(store: Store):
    world = half_sent(store, many=200, waits=10, **WINNER)
    had = {row.follower_id: row.variant for row in world.rows() if row.state == "sent"}
    unequal = [{**VARIANTS[0], "weight": 9}, VARIANTS[1]]
    second = world.begin(slug="more", **tried(**WINNER) | {"variants": unequal})
    world.push()
    assert variants(second.id).items() >= had.items()
    look(world, hours=1)
    assert (state(world).state, ratios(state(world))) == ("running", {})


def test_what_may_have_been_sent_and_what_was_not_drawn_keeps_its_text(store: Store):
    world = half_sent(store, many=160, waits=60, **WINNER)
    kept = [row.id for row in world.rows() if row.state == "intended" and row.variant == "a"][:3]
    run(f"UPDATE send SET client_id = 'x' WHERE id IN ({','.join(map(str, kept))})")
    answer(world, [row for row in world.rows() if row.state == "sent"], {"a": 0.1, "b": 0.6})
    look(world, hours=3)
    assert by_arm(state="intended") == {"b": 57, "a": 3}
    assert {row.id for row in world.rows() if row.variant == "a" and row.client_id} >= {*kept}


def test_lost_rows_stop_it_with_words_on_the_campaign(any_store: Store):
    world = half_sent(any_store, many=200, waits=10, **WINNER)
    run("DELETE FROM send WHERE variant = 'b' AND MOD(follower_id, 3) > 0")
    look(world, hours=3)
    assert state(world).state == "broken"
    assert "各组人数与设定不符" in world.state().error
    assert world.state().state == "running"
    assert look(world, hours=3) == 0
    assert [page.kind for page in pages(world)] == ["broken"]
    assert shown(world.account_id, "tone", world.now).to_json()["shares"]["drawn"]["broken"]


def test_an_arm_after_which_many_leave_is_out_and_the_last_one_goes_to_all(store: Store):
    world = half_sent(store, many=140, waits=40)
    done = [row for row in world.rows() if row.state == "sent"]
    leave(world, [row for row in done if row.variant == "b"][:20], "opt_out")
    look(world)
    assert by_arm(state="intended") == {"a": 40}
    assert (state(world).out, state(world).winner) == (("b",), "a")
    assert "退订" in pages(world)[0].words["zh"][0]
    words = shown(world.account_id, "tone", world.now).words()
    assert "「a」" in words[0]


def test_figures_count_each_follower_once_and_programs_never(any_store: Store):
    world = half_sent(any_store, many=40, waits=10)
    done = [row for row in world.rows() if row.state == "sent"]
    first, second, third = [row for row in done if row.variant == "a"][:3]
    for _ in range(3):
        tap(world, first)
    tap(world, second, automatic=True)
    world.later(hours=1)
    buy(world, third.follower_id, 1200)
    leave(world, [first, second], "unsubscribe")
    found = counted(state(world), world.now)
    assert found.sent == Counter(row.variant for row in done)
    assert sum(found.drawn.values()) == 40
    assert found.did == {"clicked": {"a": 1}, "claimed": {}, "redeemed": {}, "ordered": {"a": 1}}
    assert found.left["unsubscribe"] == {"a": 2}
    credited = send_figures.bought(first.campaign_id, None, RIPE["ordered"])
    assert {arm: (m.people, m.total) for arm, m in found.money.items()} == {
        arm: (b.people, b.revenue_fen) for arm, b in credited.items()
    }


def test_a_bandit_of_a_journey_learns_in_a_month_keeps_its_floor_and_its_diary_replays(
    store: Store,
):
    world = found_world(store, followers=1, codes=0)
    document = a_document(segment=..., slug=..., **tried(bandit=True))
    action = standing.open_standing(world.account_id, "journey:x:1:hi", document, world.now)
    known = {}
    for third in range(10):  # of three days each
        people(world.account_id, world.segment_id, 36, first=2 + 36 * third)
        open_windows(world)
        new = [(2 + 36 * third + n, 1) for n in range(36)]
        standing.enqueue(action, new, URL, world.now)
        world.push()
        told = [row for row in rows(action).values() if row.follower_id not in known]
        for row in told:
            if row.follower_id % 10 < {"a": 1, "b": 5}[row.variant]:
                tap(world, row)
        known |= {row.follower_id: row.variant for row in told}
        look(world, days=3)
    found = state(world)
    assert found.weights["b"] > 0.85
    assert found.weights["a"] >= FLOOR
    assert variants(action).items() >= known.items()
    late = Counter(variant for who, variant in known.items() if who > 240)
    assert late["b"] > 3 * late["a"]
    diary = [page.evidence for page in pages(world) if page.kind == "weights"]
    assert len(diary) >= 8
    for page in diary:
        seen = page["decision"]
        again = decide([Arm(**arm) for arm in seen["known"]], Random(page["seed"]))
        assert as_document(again) == seen
    assert found.looked_at == world.now
    assert experiments_look.look(world.now) == 0  # once an hour


def test_a_bandit_draws_anew_what_waits_and_nobody_else(any_store: Store):
    world = half_sent(any_store, many=160, waits=60, bandit=True)
    done = {row.id: row.variant for row in world.rows() if row.state == "sent"}
    waited = {row.id: row.variant for row in world.rows() if row.state == "intended"}
    answer(world, [row for row in world.rows() if row.id in done], {"a": 0.05, "b": 0.6})
    look(world, hours=7)
    after = {row.id: row for row in world.rows()}
    assert {key: after[key].variant for key in done} == done
    weights = state(world).weights
    assert {(after[key].variant, after[key].chance) for key in waited} == set(weights.items())
    moved = [key for key in waited if after[key].variant != waited[key]]
    assert {after[key].variant for key in moved} == {"b"}
    assert campaigns.by_slug(world.account_id, SLUG).error == ""
    assert look(world) == 0  # nothing was learnt since: no page, no draw
    assert [page.kind for page in pages(world)] == ["weights"]
