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
