"""The question that a new follower is asked, and what counts as its answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache

from bot.i18n import catalogue
from bot.nlp.normalise import bare, core, normalise

# What is asked for where the house names no topics of its own, in the order of the numbers.
OPTIONS = ("咖啡", "火锅", "甜品", "酒店", "景点")
OPEN_FOR = timedelta(hours=24)
LONGEST = 20  # characters; a longer text says more than a choice
MOST_OPTIONS = 9  # one digit each

_DIGITS = str.maketrans("一二三四五六七八九", "123456789")
_ALL = re.compile(
    r"(?=.*(?:都|全|所有|以上|all))(?:我|全|全部|以上|这些|都|都要|都喜欢|所有|全选|都可以|全都要|都爱|all)+"
)
# What people write around a choice. All that is left beside it makes the text no answer.
_AROUND = re.compile(
    r"我们?|比较|更|最|很|超|还是|想要?|选择?|喜欢|爱|要|吃|喝|去|看|对|感兴趣|第|个|号|项|和|跟|与|及|还有|以及|或者?|都|也|吧|呢|的|and|i|like|love"
)
_WORDS = {
    "咖啡": "咖啡|coffee",
    "火锅": "火锅|hotpot",
    "甜品": "甜品|甜点|甜食|desserts?|sweets?",
    "酒店": "酒店|住宿|hotels?",
    "景点": "景点|景区|游玩|sights?",
}


def options_of(topics: Iterable[str]) -> tuple[str, ...]:
    """The topics to ask for: the house's own, each once, where there are two at least."""
    own = tuple(dict.fromkeys(topics))[:MOST_OPTIONS]
    return own if len(own) > 1 else OPTIONS


def answer(text: str, options: tuple[str, ...] = OPTIONS) -> tuple[str, ...]:
    """The topics chosen by number or name, in the order of the options; () when it is no answer.

    咖啡, 1, "1、3", 13, 第二个, "我喜欢咖啡和火锅", 都喜欢 are answers; 咖啡店在哪里 is a question.
    """
    plain = normalise(text)
    if not plain or len(plain) > LONGEST or len(text) > 3 * LONGEST:
        return ()
    said = core(bare(plain))
    if _ALL.fullmatch(said):
        return options
    choice = _choice(options)
    numbers = {int(found.lastgroup[1:]) for found in choice.finditer(said) if found.lastgroup}
    rest = _AROUND.sub("", choice.sub("", said)).translate(_DIGITS)
    if rest:
        if not rest.isascii() or not rest.isdigit():
            return ()
        numbers |= {int(digit) for digit in rest}
    if not numbers or not numbers <= set(range(1, len(options) + 1)):
        return ()
    return tuple(topic for number, topic in enumerate(options, 1) if number in numbers)


@lru_cache(maxsize=64)
def _choice(options: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the topics by its names; the group says which."""
    return re.compile("|".join(f"(?P<t{n}>{_names(topic)})" for n, topic in enumerate(options, 1)))


def _names(topic: str) -> str:
    """A pattern for the topic's name, its English one, and others that are known."""
    english = catalogue("en").get(f"topic.{topic}", topic)
    own = (re.escape(bare(normalise(name))) for name in (topic, english))
    return "|".join(dict.fromkeys([*filter(None, [_WORDS.get(topic, "")]), *own]))
