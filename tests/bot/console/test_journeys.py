"""自动化旅程 and 营销日历 in the console: written as YAML, looked at, started; a month."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import campaign, journey
from bot.console.rights import Role
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import accounts, audit, campaigns, journeys, operators
from bot.talk.files import write_yaml
from tests.bot.console.conftest import post
from tests.conftest import a_follower

LIST = "/console/a/default/journeys"
NEW = "/console/a/default/new-journey"
MONTH = "/console/a/default/calendar"
STEPS = [
    {"id": "wait", "note": "<i>等一等</i>",
     "wait": {"event": "order", "days": 2, "then": "end", "else": "tag"}},
    {"id": "tag", "tag": "silent"},
    {"id": "end", "end": "finished"},
]  # fmt: skip
DOCUMENT = {"slug": "wake", "name": "唤醒", "trigger": {"when": "manual"}, "steps": STEPS}


@pytest.fixture
def shop(house):
    house.hire("lin", Role.MARKETER)
    return house


def write(shop, document, path=NEW, do="save", **more):
    text = document if isinstance(document, str) else write_yaml(document)
    return post(shop.signed_in("lin"), path, yaml=text, do=do, policy="keep", **more)


def test_a_journey_is_written_looked_at_and_kept_as_a_draft(shop):
    seen = write(shop, DOCUMENT, do="check")
    assert "没有发现问题" in seen.text
    assert journeys.of_account(shop.account_id) == []
    assert write(shop, DOCUMENT).location == f"{LIST}/wake"
    held = journeys.by_slug(shop.account_id, "wake")
    assert (held.state, held.version) == ("draft", 1)
    assert journeys.version(held.id, 1).author == "operator:lin"
    assert audit.entries(1)[0].action == "journey_define"
    assert "唤醒" in shop.signed_in("lin").get(LIST).text


FAULTS = {
    "no YAML": "slug: [",
    "a bomb": "a: &a [1]\nb: *a",
    "a list": "- 1",
    "no journey": {"slug": "x"},
    "a step that leads nowhere": {**DOCUMENT, "steps": [{"id": "a", "tag": "x"}]},
    "too long": "a: " + "x" * 64_000,
}


def test_a_fault_comes_back_with_what_was_written_and_nothing_is_kept(shop):
    for name, document in FAULTS.items():
        answer = write(shop, document)
        assert answer.status_code == 422, name
        assert 'role="alert"' in answer.text, name
    assert "之后没有下一步" in write(shop, FAULTS["a step that leads nowhere"]).text
    assert journeys.of_account(shop.account_id) == []


def test_a_change_is_the_next_version_and_none_is_written_over_unseen(shop):
    write(shop, DOCUMENT)
    changed, path = {**DOCUMENT, "name": "再唤醒"}, f"{LIST}/wake/edit"
    assert "slug: wake" in shop.signed_in("lin").get(path).text
    assert write(shop, changed, path, seen="1").status_code == 302
    late = write(shop, {**DOCUMENT, "name": "覆盖"}, path, seen="1")
    assert late.status_code == 409
    assert "覆盖" in late.text
    assert write(shop, {**changed, "slug": "other"}, path, seen="2").status_code == 422
    assert write(shop, changed, NEW).status_code == 422, "its slug is taken"
    held = journeys.by_slug(shop.account_id, "wake")
    assert (held.name, held.version) == ("再唤醒", 2)
    page = shop.signed_in("lin").get(f"{LIST}/wake?version=1")
    assert "第 1 版" in page.text
    assert shop.signed_in("lin").get(f"{LIST}/wake?version=7").status_code == 404


def test_start_pause_resume_stop(shop):
    write(shop, DOCUMENT)
    lin = shop.signed_in("lin")

    def act(word):
        done = post(lin, f"{LIST}/wake/act", act=word).status_code
        return done, journeys.by_slug(shop.account_id, "wake").state

    assert act("pause") == (409, "draft")
    assert act("start") == (302, "running")
    assert act("start") == (409, "running")
    assert act("pause") == (302, "paused")
    assert act("resume") == (302, "running")
    assert act("stop") == (302, "stopped")
    assert act("fly") == (409, "stopped")
    assert audit.entries(1)[0].action == "journey_stop"


def test_what_is_lacking_is_said_and_keeps_it_from_starting(shop):
    lin = shop.signed_in("lin")
    made = post(lin, f"{LIST}/install", trade="catering")
    assert made.location == f"{LIST}/welcome-catering/canvas"
    assert "券批次“火锅券（welcome-hotpot）”" in lin.get(made.location).text
    assert f'href="{LIST}/welcome-catering/canvas"' in lin.get(LIST).text
    again = post(lin, f"{LIST}/install", trade="catering")
    assert again.status_code == 302
    assert len(journeys.of_account(shop.account_id)) == 1
    answer = post(lin, f"{LIST}/welcome-catering/act", act="start")
    assert answer.status_code == 409
    assert journeys.by_slug(shop.account_id, "welcome-catering").state == "draft"
    assert post(lin, f"{LIST}/install", trade="piracy").status_code == 422


def test_the_flow_says_who_stands_where_and_who_went_which_way(shop):
    write(shop, DOCUMENT)
    journey.start(shop.account_id, "wake", shop.clock())
    people = [a_follower(shop.account_id, openid=f"o-{n}") for n in range(5)]
    journey.let_in(shop.services, shop.account_id, "wake", people, shop.clock())
    lin = shop.signed_in("lin")
    page = lin.get(f"{LIST}/wake").text
    assert '<span class="here">5</span> 人在这一步' in page
    assert "&lt;i&gt;等一等" in page
    assert "<i>等一等" not in page
    shop.clock.on(days=2, minutes=1)
    journey.advance_due(shop.services, shop.clock())
    lin = shop.signed_in("lin")  # the other session is over
    page = lin.get(f"{LIST}/wake").text
    assert '超时 → <a href="#step-tag">tag</a> <strong>5</strong>' in page
    assert '等到了 → <a href="#step-end">end</a> <strong>0</strong>' in page
    assert "走完 5" in lin.get(f"{LIST}/wake/report").text


def test_another_account_s_journey_is_not_there(shop):
    write(shop, DOCUMENT)
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
    lin = shop.signed_in("lin")
    for page in ("", "/edit", "/report"):
        assert lin.get(f"/console/a/second/journeys/wake{page}").status_code == 404
    assert post(lin, "/console/a/second/journeys/wake/act", act="start").status_code == 404


def a_campaign(shop, slug, days, **schedule):
    document = {
        "slug": slug, "name": f"<b>{slug}</b>", "segment": "all", "purpose": "marketing",
        "text": "看 {link}", "url": "https://example.com/", "schedule": schedule,
    }  # fmt: skip
    made = campaign.create(shop.services, shop.account_id, document, shop.clock())
    at = shop.clock() + timedelta(days=days)
    assert campaigns.move(made.id, ["draft"], "scheduled", shop.clock(), due_at=at)


@pytest.fixture
def autumn(shop):
    """Two campaigns at one segment of four, three days apart, the second once a week."""
    for number in range(4):
        a_follower(shop.account_id, openid=f"o-{number}")
    everybody = {"attribute": "subscribed", "op": "eq", "value": True}
    define(shop.account_id, "all", "全部", everybody, shop.clock())
    refresh_all(shop.clock())
    a_campaign(shop, "first", 1)
    a_campaign(shop, "weekly", 4, cron="0 10 * * 6", times=2)
    return shop


def test_the_month_shows_campaigns_and_their_recurrences(autumn):
    lin = autumn.signed_in("lin")
    page = lin.get(MONTH).text
    assert page.count("/campaigns/first") == 1
    assert page.count("/campaigns/weekly") == 2
    assert "<b>first" not in page
    empty = lin.get(f"{MONTH}?month=2031-02").text
    assert "这个月没有活动" in empty
    assert '<time datetime="2031-02-28">' in empty


def test_great_segments_are_held_against_each_other_only_when_somebody_asks(autumn, monkeypatch):
    lin = autumn.signed_in("lin")
    assert 'hx-trigger="load"' in lin.get(MONTH).text
    assert "100.0%" in lin.get(f"{MONTH}/collisions").text
    monkeypatch.setattr("bot.console.pages.calendar.QUICK", 3)
    page = lin.get(f"{MONTH}/collisions").text
    assert "100.0%" not in page
    assert "还没有统计过" in page
    assert f'action="{MONTH}/collisions/count?month=' in page


def test_a_run_that_began_stands_on_its_day_with_its_audience(autumn):
    campaign.start(autumn.services, autumn.account_id, "first", autumn.clock())
    campaign.push_due(autumn.services, autumn.clock())
    page = autumn.signed_in("lin").get(MONTH).text
    assert "已发完，统计效果中 · 4 人" in page


def test_whom_two_aim_at_is_told_in_per_cent(autumn):
    lin = autumn.signed_in("lin")
    alone = lin.get(f"{MONTH}/collisions")
    assert "100.0%" in alone.text
    assert "<html" in alone.text
    part = lin.get(f"{MONTH}/collisions", headers={"HX-Request": "true"})
    assert "100.0%" in part.text
    assert "<html" not in part.text
    assert "没有撞车的活动" in lin.get(f"{MONTH}/collisions?month=2031-02").text


def test_a_month_that_is_none_is_not_there(shop):
    lin = shop.signed_in("lin")
    for month in ("2026-13", "x", "0001-01", "9999-12", "2026-01-01"):
        assert lin.get(f"{MONTH}?month={month}").status_code == 404, month
        assert lin.get(f"{MONTH}/collisions?month={month}").status_code == 404, month


def test_english_is_complete(shop):
    operators.update(operators.by_name("lin").id, language="en")
    browser = shop.signed_in("lin")
    for path in (LIST, MONTH, f"{MONTH}/collisions"):
        shown = browser.get(path).text.replace("鸿雁", "")
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in shown), path
