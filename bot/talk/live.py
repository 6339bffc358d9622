"""What an account says, compiled; and how a process keeps up with its changes without a restart.

A document that cannot be read is left out and named in the log: one bad rule must not silence the
house. Documents are checked when they are saved, so this is a document of another version.
"""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from bot.errors import HongyanError, InvalidInput
from bot.nlp.dictionary import Dictionary
from bot.nlp.learn.model import Model, load_from
from bot.store import learnt, talk
from bot.store.talk import LIVE, Stored
from bot.talk.answers import read_answer
from bot.talk.deciding import Clarify, read_clarify
from bot.talk.faq import Faq, read_faq
from bot.talk.form import Form
from bot.talk.forms import read_form, with_names
from bot.talk.handoff import HandOff, Satisfaction, read_handoff, read_satisfaction
from bot.talk.intents import Intent, read_entity, read_intent
from bot.talk.rules import read_rule
from bot.talk.rules_match import Rules
from bot.talk.tone import NOTHING, Shop, Tone, read_shop, read_tone

logger = logging.getLogger(__name__)
FRESH_SECONDS = 1.0
INTENT_MODEL = "intent"
T = TypeVar("T")


@dataclass(frozen=True)
class Talk:
    """Everything that one account says in one stage. Empty for an account that says nothing yet.

    `documents`: as they are kept, by kind and slug.
    """

    version: int = 0
    documents: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    intents: Mapping[str, Intent] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    words: Dictionary | None = None  # None: cities and the house's own words alone
    model: Model | None = None
    model_id: int = 0
    rules: Rules = field(default_factory=Rules)
    faq: Faq = field(default_factory=Faq)
    clarify: Clarify = field(default_factory=Clarify)
    handoff: HandOff = field(default_factory=HandOff)
    satisfaction: Satisfaction = field(default_factory=Satisfaction)
    tone: Tone = field(default_factory=Tone)
    shop: Shop = field(default_factory=lambda: NOTHING)


EMPTY = Talk()


def assemble(
    documents: Iterable[Stored], model: Model | None = None, *, version: int = 0, model_id: int = 0
) -> Talk:
    """Compile documents. Pure but for the log."""
    of_kind: dict[str, list[Stored]] = {}
    for one in documents:
        of_kind.setdefault(one.kind, []).append(one)
    settings = {one.slug: one for one in of_kind.get("setting", ())}
    intents = _read(of_kind.get("intent", ()), lambda found: read_intent(found, read_answer))
    named = _read(of_kind.get("entity", ()), read_entity)
    rules = _read(of_kind.get("rule", ()), lambda found: read_rule(found, read_answer))
    forms = _read(
        of_kind.get("form", ()), lambda found: with_names(read_form(found, read_answer), named)
    )
    return Talk(
        version=version,
        documents={(o.kind, o.slug): o.document for each in of_kind.values() for o in each},
        intents={intent.slug: intent for intent in intents},
        forms={form.slug: form for form in forms},
        words=Dictionary(named) if named else None,
        model=model,
        model_id=model_id,
        rules=Rules(rules),
        faq=Faq(_read(of_kind.get("faq", ()), lambda found: read_faq(found, read_answer))),
        clarify=_setting(settings, "clarify", read_clarify, Clarify()),
        handoff=_setting(settings, "handoff", read_handoff, HandOff()),
        satisfaction=_setting(settings, "satisfaction", read_satisfaction, Satisfaction()),
        tone=_setting(settings, "tone", read_tone, Tone()),
        shop=_setting(settings, "shop", read_shop, NOTHING),
    )


def _read(stored: Iterable[Stored], read: Callable[[Any], T]) -> list[T]:
    found = []
    for one in stored:
        try:
            found.append(read(one.document))
        except InvalidInput as error:
            logger.error("%s %s is left out: %s", one.kind, one.slug, error)
    return found


def _setting(stored: Mapping[str, Stored], slug: str, read: Callable[[Any], T], usual: T) -> T:
    """A setting as it was saved, or as it is when nobody saved one."""
    found = _read([stored[slug]], read) if slug in stored else []
    return found[0] if found else usual


def load(account_id: int, stage: str = LIVE) -> Talk:
    """Read and compile what stands in the store."""
    number = talk.version(account_id)  # read first: what changes meanwhile is read again
    kept = learnt.in_state(account_id, INTENT_MODEL, "active")
    documents = talk.documents(account_id, stage)
    if kept is None:
        return assemble(documents, version=number)
    return assemble(documents, _model(kept.id), version=number, model_id=kept.id)


def model_of(found: Talk, model_id: int) -> Talk:
    """The same talk with another model of the store. Raises NotFound, Conflict, InvalidInput."""
    name = f"model {model_id}"
    model = load_from(io.BytesIO(learnt.content(model_id)), name)
    return replace(found, model=model, model_id=model_id)


def _model(model_id: int) -> Model | None:
    """A model from the store; None, and a line in the log, where it is damaged or of another
    version: the house then answers by rules and questions alone."""
    try:
        return load_from(io.BytesIO(learnt.content(model_id)), f"model {model_id}")
    except HongyanError as error:
        logger.error("alarm: model %d cannot be used: %s", model_id, error)
        return None


class Live:
    """The talk of each account in this process, at most `FRESH_SECONDS` behind the store.

    A changed talk is compiled by the thread that finds the change; the others go on with the old
    one meanwhile.
    """

    def __init__(self, read: Callable[[int], Talk] = load) -> None:
        self._read = read
        self._held: dict[int, tuple[Talk, float]] = {}
        self._lock = threading.Lock()

    def of(self, account_id: int) -> Talk:
        """Raises StoreUnavailable's causes only where nothing was ever read."""
        held = self._held.get(account_id)
        if held is not None and time.monotonic() < held[1]:
            return held[0]
        if held is None:
            with self._lock:
                held = self._held.get(account_id)
                return held[0] if held is not None else self._renewed(account_id, None)
        if not self._lock.acquire(blocking=False):
            return held[0]
        try:
            return self._renewed(account_id, held[0])
        finally:
            self._lock.release()

    def _renewed(self, account_id: int, old: Talk | None) -> Talk:
        if old is not None and talk.version(account_id) == old.version:
            found = old
        else:
            found = self._read(account_id)
        self._held[account_id] = (found, time.monotonic() + FRESH_SECONDS)
        return found
