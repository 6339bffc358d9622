"""Each rule of the linter: texts in which it fires, and natural ones in which it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.draft import Draft, Offer, Sender
from bot.content.findings import refusing
from bot.content.limits import CHANNELS
from bot.content.linting import RULES, lint
from tests.conftest import NOON

OUT = "\n回复 TD 退订"
OURS = Sender(domains=("hongyan-coffee.cn", "shop.teahouse.com.cn"), forbidden=("倒闭",))
DAY = timedelta(days=1)


def a_draft(text: str = "秋季新豆到店，欢迎来坐坐。", **changes) -> Draft:
    """Marketing by customer-service message at noon, with the way out of it."""
    marketing = changes.get("purpose", "marketing") == "marketing"
    told = changes.pop("out", marketing)
    draft = Draft(parts={"text": text + OUT if told else text}, sender=OURS, sends_at=NOON)
    return replace(draft, **changes)


def a_notice(channel: str = "template", scene: str = "", **parts: str) -> Draft:
    return Draft(parts=parts, channel=channel, purpose="service", scene=scene, sends_at=NOON)


def fired(draft: Draft) -> set[str]:
    return {one.rule for one in lint(draft)}


def words() -> dict[str, tuple[list[str], list[str]]]:
    """rule -> texts in which it fires, natural ones in which it does not."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    listed = (Path(__file__).parent / "lint-words.txt").read_text("utf-8").splitlines()
    for line in (one for one in listed if one and not one.startswith("#")):
        if line[1:2] != " ":
            found[rule := line] = ([], [])
        else:
            found[rule]["+-".index(line[0])].append(line[2:])
    return found


WORDS = words()
CLEAN = WORDS.pop("clean")[1]


@pytest.mark.parametrize("rule", WORDS)
def test_it_fires_in_these_texts_and_not_in_those(rule):
    bad, good = WORDS[rule]
    assert bad
    assert good
    assert [text for text in bad if rule not in fired(a_draft(text))] == []
    assert [text for text in good if rule in fired(a_draft(text))] == []


NOTICES = [
    ("template-advert", a_notice(thing1="限时秒杀，立即抢购"), a_notice(thing1="双人火锅套餐")),
    ("template-advert", a_notice(thing1="送您一张优惠券"), a_notice(thing1="您领取的优惠券将到期")),
    (
        "template-advert",
        a_notice(thing1="今晚上新，送您好礼"),
        a_notice(thing1="晚上新增场次", thing2="正在派送您的秒杀订单"),
    ),
    ("template-advert", a_notice(thing1="免费体验"), a_notice(thing1="您预约的免费体验课")),
    (
        "template-advert",
        a_notice(thing1="新品上市"),
        a_notice(thing1="退款已到账", thing2="优惠金额"),
    ),
    (
        "template-advert",
        a_notice(thing1="满30减8"),
        a_notice(thing1="满30减8券", thing2="明天到期"),
    ),
    (
        "subscription-advert",
        a_notice("subscription_notice", "订单发货提醒", thing1="全场五折"),
        a_notice("subscription_notice", "活动开始提醒", thing1="全场五折"),
    ),
    (
        "wrong-category",
        a_notice(scene="订单发货通知", thing1="您预约的课程明天上课"),
        a_notice(scene="订单发货通知", thing1="您的包裹已发出"),
    ),
    (
        "wrong-category",
        a_notice(scene="课程提醒", thing1="积分到账"),
        a_notice(scene="服务通知", thing1="积分到账"),
    ),
    ("field-unknown", a_notice(first="您好", thing1="订单"), a_notice(thing1="订单")),
    ("field-unknown", a_notice(foo3="订单"), a_notice(keyword="订单")),
    ("field-value", a_notice(amount2="三十元"), a_notice(amount2="¥39.80")),
    ("field-value", a_notice(time3="明天下午"), a_notice(time3="2026-11-21 10:00")),
    ("field-value", a_notice(time3="25:00"), a_notice(time3="2019年10月1日 15:01~16:00")),
    ("field-value", a_notice(phrase1="已完成2"), a_notice(phrase1="已完成")),
    ("field-value", a_notice(character_string1="单号1"), a_notice(character_string1="20261121001")),
    ("field-value", a_notice(name1="张三1"), a_notice(name1="张三")),
    ("field-value", a_notice(phone_number1="转人工"), a_notice(phone_number1="0571-8888")),
    ("field-value", a_notice(number1="3杯"), a_notice(number1="3.5")),
    ("field-value", a_notice(letter1="A1"), a_notice(letter1="AB")),
    ("field-value", a_notice(symbol1="a"), a_notice(symbol1="+")),
    ("field-value", a_notice(car_number1="无"), a_notice(car_number1="浙A12345")),
    (
        "field-value",
        a_notice(date1="下周"),
        a_notice(date1="{until|date:%Y年%m月%d日|2026年12月31日}"),
    ),
    ("field-lines", a_notice(thing1="订单\n已发货"), a_notice(thing1="订单已发货")),
    ("field-emoji", a_notice(thing1="订单已发货🎉"), a_notice(thing1="订单已发货→")),
    ("too-long", a_notice(thing1="一" * 21), a_notice(thing1="一" * 20)),
    ("too-long", a_notice("one_time", title="一" * 16), a_notice("one_time", title="一" * 15)),
    (
        "may-be-too-long",
        a_notice(thing1="{title}已到期"),
        a_notice(thing1="{title|short:16}已到期"),
    ),
    ("may-be-too-long", a_draft("{title}" * 11), a_draft("{title|short:10}" * 11)),
    ("too-long", a_draft("豆" * 680), a_draft("豆" * 670)),
    ("empty", Draft(parts={"text": " {name|}"}), a_draft()),
    ("empty", Draft(parts={}), a_draft()),
    (
        "template-marketing",
        a_draft(channel="template"),
        a_draft(channel="template", purpose="service"),
    ),
    (
        "purpose-mismatch",
        a_draft("全场五折起", purpose="service"),
        a_draft("您的订单已发货", purpose="service"),
    ),
    (
        "purpose-mismatch",
        a_draft("新品上架，领券立减5元", purpose="service"),
        a_draft("您的满30减8券将于明天到期", purpose="service"),
    ),
    ("opt-out-missing", a_draft("新豆到店", out=False), a_draft("新豆到店")),
    (
        "opt-out-missing",
        a_draft("新豆到店 TD", out=False),
        a_draft("New beans. Reply TD to stop.", out=False),
    ),
    (
        "opt-out-missing",
        a_draft("新豆", out=False, channel="mass_tag"),
        a_draft("新豆", out=False, channel="passive_reply"),
    ),
    ("superlative", a_draft(offer=Offer(title="最好的券")), a_draft("最好的", purpose="service")),
    ("advert-unmarked", a_draft(advert=True), a_draft("【广告】新豆到店", advert=True)),
    ("ai-unmarked", a_draft(ai_made=True), a_draft("新豆到店（内容由AI生成）", ai_made=True)),
    (
        "offer-expired",
        a_draft(offer=Offer(valid_until=NOON)),
        a_draft(offer=Offer(valid_until=NOON + DAY)),
    ),
    (
        "offer-expired",
        a_draft(offer=Offer(valid_until=NOON + DAY), ends_at=NOON + 2 * DAY),
        a_draft(offer=Offer(valid_until=NOON + 3 * DAY), ends_at=NOON + 2 * DAY),
    ),
    (
        "offer-not-open",
        a_draft(offer=Offer(valid_from=NOON + DAY)),
        a_draft(offer=Offer(valid_from=NOON)),
    ),
    (
        "offer-ends-soon",
        a_draft(offer=Offer(valid_until=NOON + DAY / 2)),
        a_draft(offer=Offer(valid_until=NOON + DAY)),
    ),
    ("offer-no-stock", a_draft(offer=Offer(stock=0)), a_draft(offer=Offer(stock=None))),
    (
        "offer-low-stock",
        a_draft(offer=Offer(stock=9), audience=10),
        a_draft(offer=Offer(stock=10), audience=10),
    ),
    (
        "link-syntax",
        a_draft(links=("ftp://a.example.cn/x",)),
        a_draft(links=("https://a.example.cn/x",)),
    ),
    (
        "link-foreign",
        a_draft(links=("https://a.example.net",)),
        a_draft(sender=Sender(), links=("https://b.cn",)),
    ),
]


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [pytest.param(*one, id=f"{n}: {one[0]}") for n, one in enumerate(NOTICES)],
)
def test_it_fires_in_the_one_and_not_in_the_other(rule, bad, good):
    assert rule in fired(bad)
    assert rule not in fired(good)


def test_a_link_that_does_not_open_is_found_where_somebody_asks_and_asked_once():
    asked = []

    def check(url):
        asked.append(url)
        return "404" if "gone" in url else ""

    draft = a_draft("https://m.hongyan-coffee.cn/gone https://m.hongyan-coffee.cn/a {link|}")
    draft = replace(draft, links=("https://m.hongyan-coffee.cn/gone", "ftp://x"))
    dead = [one for one in lint(draft, check) if one.rule == "link-dead"]
    assert [(one.part, one.values["reason"]) for one in dead] == [
        ("link[0]", "404"),
        ("text", "404"),
    ]
    assert sorted(asked) == ["https://m.hongyan-coffee.cn/a", "https://m.hongyan-coffee.cn/gone"]
    assert "link-dead" not in fired(draft)


def test_every_rule_has_a_text_in_which_it_fires_and_one_in_which_it_does_not():
    assert set(RULES) - {"link-dead", "content-gone"} == set(WORDS) | {one[0] for one in NOTICES}


def test_clean_texts_have_no_error_and_no_warning():
    assert len(CLEAN) > 20
    found = [one for text in CLEAN for one in lint(a_draft(text))]
    assert [one.line() for one in found if one.severity != "hint"] == []


def test_a_finding_says_where_why_and_what_to_do_in_both_languages():
    draft = a_draft("全城 最 好喝的拿铁")
    (one,) = refusing(lint(draft))
    assert draft.parts["text"][one.start : one.end] == one.quote == "最 好喝"
    assert one.why("zh") == "“最 好喝”是最高级用语，广告里不能用。"
    assert one.why("en").startswith("“最 好喝” is a superlative")
    assert one.to_json("en")["suggestion"] == one.suggestion("en") != one.suggestion("zh")


def test_errors_come_before_warnings_before_hints():
    found = lint(a_draft("绝对好喝！！！最好喝"))
    assert [one.severity for one in found] == ["error", "warning", "hint"]


PIECES = st.sampled_from(
    (
        *(
            "最",
            "好 喝",
            "转发",
            "领5元",
            "关注即可",
            "{name",
            "{title|short:3}",
            "}",
            "月",
            "日前",
        ),
        *("https://", "a.cn/x", "<a href=", '"', ">", "</a>", "1", "\u200b", "国級", "13812345678"),
    )
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join), st.sampled_from(CHANNELS))
def test_whatever_is_written_every_finding_quotes_its_place(text, channel):
    draft = a_draft(text, channel=channel, out=False)
    for one in lint(draft):
        if one.quote:
            assert draft.parts["text"][one.start : one.end][:39] == one.quote[:39]
        assert 0 <= one.start <= one.end <= len(text)
        assert one.line("zh")
        assert one.line("en")
