"""The platform's figures: which days, what of them, and broken off anywhere."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from bot.collect import statistics
from bot.collect.following import sync_followers
from bot.errors import InvalidInput
from bot.sandbox import articles
from bot.store import figures
from bot.store.db import fetch
from tests.bot.collect.conftest import House, killed_everywhere

START = "2026-11-02T08:00:00+08:00"
DAY = date(2026, 11, 2)
virtual = pytest.mark.wechat_sandbox(start=START)


def an_article(house: House, openid: str) -> str:
    """Sent to one, who reads it, shares it and writes below it; its msgid."""
    world = house.sandbox.platform.world
    news = {"title": "今日咖啡", "content": "<p>香</p>", "need_open_comment": 1}
    post = articles.compose(world, [news], "mass")
    articles.release(world, post, target=1)
    key = post.articles[0].key
    articles.read(world, openid, key)
    articles.share(world, openid, key)
    articles.comment(world, openid, key, "好喝，我住在幸福里三号")
    return f"{post.msg_data_id}_1"


def a_day_later(house: House) -> None:
    """Nine in the morning of the next day."""
    house.sandbox.advance(hours=25)


def sync(house: House, **how):
    return statistics.sync_day(house.account_id, house.client, DAY, house.now, **how)


@pytest.mark.parametrize(
    ("local", "last"),
    [
        pytest.param("2026-11-21T07:59:59+08:00", date(2026, 11, 19), id="not ready before eight"),
        pytest.param("2026-11-21T08:00:00+08:00", date(2026, 11, 20), id="yesterday from eight on"),
    ],
)
def test_the_last_day_that_is_ready(local, last):
    assert statistics.last_ready(datetime.fromisoformat(local).astimezone(UTC)) == last


@virtual
def test_a_days_figures_of_followers_and_messages(house: House):
    lin = house.sandbox.follower("小林")
    lin.follow("store01")
    a_day_later(house)
    report = sync(house)
    found = {
        (one.report, one.subject): dict(one.numbers)
        for one in figures.of_days(house.account_id, DAY.isoformat(), DAY.isoformat())
    }
    assert found["getusersummary", "user_source 30"] == {"new_user": 1, "cancel_user": 0}
    assert found["getusercumulate", ""] == {"cumulate_user": 1}
    assert report.figures == len(found)


@virtual
@pytest.mark.parametrize(
    ("day", "read"),
    [
        pytest.param(date(2026, 11, 2), True, id="yesterday"),
        pytest.param(date(2026, 11, 3), False, id="today is not over"),
        pytest.param(date(2026, 10, 1), False, id="too long ago"),
    ],
)
def test_which_days_can_be_read(house: House, day, read):
    a_day_later(house)
    if read:
        statistics.sync_day(house.account_id, house.client, day, house.now)
    else:
        with pytest.raises(InvalidInput):
            statistics.sync_day(house.account_id, house.client, day, house.now)


@virtual
def test_a_day_is_read_once_and_again_only_when_asked(house: House):
    a_day_later(house)
    sync(house)
    calls = len(house.sandbox.calls())
    assert sync(house).again
    assert len(house.sandbox.calls()) == calls
    rows = fetch("SELECT COUNT(*) FROM figure")
    assert not sync(house, again=True).again
    assert fetch("SELECT COUNT(*) FROM figure") == rows


@virtual
def test_a_refused_report_is_named_and_the_others_are_read(house: House):
    house.sandbox.follower("小林").follow()
    a_day_later(house)
    house.sandbox.fault("/datacube/getusersummary", errcode=48001, times=1)
    report = sync(house)
    assert report.refused == ("getusersummary 48001",)
    assert report.figures > 0


@virtual
def test_the_days_of_the_week_that_were_not_read_are_due(house: House):
    a_day_later(house)
    due = statistics.due_days(house.account_id, house.now)
    assert (due[-1], len(due)) == (DAY, 7)
    sync(house)
    assert statistics.due_days(house.account_id, house.now) == due[:-1]


@virtual
def test_killed_at_any_write_the_day_is_the_same(any_house: House, monkeypatch):
    house = any_house
    lin = house.sandbox.follower("小林")
    lin.follow()
    an_article(house, lin.openid)
    a_day_later(house)
    deaths = killed_everywhere(monkeypatch, lambda: sync(house))
    assert deaths >= 9
    rows = fetch("SELECT report, subject, day, numbers FROM figure ORDER BY id")
    assert len(rows) == len({row[:3] for row in rows})
    whole = figures.of_days(house.account_id, DAY.isoformat(), DAY.isoformat())
    assert len(whole) == len(rows), "all of one day"
    sync(house, again=True)
    assert fetch("SELECT report, subject, day, numbers FROM figure ORDER BY id") == rows


@virtual
def test_an_article_has_its_day_and_its_totals(house: House):
    lin = house.sandbox.follower("小林")
    lin.follow()
    msgid = an_article(house, lin.openid)
    a_day_later(house)
    sync(house)
    found = {
        one.report: one
        for one in figures.of_days(house.account_id, DAY.isoformat(), DAY.isoformat())
        if one.subject == msgid
    }
    assert found["getarticlesummary"].numbers["share_user"] == 1
    totals = found["getarticletotal"]
    assert (totals.title, totals.published) == ("今日咖啡", DAY.isoformat())
    assert totals.numbers["int_page_read_user"] == 1
    assert found["getarticletotaldetail"].numbers["comment_count"] == 1


@virtual
def test_a_comment_is_an_event_of_who_wrote_it_once_and_sealed(house: House):
    lin = house.sandbox.follower("小林")
    lin.follow()
    sync_followers(house.account_id, house.client, house.now)
    msgid = an_article(house, lin.openid)
    a_day_later(house)
    assert sync(house).comments == 1
    assert sync(house, again=True).comments == 0
    [(who, facts, sealed)] = fetch(
        "SELECT follower_id, facts, sealed FROM event WHERE kind = 'comment'"
    )
    assert (who, json.loads(facts)) == (house.id_of(lin.openid), {"article": msgid})
    assert "幸福里".encode() not in bytes(sealed)


@pytest.mark.wechat_sandbox(start=START, switches={"old_article_reports": False})
def test_where_the_old_reports_are_gone_the_new_ones_are_read(house: House):
    lin = house.sandbox.follower("小林")
    lin.follow()
    msgid = an_article(house, lin.openid)
    a_day_later(house)
    report = sync(house)
    assert report.refused == ("getarticlesummary 47009", "getarticletotal 47009")
    assert msgid in figures.articles_since(house.account_id, DAY.isoformat())
