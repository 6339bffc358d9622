"""What becomes a suggestion of a group of messages: whose examples, which rule, which new intent.
Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any

from bot.i18n import t
from bot.nlp.learn.concepts import concepts
from bot.nlp.normalise import bare, normalise
from bot.store.suggestions import Suggestion
from bot.store.talk import Example
from bot.talk.answers import UNANSWERED
from bot.talk.grouping import Group, nearest
from bot.talk.live import Talk

# The model leans to one intent by this much: the texts are probably examples of it.
LEANING = 0.3
# So near are the words of a group to the examples of an intent that they are examples of it.
CLOSE = 0.5
# So near to a frequent question that its answer is worth beginning with.
NEAR_QUESTION = 0.15
_TYPICAL = 10  # messages of a group that are compared with questions
_LONGEST_TITLE = 20
_UNSET = datetime.min.replace(tzinfo=UTC)
_LONG_NUMBER = re.compile(r"\d{4,}")


def of_choices(intent: str, events: Sequence[int], says: Talk, now: datetime) -> Suggestion:
    """Messages whose senders said themselves that this intent was meant."""
    return Suggestion(
        id=0, made_at=now, kind="example", intent=intent, size=len(events), coverage=0.0,
        events=tuple(events), keywords=(), draft=_answer_of(intent, says, ()), state="open",
    )  # fmt: skip


def of_groups(
    groups: Sequence[Group], examples: Iterable[Example], says: Talk, now: datetime
) -> list[Suggestion]:
    """One for each: examples of the intent that they mean; a new intent for what is far from all;
    a keyword rule in a house that has no intents."""
    said = [[one.text for one in found.heard] for found in groups]
    near = nearest(said, ((o.intent, o.text) for o in examples if o.intent in says.intents))
    taken, made = set(says.intents), list[Suggestion]()
    for found, (intent, alike) in zip(groups, near, strict=True):
        known = _meant_by(found, intent, alike, says)
        one = _new_intent(found, says, taken) if says.intents and not known else None
        made.append(one or _of_group(found, known, says))
        taken.add(made[-1].intent)
    return [replace(one, made_at=now) for one in made]


def _meant_by(found: Group, near: str, alike: float, says: Talk) -> str:
    """The intent that the texts are probably examples of: by the model, or by their words; ""."""
    if found.intent in says.intents and found.confidence >= LEANING:
        return found.intent
    return near if alike >= CLOSE else ""


def _of_group(found: Group, known: str, says: Talk) -> Suggestion:
    kind = "example" if known else "rule" if found.keywords else "intent"
    return Suggestion(
        id=0,
        made_at=_UNSET,
        kind=kind,
        intent=known or (found.intent if found.intent in says.intents else ""),
        size=len(found.heard),
        coverage=round(found.coverage, 4),
        events=tuple(one.event_id for one in found.heard),
        keywords=found.keywords,
        draft=_answer_of(known, says, found.keywords),
        state="open",
    )


def _new_intent(found: Group, says: Talk, taken: Collection[str]) -> Suggestion:
    """Named by its distinctive words; its answer is that of the nearest question, if one is near,
    else a question to the marketer."""
    title = "".join(found.keywords[:2]) or without_numbers(found.heard[0].text)[:_LONGEST_TITLE]
    return replace(
        _of_group(found, "", says),
        kind="intent",
        intent=_slug(found, taken),
        title=title,
        draft=_answer_near(found, says) or {"text": UNANSWERED + t("learn.question", topic=title)},
    )


def _slug(found: Group, taken: Collection[str]) -> str:
    """wifi-password: what the words are, or are called in the thesaurus; of what has no such name
    the number of its first message."""
    named = [name for word in found.keywords for name in _english(word)]
    base = "-".join(dict.fromkeys(named))[:48].strip("-._") or f"new-{found.heard[0].event_id}"
    return next(slug for n in count(1) if (slug := base if n == 1 else f"{base}-{n}") not in taken)


def _english(word: str) -> list[str]:
    plain = bare(normalise(word))
    if plain.isascii():
        return [plain]
    named = (name for name in concepts(plain) if not name.startswith(("world_", "ask_")))
    return [name.replace("_", "-") for name in islice(named, 1)]


def _answer_near(found: Group, says: Talk) -> dict[str, Any] | None:
    """The first answer of the frequent question that most of the texts are nearest to."""
    texts = [normalise(one.text) for one in found.heard[:_TYPICAL]]
    near = (hit for text in texts for hit in says.faq.find(text, k=1))
    hits = [hit for hit in near if hit.score >= NEAR_QUESTION]
    if 2 * len(hits) < len(texts):
        return None
    slug, votes = Counter(hit.slug for hit in hits).most_common(1)[0]
    stored = says.documents[("faq", slug)]["answers"][0] if 2 * votes >= len(hits) else None
    return dict(stored) if stored else None


def _answer_of(intent: str, says: Talk, keywords: Sequence[str]) -> dict[str, Any]:
    """The intent's own first answer; for something new, words that promise no more than is true."""
    stored = says.documents.get(("intent", intent), {}) if intent else {}
    if answers := stored.get("answers"):
        return dict(answers[0])
    topic = "、".join(keywords[:2])
    return {"text": t("learn.draft", topic=topic) if topic else t("learn.draft_bare")}


def without_numbers(text: str) -> str:
    """Telephone and order numbers teach nothing and belong to somebody: 13800001111 -> 0000..."""
    return _LONG_NUMBER.sub(lambda found: "0" * len(found[0]), text)
