"""Campaigns' documents and pieces of content as the linter sees them, and as the phone does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.content.checkup import Facts, campaign_drafts, content_draft, lint_campaign
from bot.content.documents import read_content
from bot.content.draft import Offer
from bot.content.preview import own_values, phone, width
from tests.conftest import NOON

OUT = "\n回复 TD 退订"
CAMPAIGN = {
    "slug": "autumn",
    "purpose": "marketing",
    "offer": "spring-8",
    "text": f"送您{{title}}：{{link}}{OUT}",
}
COUPON = Offer("满30减8", NOON - timedelta(days=1), NOON + timedelta(days=9), 500)
FACTS = Facts(offer=COUPON, audience=400, sends_at=NOON, ends_at=NOON + timedelta(days=7))


def found(facts=FACTS, **changes):
    return [(one.rule, one.part) for one in lint_campaign({**CAMPAIGN, **changes}, facts)]


def test_a_campaign_as_marketers_write_it_has_no_findings():
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        pytest.param({"text": f"最好的{{title}}{OUT}"}, ("superlative", "text"), id="the text"),
        pytest.param(
            {"variants": [{"name": "a", "text": f"x{OUT}"}, {"name": "b", "text": f"最好{OUT}"}]},
            ("superlative", "variants[1].text"),
            id="a variant",
        ),
        pytest.param({"text": "送您{title}"}, ("opt-out-missing", "text"), id="no way out"),
        pytest.param(
            {"purpose": "service", "text": "限时秒杀"}, ("purpose-mismatch", "text"), id="a sale"
        ),
        pytest.param({"offer": ""}, ("variable-default", "text"), id="a title of no offer"),
        pytest.param({"text": f"{{name}}{OUT}"}, ("variable-unknown", "text"), id="a name"),
        pytest.param(
            {"content": ["a"], "text": f"{{content_price|money}}{OUT}{{gone|}}"},
            ("variable-unknown", "text"),
            id="only what is unknown of two variables",
        ),
        pytest.param({"url": "http://10.0.0.1/"}, ("link-syntax", "link"), id="where it leads"),
        pytest.param(
            {"reminder": {"template_id": "T", "fields": {"thing1": "限时秒杀"}}},
            ("template-advert", "reminder.fields.thing1"),
            id="a reminder that sells",
        ),
        pytest.param(
            {"channels": ["template"], "template": {"template_id": "T", "fields": {"foo1": "x"}}},
            ("field-unknown", "template.fields.foo1"),
            id="a field of a template",
        ),
        pytest.param(
            {
                "channels": ["subscription_notice"],
                "subscription": {"template_id": "T", "fields": {"thing1": "全场五折"}},
            },
            ("subscription-advert", "subscription.fields.thing1"),
            id="an advert where followers asked for something else",
        ),
        pytest.param(
            {"channels": ["one_time"], "one_time": {"template_id": "T", "title": "一" * 16}},
            ("too-long", "one_time.title"),
            id="the title of a one-time message",
        ),
    ],
)
def test_a_finding_names_the_field_of_the_document(changes, finding):
    assert finding in found(**changes)


def test_a_reminder_of_a_coupon_may_name_it():
    reminder = {
        "template_id": "T",
        "fields": {"thing1": "{title}即将到期", "time2": "{expires}"},
    }
    assert found(reminder=reminder) == []
    long = Facts(offer=Offer("秋日暖心手冲咖啡甜点双人到店代金券"))
    assert found(long, reminder=reminder) == [("too-long", "reminder.fields.thing1")]


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        pytest.param(Facts(offer=COUPON, sends_at=NOON, ends_at=NOON + timedelta(days=10)),
                     "offer-expired", id="it is over before the last is sent"),
        pytest.param(Facts(offer=COUPON, audience=501), "offer-low-stock", id="one too few"),
        pytest.param(Facts(offer=COUPON, sends_at=NOON - timedelta(days=2)), "offer-not-open",
                     id="it is not open yet"),
    ],
)  # fmt: skip
def test_the_offer_is_compared_with_the_sending(facts, rule):
    assert [one[0] for one in found(facts)] == [rule]


def test_auto_means_every_channel_that_a_text_goes_by_and_a_place_is_told_once():
    paths = [path for path, _ in campaign_drafts({**CAMPAIGN, "channels": "auto"}, FACTS)]
    assert len(paths) == 5
    assert found(channels="auto", text="送您{title}") == [("opt-out-missing", "text")]


# --- content -------------------------------------------------------------------------------------


def test_a_piece_ends_with_the_earlier_end_of_itself_and_its_batch():
    piece = read_content(
        {"slug": "b", "kind": "coupon_batch", "title": "券", "batch": "spring-8", "stock": 900,
         "valid_until": "2026-11-23"}
    )  # fmt: skip
    offer = content_draft(piece, FACTS).offer
    assert (offer.stock, offer.valid_until) == (500, piece.valid_until)
    assert offer.valid_from == COUPON.valid_from
    assert content_draft(piece).offer.stock == 900


def test_an_advertisement_says_that_it_is_one():
    advert = {"slug": "a", "kind": "advertisement", "title": "新豆", "link": "https://a.cn/x"}
    assert content_draft(read_content(advert)).advert


HELLO = {
    "slug": "m",
    "kind": "message",
    "title": "欢迎",
    "text": '{name|您}好，<a href="{link|}">这张券</a>给您，周末来喝一杯\n回复 TD 退订',
}


def test_the_phone_shows_lines_of_one_width_and_how_long_the_text_is():
    content = read_content(HELLO)
    lines = phone(content_draft(content))
    assert lines[1:4] == [
        "│ 小雨好，这张券〔↗〕给您，周末  │",
        "│ 来喝一杯                       │",
        "│ 回复 TD 退订                   │",
    ]
    assert {width(line) for line in lines[:-1]} == {34}
    assert lines[-1] == "  text: 112 / 2048 字节"


def test_a_follower_of_whom_nothing_is_known_is_shown_the_words_for_that():
    content = read_content(HELLO)
    assert phone(content_draft(content), own_values(content))[1].startswith("│ 您好，这张券")


def test_a_notice_shows_its_scene_and_each_field():
    notice = {
        **{"slug": "n", "kind": "message", "title": "发货", "channel": "template"},
        **{"purpose": "service", "template_id": "T", "scene": "发货通知"},
        "fields": {"thing1": "{title}", "amount2": "¥39.80"},
    }
    content = read_content(notice)
    lines = phone(content_draft(content), {"title": "拿铁"}, content.scene)
    assert [line.strip("│ ") for line in lines[1:4]] == [
        "发货通知",
        "thing1：拿铁",
        "amount2：¥39.80",
    ]
    assert lines[-2:] == ["  thing1: 2 / 20 个字", "  amount2: 6 / 20 个字"]
