"""What people read in a message: its topic, what it is worth, what it asks for, where it leads."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from bot.sandbox.crowd import phrases
from bot.sandbox.crowd.visitor import first_link

TOPICS = tuple(phrases.TOPICS)
NO_TOPIC = -1
WORDS: dict[str, tuple[str, ...]] = {
    "咖啡": ("咖啡", "拿铁", "美式", "coffee"),
    "火锅": ("火锅", "涮", "毛肚"),
    "甜品": ("甜品", "蛋糕", "甜点", "奶茶"),
    "酒店": ("酒店", "民宿", "客房"),
    "景点": ("景点", "景区", "门票", "旅游"),
    "电影": ("电影", "影院", "影票"),
    "健身": ("健身", "瑜伽", "私教"),
    "母婴": ("母婴", "宝宝", "奶粉"),
    "数码": ("数码", "手机", "耳机", "电脑"),
    "服饰": ("服饰", "外套", "衣", "裙"),
}
_NUMBER = r"(\d{1,6}(?:\.\d{1,2})?)"
_LINK = re.compile(r"https?://[\w./?=&%#:~+-]+", re.ASCII)
_MINIMUM = re.compile(rf"满\s*[¥￥]?\s*{_NUMBER}")
_WORTH: tuple[tuple[re.Pattern[str], Callable[[float], float]], ...] = (
    (re.compile(rf"{_NUMBER}\s*折"), lambda n: _share(1 - (n / 10 if n < 10 else n / 100))),
    (re.compile(rf"[减抵省]\s*[¥￥]?\s*{_NUMBER}"), lambda n: _yuan(n)),
    (re.compile(rf"{_NUMBER}\s*元(?!起|/)"), lambda n: _yuan(n)),
    (re.compile(rf"[¥￥]\s*{_NUMBER}"), lambda n: _yuan(n)),
)
_GIFTS = {"买一送一": 0.85, "第二份半价": 0.6, "第二个半价": 0.6, "半价": 0.85, "免费": 0.95}


def _yuan(amount: float) -> float:
    """5 yuan 0.2, 10 yuan 0.33, 50 yuan 0.71."""
    return amount / (amount + 20.0)


def _share(off: float) -> float:
    return min(1.0, max(0.0, off) * 1.7)


@dataclass(frozen=True, slots=True)
class Offer:
    """topic: place in TOPICS or NO_TOPIC. value 0..1. minimum: to be spent, fen; 0 for none."""

    topic: int
    value: float
    minimum_fen: int
    link: str


@lru_cache(maxsize=2048)
def read(text: str, url: str = "") -> Offer:
    """Never raises, whatever the text is."""
    plain = _without_links(text)
    return Offer(_topic(plain), _value(plain), _minimum(plain), first_link(text, url))


def _without_links(text: str) -> str:
    """A link's own digits are no money."""
    return _LINK.sub(" ", text)


def _topic(text: str) -> int:
    """The one named first."""
    places = [
        (text.find(word), number)
        for number, topic in enumerate(TOPICS)
        for word in WORDS[topic]
        if word in text
    ]
    return min(places)[1] if places else NO_TOPIC


def _value(text: str) -> float:
    """Of all that is promised, the most."""
    rest = _MINIMUM.sub(" ", text)
    worths = [to(float(number)) for shape, to in _WORTH for number in shape.findall(rest)]
    worths += [worth for words, worth in _GIFTS.items() if words in text]
    return max(worths, default=0.0)


def _minimum(text: str) -> int:
    found = _MINIMUM.search(text)
    return round(float(found[1]) * 100) if found else 0
