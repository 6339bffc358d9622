"""The traffic beside the phone: what failed and why, exactly as 被动回复 says; calls explained."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.sandbox.people import FAULT_NOTICE, ME, UNAVAILABLE_NOTICE
from tests.bot.sandbox.conftest import SUCCESS, Answer
from tests.browser.stage import Says, Stage

expect = pytest.importorskip("playwright.sync_api").expect


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """Set when the test is over: a program that waits for it does not answer in time."""
    over = threading.Event()
    yield over
    over.set()


def late(tries: int) -> Callable[[Stage, threading.Event], Says]:
    """Nothing in time for the first `tries` deliveries, then a proper answer."""

    def make(_stage: Stage, never: threading.Event) -> Says:
        def says(fields: dict[str, Any], already: int) -> Answer | str:
            if fields["MsgType"] == "text" and already < tries:
                never.wait(30)
            return "您好" if fields["MsgType"] == "text" else SUCCESS

        return says

    return make


def body(make: Callable[[Stage, dict[str, Any]], Answer]) -> Callable[..., Says]:
    def made(stage: Stage, _never: threading.Event) -> Says:
        return lambda fields, _: make(stage, fields) if fields["MsgType"] == "text" else SUCCESS

    return made


def html(_stage: Stage, _fields: dict[str, Any]) -> Answer:
    return 200, "text/html", b"<html>It works</html>"


def empty(stage: Stage, fields: dict[str, Any]) -> Answer:
    return stage.program.text(fields, "")


def bare(_stage: Stage, _fields: dict[str, Any]) -> Answer:
    return 200, "application/xml", b"<xml><MsgType>text</MsgType></xml>"


def swapped(stage: Stage, fields: dict[str, Any]) -> Answer:
    return stage.program.text(fields, "您好", ToUserName=fields["ToUserName"])


def doubled(stage: Stage, fields: dict[str, Any]) -> Answer:
    status, kind, whole = stage.program.text(fields, "您好")
    return status, kind, whole * 2


@pytest.mark.parametrize(
    ("program", "shown", "outcomes", "why"),
    [
        pytest.param(
            late(3),
            UNAVAILABLE_NOTICE,
            ["第 3 次超时", "第 2 次超时", "第 1 次超时"],
            "三次都失败",
            id="late three times: three deliveries, then the notice, once",
        ),
        pytest.param(
            late(1),
            "您好",
            ["第 2 次已回复", "第 1 次超时"],
            "被动回复合格",
            id="late once: the second delivery's answer is shown, once",
        ),
        pytest.param(
            body(html), FAULT_NOTICE, ["第 1 次故障"], "不是合法的 <xml>", id="a web page: no retry"
        ),
        pytest.param(
            body(empty), FAULT_NOTICE, ["第 1 次故障"], "Content 是空的", id="an empty text"
        ),
        pytest.param(
            body(bare), FAULT_NOTICE, ["第 1 次故障"], "必须加密", id="not encrypted in safe mode"
        ),
        pytest.param(
            body(swapped), FAULT_NOTICE, ["第 1 次故障"], "对调", id="sent back to ourselves"
        ),
        pytest.param(
            body(doubled),
            FAULT_NOTICE,
            ["第 1 次故障"],
            "不是合法的 <xml>",
            id="the answer doubled",
        ),
    ],
)
def test_what_the_phone_and_the_traffic_show_of_an_answer(
    page: Any, stage: Stage, never, program, shown, outcomes, why
):
    stage.follow()
    stage.program.says = program(stage, never)
    page.goto(stage.phone)
    page.get_by_label("消息 Message").fill("在吗")
    page.keyboard.press("Enter")
    expect(page.locator(".chat > [data-number]").last).to_contain_text(shown)
    page.locator("[data-way-filter]").select_option("push")
    pushed = page.locator(".exchange").filter(has_text="text")
    expect(pushed).to_have_count(len(outcomes))
    told = pushed.evaluate_all(
        "all => all.map(one => one.querySelector('.line > span').textContent"
        " + one.querySelector('.outcome').textContent)"
    )
    assert told == outcomes
    expect(pushed.first.locator(".why")).to_contain_text(why)
    chat = page.locator(".chat > [data-number]")
    expect(chat).to_have_count(3)  # followed, asked, and this one line


def test_a_push_is_shown_decrypted_with_its_answer(page: Any, stage: Stage):
    stage.program.says = lambda fields, _: f"收到 {fields.get('Content', '')}"
    stage.follow()
    stage.platform.acts.say(stage.me, "有优惠吗")
    page.goto(stage.phone)
    newest = page.locator(".exchange").first
    expect(newest).to_contain_text("已回复")
    newest.locator("summary").click()
    sent, answered = newest.locator("pre").all()
    expect(sent).to_contain_text("  <Content><![CDATA[有优惠吗]]></Content>")
    expect(answered).to_contain_text("  <Content><![CDATA[收到 有优惠吗]]></Content>")
    expect(answered).not_to_contain_text("Encrypt")


def test_a_refused_call_is_explained_and_can_be_copied_without_its_token(page: Any, stage: Stage):
    stage.follow()
    stage.world.clock.advance(61)
    assert stage.custom("text", {"content": "太晚了"})["errcode"] == 45015
    page.goto(stage.phone)
    refused = page.locator(".exchange").first
    expect(refused.locator(".outcome")).to_have_text("45015")
    expect(refused).to_have_class("exchange bad")
    expect(refused.locator(".why")).to_contain_text("客服消息窗口已过")
    expect(refused.locator(".why [lang=en]")).to_contain_text("Window over")
    refused.locator("summary").click()
    expect(refused.locator("pre").first).to_contain_text('"content": "太晚了"')
    line = refused.get_by_role("button", name="复制为 curl").get_attribute("data-copy")
    token = stage.world.tokens.stable(stage.world.clock())[0]
    assert line.startswith(f"curl -X POST '{stage.url}/cgi-bin/message/custom/send?access_token=")
    assert token not in page.content()


def test_the_traffic_is_filtered_by_whom_kind_and_failure(page: Any, stage: Stage):
    lin = stage.follow(stage.world.person(name="小林"))
    stage.follow()
    stage.custom("text", {"content": "好"})
    stage.custom("text", {"content": "好"}, "o-nobody-knows-this-one")
    stage.custom("text", {"content": "好"}, lin.openid)
    page.goto(stage.phone)
    shown = page.locator(".exchange:visible")
    expect(shown).to_have_count(2)  # my follow, my message
    page.get_by_label("谁").select_option("")
    expect(shown).to_have_count(5)
    page.get_by_label("类型").select_option("call")
    expect(shown).to_have_count(3)
    page.get_by_label("只看失败").check()
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("40003")


def test_the_page_of_all_traffic_is_live(page: Any, stage: Stage):
    page.goto(f"{stage.url}/traffic")
    expect(page.locator("[data-no-traffic]")).to_be_visible()
    stage.follow()
    expect(page.locator(".exchange")).to_have_count(1)
    expect(page.locator(".exchange")).to_contain_text("subscribe")
    assert ME in page.locator(".exchange").inner_html()


def test_the_overview_gives_what_a_program_must_be_told(page: Any, stage: Stage):
    page.goto(stage.url)
    expect(page.locator(".counters")).to_contain_text("当前关注者")
    page.get_by_text("接入设置").click()
    config = stage.platform.config
    for value in (stage.url, config.appid, config.appsecret, config.token, config.aes_key):
        expect(page.locator(f'button[data-copy="{value}"]')).to_be_visible()
    page.locator(f'[data-copy="{config.appsecret}"]').click()
    expect(page.get_by_text("已复制")).to_be_visible()
