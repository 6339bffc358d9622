"""A finder that first looks whether it has anything to do finds what it found without the look."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.nlp import clock, dates, dislike, lexicon, typos, understanding, values, words
from bot.nlp.normalise import normalise
from bot.nlp.phrases import Phrases

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TRADES = Path(__file__).resolve().parents[3] / "bot" / "nlp" / "trades"
ALWAYS = re.compile("")
# What may stand instead of each: a look that says yes to every text, at every place.
LOOKS = (
    (clock, "_HINT"),
    (dates, "_NEEDED"),
    (dislike, "_HINT"),
    (lexicon, "_BESIDE_BEGINS"),
    (typos, "_TO_REFUSE"),
    (understanding, "COUNTING"),
    (values, "_ARABIC"),
    (values, "_COIN"),
    (values, "_COUNT"),
    (values, "_PARTY"),
)
WITH_FORMS = tuple(
    """
    周六晚上6点四个人,电话13800138000|三天后|大年初三|12.3号|过两天|改天吧|7:30pm|半小时后|差五分七点
    4-5点|三十 个|15块8一份|预算三百以内|¥99|3k左右|三百五十块|两口子|一家三口
    我们仨|两个大人一个小孩|就我自己|情侣|一共五个|半斤|俩|两三百元|附近的酒店
    不喜欢火锅|退定|tuiding|五一|双11|跨年|正月十五|月底|明年年初
    2026年12月3日|每周三|下下个礼拜|周六周日|10 pm|今晚|深夜
    """.replace("\n", "|").split("|")
)


def examples() -> list[str]:
    read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(TRADES.glob("*.json"))]
    every = {text for trade in read for one in trade.get("intents", ()) for text in one["examples"]}
    return [*WITH_FORMS, *random.Random(4).sample(sorted(every), 1000)]


def test_every_finder_finds_the_same_without_its_look(monkeypatch):
    texts = examples()
    before = [understanding.understand(text, now=NOW) for text in texts]
    for module, name in LOOKS:
        monkeypatch.setattr(module, name, ALWAYS)
    monkeypatch.setattr(words, "_FOREIGN", re.compile("(?!)"))
    assert [understanding.understand(text, now=NOW) for text in texts] == before
    assert sum(bool(said.entities) for said in before) > 100


def test_days_and_hours_are_found_the_same_without_a_look(monkeypatch):
    texts = [normalise(text) for text in examples()]

    def found() -> list[object]:
        today = date(2026, 11, 22)
        return [
            (list(dates.days(text, today)), list(clock.hours(text)), values.money(text, True))
            for text in texts
        ]

    before = found()
    for module, name in LOOKS:
        monkeypatch.setattr(module, name, ALWAYS)
    assert found() == before


def slowly(entries: dict[str, int], text: str) -> list[tuple[int, int, int]]:
    """The longest phrase at each place, tried one by one."""

    def cut(at: int) -> bool:
        pair = text[max(0, at - 1) : at + 1]
        return 0 < at < len(text) and pair.isascii() and pair.isalnum()

    found, at = [], 0
    while at < len(text):
        ends = [end for end in range(len(text), at, -1) if text[at:end] in entries]
        end = next((end for end in ends if not cut(at) and not cut(end)), 0)
        if end:
            found.append((at, end, entries[text[at:end]]))
        at = end or at + 1
    return found


@pytest.mark.parametrize("seed", range(5))
def test_phrases_are_the_longest_at_each_place(seed):
    chance = random.Random(seed)
    entries = {
        "".join(chance.choices("好不吃ok1 !", k=chance.randint(1, 4))): at for at in range(40)
    }
    table = Phrases(entries)
    for _ in range(400):
        text = "".join(chance.choices("好不吃ok1 !店", k=chance.randint(0, 12)))
        assert table.find(text) == slowly(entries, text)
