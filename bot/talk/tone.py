"""How the house speaks, and what there is to say about the shop. Two settings.

setting `tone`   {greeting: "您好呀～", closing: "期待您的光临！", emoji: true, honorific: 您}
setting `shop`   {hours: "10:00-22:00", address: …, phone: …}   any names; {hours|…} in answers
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bot.errors import InvalidInput
from bot.talk.filling import is_known
from bot.talk.reading import Fields, refusal

HONORIFICS = ("您", "你", "亲")
MOST_FACTS = 100
_FACT = re.compile(r"[^\W\d]\w{0,31}")
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a\u231b\u23e9-\u23f3]"
    "[\ufe0f\u200d\U0001f3fb-\U0001f3ff]*"
)
_HAN = re.compile("[\u4e00-\u9fff]")
_GREETS = re.compile(
    r"\W{0,3}(?:亲|嗨|哈喽|您好|你好|欢迎|早上好|上午好|下午好|晚上好|hi\b|hello)", re.I
)

Shop = Mapping[str, str]
NOTHING: Shop = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """`greeting` stands before the first answer of a day, `closing` after thanks and good-bye.

    `honorific` is what {you} says; with 你 every 您 becomes 你.
    """

    greeting: str = ""
    closing: str = ""
    emoji: bool = True
    honorific: str = "您"


def read_tone(document: Any) -> Tone:
    """Raises InvalidInput that names the first bad field."""
    fields = Fields(document, "tone")
    tone = Tone(
        greeting=fields.text("greeting", ""),
        closing=fields.text("closing", ""),
        emoji=fields.flag("emoji", True),
        honorific=fields.one_of("honorific", HONORIFICS, "您"),
    )
    fields.done()
    return tone


def write_tone(tone: Tone) -> dict[str, Any]:
    """The document that `read_tone` turns into the same."""
    return {
        "greeting": tone.greeting,
        "closing": tone.closing,
        "emoji": tone.emoji,
        "honorific": tone.honorific,
    }


def read_shop(document: Any) -> Shop:
    """Facts by name. Raises InvalidInput that names the first bad one."""
    if not isinstance(document, Mapping):
        raise InvalidInput("shop is a mapping of names to texts", "shop")
    if len(document) > MOST_FACTS:
        raise refusal("shop", f"holds more than {MOST_FACTS} facts")
    fields = Fields(document, "shop")
    facts = {}
    for name in map(str, document):
        if not _FACT.fullmatch(name):
            raise refusal(name[:40], "is no name of a variable: letters, digits and _")
        if is_known(name):
            raise refusal(name, "is a variable of the house already")
        facts[name] = fields.text(name, "", longest=500)
    return MappingProxyType(facts)


def write_shop(shop: Shop) -> dict[str, str]:
    """The document that `read_shop` turns into the same."""
    return dict(shop)


def toned(text: str, tone: Tone, *, first_today: bool = False, parting: bool = False) -> str:
    """A whole answer in the house's tone.

    first_today   the first answer of the day: greeted, unless the text greets by itself
    parting       they thanked or said good-bye: the closing follows
    """
    if tone.honorific == "你":
        text = text.replace("您", "你")
    chinese = _HAN.search(text) is not None  # our greeting is no beginning of an English answer
    if first_today and chinese and tone.greeting and not _GREETS.match(text):
        text = f"{tone.greeting}{'' if tone.greeting[-1] in '～~，,！!。 ' else '，'}{text}"
    if parting and chinese and tone.closing and tone.closing not in text:
        text = f"{text}\n{tone.closing}"
    return text if tone.emoji else _EMOJI.sub("", text).strip()
