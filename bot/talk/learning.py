"""Learning from traffic: what nothing answered becomes suggestions, and labels become examples.

Nobody labels in the dark: a suggestion says how many messages it would have answered, shows what
was said, and brings a draft of an answer. Accepting it is one step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import Conflict, InvalidInput
from bot.store import conversation, suggestions, talk
from bot.store.conversation import MISSES, Decided
from bot.store.db import transaction
from bot.store.suggestions import Suggestion
from bot.store.talk import DRAFT, Example
from bot.talk import rulebook
from bot.talk.answers import UNANSWERED
from bot.talk.documents import check
from bot.talk.grouping import Heard, group
from bot.talk.live import load
from bot.talk.suggesting import of_choices, of_groups, without_numbers

DAYS = timedelta(days=7)
# Answered by an intent, but less surely than this: worth a look.
DOUBTFUL = 0.6
_UNANSWERED = (*MISSES, "fallback.about_topic")


def suggest(account_id: int, now: datetime, since: timedelta = DAYS) -> int:
    """Group what was not answered in the last days; how many suggestions stand now.

    Open suggestions are made anew; what somebody accepted or dismissed does not come back.
    """
    says = load(account_id)
    decided = suggestions.decided_events(account_id)
    clarified = conversation.clarified(account_id, now - since, now)
    meant = _meant(clarified, decided)
    known = {event for events in meant.values() for event in events}
    heard = [
        one
        for one in _unanswered(account_id, now - since, now)
        if one.event_id not in decided and one.event_id not in known
    ]
    found = [of_choices(intent, events, says, now) for intent, events in meant.items()]
    if groups := group(heard):
        found += of_groups(groups, talk.examples(account_id), says, now)
    return suggestions.replace_open(account_id, found, now)


def _unanswered(account_id: int, since: datetime, until: datetime) -> Iterator[Heard]:
    after = 0
    while page := conversation.between(account_id, since, until, after=after):
        after = page[-1].event_id
        for one in page:
            if one.text and _wanting(one):
                facts = one.facts
                yield Heard(
                    one.event_id,
                    one.text,
                    str(facts.get("intent", "")),
                    float(facts.get("confidence", 0.0)),
                )


def _wanting(one: Decided) -> bool:
    if one.handler in _UNANSWERED:
        return True
    sure = float(one.facts.get("confidence", 1.0))
    return one.handler.startswith("intent.") and sure < DOUBTFUL


def _meant(clarified: Iterable[tuple[int, str]], decided: set[int]) -> dict[str, list[int]]:
    """intent -> messages whose sender said himself that it was meant."""
    found: dict[str, list[int]] = defaultdict(list)
    for event, intent in clarified:
        if event not in decided:
            found[intent].append(event)
    return found


# --- deciding about a suggestion ----------------------------------------------------------------


def label(
    account_id: int, event_ids: Sequence[int], intent: str, now: datetime, stage: str = DRAFT
) -> int:
    """Make messages examples of an intent; how many are new. Long numbers are not kept.

    Raises InvalidInput for an intent that the stage does not have.
    """
    talk.begin_draft(account_id, stage)
    known = {one.slug for one in talk.documents(account_id, stage, "intent")}
    if intent not in known and intent != "out_of_scope":
        raise InvalidInput(f"there is no intent {intent}; there are {', '.join(sorted(known))}")
    said = suggestions.texts(account_id, event_ids)
    found = [
        Example(intent, without_numbers(text), "traffic", event) for event, text in said.items()
    ]
    return talk.add_examples(account_id, found, stage=stage)


def accept(
    account_id: int, suggestion_id: int, intent: str, now: datetime, stage: str = DRAFT
) -> int:
    """The messages of a suggestion become examples; how many are new.

    intent   whose: of a new one the slug it shall have; "" as suggested. One that is not there is
             made with its answer, where a new intent was suggested

    Raises NotFound, Conflict where it was decided before, InvalidInput.
    """
    found = suggestions.get(account_id, suggestion_id)
    _decidable(found)
    slug = intent or found.intent
    if not slug:
        raise InvalidInput(f"suggestion {suggestion_id} names no intent; say which", "intent")
    with transaction():
        talk.begin_draft(account_id, stage)
        if found.kind == "intent":
            _make_intent(account_id, found, slug, now, stage)
        many = label(account_id, found.events, slug, now, stage)
        if not suggestions.settle(account_id, suggestion_id, "accepted"):
            raise Conflict(f"suggestion {suggestion_id} was decided a moment ago")
    return many


def _make_intent(account_id: int, found: Suggestion, slug: str, now: datetime, stage: str) -> None:
    """Unless there is one of this slug. A question to the marketer is no answer for followers."""
    if slug in {one.slug for one in talk.documents(account_id, stage, "intent")}:
        return
    if stage != DRAFT and str(found.draft.get("text", "")).startswith(UNANSWERED):
        raise Conflict(f"intent {slug} has no answer yet: accept it in the draft, and write one")
    document = {"slug": slug, "title": found.title, "answers": [dict(found.draft)]}
    check("intent", slug, document)
    talk.put(account_id, "intent", slug, document, now, stage=stage)


def make_rule(
    account_id: int, suggestion_id: int, now: datetime, zone: ZoneInfo, stage: str = DRAFT
) -> str:
    """A keyword rule from the suggestion's keywords and its draft of an answer; the rule's slug.

    Raises Conflict where the X-ray finds an error that it would bring, or it was decided before.
    """
    found = suggestions.get(account_id, suggestion_id)
    _decidable(found)
    if not found.keywords:
        raise InvalidInput(f"suggestion {suggestion_id} has no keywords; label it with an intent")
    talk.begin_draft(account_id, stage)
    slug = f"suggested-{suggestion_id}"
    document = {
        "slug": slug,
        "name": "、".join(found.keywords)[:64],
        "on": "message",
        "keywords": [{"text": found.keywords[0], "match": "contains"}],
        "answers": [dict(found.draft)],
    }
    rulebook.keep(account_id, rulebook.read([document]), now, zone, stage=stage)
    suggestions.settle(account_id, suggestion_id, "accepted")
    return slug


def dismiss(account_id: int, suggestion_id: int) -> None:
    """Not worth an answer: these messages do not come back. Raises NotFound, Conflict."""
    _decidable(suggestions.get(account_id, suggestion_id))
    suggestions.settle(account_id, suggestion_id, "dismissed")


def _decidable(found: Suggestion) -> None:
    if found.state != "open":
        raise Conflict(f"suggestion {found.id} was {found.state} before")
