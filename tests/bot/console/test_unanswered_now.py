"""未命中消息 need not wait for the night: what was said today is grouped when somebody asks."""

from __future__ import annotations

from datetime import timedelta

from bot import background
from bot.console.rights import Role
from tests.bot.console.conftest import post
from tests.bot.talk.test_learning import said
from tests.conftest import a_follower

UNANSWERED = "/console/a/default/unanswered"
ASKED = ("有没有无线网", "无线网密码多少", "你们无线网密码是啥", "无线网的密码")


def test_what_was_said_today_is_grouped_now(house):
    house.hire("lin", Role.MARKETER)
    for number, text in enumerate(ASKED):
        follower = a_follower(house.account_id, openid=f"o-{number}")
        said(house.account_id, follower, text, at=house.clock() - timedelta(minutes=number))
    browser = house.signed_in("lin")
    assert ASKED[1] not in browser.get(UNANSWERED).text
    task = post(browser, f"{UNANSWERED}/now")
    assert task.status_code == 303
    assert background.run_long(house.services, house.clock()) == 1
    assert "现在有 1 组建议" in browser.get(task.headers["Location"]).text
    assert ASKED[1] in browser.get(UNANSWERED).text


def test_who_only_talks_cannot_order_it(house):
    house.hire("mei", Role.AGENT)
    browser = house.signed_in("mei")
    assert "/unanswered/now" not in browser.get(UNANSWERED).text
    assert post(browser, f"{UNANSWERED}/now").status_code == 403
