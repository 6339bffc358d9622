"""An account's own words, and the cities: found as words, never across other words."""

from __future__ import annotations

import pytest

from bot.nlp.cut import cut
from bot.nlp.dictionary import Dictionary
from bot.nlp.lexicon import edges_of
from bot.nlp.understanding import understand
from bot.talk.intents import Named

WORDS = Dictionary(
    [
        Named(
            slug="dish", title="菜品", values=(("毛肚", "千层毛肚", "千层肚"), ("拿铁", "Latte"))
        ),
        Named(
            slug="brand",
            title="品牌",
            kind="brand",
            values=(("絮棠集", "絮棠"), ("嗨麦汇", "嗨麦")),
        ),
        Named(slug="gold", title="金发", kind="brand", values=(("金发",),)),
        Named(slug="pot", title="锅", kind="topic", topic="火锅", values=(("鸳鸯灯笼",),)),
        Named(slug="kept", title="词", kind="word", values=(("云朵岛",),)),
    ]
)


def named(text: str) -> list[tuple[str, str, object]]:
    return [(one.kind, one.text, one.value) for one in understand(text, WORDS).entities]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("吃千层毛肚吧", [("product", "千层毛肚", "毛肚")]),
        ("来杯LATTE", [("product", "latte", "拿铁")]),
        ("在絮棠集买", [("brand", "絮棠集", "絮棠集")]),
        ("去嗨麦汇唱歌", [("brand", "嗨麦汇", "嗨麦汇")]),
        ("毛杜有吗", [("product", "毛杜", "毛肚")]),
        ("现金发票", []),
        ("lattes", []),
        ("云朵岛在哪", []),
        ("我在成都", [("city", "成都", "成都")]),
        ("魔都的店", [("city", "魔都", "上海")]),
        ("恩施州", [("city", "恩施", "恩施")]),
        ("南京东路", []),
        ("来宾登记", []),
        ("来宾市有店吗", [("city", "来宾市", "来宾")]),
        ("海淀有店吗", [("district", "海淀", {"city": "北京", "district": "海淀"})]),
    ],
)
def test_what_is_named(text, found):
    assert named(text) == found


def test_the_slug_tells_dictionaries_apart():
    assert [one.slug for one in understand("毛肚", WORDS).entities] == ["dish"]


def test_a_marketers_word_is_one_word_to_the_topics():
    assert understand("吃千层毛肚吧").topics.get("甜品") is not None
    assert understand("吃千层毛肚吧", WORDS).topics.get("甜品") is None
    assert understand("吃千层毛肚吧", WORDS).topics["火锅"] == 1.0


def test_a_topic_word_is_an_interest():
    assert understand("鸳鸯灯笼好吃吗", WORDS).topics["火锅"] == 1.0
    assert "火锅" not in understand("鸳鸯灯笼好吃吗").topics


def test_what_is_found_becomes_one_word_of_the_cut():
    edges = edges_of(cut("在絮棠集买"))
    WORDS.find("在絮棠集买", edges)
    assert {1, 4} <= edges
    assert edges.isdisjoint({2, 3})


def test_one_account_does_not_know_the_words_of_another():
    assert understand("在絮棠集买").entities == ()
