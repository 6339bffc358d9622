"""Changing a stage as a whole, and saying in which way two of them differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.store import talk
from bot.store.db import transaction
from bot.store.talk import DRAFT, Example
from bot.talk.documents import Bundle, Document, alike, stored

ADDED, CHANGED, REMOVED = "added", "changed", "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One document. `fields`: of a changed one, those that differ."""

    what: str
    kind: str
    slug: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """`examples`: intent -> (how many came, how many went); one that changed its intent is both."""

    documents: tuple[Change, ...] = ()
    examples: Mapping[str, tuple[int, int]] | None = None

    @property
    def nothing(self) -> bool:
        return not self.documents and not self.examples


def difference(old: Bundle, new: Bundle) -> Difference:
    """What changes on the way from `old` to `new`."""
    changes = []
    for key in sorted(old.documents.keys() | new.documents.keys()):
        before, after = old.documents.get(key), new.documents.get(key)
        if before is None:
            changes.append(Change(ADDED, *key))
        elif after is None:
            changes.append(Change(REMOVED, *key))
        elif not alike(before, after):
            changes.append(Change(CHANGED, *key, _fields(before, after)))
    return Difference(tuple(changes), _examples(old, new))


def _fields(before: Document, after: Document) -> tuple[str, ...]:
    names = dict.fromkeys((*before, *after))
    return tuple(name for name in names if not alike(before.get(name), after.get(name)))


def _examples(old: Bundle, new: Bundle) -> dict[str, tuple[int, int]]:
    before = {(one.text, one.intent) for one in old.examples}
    after = {(one.text, one.intent) for one in new.examples}
    came = Counter(intent for _, intent in after - before)
    went = Counter(intent for _, intent in before - after)
    return {intent: (came[intent], went[intent]) for intent in sorted(came | went)}


def keep(
    account_id: int,
    given: Bundle,
    now: datetime,
    *,
    stage: str = DRAFT,
    whole: bool = False,
    dry_run: bool = False,
) -> Difference:
    """Put a bundle into a stage, all or nothing; what that changes, or would change.

    whole   what the bundle does not have is removed (but never followers' own words)
    A draft that is not there begins as a copy of what is live, once something changes.
    """
    with transaction():
        old = stored(account_id, talk.read_from(account_id, stage))
        new = given if whole else joined(old, given)
        found = difference(old, new)
        if not dry_run and not found.nothing:
            talk.begin_draft(account_id, stage)
            _carry_out(account_id, old, new, found, stage, now)
    return found


def joined(old: Bundle, given: Bundle) -> Bundle:
    """`old` with what is given added, or in place of what stood there."""
    known = {one.text: one for one in old.examples} | {one.text: one for one in given.examples}
    return Bundle({**old.documents, **given.documents}, tuple(known.values()))


def _carry_out(
    account_id: int, old: Bundle, new: Bundle, found: Difference, stage: str, now: datetime
) -> None:
    for one in found.documents:
        if one.what == REMOVED:
            talk.remove(account_id, one.kind, one.slug, stage=stage)
        else:
            document = new.documents[one.kind, one.slug]
            talk.put(account_id, one.kind, one.slug, document, now, stage=stage)
    wanted = {one.text: one for one in new.examples}
    for gone in old.examples:
        if gone.text not in wanted:
            talk.remove_example(account_id, gone.text, stage=stage)
    known = {one.text: one for one in talk.examples(account_id, stage)}
    talk.add_new_examples(
        account_id, (one for one in new.examples if one.text not in known), stage=stage
    )
    moved = (_moved(known[text], one) for text, one in wanted.items() if text in known)
    talk.add_examples(account_id, (one for one in moved if one is not None), stage=stage)


def _moved(known: Example, wanted: Example) -> Example | None:
    """An example under its new intent; a follower's own words stay bound to their message."""
    if known.intent == wanted.intent:
        return None
    return replace(wanted, event_id=known.event_id)
