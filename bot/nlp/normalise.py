"""One spelling for one text: what people type on a phone, before anything is looked up in it."""

from __future__ import annotations

import re
import unicodedata

# WeChat sends its own emoji as names in brackets, or in the older form /::) /:8 /:,@P.
# A bracket that holds more than a short name is text of the follower's own.
_EMOJI = re.compile(r"\[[\u4e00-\u9fffA-Za-z]{1,6}\]|/:[:,8;@|<>$!&*~^=\-A-Za-z()'’‘\"]{1,4}")
_SPACES = re.compile(r"\s+")
# Letters, digits and ? stay: a lone question mark asks for help.
_NOISE = re.compile(r"[^\w?]+|_+")
# Politeness and particles that change no command, at its two ends.
_BEFORE = re.compile(r"^(?:请问|你好|您好|请|麻烦你?|帮我|给我|那个|那|嗯+|哦+|亲)+")
_AFTER = re.compile(r"(?:谢谢你?|多谢|一下|吧|呀|啊|哦|噢|哈|哒|呗|了|嘛|\?)+$")


def normalise(text: str) -> str:
    """`text` with one width, lower case, single spaces and no WeChat emoji codes."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if "[" in text or "/:" in text:
        text = _EMOJI.sub(" ", text)
    return _SPACES.sub(" ", text.lower()).strip()


def bare(normalised: str) -> str:
    """The normalised text without punctuation and spaces: what a command word is compared with."""
    return _NOISE.sub("", normalised)


def core(bared: str) -> str:
    """A bare text without polite beginnings and closing particles; itself where nothing is left."""
    return _AFTER.sub("", _BEFORE.sub("", bared)) or bared
