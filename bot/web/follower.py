"""The marketer's page of one follower, opened by a signed link for half an hour.

Every look is in the audit log under the name of who made the link. The page only reads.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, abort, make_response, render_template, request
from werkzeug.wrappers import Response

from bot.i18n import t
from bot.journey.explaining import explain
from bot.profile import identity_view, showing, timeline
from bot.profile.belonging import belongings
from bot.profile.picture import picture_of
from bot.profile.words import LANGUAGES, MARKETER, Words
from bot.segment.catalogue import titles
from bot.store import accounts, portrait, pseudonyms
from bot.store.db import available
from bot.tracking.pages import FollowerPage
from bot.values.audience import FollowerState
from bot.web.follower_page import Shown, page_of, without_personal
from bot.web.me import assets
from bot.web.services import services
from bot.web.timeline_page import asked, timeline_page

views = Blueprint("follower", __name__, url_prefix="/console/followers")


@views.get("/<token>")
def show(token: str) -> Response:
    """The page. Looking changes nothing but the audit log."""
    with available():
        try:
            found = showing.opened(token, services().clock())
        except showing.TooManyLooks:
            abort(429, t("me.too_many", _language()))
        if found is None:
            abort(404, t("fan.link.over", _language()))
        return _page(token, *found)


def _page(token: str, person: FollowerState, page: FollowerPage) -> Response:
    zone = ZoneInfo(accounts.by_id(person.account_id).timezone)
    words = Words(_language(), zone, MARKETER, titles(person.account_id))
    group, place = asked(request.args, own=False)
    events = timeline.shown(person.id, group, place, personal=page.personal)
    if not page.personal:
        events = without_personal(events)
    shown = page_of(
        _read(person, page, words), timeline_page(events, group, words, bool(place)), words
    )
    here = f"/console/followers/{token}"
    html = render_template(
        "console/follower.html", page=shown, here=here, w=words.t, lang=words.lang, assets=assets()
    )
    answer = make_response(html)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _read(person: FollowerState, page: FollowerPage, w: Words) -> Shown:
    """Each part is one statement or a few, however many followers and events there are."""
    now = services().clock()
    return Shown(
        person,
        pseudonyms.of(person.id),
        portrait.since(person.id),
        picture_of(person.id, now),
        belongings(person.id, portrait.segments(person.id), now, w.lang, w.titles),
        portrait.coupons(person.id),
        portrait.sends(person.id),
        explain(person.id, w.lang),
        identity_view.of_follower(person.account_id, person.id, w.lang, personal=page.personal),
        page.personal,
        page.until,
        now,
    )


def _language() -> str:
    asked_for = request.args.get("lang", "")
    return asked_for if asked_for in LANGUAGES else LANGUAGES[0]
