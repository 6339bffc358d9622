"""Which kinds of document there are, and who reads each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.talk.answers import read_answer
from bot.talk.deciding import Clarify, read_clarify
from bot.talk.faq import read_faq
from bot.talk.forms import read_form
from bot.talk.handoff import HandOff, Satisfaction, read_handoff, read_satisfaction
from bot.talk.intents import read_entity, read_intent
from bot.talk.rules import read_rule
from bot.talk.tone import NOTHING, Tone, read_shop, read_tone

Reader = Callable[
    [Any], Any
]  # a document's value; raises InvalidInput that names the first bad field

READERS: Mapping[str, Reader] = {
    "rule": lambda document: read_rule(document, read_answer),
    "intent": lambda document: read_intent(document, read_answer),
    "faq": lambda document: read_faq(document, read_answer),
    "form": lambda document: read_form(document, read_answer),
    "entity": read_entity,
}
# A setting's reader, and what holds where nobody saved one.
SETTINGS: Mapping[str, tuple[Reader, Any]] = {
    "clarify": (read_clarify, Clarify()),
    "handoff": (read_handoff, HandOff()),
    "satisfaction": (read_satisfaction, Satisfaction()),
    "shop": (read_shop, NOTHING),
    "tone": (read_tone, Tone()),
}
