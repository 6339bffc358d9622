"""画像 and 时间线 of one follower: what the marketer's page shows, for the console's frame."""

from __future__ import annotations

from typing import Any

from flask import request

from bot.console.gate import account, asker
from bot.console.rights import Right
from bot.console.shell import language, zone_of
from bot.profile import identity_view, timeline
from bot.profile.belonging import belongings
from bot.profile.picture import picture_of
from bot.profile.words import MARKETER, Words
from bot.segment.catalogue import titles
from bot.store import portrait, pseudonyms
from bot.values.audience import FollowerState
from bot.web.follower_page import Shown, page_of, without_personal
from bot.web.timeline_page import TimelinePage, asked, timeline_page

_TABLES = ("attributes", "names")  # the others have tabs of their own


def values(one: FollowerState) -> dict[str, Any]:
    """Facts, what is reckoned, charts, segments with reasons, attributes and names.

    What says who somebody is shows only to who may export.
    """
    now, personal = asker().now, asker().may(Right.EXPORT)
    words = _words()
    shown = Shown(
        one,
        pseudonyms.of(one.id),
        portrait.since(one.id),
        picture_of(one.id, now),
        belongings(one.id, portrait.segments(one.id), now, words.lang, words.titles),
        (),
        (),
        (),
        identity_view.of_follower(one.account_id, one.id, words.lang, personal=personal),
        personal,
        now,
        now,
    )
    page = page_of(shown, TimelinePage((), (), "", ""), words)
    return {"page": page, "tables": [each for each in page.tables if each.slug in _TABLES]}


def timeline_values(one: FollowerState, said: Words) -> dict[str, Any]:
    """A page of events, by kind where it is asked for."""
    group, place = asked(request.args, own=False)
    personal = asker().may(Right.EXPORT)
    events = timeline.shown(one.id, group, place, personal=personal)
    if not personal:
        events = without_personal(events)
    return {"timeline": timeline_page(events, group, _words(), bool(place))}


def _words() -> Words:
    return Words(language(), zone_of(account()), MARKETER, titles(account().id))
