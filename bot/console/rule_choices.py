"""What a rule may name, as people call it: segments, coupons, forms, topics, pictures, QR codes."""

from __future__ import annotations

from typing import Any

from bot.console.gate import account
from bot.console.shell import Words, worded, words
from bot.nlp.lexicon import topic_names
from bot.store import coupon_batches, pictures, qrcodes, segments, talk
from bot.store.talk import DRAFT
from bot.talk.answers import INTERESTS, MINE

MOST_PICTURES = 60  # to choose from, the latest
MOST_CODES = 200
Choices = list[tuple[str, str]]  # what is kept, what it is called


def names_of_rules(stage: str) -> dict[str, str]:
    """What each rule of a stage is called."""
    found = talk.documents(account().id, stage, "rule")
    return {one.slug: str(one.document.get("name") or one.slug) for one in found}


def things_named() -> dict[tuple[str, str], str]:
    """("coupon", slug) and the like -> what people call it."""
    say = words()
    return {
        (kind, key): name
        for kind, listed in (
            ("segment", segment_choices()),
            ("coupon", coupon_choices(say)),
            ("form", form_choices()),
            ("content", topic_choices(say)),
            ("scene", scene_choices()),
            ("image", picture_names()),
        )
        for key, name in listed
    }


def offered(say: Words) -> dict[str, Any]:
    """The lists of the form."""
    kept = pictures.kept(account().id, MOST_PICTURES)
    return {
        "segments": segment_choices(),
        "coupons": coupon_choices(say),
        "forms": form_choices(),
        "topics": topic_choices(say),
        "scenes": scene_choices(),
        "pictures": kept,
        "thumbs": [(one.media_id, one.name) for one in kept],
    }


def segment_choices() -> Choices:
    return [(one.slug, one.name) for one in segments.of_account(account().id)]


def coupon_choices(say: Words) -> Choices:
    batches = [(one.slug, one.title) for one in coupon_batches.batches(account().id)]
    return [(MINE, say("con.rules.coupon_mine")), *batches]


def form_choices() -> Choices:
    """As the draft has them."""
    of = account().id
    found = talk.documents(of, talk.read_from(of, DRAFT), "form")
    return [(one.slug, str(one.document.get("title") or one.slug)) for one in found]


def topic_choices(say: Words) -> Choices:
    own = (topic for one in coupon_batches.batches(account().id) for topic in one.topics)
    names = dict.fromkeys((*topic_names(), *own))
    return [
        (INTERESTS, say("con.rules.content_interests")),
        *((one, topic_said(one, say)) for one in names),
    ]


def topic_said(name: str, say: Words) -> str:
    return worded(f"topic.{name}", name, say)


def scene_choices() -> Choices:
    found = qrcodes.listed(account().id, limit=MOST_CODES)
    return [(one.scene, one.name or one.scene) for one in found]


def picture_names() -> Choices:
    return [(one.media_id, one.name) for one in pictures.kept(account().id, MOST_PICTURES)]
