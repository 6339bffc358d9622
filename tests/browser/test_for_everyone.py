"""The pages under a keyboard alone, on a narrow phone, for axe, and against hostile text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.people import ME, Bubble
from tests.browser.stage import Stage
from tests.browser.test_phone import MENU

expect = pytest.importorskip("playwright.sync_api").expect

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
HOSTILE = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror='window.hacked=2'>",
    '"><svg onload=window.hacked=3>',
    '<a href="javascript:window.hacked=4">点我</a>',
    "{{ 7*7 }}</textarea><iframe srcdoc='<script>parent.hacked=5</script>'>",
)
LONG = "长" * 300 + "W" * 300 + " https://shop.example/" + "a" * 300


def lively(stage: Stage) -> None:
    """A chat with something of everything in it."""
    stage.world.menu = MENU
    stage.program.says = lambda fields, _: f"收到：{fields.get('Content', '欢迎')}"
    stage.follow(stage.world.person(name="小林"))
    stage.follow()
    stage.platform.acts.say(stage.me, LONG)
    stage.settle()
    now = stage.world.clock()
    items = (("1", "满意"), ("2", "不满意"))
    for bubble in (
        Bubble("account", "news", f"周年庆\n{LONG}", now, "custom", "https://shop.example/"),
        Bubble("account", "msgmenu", "满意吗\n满意\n不满意\n谢谢", now, "custom", items=items),
        Bubble("account", "template", "订单通知\n金额：39.80", now, "template"),
        Bubble("account", "image", "[image]", now, "custom"),
        Bubble("notice", "fault", "该公众号提供的服务出现故障，请稍后再试", now),
    ):
        stage.world.show(stage.me, bubble)
    stage.custom("text", {"content": "好"}, "o-nobody")


def ready(page: Any) -> None:
    """The first answer of the server has been placed."""
    expect(page.locator(".exchange, .counters").first).to_be_attached()


# --- hostile text --------------------------------------------------------------------------------


def test_what_followers_and_programs_write_never_runs(page: Any, stage: Stage):
    person = stage.follow(stage.world.person("o-hostile", name="".join(HOSTILE)))
    stage.program.says = lambda fields, _: str(fields["Content"])
    stage.world.menu = [{"type": "click", "name": text, "key": text} for text in HOSTILE]
    for text in HOSTILE:
        stage.platform.acts.say(person, text)
        stage.settle()
        now = stage.world.clock()
        for kind in ("text", "news", "msgmenu"):
            said = Bubble("account", kind, f"{text}\n{text}", now, "custom", text)
            stage.world.show(person, said)
        stage.api("message/custom/send", {"touser": text, "msgtype": text, text: {text: text}})
    for path in ("/", "/phone/o-hostile", "/traffic"):
        page.goto(stage.url + path)
        ready(page)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert page.evaluate("window.hacked") is None
        assert page.locator("svg, iframe, img, body script").count() == 0
        assert page.locator('a[href^="javascript:"]').count() == 0


def test_no_script_runs_but_our_own_files(page: Any, stage: Stage):
    policy = page.goto(stage.phone).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert "script-src" not in rules
    assert rules["frame-ancestors"] == "'none'"


# --- a keyboard ----------------------------------------------------------------------------------


def test_everything_works_by_keyboard_alone(page: Any, stage: Stage):
    stage.world.menu = MENU
    page.goto(stage.phone)
    ready_to_follow = page.get_by_role("button", name="关注", exact=True)
    expect(ready_to_follow).to_be_visible()
    _tab_to(page, ready_to_follow)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="取消关注")).to_be_focused()
    _tab_to(page, page.get_by_role("button", name="会员"))
    page.keyboard.press("Enter")
    _tab_to(page, page.get_by_role("button", name="扫码核销"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="扫码核销")).to_be_hidden()
    expect(page.get_by_role("button", name="会员")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_label("切换键盘与菜单")).to_be_focused()
    page.keyboard.press("Space")
    _tab_to(page, page.get_by_label("消息 Message"))
    page.keyboard.type("你好")
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.user .words")).to_have_text("你好")
    expect(page.get_by_label("消息 Message")).to_be_focused()


def _tab_to(page: Any, wanted: Any) -> None:
    for _ in range(40):
        if wanted.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("not reached with the Tab key")


# --- widths and axe ------------------------------------------------------------------------------

PATHS = [
    pytest.param("/", id="overview"),
    pytest.param(f"/phone/{ME}", id="phone"),
    pytest.param("/traffic", id="traffic"),
]


@pytest.mark.parametrize("path", PATHS)
def test_no_page_scrolls_sideways(page: Any, stage: Stage, path):
    lively(stage)
    page.goto(stage.url + path)
    ready(page)
    for width in (320, 375, 768, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        inner = "box => box.scrollWidth - box.clientWidth"
        for box in page.locator("[data-chat], [data-exchanges], .side").all():
            assert box.evaluate(inner) == 0


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Any, stage: Stage, path, scheme):
    lively(stage)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(stage.url + path)
    ready(page)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    told = [
        f"{one['impact']} {one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]
    assert told == []
