"""A report as people read it: Chinese first, the account's clock, one figure for one effect."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot import campaign
from bot.campaign import phases
from bot.campaign.results import rest, sheet
from bot.campaign.results.telling import closing_told, report_told, rest_told, sheet_told
from bot.effect import postmortem
from bot.errors import Conflict, MessageRefused
from bot.store import audit, campaign_rules, events
from bot.store.db import Store
from bot.store.models import Follower, Send
from tests.bot.campaign.world import SLUG, World, found_world
from tests.conftest import NOON

SHANGHAI = ZoneInfo("Asia/Shanghai")


def did(world: World, who: int, kind: str, **facts: object) -> None:
    events.append(
        world.account_id, who, kind, at=world.now, received_at=world.now, source="test",
        key=f"{kind}:{who}", facts=facts,
    )  # fmt: skip


def arms(world: World) -> tuple[list[int], list[int]]:
    """Those sent to, and those held out without a reason."""
    rows = list(Send.select().order_by(Send.id))
    held = [r.follower_id for r in rows if r.state == "held_out" and not r.skip]
    return [r.follower_id for r in rows if r.state == "sent"], held


# --- one effect, one figure ---------------------------------------------------------------------


def test_report_and_post_mortem_tell_the_same_effect_before_the_end_and_after(store: Store):
    world = found_world(store, followers=60)
    world.begin(holdout=0.5, attribution_days=1)
    world.push()
    for who in arms(world)[0][:6]:
        did(world, who, "order", amount_fen=100)
    widths = []
    for interval in ("at_any_look", "final"):
        report = world.report()
        document = postmortem.look_back(world.state(), 1, world.now)
        assert report.to_json()["increment"] == document["increment"]
        assert document["increment"]["interval"] == interval
        difference, low, high = document["increment"]["difference"]
        assert (report.effect.difference, report.effect.low, report.effect.high) == (
            difference, low, high,
        )  # fmt: skip
        widths.append(high - low)
        campaign.close_due(world.later(days=1))
        campaign.close_due(world.later(days=1))
    assert widths[0] > widths[1], "an interval that holds at any look is wider"


def test_the_goal_of_the_document_is_what_the_effect_is_about(any_store: Store):
    world = found_world(any_store, followers=60)
    goal = {"event": "checkin", "where": {"shop": "east"}, "within_days": 2}
    world.begin(holdout=0.5, goal=goal)
    world.push()
    sent, held = arms(world)
    for who in (*sent[:5], held[0]):
        did(world, who, "checkin", shop="east")
    did(world, sent[6], "checkin", shop="west")
    did(world, sent[7], "order", amount_fen=900)
    world.later(days=2, seconds=1)
    did(world, sent[8], "checkin", shop="east")
    shown = world.report().to_json()["increment"]
    assert (shown["goal"]["event"], shown["goal"]["did"]) == ("checkin", [5, 1])
    assert shown["goal"]["people"] == shown["people"] == [len(sent), len(held)]
    assert shown["bought"] == [1, 0], "purchases stand beside it"
    words = list(report_told(world.report(), SHANGHAI))
    place = [n for n, line in enumerate(words) if "目标增量（签到）" in line]
    assert place, words
    assert "对照组" in words[place[0] + 1]


# --- who is held out ----------------------------------------------------------------------------


def test_the_held_out_are_told_apart_by_who_holds_them(any_store: Store):
    world = found_world(any_store, followers=200, codes=300)
    campaign_rules.put(world.account_id, control_permille=200)
    Follower.update(opted_out_at=NOON).where(Follower.id.in_(range(10, 201, 10))).execute()
    made = world.create(holdout=0.2)
    told = campaign.dry_run(world.services, world.account_id, made.id, world.now)
    campaign.start(world.services, world.account_id, made.id, world.now)
    world.push()
    report = world.report()
    by = report.closing.held_out_by
    assert by["control"] > 20
    assert by["hold_out"] > 20
    assert by == told.held_out_by
    assert sum(by.values()) == report.closing.held_out == told.held_out
    line = next(line for line in closing_told(report.closing) if "长期对照组" in line)
    assert line == f"  对照 {report.closing.held_out} 人 = " + (
        f"本次留出 {by['hold_out']} + 长期对照组 {by['control']} + 同组的另一个实验 0。"
    )
    fair = report.to_json()["by_control"]["people"][1]
    apart = Send.select().where(Send.skip == "global_control")
    barred = sum(row.reasons == {"barred": "opted_out"} for row in apart)
    assert fair == by["control"] - barred
    assert barred > 0, "who has opted out is no fair comparison in the control group either"


# --- between the last message and the end -------------------------------------------------------


def test_a_run_that_is_sent_is_called_so_until_its_effect_is_measured(store: Store):
    world = found_world(store, followers=4)
    world.create(attribution_days=2)
    said = [phases.phase_of(world.state()).said(SHANGHAI)]
    campaign.start(world.services, world.account_id, SLUG, world.now)
    said.append(phases.phase_of(world.state()).said(SHANGHAI))
    world.push()
    campaign.close_due(world.now)
    said.append(phases.phase_of(world.state()).said(SHANGHAI))
    campaign.close_due(world.later(days=2))
    said.append(phases.phase_of(world.state()).said(SHANGHAI))
    assert said == ["草稿", "已排期", "已发完，统计效果中（到 2026-11-23 12:00）", "已结束"]
    assert world.report().to_json()["measuring_until"] is None


def test_the_rest_and_a_provisional_sheet_are_there_as_soon_as_all_is_sent(store: Store):
    world = found_world(store, followers=10)
    answers = iter([MessageRefused(45015, "window")])
    world.platform.verdict = lambda body: next(answers, None)
    world.begin(concurrency=1)
    world.push(stop=lambda: len(world.platform.asked) >= 3)
    with pytest.raises(Conflict, match="still being sent"):
        sheet.sheet_of(world.state(), 1, world.now)
    with pytest.raises(Conflict, match="gone its way"):
        rest.rest_of(world.state())
    world.push()
    made = sheet.sheet_of(world.state(), 1, world.now)
    assert (made.provisional, made.document["sum"]["offer"]["sent"]) == (True, 9)
    assert next(one.action for one in audit.entries(5)) == "campaign.sheet.provisional"
    assert rest.rest_of(world.state()).failed == {"45015": 1}
    Follower.update(window_left=5).execute()
    assert rest.send_rest_of(world.state(), world.now) == 2
    world.push()
    assert world.platform.received().most_common(1)[0][1] == 1
    assert len(world.platform.sent) == 10
    signed = sheet.verify(world.state(), 1, world.later(minutes=1))
    assert (signed.provisional, signed.faults) == (False, ())


def test_nobody_left_leaves_the_run_open(store: Store):
    world = found_world(store, followers=2)
    world.begin()
    world.push()
    with pytest.raises(Conflict, match="nobody is left"):
        rest.send_rest_of(world.state(), world.now)
    assert world.state().state == "running"


# --- the words ----------------------------------------------------------------------------------


def test_a_report_is_chinese_first_and_by_the_accounts_clock(store: Store):
    world = found_world(store, followers=12)
    Follower.update(opted_out_at=NOON).where(Follower.id <= 3).execute()
    world.platform.verdict = lambda b: MessageRefused(45047, "") if b["touser"] == "o-9" else None
    world.begin()
    world.push()
    words = list(report_told(world.report(), SHANGHAI))
    assert words[0] == "【活动报告】秋日咖啡（autumn-coffee，第 1 次，截至 2026-11-21 12:00）"
    total = "活动消息总账：受众 12 = 已发 8 + 失败 1 + 跳过 3 + 对照 0 + 不明 0"
    assert total in words
    assert {"  跳过 3：已退订", "  失败 1：错误 45047"} <= set(words)
    assert not [line for line in words if "{" in line or "T12:" in line]
    english = list(report_told(world.report(), ZoneInfo("UTC"), "en"))
    assert english[0].endswith("as of 2026-11-21 04:00)")
    assert "  skipped 3: opted out" in [line.lower() for line in english]


def test_before_the_first_run_it_says_so(store: Store):
    world = found_world(store, followers=1)
    world.create()
    words = list(report_told(world.report(), SHANGHAI))
    assert words == ["【活动报告】秋日咖啡（autumn-coffee）：还没有发过", "状态：草稿"]


def test_the_rest_and_the_sheet_in_words(store: Store):
    world = found_world(store, followers=3)
    answers = iter([MessageRefused(45015, "window")])
    world.platform.verdict = lambda body: next(answers, None)
    world.begin()
    world.push()
    told = list(rest_told(rest.rest_of(world.state()), None))
    assert told == ["第 1 次没有发到 1 人", "  失败 1：错误 45015", told[-1]]
    assert "--yes" in told[-1]
    lines = list(sheet_told(sheet.sheet_of(world.state(), 1, world.now), True, SHANGHAI))
    assert lines[0].startswith("【暂定账单】autumn-coffee，第 1 次，2026-11-21 12:00 已全部发完")
    assert "接口调用：message/custom/send 3" in lines
    campaign.close_now(world.services, world.account_id, SLUG, world.now)
    final = list(sheet_told(sheet.verify(world.state(), 1, world.now), True, SHANGHAI))
    assert final[-1].startswith("核对一致")
