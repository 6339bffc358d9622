"""Every act that can be reported has words in both languages, whole sentences included."""

from __future__ import annotations

import pytest

from bot.segment.rules import parse
from bot.segment.sentence import sentence
from bot.segment.verbs import named, verb
from bot.values.facts import FAMILIES
from bot.values.reported import ABOUT, ACTS

KNOWN = {
    *ACTS,
    *ABOUT,
    *FAMILIES,
    *(kind for kinds in FAMILIES.values() for kind in kinds),
    "subscribe",
    "unsubscribe",
    "scan",
    "click",
    "order",
    "refund",
}


def test_no_kind_is_without_words():
    assert KNOWN - named() == set()


@pytest.mark.parametrize("kind", sorted(KNOWN))
def test_a_sentence_names_no_kind_by_its_code(kind):
    rule = parse({"event": kind, "within_days": 7, "never": True})
    chinese, english = sentence(rule), sentence(rule, "en")
    assert chinese == f"最近 7 天内没有{verb(kind, 'zh')}"
    assert english == f"never: {verb(kind, 'en')} within 7 days"
    assert verb(kind, "zh").isascii() is False
    assert "." not in verb(kind, "en")


@pytest.mark.parametrize(
    ("kind", "chinese", "english"),
    [
        pytest.param("refund", "曾经退款", "got money back ever", id="money back"),
        pytest.param("article.view", "曾经看文章", "read an article ever", id="an article"),
        pytest.param("custom.tasting", "曾经发生「tasting」", 'did "tasting" ever', id="one's own"),
    ],
)
def test_what_sentences_say(kind, chinese, english):
    rule = parse({"event": kind})
    assert (sentence(rule), sentence(rule, "en")) == (chinese, english)


NAMED = {
    "segment:away": "很久没来", "coupon:latte": "拿铁券", "campaign:autumn": "秋季上新",
}  # fmt: skip
BY_NAME = [
    pytest.param({"segment": "away"}, "在人群「很久没来」中", 'is in the segment "很久没来"',
                 id="a segment"),
    pytest.param({"list": "away"}, "在名单「很久没来」中", 'is in the list "很久没来"',
                 id="its list"),
    pytest.param({"coupon": "latte", "state": "claimed"}, "曾经领取优惠券「拿铁券」",
                 'claimed the coupon "拿铁券"', id="a coupon batch"),
    pytest.param({"campaign": "autumn", "outcome": "clicked"}, "点开过活动「秋季上新」的链接",
                 'opened a link of the campaign "秋季上新"', id="a campaign"),
    pytest.param({"segment": "gone"}, "在人群「gone」中", 'is in the segment "gone"',
                 id="what has no name any more by its slug"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "zh", "en"), BY_NAME)
def test_what_is_named_by_slug_is_called_by_its_title(rule, zh, en):
    assert sentence(parse(rule), "zh", NAMED) == zh
    assert sentence(parse(rule), "en", NAMED) == en
