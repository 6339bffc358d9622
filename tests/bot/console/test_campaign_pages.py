"""Before, while and after a campaign is sent: dry run, tests, approval, effect, the rest."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot import background, campaign
from bot.background import rest as rest_task
from bot.campaign import looks
from bot.campaign.results.sheet import sign_due
from bot.clock import to_ms
from bot.console.pages import campaign_people
from bot.console.rights import Role
from bot.errors import MessageRefused
from bot.store import (
    accounts,
    audit,
    campaign_rules,
    campaigns,
    coupons,
    operators,
    pseudonyms,
    run_people,
    trials,
)
from bot.store.background import get as task_of
from bot.store.db import run
from tests.bot.campaign.world import Platform, a_document, people
from tests.bot.console.conftest import post

LIST = "/console/a/default/campaigns"
HERE = f"{LIST}/autumn-coffee"


@pytest.fixture
def shop(house):
    """Ten followers who may be sent to, a batch with eight codes, a platform that answers."""
    from bot.store import coupons, segments

    now, account_id = house.clock(), house.account_id
    batch = coupons.create_batch(
        account_id, "autumn", "暖心券", face_value_fen=2000, valid_seconds=7 * 86400, now=now
    )
    coupons.add_codes(batch, [f"CODE-{i:06d}" for i in range(8)])
    segment = segments.put(account_id, "everybody", "所有人", {"all": []}, now)
    people(account_id, segment.id, 10)
    segments.built(segment.id, segment.version, now, 1)
    platform = Platform()
    services = replace(house.services, client_of=lambda _: cast(Any, platform))
    house.app.extensions["hongyan"] = services
    house.hire("lin", Role.MARKETER)
    house.hire("wu", Role.REVIEWER)
    house.hire("li", Role.VIEWER)
    campaign.create(services, account_id, a_document(), now, actor="operator:lin")
    return SimpleNamespace(
        app=house.app, services=services, clock=house.clock, account_id=account_id,
        platform=platform, signed_in=house.signed_in, id=house,
    )  # fmt: skip


def worked(shop, answer):
    """The task that an answer leads to, done."""
    assert answer.status_code == 302, answer.text
    background.run_short(shop.services, shop.clock())
    background.run_long(shop.services, shop.clock())
    return task_of(shop.account_id, int(answer.location.rsplit("/", 1)[1]))


def sent(shop, minutes=1):
    campaign.start(shop.services, shop.account_id, "autumn-coffee", shop.clock())
    campaign.push_due(shop.services, shop.clock())
    shop.clock.on(minutes=minutes)
    return campaigns.by_slug(shop.account_id, "autumn-coffee")


# --- before ------------------------------------------------------------------------------------


def test_a_dry_run_goes_on_in_the_background_and_its_figures_stay(shop):
    lin = shop.signed_in("lin")
    assert "还没有试算过" in lin.get(f"{HERE}/ahead").text
    task = worked(shop, post(lin, f"{HERE}/dry-run"))
    assert (task.state, task.result["audience"], task.result["expected"]) == ("done", 10, 8)
    assert "o-1" not in json.dumps(task.result), "nobody's openid"
    for path in (f"/console/a/default/work/{task.id}", f"{HERE}/ahead"):
        page = shop.signed_in("lin").get(path).text
        assert "券已发完" in page
        assert "8 / 8" in page, "coupons of the stock"
        assert "499,9" in page or "500,000" in page, "what is left of the quota"
        assert page.count('<figure class="phone">') == 8
    assert "计算于 2026-11-21 12:00" in lin.get(HERE).text
    assert campaigns.by_slug(shop.account_id, "autumn-coffee").state == "draft"
    assert audit.entries(20, action="campaign_dry_run")


def test_a_dry_run_of_an_older_document_says_so(shop):
    lin = shop.signed_in("lin")
    worked(shop, post(lin, f"{HERE}/dry-run"))
    assert "之后活动改过" not in lin.get(HERE).text
    changed = a_document(holdout=0.5)
    campaign.change(shop.services, shop.account_id, "autumn-coffee", changed, shop.clock())
    assert "之后活动改过" in lin.get(HERE).text
    assert "之后活动改过" in lin.get(f"{HERE}/ahead").text


def test_a_dry_run_that_cannot_be_is_told_on_its_task(shop):
    lin = shop.signed_in("lin")
    answer = post(lin, f"{HERE}/dry-run")
    run("UPDATE segment SET slug = 'gone'")
    task = worked(shop, answer)
    assert task.state == "failed"
    assert "everybody" in task.error


@pytest.mark.parametrize("way", ["number", "pseudonym", "openid", "tester"])
def test_a_preview_is_of_one_real_follower_and_logged(shop, way):
    trials.add_tester(shop.account_id, "小王", 2, shop.clock())
    asked = {"number": "2", "pseudonym": pseudonyms.of(2), "openid": "o-2", "tester": "小王"}[way]
    page = shop.signed_in("lin").get(f"{HERE}/trial", query_string={"follower": asked})
    assert page.status_code == 200
    assert "送您一张20元的暖心券" in page.text
    assert [one.actor for one in audit.entries(9, follower_id=2)] == ["operator:lin"]


def test_nobody_else_s_follower_is_previewed_and_nobody_without_the_right(shop):
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
    from tests.conftest import a_follower

    theirs = a_follower(accounts.by_slug("second").id, openid="o-theirs")
    for asked in (str(theirs), "o-theirs", "9" * 30, "'; --"):
        found = shop.signed_in("lin").get(f"{HERE}/trial", query_string={"follower": asked})
        assert found.status_code == 404, asked
    assert shop.signed_in("li").get(f"{HERE}/trial?follower=2").status_code == 403


def test_a_big_matched_campaign_is_not_walked_for_one_follower(shop, monkeypatch):
    from bot.store import coupons

    second = coupons.create_batch(
        shop.account_id, "winter", "冬券", face_value_fen=900, valid_seconds=86400, now=shop.clock()
    )
    coupons.add_codes(second, ["W-1"])
    offers = [{"batch": name, "margin_fen": 3000} for name in ("autumn", "winter")]
    document = a_document(slug="matched", offer=..., match={"offers": offers})
    campaign.create(shop.services, shop.account_id, document, shop.clock())
    lin = shop.signed_in("lin")
    assert lin.get(f"{LIST}/matched/trial?follower=2").status_code == 200
    monkeypatch.setattr(looks, "QUICK", 5)
    assert lin.get(f"{LIST}/matched/trial?follower=2").status_code == 409


def test_a_test_message_reaches_the_ticked_testers_alone(shop):
    lin = shop.signed_in("lin")
    for name, who in (("小王", 2), ("小李", 3)):
        trials.add_tester(shop.account_id, name, who, shop.clock())
    assert post(lin, f"{HERE}/test-send", to="小李").status_code == 302
    assert [body["touser"] for body in shop.platform.sent] == ["o-3"]
    assert shop.platform.sent[0]["text"]["content"].startswith("【测试】")
    page = lin.get(f"{HERE}/trial").text
    assert "小李 · a · 已发送" in page


@pytest.mark.parametrize(
    ("values", "window"),
    [
        pytest.param({}, 5, id="nobody is ticked"),
        pytest.param({"to": "无此人"}, 5, id="a tester who is none"),
        pytest.param({"to": "2"}, 5, id="a follower who is no tester"),
        pytest.param({"to": "o-2"}, 5, id="nor by his openid"),
        pytest.param({"to": "小王"}, 0, id="no window is open"),
    ],
)
def test_a_test_that_cannot_be_keeps_the_page_and_sends_nothing(shop, values, window):
    trials.add_tester(shop.account_id, "小王", 2, shop.clock())
    run("UPDATE follower SET window_left = ?", (window,))
    answer = post(shop.signed_in("lin"), f"{HERE}/test-send", **values)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert shop.platform.asked == []


# --- approval ----------------------------------------------------------------------------------


def test_who_approves_sees_what_was_changed_since_the_last_approval(shop):
    campaign_rules.put(shop.account_id, approval=True)
    lin, wu = shop.signed_in("lin"), shop.signed_in("wu")
    post(lin, f"{HERE}/submit")
    assert "与上次通过的相比" not in wu.get(HERE).text, "there was none"
    assert post(wu, f"{HERE}/decide", verdict="approve").status_code == 302
    shop.clock.on(minutes=5)
    changed = a_document(text="【鸿雁】改过的话 {link}", holdout=0.2)
    campaign.change(
        shop.services, shop.account_id, "autumn-coffee", changed, shop.clock(), actor="operator:lin"
    )
    post(lin, f"{HERE}/submit")
    page = wu.get(HERE).text
    table = page.partition("与上次通过的相比")[2].partition("</table>")[0]
    assert table.count('<th scope="row">') == 2
    assert "送您一张{face_value}" in table
    assert "改过的话" in table
    assert "<del>0%</del>" in table
    assert "<ins>20%</ins>" in table
    assert "Wu" in page.partition("上次审批")[2][:40]


def test_a_campaign_sent_back_says_why_on_top_and_to_its_author_until_he_asks_again(shop, house):
    campaign_rules.put(shop.account_id, approval=True)
    house.hire("bo", Role.MARKETER)
    lin, wu, bo = shop.signed_in("lin"), shop.signed_in("wu"), shop.signed_in("bo")
    post(lin, f"{HERE}/submit")
    post(wu, f"{HERE}/decide", verdict="reject", reason="缺少门店地址")
    why = "Wu 于"
    page = lin.get(HERE).text
    top = page.partition("<main")[2].partition("<dl")[0]
    assert why in top
    assert "驳回了它，理由：缺少门店地址" in top
    todo = "活动“秋日咖啡”被 Wu 驳回：缺少门店地址"
    assert todo in lin.get("/console/a/default/attention").text
    assert todo not in bo.get("/console/a/default/attention").text, "it is not his"
    changed = a_document(text="【鸿雁】改过的话，南京路店 {link}")
    campaign.change(
        shop.services, shop.account_id, "autumn-coffee", changed, shop.clock(), actor="operator:lin"
    )
    assert todo in lin.get("/console/a/default/attention").text, "it was not submitted yet"
    post(lin, f"{HERE}/submit")
    assert todo not in lin.get("/console/a/default/attention").text
    again = wu.get(HERE).text
    assert "驳回了它" not in again
    table = again.partition("与上次驳回的相比")[2].partition("</table>")[0]
    assert table.count('<th scope="row">') == 1
    assert "改过的话，南京路店" in table
    assert "缺少门店地址" in again.partition("上次驳回")[2][:60]


def test_what_the_linter_refuses_stands_in_words_on_the_saved_draft_and_stops_the_start(shop):
    sells = a_document(purpose="service", offer=None, url="https://shop.example.com/",
                       text="【鸿雁】限时秒杀，快来 {link}")  # fmt: skip
    campaign.change(
        shop.services, shop.account_id, "autumn-coffee", sells, shop.clock(), actor="operator:lin"
    )
    lin = shop.signed_in("lin")
    for page in (lin.get(HERE).text, post(lin, f"{HERE}/act", act="start").text):
        told = page.partition('id="lint"')[2].partition("</section>")[0]
        assert "不能提交审批，也不能启动" in told
        assert "声明的用途是服务，“限时秒杀”却是营销" in told
        assert "把用途改成“营销”" in told
        assert "text:" not in page
    assert "所以没有执行" in page
    operators.update(operators.by_name("lin").id, language="en")
    english = lin.get(HERE).text.partition('id="lint"')[2].partition("</section>")[0]
    assert "Declare it marketing" in english


# --- while and after ---------------------------------------------------------------------------


def test_the_live_part_tells_how_far_it_is_and_counts_the_ledger_once_a_minute(shop):
    one = sent(shop)
    assert one.state == "running"
    lin = shop.signed_in("lin")
    page = lin.get(f"{HERE}/live").text
    assert "10 / 10" in page
    assert "跳过" in page
    run("DELETE FROM send WHERE state = 'skipped'")
    assert "10 / 10" in lin.get(f"{HERE}/live").text
    shop.clock.on(minutes=2)
    assert "8 / 8" in lin.get(f"{HERE}/live").text


def test_a_page_that_looks_again_shows_the_end_of_a_run_too(shop):
    one, lin = sent(shop), shop.signed_in("lin")
    again = f"{HERE}/live?going=1"
    assert again in lin.get(f"{HERE}/live").text
    assert "HX-Refresh" not in lin.get(again).headers
    run("UPDATE campaign SET state = 'paused' WHERE id = ?", (one.id,))
    assert lin.get(again).headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in lin.get(f"{HERE}/live").headers  # of a page that is of now


def test_of_a_big_run_the_page_comes_first_and_its_progress_after(shop, monkeypatch):
    sent(shop)
    lin = shop.signed_in("lin")
    assert "10 / 10" in lin.get(HERE).text
    monkeypatch.setattr(looks, "QUICK", 5)
    page = lin.get(HERE).text
    assert "10 / 10" not in page
    assert f'hx-get="{HERE}/live" hx-trigger="load"' in page
    assert "10 / 10" in lin.get(f"{HERE}/live").text


def test_the_effect_is_a_funnel_with_the_doubt_in_words(shop):
    lin = shop.signed_in("lin")
    assert "还没有发送过" in lin.get(f"{HERE}/effect").text
    sent(shop)
    page = lin.get(f"{HERE}/effect").text
    assert "转化漏斗" in page
    assert "80.0%" in page, "sent, of the audience"
    assert "没有对照组" in page or "对照" in page
    assert "发给剩余" in page
    assert _step(page, "领取") == "0"
    shop.clock.on(minutes=2)
    run("UPDATE coupon_code SET claimed_at = ? WHERE id IN (SELECT coupon_code FROM send"
        " WHERE coupon_code IS NOT NULL ORDER BY id LIMIT 3)", (to_ms(shop.clock()),))  # fmt: skip
    assert _step(lin.get(f"{HERE}/effect").text, "领取") == "3"


def _step(page: str, named: str) -> str:
    """How many a step of the funnel says."""
    row = page.partition(f'<th scope="row">{named}</th>')[2]
    return re.sub("<[^>]*>", "", row.partition("</td>")[0])


def test_of_a_big_run_the_figures_are_those_that_were_counted_last(shop, monkeypatch):
    monkeypatch.setattr(looks, "QUICK", 5)
    sent(shop)
    lin = shop.signed_in("lin")
    assert "还没有统计过" in lin.get(f"{HERE}/effect").text
    task = worked(shop, post(lin, f"{HERE}/reckon"))
    assert task.state == "done", task.error
    assert "转化漏斗" in lin.get(f"{HERE}/effect").text
    assert "sent" in json.dumps(task.result)


def test_the_rest_gets_a_run_of_its_own_once(shop):
    sent(shop)
    lin = shop.signed_in("lin")
    batch = coupons.batch_by_slug(shop.account_id, "autumn")
    coupons.add_codes(batch.id, ["MORE-1", "MORE-2"])
    asked = post(lin, f"{HERE}/rest")
    assert "/work/" in asked.location
    assert campaigns.by_slug(shop.account_id, "autumn-coffee").generation == 1, "not in the request"
    assert post(lin, f"{HERE}/rest").location == asked.location, "a second click is the same"
    task = worked(shop, asked)
    assert (task.state, task.result["run"]) == ("done", 2), task.error
    assert "第 2 次发送" in lin.get(asked.location).text
    assert audit.entries(1)[0].detail == {"campaign": "autumn-coffee", "run": 2}
    shop.clock.on(hours=1)
    campaign.push_due(shop.services, shop.clock())
    assert campaigns.by_slug(shop.account_id, "autumn-coffee").generation == 2
    assert sorted(shop.platform.received().values()) == [1] * 10
    over = worked(shop, post(lin, f"{HERE}/rest"))
    assert (over.state, over.error.split(":")[0]) == ("failed", "nobody is left")


def test_a_rest_whose_runner_died_after_it_was_opened_is_not_opened_twice(shop, monkeypatch):
    sent(shop)
    coupons.add_codes(coupons.batch_by_slug(shop.account_id, "autumn").id, ["MORE-1", "MORE-2"])
    asked = post(shop.signed_in("lin"), f"{HERE}/rest")

    def dies(*args, **kwargs):
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(rest_task.audit, "record", dies)
        with pytest.raises(SystemExit):
            background.run_long(shop.services, shop.clock())
    assert campaigns.by_slug(shop.account_id, "autumn-coffee").generation == 2
    run("UPDATE background_task SET lease_until = 0")
    task = worked(shop, asked)
    assert (task.state, task.result["run"], task.starts) == ("done", 2, 2)
    assert campaigns.by_slug(shop.account_id, "autumn-coffee").generation == 2


def people_of(page):
    return re.findall(r'/followers/(\d+)">', page)


def test_every_count_of_the_report_leads_to_the_people_behind_it(shop):
    sent(shop)
    lin = shop.signed_in("lin")
    page = lin.get(f"{HERE}/effect").text
    links = re.findall(r'<a href="([^"]*/people\?[^"]*)">([\d,]+)</a>', page)
    figures = {unescape(href).partition("figure=")[2].partition("&")[0] for href, _ in links}
    assert {"audience", "sent", "skipped"} <= figures
    for href, many in links:
        found = lin.get(unescape(href))
        assert found.status_code == 200
        assert len(people_of(found.text)) == int(many), href
    skipped = next(unescape(href) for href, _ in links if "figure=skipped" in href)
    assert "why=no_stock" in skipped
    assert "跳过：" in lin.get(skipped).text
    assert audit.entries(1)[0].action == "campaign_people"


def test_people_behind_a_count_are_bounded_and_go_on_where_the_look_ended(shop, monkeypatch):
    sent(shop)
    lin, number = shop.signed_in("lin"), "run=1&figure=skipped&why=no_stock"
    every = people_of(lin.get(f"{HERE}/people?{number}").text)
    assert every
    monkeypatch.setattr(run_people, "LOOK", 2)
    monkeypatch.setattr(run_people, "LOOKS", 1)
    monkeypatch.setattr(campaign_people, "PAGE", 1)
    seen, after = [], f"?{number}"
    for _ in range(30):
        text = lin.get(f"{HERE}/people{after}").text
        seen += people_of(text)
        more = re.search(r'rel="next" href="([^"]+)"', text)
        if more is None:
            break
        after = unescape(more[1])
    assert seen == every


@pytest.mark.parametrize(
    "query",
    ["", "run=1", "run=1&figure=all", "run=9&figure=sent", "run=x&figure=sent",
     "run=999999999&figure=sent"],
)  # fmt: skip
def test_no_figure_no_people(shop, query):
    sent(shop)
    assert shop.signed_in("lin").get(f"{HERE}/people?{query}").status_code == 404


def test_who_may_not_see_people_sees_numbers_without_links(shop):
    sent(shop)
    vi = shop.signed_in("li")
    assert "/people?" not in vi.get(f"{HERE}/effect").text
    assert vi.get(f"{HERE}/people?run=1&figure=sent").status_code == 403


@pytest.mark.parametrize("state", ["draft", "running"])
def test_there_is_no_rest_before_it_was_sent(shop, state):
    if state == "running":
        campaign.start(shop.services, shop.account_id, "autumn-coffee", shop.clock())
    answer = post(shop.signed_in("lin"), f"{HERE}/rest")
    assert answer.status_code == 409


def test_the_recipients_are_a_file_by_pseudonym_with_a_reason_each(shop):
    shop.platform.verdict = lambda body: (
        MessageRefused(45047, "out of response count") if body["touser"] == "o-1" else None
    )
    sent(shop)
    lin = shop.signed_in("lin")
    task = worked(shop, post(lin, f"{HERE}/sends"))
    assert task.result == {"campaign": "autumn-coffee", "rows": 10}
    file = lin.get(f"/console/a/default/work/{task.id}/file").data.decode("utf-8-sig")
    assert file.count("\n") == 11
    assert "券已发完" in file
    assert "o-1" not in file
    assert pseudonyms.of(1) in file
    assert post(shop.signed_in("li"), f"{HERE}/sends").status_code == 403
    assert shop.signed_in("wu").get(f"/console/a/default/work/{task.id}/file").status_code == 404


def test_a_closed_run_has_its_signed_sheet(shop):
    sent(shop)
    lin = shop.signed_in("lin")
    assert "还没有对账单" in lin.get(f"{HERE}/sheet").text
    campaign.close_now(shop.services, shop.account_id, "autumn-coffee", shop.clock())
    sign_due(shop.clock())
    page = lin.get(f"{HERE}/sheet").text
    assert "对账单" in page
    assert "签名" in page
    assert lin.get(f"{HERE}/sheet?run=7").status_code == 200


def test_what_the_watchdog_says_stands_on_every_page_of_the_campaign(shop):
    one = sent(shop)
    campaigns.complain(one.id, "<b>15 分钟没有进展</b>")
    lin = shop.signed_in("lin")
    for path in ("", "/ahead", "/trial", "/effect", "/sheet"):
        page = lin.get(f"{HERE}{path}").text
        assert "&lt;b&gt;15 分钟没有进展" in page


# --- the list ----------------------------------------------------------------------------------


def test_the_list_is_read_page_by_page_by_state_and_by_name(shop):
    for number in range(52):
        made = a_document(slug=f"c-{number}", name=f"第{number}次 100%" if number % 2 else "别的")
        campaign.create(shop.services, shop.account_id, made, shop.clock())
    lin, seen, path = shop.signed_in("lin"), 0, LIST
    while path:
        page = lin.get(path).text
        seen += page.count('<th scope="row">')
        more = page.partition('rel="next" href="')[2].partition('"')[0]
        path = f"{LIST}{more.replace('&amp;', '&')}" if more else ""
    assert seen == 53
    assert lin.get(LIST, query_string={"q": "100%"}).text.count('scope="row"') == 26
    assert lin.get(LIST, query_string={"q": "1_次"}).text.count('scope="row"') == 0
    assert lin.get(LIST, query_string={"state": "running"}).text.count('scope="row"') == 0


# --- experiments -------------------------------------------------------------------------------

EXPERIMENT = "/console/a/default/experiments/words"
TWO = [{"name": "a", "text": "甲 {link}"}, {"name": "b", "text": "乙 {link}"}]


@pytest.fixture
def compared(shop):
    part = {"variants": TWO, "text": ..., "experiment": {"key": "words"}}
    campaign.change(
        shop.services, shop.account_id, "autumn-coffee", a_document(**part), shop.clock()
    )
    sent(shop)
    return shop


def test_an_experiment_shows_its_arms_shares_and_that_its_intervals_hold(compared):
    lin = compared.signed_in("lin")
    assert "words" in lin.get("/console/a/default/experiments").text
    page = lin.get(EXPERIMENT).text
    assert page.count("50.0%") >= 2
    assert "分组人数检查" in page
    assert "区间随时可看" in page
    assert lin.get("/console/a/default/experiments/nothing").status_code == 404


def test_a_person_rolls_an_arm_out_once_and_the_diary_says_who(compared):
    lin = compared.signed_in("lin")
    assert post(lin, f"{EXPERIMENT}/roll-out", arm="nobody").status_code == 409
    assert post(lin, f"{EXPERIMENT}/roll-out", arm="b").status_code == 302
    page = lin.get(EXPERIMENT).text
    assert "lin 决定" in page
    assert "实验结束" in page
    assert post(lin, f"{EXPERIMENT}/roll-out", arm="a").status_code == 409
    assert post(compared.signed_in("wu"), f"{EXPERIMENT}/roll-out", arm="a").status_code == 403
    assert audit.entries(1)[0].action == "experiment_roll_out"


def test_a_big_experiment_is_counted_in_the_background(compared, monkeypatch):
    monkeypatch.setattr(looks, "QUICK", 5)
    lin = compared.signed_in("lin")
    assert "还没有统计过" in lin.get(EXPERIMENT).text
    task = worked(compared, post(lin, f"{EXPERIMENT}/reckon"))
    assert task.state == "done", task.error
    assert "分组人数检查" in lin.get(EXPERIMENT).text


def test_how_many_people_an_experiment_needs(house):
    house.hire("lin", Role.MARKETER)
    lin = house.signed_in("lin")
    for query, said in (
        ("baseline=5&rise=1&arms=2", "每组最多需要"),
        ("baseline=5&rise=1&arms=3&daily=1000", "每天 1000 人进入"),
        ("baseline=x", "请填有效数字"),
        ("baseline=0", "请填有效数字"),
        ("baseline=5&rise=99", "请填有效数字"),
        ("baseline=5&daily=0", "请填有效数字"),
    ):
        page = lin.get(f"/console/a/default/experiments?{query}")
        assert said in page.text, query


def test_english_is_complete_on_these_pages(compared):
    from bot.store import operators

    operators.update(operators.by_name("lin").id, language="en")
    lin = compared.signed_in("lin")
    worked(compared, post(lin, f"{HERE}/dry-run"))
    ours = ["秋日咖啡", "暖心券", "所有人", "甲", "乙", "回复 TD 退订", "鸿雁", "20元", "【测试】"]
    house = "/console/a/default"
    tabs = [f"{HERE}/{tab}" for tab in ("ahead", "trial", "effect", "sheet")]
    paths = [LIST, HERE, EXPERIMENT, f"{house}/experiments", f"{house}/new-campaign", *tabs]
    for path in paths:
        page = lin.get(path)
        shown = page.text
        for one in ours:
            shown = shown.replace(one, "")
        wrong = [letter for letter in shown if "\u4e00" <= letter <= "\u9fff"]
        assert page.status_code == 200
        assert not wrong, (path, "".join(wrong)[:40])
