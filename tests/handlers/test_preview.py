"""What replays and trials would say is what the handlers say."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.talk.preview import preview
from bot.values.inbound import TextMessage
from tests.handlers.talking import means, setting, teach

COMMANDS = {
    "text.list_coupons": "word:coupon",
    "text.give_help": "word:help",
    "text.call_human": "word:human",
    "handoff.word": "word:human",
    "text.show_profile": "word:profile",
    "text.greet": "word:hello",
    "privacy.opt_out": "word:opt_out",
    "privacy.opt_in": "word:opt_in",
    "privacy.ask_to_erase": "word:erase",
    "privacy.erase": "word:erase_confirm",
}


def key_of(handled):
    """The decision of a handler in the preview's words."""
    room, _, name = handled.handler.partition(".")
    if handled.handler in COMMANDS:
        return COMMANDS[handled.handler]
    if room == "rules":
        return f"rule:{name}"
    if room in ("intent", "faq"):
        return f"{room}:{name}"
    if handled.handler == "clarify.ask":
        return "clarify"
    if handled.handler == "fallback.about_topic":
        return f"topic:{handled.reason.split()[1]}"
    return "rule:sorry" if "rule sorry" in handled.reason else "default"


@pytest.fixture
def shop(house):
    text = [{"text": "答案"}]
    for kind, slug, document in (
        ("rule", "tea", {"keywords": ["奶茶", {"text": "茶", "match": "contains"}]}),
        ("rule", "night", {"keywords": ["夜宵"], "hours": ["22:00-02:00"]}),
        ("rule", "own", {"keywords": ["优惠券"], "enabled": False}),
        ("intent", "hours", {"title": "营业时间"}),
        ("intent", "mute", {"title": "没有"}),
        ("faq", "dogs", {"questions": ["能带狗进店吗", "宠物可以进吗"]}),
    ):
        answers = [] if slug == "mute" else text
        teach(house, kind, slug, {"slug": slug, **document, "answers": answers})
    setting(house, "clarify", sure=0.5, gap=0.1, guess=0.2)
    means(house, "几点开门", intent="hours", confidence=0.9, second=("mute", 0.05))
    means(house, "能带狗进店吗", intent="hours", confidence=0.99, second=("mute", 0.01))
    means(house, "啥时候", intent="hours", confidence=0.4, second=("mute", 0.3))
    means(house, "月亮", intent="hours", confidence=0.7, refused=True)
    means(house, "火锅月亮", intent="hours", confidence=0.1)
    return house


@pytest.mark.parametrize(
    "text",
    ["奶茶", "喝茶吗", "夜宵", "优惠券", "帮助", "人工", "我的资料", "你好", "TD", "恢复",
     "删除我的数据", "确认删除", "几点开门", "啥时候", "月亮", "火锅月亮", "能带狗进店吗",
     "宠物能进吗", "火锅哪家好", "嘿嘿嘿嘿", "1", "？", "退订喝茶", "😀"],
)  # fmt: skip
def test_the_preview_decides_as_the_handlers_do(shop, text):
    handled = shop.push(TextMessage, text=text)
    said = shop.services.understand(text, shop.account.id)
    talk = shop.services.talk_of(shop.account.id)
    found = preview(talk, said, shop.now, ZoneInfo("Asia/Shanghai"), lambda slug: False)
    assert found.key.split("|")[0].replace("clarify:hours", "clarify") == key_of(handled)


def test_a_default_rule_is_previewed_where_nothing_else_answers(shop):
    teach(shop, "rule", "sorry", {"slug": "sorry", "on": "default", "answers": [{"text": "没懂"}]})
    said = shop.services.understand("嘿嘿嘿嘿", shop.account.id)
    talk = shop.services.talk_of(shop.account.id)
    found = preview(talk, said, shop.now, ZoneInfo("Asia/Shanghai"), lambda slug: False)
    assert (found.key, found.says) == ("rule:sorry", "没懂")
    assert key_of(shop.push(TextMessage, text="嘿嘿嘿嘿")) == "rule:sorry"
