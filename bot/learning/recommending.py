"""A piece of the library for somebody who asks what there is for him, at once, from stored figures.

What he will take up, as the recommender said last night, weighs the topics of the pieces; without
it his interests do. Who has refused to be profiled, or marketing, gets the latest piece and no
reason. Nothing is offered again right after it was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.clock import to_ms
from bot.content.documents import Content, Kind, read_content
from bot.content.matching import best
from bot.store import consents, content_live, predictions, profiles
from bot.values.interest import score

KINDS = (Kind.ARTICLE, Kind.PRODUCT, Kind.ADVERTISEMENT, Kind.MINIPROGRAM)
MOST = 300  # the latest pieces, among which one is chosen
OFTEN = 0.1  # score of an interest from which it may be said that somebody often looks at it
LOOKS_AT, FORESEEN = "recommend.reason.topic", "recommend.reason.foreseen"  # {topic}


@dataclass(frozen=True)
class Recommended:
    """reason  a locale key for why, with `topic`; "": nothing is known that speaks for it"""

    piece: Content
    reason: str = ""
    topic: str = ""


def recommended(
    account_id: int,
    zone: ZoneInfo,
    follower_id: int,
    now: datetime,
    *,
    personal: bool,
    lately: Callable[[Content], bool] = lambda piece: False,
    lang: str = "zh",
) -> Recommended | None:
    """The piece that suits best; None: there is none that was not offered a moment ago.

    personal  whether his acts may decide what he is shown
    lately    whether he was offered a piece a moment ago
    """
    pieces = [one for one in library(account_id, zone) if not lately(one)]
    pieces = [one for one in pieces if one.language == lang] or pieces
    refused = [topic for topic, wanted in consents.choices(follower_id).items() if not wanted]
    if not personal:
        return _chosen(pieces, {}, {}, refused, now)
    levels = profiles.interests_of([follower_id])[follower_id]
    interests = {topic: score(level, to_ms(now)) for topic, level in levels.items()}
    return _chosen(pieces, predictions.topics(follower_id), interests, refused, now)


def _chosen(
    pieces: Sequence[Content],
    foreseen: Mapping[str, float],
    interests: Mapping[str, float],
    refused: Collection[str],
    now: datetime,
) -> Recommended | None:
    found = best(pieces, foreseen or interests, now, refused=refused)
    if found is None:
        return None
    piece = next(one for one in pieces if one.slug == found.slug)
    if not found.topics:
        return Recommended(piece)
    topic = next(iter(found.topics))
    return Recommended(piece, _reason(topic, foreseen, interests), topic)


def _reason(topic: str, foreseen: Mapping[str, float], interests: Mapping[str, float]) -> str:
    if interests.get(topic, 0.0) >= OFTEN:
        return LOOKS_AT
    return FORESEEN if topic in foreseen else ""


def library(account_id: int, zone: ZoneInfo) -> tuple[Content, ...]:
    """The account's latest pieces, read once a change."""
    return _library(account_id, zone, content_live.stamp(account_id))


@lru_cache(maxsize=32)
def _library(account_id: int, zone: ZoneInfo, stamp: tuple[int, int, int]) -> tuple[Content, ...]:
    found = content_live.documents(account_id, [kind.value for kind in KINDS], MOST)
    return tuple(read_content(document, zone) for document in found)
