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
from typing import Any

from bot.errors import HongyanError, InvalidInput
from bot.nlp.dictionary import Dictionary
from bot.nlp.learn.model import Model, load_from
from bot.store import learnt, talk
from bot.store.talk import LIVE, Stored
from bot.talk.deciding import Clarify
from bot.talk.faq import Faq
from bot.talk.form import Form
from bot.talk.forms import with_names
from bot.talk.handoff import HandOff, Satisfaction
from bot.talk.intents import Intent, Named
from bot.talk.kinds import READERS, SETTINGS, Reader
from bot.talk.rules_match import Rules
from bot.talk.tone import NOTHING, Shop, Tone

logger = logging.getLogger(__name__)
FRESH_SECONDS = 1.0
INTENT_MODEL = "intent"


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


def assemble(
    documents: Iterable[Stored], model: Model | None = None, *, version: int = 0, model_id: int = 0
) -> Talk:
    """Compile documents. Pure but for the log."""
    of_kind: dict[str, list[Stored]] = {}
    for one in documents:
        of_kind.setdefault(one.kind, []).append(one)
    found = {
        kind: list(_read(of_kind.get(kind, ()), reader).values())
        for kind, reader in READERS.items()
    }
    named = found["entity"]
    settings = {one.slug: one for one in of_kind.get("setting", ())}
    return Talk(
        version=version,
        documents={(o.kind, o.slug): o.document for each in of_kind.values() for o in each},
        intents={intent.slug: intent for intent in found["intent"]},
        forms=_forms(found["form"], named),
        words=Dictionary(named) if named else None,
        model=model,
        model_id=model_id,
        rules=Rules(found["rule"]),
        faq=Faq(found["faq"]),
        **{
            slug: _read([settings[slug]], reader).get(slug, usual) if slug in settings else usual
            for slug, (reader, usual) in SETTINGS.items()
        },
    )


def _forms(forms: Iterable[Form], named: Iterable[Named]) -> dict[str, Form]:
    """By slug. A form that asks for things of an entity document that is gone is missing."""
    found = {}
    for form in forms:
        try:
            found[form.slug] = with_names(form, named)
        except InvalidInput as error:
            logger.error("form %s is left out: %s", form.slug, error)
    return found


def _read(stored: Iterable[Stored], read: Reader) -> dict[str, Any]:
    """By slug. What cannot be read is missing."""
    found = {}
    for one in stored:
        try:
            found[one.slug] = read(one.document)
        except InvalidInput as error:
            logger.error("%s %s is left out: %s", one.kind, one.slug, error)
    return found


def load(account_id: int, stage: str = LIVE, old: Talk | None = None) -> Talk:
    """Read and compile what stands in the store.

    old   an earlier reading: its model stays where the store's is the same
    """
    number = talk.version(account_id)  # read first: what changes meanwhile is read again
    kept = learnt.in_state(account_id, INTENT_MODEL, "active")
    documents = talk.documents(account_id, stage)
    if kept is None:
        return assemble(documents, version=number)
    same = old is not None and old.model_id == kept.id and old.model is not None
    model = old.model if old is not None and same else _usable(kept.id)
    return assemble(documents, model, version=number, model_id=kept.id)


def stored_model(model_id: int) -> Model:
    """A model of the store. Raises NotFound, Conflict, InvalidInput."""
    return load_from(io.BytesIO(learnt.content(model_id)), f"model {model_id}")


def with_model(found: Talk, model_id: int) -> Talk:
    """The same talk with another model of the store. Raises as `stored_model`."""
    return replace(found, model=stored_model(model_id), model_id=model_id)


def _usable(model_id: int) -> Model | None:
    """A model from the store; None, and a line in the log, where it is damaged or of another
    version: the house then answers by rules and questions alone."""
    try:
        return stored_model(model_id)
    except HongyanError as error:
        logger.error("alarm: model %d cannot be used: %s", model_id, error)
        return None


class Live:
    """The talk of each account in this process, at most `FRESH_SECONDS` behind the store.

    A changed talk is compiled by the thread that finds the change; the others go on with the old
    one meanwhile.
    """

    def __init__(self, read: Callable[[int, str, Talk | None], Talk] = load) -> None:
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
            found = self._read(account_id, LIVE, old)
        self._held[account_id] = (found, time.monotonic() + FRESH_SECONDS)
        return found
