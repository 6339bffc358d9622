"""营销活动 in the console: made by the form, tried dry, approved, started and stopped."""

from __future__ import annotations

import pytest

from bot import campaign, coupon
from bot.background import run_short
from bot.console.rights import Role
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import audit, campaign_rules, campaigns
from tests.bot.console.conftest import form_of, post
from tests.conftest import a_follower

FORM = {
    "name": "周末第二杯", "slug": "weekend", "any": "all", "purpose": "marketing", "offer": "cup",
    "text": "【鸿雁咖啡】{face_value}\r\n{link}", "url": "", "channels": "auto", "at": "",
    "until": "", "holdout": "5", "budget": "200.50", "priority": "50",
}  # fmt: skip
LIST = "/console/a/default/campaigns"


@pytest.fixture
def shop(house):
    now, account_id = house.clock(), house.account_id
    for number in range(4):
        a_follower(account_id, openid=f"o-{number}")
    define(account_id, "all", "全部", {"attribute": "subscribed", "op": "eq", "value": True}, now)
    refresh_all(now)
    coupon.make_batch(
        account_id,
        {"slug": "cup", "title": "第二杯", "face_value_fen": 1050, "valid_days": 7, "codes": 3},
        now,
    )
    house.hire("lin", Role.MARKETER)
    house.hire("wu", Role.REVIEWER)
    return house


def make(house, **changes):
    return post(house.signed_in("lin"), "/console/a/default/new-campaign", **{**FORM, **changes})


def test_the_form_makes_a_draft_that_says_what_was_filled_in(shop):
    answer = make(shop)
    assert answer.location == f"{LIST}/weekend"
    found = campaigns.by_slug(shop.account_id, "weekend")
    assert found.state == "draft"
    assert found.definition["audience"] == {"any": ["all"]}
    assert found.definition["text"].startswith("【鸿雁咖啡】{face_value}\n{link}")
    assert (found.definition["budget_fen"], found.definition["holdout"]) == (20050, 0.05)
    assert audit.entries(1)[0].actor == "operator:lin"


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "Week End"), ("offer", "none"), ("holdout", "much"), ("text", "没有链接"),
     ("any", "nobody"), ("at", "tomorrow"), ("budget", "-1"), ("priority", "101")],
)  # fmt: skip
def test_a_fault_comes_back_with_the_form_as_it_was_filled_in(shop, field, value):
    answer = make(shop, **{field: value})
    assert answer.status_code == 422
    assert 'class="alert alert-danger"' in answer.text
    assert "周末第二杯" in answer.text or field == "holdout"
    assert campaigns.all_of(shop.account_id) == []


def test_what_the_form_does_not_know_stays(shop):
    document = {
        "slug": "weekend", "name": "x", "segment": "all", "purpose": "marketing", "offer": "cup",
        "text": "看 {link}", "goal": {"event": "coupon.redeemed"},
        "schedule": {"cron": "0 10 * * 6", "times": 3},
    }  # fmt: skip
    campaign.create(shop.services, shop.account_id, document, shop.clock())
    before = campaigns.by_slug(shop.account_id, "weekend")
    browser = shop.signed_in("lin")
    edited = {**FORM, "seen": before.updated_at.isoformat(), "name": "新名"}
    assert post(browser, f"{LIST}/weekend/edit", **edited).status_code == 302
    after = campaigns.by_slug(shop.account_id, "weekend")
    assert after.name == "新名"
    assert after.definition["goal"] == before.definition["goal"]
    assert after.definition["schedule"]["cron"] == "0 10 * * 6"


def test_nobody_s_change_is_written_over_unseen(shop):
    make(shop)
    stale = campaigns.by_slug(shop.account_id, "weekend").updated_at.isoformat()
    shop.clock.on(minutes=1)
    browser = shop.signed_in("lin")
    assert post(browser, f"{LIST}/weekend/edit", **{**FORM, "seen": stale}).status_code == 302
    answer = post(browser, f"{LIST}/weekend/edit", **{**FORM, "seen": stale, "name": "覆盖"})
    assert answer.status_code == 409
    assert campaigns.by_slug(shop.account_id, "weekend").name == "周末第二杯"


def test_the_whole_document_is_edited_as_yaml(shop):
    make(shop)
    browser, seen = shop.signed_in("lin"), campaigns.by_slug(shop.account_id, "weekend").updated_at
    page = browser.get(f"{LIST}/weekend/edit").text
    assert "slug: weekend" in page
    text = "slug: weekend\nname: 改过\nsegment: all\npurpose: marketing\noffer: cup\ntext: '{link}'"
    given = {"as": "yaml", "seen": seen.isoformat()}
    bad = post(browser, f"{LIST}/weekend/edit", **given, yaml="name: [")
    assert bad.status_code == 422
    assert post(browser, f"{LIST}/weekend/edit", **given, yaml=text).status_code == 302
    assert campaigns.by_slug(shop.account_id, "weekend").name == "改过"


def test_a_dry_run_shows_who_gets_it_and_burns_nothing(shop):
    make(shop, holdout="0")
    browser = shop.signed_in("lin")
    asked = post(browser, f"{LIST}/weekend/dry-run")
    run_short(shop.services, shop.clock())
    for path in (asked.location, f"{LIST}/weekend/ahead"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "券已发完" in page.text
        assert "受众 4 人" in page.text
    assert campaigns.by_slug(shop.account_id, "weekend").state == "draft"


def test_start_pause_resume_cancel(shop):
    make(shop)
    browser = shop.signed_in("lin")

    def act(word):
        return post(browser, f"{LIST}/weekend/act", act=word).status_code

    def state():
        return campaigns.by_slug(shop.account_id, "weekend").state

    assert (act("pause"), state()) == (409, "draft")
    assert (act("start"), state()) == (302, "scheduled")
    assert (act("start"), state()) == (409, "scheduled")
    campaign.push_due(shop.services, shop.clock())
    assert (act("pause"), state()) == (302, "paused")
    assert "进度" in browser.get(f"{LIST}/weekend").text
    assert act("resume") == 302
    assert (act("cancel"), state()) == (302, "cancelled")
    assert (act("delete"), state()) == (409, "cancelled")


def test_a_second_person_approves(shop):
    campaign_rules.put(shop.account_id, approval=True)
    make(shop)
    lin, wu = shop.signed_in("lin"), shop.signed_in("wu")
    refused = post(lin, f"{LIST}/weekend/act", act="start")
    assert refused.status_code == 409
    assert post(lin, f"{LIST}/weekend/submit").status_code == 302
    assert "待审批" in lin.get("/console/a/default").text
    assert post(lin, f"{LIST}/weekend/decide", verdict="approve").status_code == 403
    assert 'value="approve"' in wu.get(f"{LIST}/weekend").text
    assert post(wu, f"{LIST}/weekend/decide", verdict="reject", reason="字太小").status_code == 302
    assert "字太小" in lin.get(f"{LIST}/weekend").text
    assert post(lin, f"{LIST}/weekend/submit").status_code == 302
    assert post(wu, f"{LIST}/weekend/decide", verdict="approve").status_code == 302
    assert post(lin, f"{LIST}/weekend/act", act="start").status_code == 302


def test_one_s_own_campaign_cannot_be_approved_by_oneself(shop):
    campaign_rules.put(shop.account_id, approval=True)
    shop.hire("boss", Role.ADMIN)
    boss = shop.signed_in("boss")
    post(boss, "/console/a/default/new-campaign", **FORM)
    post(boss, f"{LIST}/weekend/submit")
    assert post(boss, f"{LIST}/weekend/decide", verdict="approve").status_code == 409


def test_another_account_s_campaign_is_not_there(shop):
    make(shop)
    from bot.store import accounts

    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
    browser = shop.signed_in("lin")
    assert browser.get("/console/a/second/campaigns/weekend").status_code == 404
    assert form_of(browser)


def test_names_never_run(shop):
    make(shop, name="<img src=x onerror=alert(1)>")
    browser = shop.signed_in("lin")
    for path in (LIST, f"{LIST}/weekend", f"{LIST}/weekend/edit", f"{LIST}/weekend/ahead"):
        assert "<img src=x" not in browser.get(path).text


def test_an_approver_sees_when_how_often_and_to_what_end(shop):
    campaign_rules.put(shop.account_id, approval=True)
    make(shop, when="once", at="2020-01-01T10:00", per_day="1", per_week="3", per_month="",
         quiet_from="22:00", quiet_to="08:00", when_capped="skip", yield_hours="24",
         rest_after="", rest_days="", variety="", goal_event="coupon.redeemed", goal_days="5",
    )  # fmt: skip
    page = shop.signed_in("wu").get(f"{LIST}/weekend").text
    for said in (
        "已经过去，请先改时间",
        "22:00–08:00 不发",
        "每周 3 条",
        "核销优惠券，5 天内",
        "待提交审批",
    ):
        assert said in page
    lin = shop.signed_in("lin")
    assert 'name="act" value="start"' not in lin.get(f"{LIST}/weekend").text  # not approved yet
    assert post(lin, f"{LIST}/weekend/submit").status_code == 302
    post(shop.signed_in("wu"), f"{LIST}/weekend/decide", verdict="approve")
    assert 'name="act" value="start"' in lin.get(f"{LIST}/weekend").text
