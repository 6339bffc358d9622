"""Ready-made trades: what a shop of one trade says, to begin with and to change.

A pack is the intents of its trade and those shared by all, with their examples and answers; the
forms of the trade, which their intents begin; frequent questions, a few keyword rules, a welcome,
what the trade's things are called, its tone, the facts that its answers ask for, and segments.

Applying is careful: what a marketer changed, or another pack gave, stays as it is and is reported;
what an earlier edition of the same pack gave follows the pack. Applied twice, nothing changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import bot.nlp
from bot.errors import NotFound
from bot.nlp.learn.reading import OUT_OF_SCOPE
from bot.segment import catalogue
from bot.store import segments as segment_store
from bot.store import talk
from bot.store.db import transaction
from bot.store.talk import LIVE, Example, Stored
from bot.talk.answers import read_answer, variables_of
from bot.talk.documents import Document, Key, alike, check
from bot.talk.filling import is_known
from bot.talk.forms import shipped

NAMES = ("catering", "ecommerce", "education", "entertainment")
SHARED = "shared"
SOURCE = "pack"
_TRADES = Path(bot.nlp.__file__).parent / "trades"
_MORE = Path(__file__).parent / "trades"
# Facts that every shop has, whether an answer asks for them or not.
_FACTS = ("hours", "address", "phone")


class SegmentOf(NamedTuple):
    """What `bot.segment.catalogue.define` takes."""

    slug: str
    name: str
    rule: Any


@dataclass(frozen=True)
class Pack:
    """`documents`: with the part (the trade, or shared) that gives each."""

    name: str
    title: str
    english: str
    documents: Mapping[Key, tuple[str, Document]]
    examples: tuple[Example, ...]
    segments: tuple[SegmentOf, ...]


@dataclass(frozen=True)
class Applied:
    """What applying a pack does, or would do. `kept`: documents that stay, and why."""

    added: tuple[Key, ...]
    changed: tuple[Key, ...]
    kept: tuple[tuple[Key, str], ...]
    same: int
    examples: int
    segments: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        return not (self.added or self.changed or self.examples or self.segments)


# --- what is in a pack --------------------------------------------------------------------------


def pack(name: str) -> Pack:
    """A pack by its name. Raises NotFound."""
    if name not in NAMES:
        raise NotFound(f"there is no pack {name[:40]!r}; there are {', '.join(NAMES)}")
    return _pack(name)


_WAITING = "正在为您转接人工客服，请稍候。不想等了，回复“机器人”就行。"


@cache
def _pack(name: str) -> Pack:
    own = _read(_TRADES / f"{name}.json")
    documents: dict[Key, tuple[str, Document]] = {}
    for part in (SHARED, name):
        for key, document in _of_part(part, name).items():
            documents[key] = (part, document)
    answers = [one for (kind, _), (_, found) in documents.items() if kind in ("intent", "faq",
               "rule") for one in found["answers"]]  # fmt: skip
    documents["setting", "tone"] = (name, own["tone"])
    documents["setting", "shop"] = (name, _shop(answers))
    documents["setting", "handoff"] = (SHARED, {"waiting": _WAITING})
    more = _read(_MORE / f"{name}.json")
    segments = tuple(SegmentOf(one["slug"], one["name"], one["rule"]) for one in more["segments"])
    return Pack(name, own["name"], own["english"], documents, tuple(_examples(name)), segments)


def _of_part(part: str, trade: str) -> dict[Key, Document]:
    """What one part gives to a trade."""
    own, more = _read(_TRADES / f"{part}.json"), _read(_MORE / f"{part}.json")
    forms = [form for form in shipped() if trade in form["trades"]]
    begins = {intent: form["slug"] for form in forms for intent in form["intents"]}
    found: dict[Key, Document] = {}
    for intent in own["intents"]:
        found["intent", intent["name"]] = _intent(intent, begins.get(intent["name"], ""))
    for name, values in own["entities"].items():
        if values:
            slug = f"{part}-{name}" if name == "brand" else name
            found["entity", slug] = {"slug": slug, **more["entities"][name], "values": values}
    for name, topic in more.get("topics", {}).items():
        found["entity", f"topic-{name}"] = _topic(f"topic-{name}", topic)
    for rule in more["rules"]:
        found["rule", rule["slug"]] = rule
    if part == SHARED:
        return found | {("form", str(form["slug"])): form for form in forms}
    for faq in _read(_TRADES / "faq" / f"{part}.json")["faqs"]:
        slug = f"{part}.{faq['slug']}"
        found["faq", slug] = {**faq, "slug": slug}
    return found


def _intent(intent: Mapping[str, Any], form: str) -> Document:
    """An intent that begins a form is answered by it; those about coupons by what there is."""
    answers: list[dict[str, Any]] = [{"text": text} for text in intent["answers"]]
    if form:
        answers = [{"form": form}]
    elif intent["name"] in ("coupon.mine", "coupon.get"):
        answers = [{"coupon": "mine"}]
    return {
        "slug": intent["name"],
        "title": intent["title"],
        "english": intent["english"],
        "answers": answers,
    }


def _topic(slug: str, topic: str) -> Document:
    """What newcomers are asked about: a topic with no things of its own."""
    return {"slug": slug, "title": topic, "kind": "topic", "topic": topic, "values": []}


def _shop(answers: Iterable[Any]) -> Document:
    """Every fact that an answer asks for, empty: what a marketer fills in first."""
    asked = variables_of(read_answer(one) for one in answers)
    facts = sorted(name for name in asked if not is_known(name) and name not in _FACTS)
    return dict.fromkeys((*_FACTS, *facts), "")


def _examples(trade: str) -> Iterable[Example]:
    seen: set[str] = set()
    for part in (SHARED, trade):
        for intent in _read(_TRADES / f"{part}.json")["intents"]:
            yield from _new(intent["name"], intent["examples"], seen)
    yield from _new(OUT_OF_SCOPE, _read(_TRADES / f"{OUT_OF_SCOPE}.json")["examples"], seen)


def _new(intent: str, texts: Sequence[str], seen: set[str]) -> Iterable[Example]:
    for text in texts:
        if text not in seen:
            seen.add(text)
            yield Example(intent, text, SOURCE)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


# --- applying it --------------------------------------------------------------------------------


def apply(
    account_id: int, wanted: Pack, now: datetime, *, stage: str = LIVE, dry_run: bool = False
) -> Applied:
    """Put a pack into a stage, all or nothing; a draft that is not there begins as a copy of live.

    Training comes after (bot.talk.training): until then the old model, if any, answers.
    """
    with transaction():
        source = talk.read_from(account_id, stage)
        stored = {(one.kind, one.slug): one for one in talk.documents(account_id, source)}
        verdicts = {
            key: _verdict(stored.get(key), part, document)
            for key, (part, document) in wanted.documents.items()
        }
        examples = [one for one in wanted.examples if _ours(one.intent, verdicts)]
        new = _count_new(account_id, source, examples)
        segments = _missing(account_id, wanted)
        done = _applied(verdicts, new, [one.slug for one in segments])
        if not dry_run and not done.nothing:
            talk.begin_draft(account_id, stage)
            _carry_out(account_id, wanted, verdicts, examples, stage, now)
            for one in segments:
                catalogue.define(account_id, *one, now)
    return done


# What happens to one document; anything else is why it stays as it is.
_ADD, _CHANGE, _SAME = "add", "change", "same"


def _verdict(stored: Stored | None, part: str, document: Document) -> str:
    if stored is None:
        return _ADD
    if alike(stored.document, document):
        return _SAME
    giver = giver_of(stored)
    if giver == part:
        return _CHANGE
    return f"given by the pack {giver}" if giver else "changed by hand"


def giver_of(stored: Stored) -> str:
    """The part of a pack that gave a document and that nobody changed since, or ""."""
    words = stored.origin.split(" ")
    unchanged = len(words) == 3 and words[0] == SOURCE and words[2] == _print(stored.document)
    return words[1] if unchanged else ""


def _print(document: Document) -> str:
    text = json.dumps(document, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _ours(intent: str, verdicts: Mapping[Key, str]) -> bool:
    """Examples go with their intent; not to another pack's intent of the same name."""
    return not verdicts.get(("intent", intent), _SAME).startswith("given")


def _missing(account_id: int, wanted: Pack) -> list[SegmentOf]:
    there = {one.slug for one in segment_store.of_account(account_id)}
    return [one for one in wanted.segments if one.slug not in there]


def _count_new(account_id: int, stage: str, examples: Sequence[Example]) -> int:
    there = {one.text for one in talk.examples(account_id, stage)}
    return sum(1 for one in examples if one.text not in there)


def _carry_out(
    account_id: int,
    wanted: Pack,
    verdicts: Mapping[Key, str],
    examples: Sequence[Example],
    stage: str,
    now: datetime,
) -> None:
    for (kind, slug), verdict in verdicts.items():
        if verdict in (_ADD, _CHANGE):
            part, document = wanted.documents[kind, slug]
            check(kind, slug, document)
            origin = f"{SOURCE} {part} {_print(document)}"
            talk.put(account_id, kind, slug, document, now, stage=stage, origin=origin)
    talk.add_new_examples(account_id, examples, stage=stage)


def _applied(verdicts: Mapping[Key, str], examples: int, segments: Sequence[str]) -> Applied:
    def those(verdict: str) -> tuple[Key, ...]:
        return tuple(key for key, found in verdicts.items() if found == verdict)

    decided = (_ADD, _CHANGE, _SAME)
    return Applied(
        added=those(_ADD),
        changed=those(_CHANGE),
        kept=tuple((key, why) for key, why in verdicts.items() if why not in decided),
        same=len(those(_SAME)),
        examples=examples,
        segments=tuple(segments),
    )
