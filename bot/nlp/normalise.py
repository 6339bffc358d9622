"""One spelling for one text: what people type on a phone, before anything is looked up in it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.nlp.phrases import beside
from bot.nlp.traditional import simplified

# What nobody sees: controls, zero-width and direction marks, fillers, variation selectors, skin
# tones, tags; and half a character (a lone surrogate), which no file or database can hold.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]+"
)
# What nearly all texts are made of alone: nothing of it is unseen, and none of it needs a second
# look once its width and case are one.
_UNUSUAL = re.compile("[^\t\n\r -~‘’“”—…、。《》【】\u4e00-\u9fff！-～]")
# 啊啊啊啊 -> 啊啊, soooo -> sooo, !!!!! -> !!!; digits say how many, so they stay, and so do
# the digits of Chinese. 退订退订退订 -> 退订.
_CHINESE = "零〇一二两三四五六七八九十"
_RUNS = re.compile(rf"([^\W\d_a-z{_CHINESE}])\1{{2,}}|([a-z])\2{{3,}}|([^\w\s])\3{{3,}}")
_WORDS = re.compile(rf"((?:(?![{_CHINESE}])[\u4e00-\u9fff]){{2,4}}?)\1{{2,}}")
_PASSES = 5  # each is linear; shortening may make a new repetition
# WeChat sends its own emoji as names in brackets, or in the older form /::) /:8 /:,@P.
# A bracket that holds more than a short name is text of the follower's own.
_EMOJI = re.compile(r"\[[\u4e00-\u9fffA-Za-z]{1,6}\]|/:[:,8;@|<>$!&*~^=\-A-Za-z()'’‘\"]{1,4}")
# Letters, digits and ? stay: a lone question mark asks for help.
_NOISE = re.compile(r"[^\w?]+|_+")
# Politeness and particles that change no command, at its two ends.
_BEFORE = re.compile(r"^(?:请问|你好|您好|请|麻烦你?|帮我|给我|那个|那|嗯+|哦+|亲)+")
_AFTER = re.compile(r"(?:谢谢你?|多谢|一下|吧|呀|啊|哦|噢|哈|哒|呗|了|嘛|\?)+$")
AROUND = frozenset(_BEFORE.pattern + _AFTER.pattern)  # every character of theirs, and some more
_BEGINS, _ENDS = frozenset("请你您麻帮给那嗯哦亲"), frozenset("谢你下吧呀啊哦噢哈哒呗了嘛?")


@lru_cache(maxsize=32)  # a dozen handlers ask about the message at hand
def normalise(text: str) -> str:
    """`text` with one width, script and case, single spaces, no WeChat emoji codes, nothing unseen.

    Traditional characters become simplified, repetition is shortened, emoji stay. Some two
    microseconds; never raises. Normalising twice changes nothing more.
    """
    if _UNUSUAL.search(text):
        text = _one_width(_UNSEEN.sub("", text))
    else:
        text = unicodedata.normalize("NFKC", text).lower()
    text = _shortened(simplified(text))
    if "[" in text or "/:" in text:
        text = _EMOJI.sub(" ", text)
    return " ".join(text.split())


def _one_width(text: str) -> str:
    """NFKC and lower case; again, because lower case of what is rare has a compatible form."""
    text = unicodedata.normalize("NFKC", text).lower()
    return unicodedata.normalize("NFKC", text)


def _shortened(text: str) -> str:
    for _ in range(_PASSES):
        if not _repeats(text):
            break
        shorter = _RUNS.sub(_fewer, text)
        shorter = _WORDS.sub(r"\1", shorter)
        if shorter == text:
            break
        text = shorter
    return text


def _repeats(text: str) -> bool:
    """Two characters stand beside each other twice. A tenth of what the expressions cost."""
    pairs = beside(text)
    return len(set(pairs)) < len(pairs)


def _fewer(run: re.Match[str]) -> str:
    return run.group()[: 2 if run.group(1) else 3]


def bare(normalised: str) -> str:
    """The normalised text without punctuation and spaces: what a command word is compared with."""
    return normalised if normalised.isalnum() else _NOISE.sub("", normalised)


def words(listed: str) -> frozenset[str]:
    """Bare words written in a row: what a whole message may consist of."""
    return frozenset(listed.split())


def core(bared: str) -> str:
    """A bare text without polite beginnings and closing particles; itself where nothing is left."""
    inner = _BEFORE.sub("", bared) if bared[:1] in _BEGINS else bared
    return (_AFTER.sub("", inner) if inner[-1:] in _ENDS else inner) or bared
