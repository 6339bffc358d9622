"""The examples of intents as a marketer edits them: added, moved, removed, held against each other.

Everything happens in the draft, which begins as a copy of what is live.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.errors import Conflict, InvalidInput
from bot.nlp.learn.reading import OUT_OF_SCOPE
from bot.nlp.normalise import bare, normalise
from bot.store import example_list, talk
from bot.store.db import transaction
from bot.store.example_list import Listed
from bot.store.spans import spans
from bot.store.talk import DRAFT, Example
from bot.talk.documents import LONGEST_EXAMPLE, MOST_EXAMPLES, check

MOST_AT_ONCE = 500
MOST_CONFLICTS = 200


@dataclass(frozen=True, slots=True)
class Added:
    """How many texts are new, how many came from other intents, how many stood there already."""

    new: int
    moved: int
    known: int


@dataclass(frozen=True)
class Clash:
    """Examples that say the same to the model, and are of different intents."""

    said: str
    examples: list[Listed]


def add(account_id: int, intent: str, texts: Sequence[str], *, force: bool = False) -> Added:
    """New examples of an intent in the draft. Raises InvalidInput; Conflict where some stand under
    another intent, unless `force` moves them here."""
    wanted = _read(texts)
    with transaction():
        talk.begin_draft(account_id)
        must_know(account_id, intent)
        there = example_list.found(account_id, DRAFT, wanted)
        elsewhere = {text: of for text, of in there.items() if of != intent}
        if elsewhere and not force:
            text, of = next(iter(elsewhere.items()))
            more = f" (and {len(elsewhere) - 1} more)" if len(elsewhere) > 1 else ""
            raise Conflict(f"“{text[:40]}” is an example of {of} already{more}")
        if sum(talk.count_examples(account_id, DRAFT).values()) + len(wanted) > MOST_EXAMPLES:
            raise Conflict(f"there are at most {MOST_EXAMPLES:,} examples")
        talk.add_examples(account_id, [Example(intent, one) for one in wanted], stage=DRAFT)
    known = len(there) - len(elsewhere)
    return Added(len(wanted) - len(there), len(elsewhere), known)


def _read(texts: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(one.strip() for one in texts if one.strip()))
    if not 1 <= len(found) <= MOST_AT_ONCE:
        raise InvalidInput(f"texts: wants 1 to {MOST_AT_ONCE} lines", "texts")
    for one in found:
        if len(one) > LONGEST_EXAMPLE:
            raise InvalidInput(f"texts: “{one[:20]}…” is longer than {LONGEST_EXAMPLE}", "texts")
    return found


def move(account_id: int, stage: str, ids: Sequence[int], intent: str) -> int:
    """These examples of a stage, under another intent in the draft; how many changed. A follower's
    own words stay bound to their message. Raises InvalidInput."""
    with transaction():
        chosen = _chosen(account_id, stage, ids)
        talk.begin_draft(account_id)
        must_know(account_id, intent)
        moved = [replace(one.example, intent=intent) for one in chosen]
        return talk.add_examples(account_id, moved, stage=DRAFT)


def remove(account_id: int, stage: str, ids: Sequence[int]) -> int:
    """These examples of a stage, out of the draft; how many went. Raises InvalidInput."""
    with transaction():
        chosen = _chosen(account_id, stage, ids)
        talk.begin_draft(account_id)
        texts = [one.example.text for one in chosen]
        return sum(talk.remove_example(account_id, one, stage=DRAFT) for one in texts)


def _chosen(account_id: int, stage: str, ids: Sequence[int]) -> list[Listed]:
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise InvalidInput(f"wants 1 to {MOST_AT_ONCE} examples", "example")
    return example_list.some(account_id, stage, ids)


def must_know(account_id: int, intent: str) -> None:
    """Raises InvalidInput for an intent that the draft does not have."""
    known = {one.slug for one in talk.documents(account_id, DRAFT, "intent")}
    if intent not in known and intent != OUT_OF_SCOPE:
        raise InvalidInput(f"there is no intent {intent}", "intent")


def put_intent(account_id: int, document: Mapping[str, Any], now: datetime) -> str:
    """An intent's document into the draft; its slug. Raises InvalidInput."""
    slug = document.get("slug")
    if not isinstance(slug, str):
        raise InvalidInput("slug: wants a name", "slug")
    check("intent", slug, document)
    with transaction():
        talk.begin_draft(account_id)
        talk.put(account_id, "intent", slug, document, now, stage=DRAFT)
    return slug


def clashes(account_id: int, stage: str) -> list[Clash]:
    """Examples of different intents that differ in case, width, spaces or punctuation alone."""
    return _clashing(example_list.every(account_id, stage))[:MOST_CONFLICTS]


def still_clash(account_id: int, stage: str, groups: Sequence[Sequence[int]]) -> list[Clash]:
    """Those of these groups of examples, by id, that say the same and are of different intents even
    now. A number may be another example's by now."""
    ids = [id_ for group in groups for id_ in group]
    some = (example_list.some(account_id, stage, part) for part in spans(ids))
    held = {one.id: one for part in some for one in part}
    several = ([held[id_] for id_ in group if id_ in held] for group in groups)
    return [clash for group in several for clash in _clashing(group)]


def _clashing(found: Iterable[Listed]) -> list[Clash]:
    by_key: dict[str, list[Listed]] = defaultdict(list)
    for one in found:
        plain = normalise(one.example.text)
        by_key[bare(plain) or plain].append(one)
    return [
        Clash(said, several)
        for said, several in by_key.items()
        if len({one.example.intent for one in several}) > 1
    ]
