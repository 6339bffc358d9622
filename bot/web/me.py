"""The follower's own page: what is held and why, his picture, and his rights as buttons.

The token in the address opens it, for a day; every look and act is in the audit log, which also
counts them: too many within ten minutes are refused, on however many processes.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
)
from werkzeug.wrappers import Response

from bot import tracking
from bot.errors import InvalidInput
from bot.i18n import t
from bot.profile import identity_view, rights, timeline
from bot.profile.picture import picture_of
from bot.profile.words import HIMSELF, LANGUAGES, Words
from bot.segment.catalogue import titles
from bot.store import accounts, audit, consents, followers, picture
from bot.tracking.tokens import ME
from bot.values.audience import FollowerState
from bot.web.assets import Assets
from bot.web.me_page import page_of
from bot.web.services import services
from bot.web.timeline_page import asked, timeline_page

logger = logging.getLogger(__name__)
views = Blueprint("me", __name__, url_prefix="/h5/me")

POSTS = "profile.post"
FORM_LIVES = timedelta(hours=1)
WITHIN = timedelta(minutes=10)
MOST_LOOKS, MOST_EXPORTS = 60, 5


@views.get("/asset/<version>/<path:name>")
def asset(version: str, name: str) -> Response:
    """A style sheet or script; of another version there is none."""
    return assets().answer(name, version)


@views.get("/<token>")
def show(token: str) -> Response:
    """The page. Looking changes nothing."""
    person = _person(token)
    _note(person.id, "show")
    return _page(person, token)


@views.post("/<token>/consent")
def consent(token: str) -> Response:
    """Switch a purpose or a topic on or off."""
    person, now = _posting(token), services().clock()
    on = _field("on") == "1"
    if topic := request.form.get("topic", ""):
        rights.topic(person.id, topic, on, now)
    else:
        rights.consent(person.id, _field("purpose"), on, now)
    return _back(token, "consent")


@views.post("/<token>/correct")
def correct(token: str) -> Response:
    """Put an attribute right, or have it forgotten by an empty value."""
    person = _posting(token)
    rights.correct(person.id, _field("name"), request.form.get("value", ""), services().clock())
    return _back(token, "correct")


@views.post("/<token>/export")
def export(token: str) -> Response:
    """Everything held, as a file."""
    person = _posting(token, "export", MOST_EXPORTS)
    text = json.dumps(rights.download(person.id), ensure_ascii=False, indent=2, default=str)
    answer = make_response(text)
    answer.headers["Content-Type"] = "application/json; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return _private(answer)


@views.post("/<token>/erase")
def erase(token: str) -> Response:
    """First asked again, then done: two posts, and the second one ticked."""
    person = _posting(token)
    lang = _language(person)
    if request.form.get("sure") != "1":
        return _private(make_response(_rendered("h5/erase.html", person, token, lang)))
    certificate = rights.forget_me(person.id, services().clock())
    done = render_template("h5/erased.html", certificate=certificate, **_around(lang))
    return _private(make_response(done))


# --- who asks ----------------------------------------------------------------------------------


def _person(token: str) -> FollowerState:
    """The follower whom the token names; 404 for any other token and for the erased."""
    follower_id = tracking.read_page(token, ME, services().clock())
    person = followers.get(follower_id) if follower_id is not None else None
    if person is None or person.erased_at is not None:
        abort(404)
    return person


def _posting(token: str, action: str = "change", most: int = MOST_LOOKS) -> FollowerState:
    """The same for a post from a form of ours: 403 for one from elsewhere, 429 for too many."""
    person = _person(token)
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
    form = tracking.read_page(request.form.get("form", ""), POSTS, services().clock())
    if elsewhere or form != person.id:
        abort(403, t("me.stale", _language(person)))
    _note(person.id, action, most)
    return person


def _note(follower_id: int, action: str, most: int = MOST_LOOKS) -> None:
    now = services().clock()
    if audit.count(follower_id, rights.FOLLOWER, action, now - WITHIN) >= most:
        logger.warning("refused follower=%d too many: %s", follower_id, action)
        abort(429, t("me.too_many", "zh"))
    audit.record(rights.FOLLOWER, action, now, follower_id=follower_id, detail={"on": "h5"})


def _field(name: str) -> str:
    value = request.form.get(name, "")
    if not value or len(value) > 64:
        raise InvalidInput("a text of 1..64 characters", name)
    return value


def _language(person: FollowerState) -> str:
    asked = request.args.get("lang", "")
    known = asked if asked in LANGUAGES else person.language
    return known if known in LANGUAGES else LANGUAGES[0]


# --- pages -------------------------------------------------------------------------------------


def assets() -> Assets:
    """The files of both pages of a picture, the follower's and the marketer's."""
    return Assets(Path(current_app.template_folder or "") / "h5" / "static", "/h5/me/asset")


def _page(person: FollowerState, token: str) -> Response:
    now, lang = services().clock(), _language(person)
    of = accounts.by_id(person.account_id)
    words = Words(lang, ZoneInfo(of.timezone), HIMSELF, titles(of.id))
    group, place = asked(request.args, own=True)
    events = timeline.shown(person.id, group, place, own=True)
    shown = page_of(
        person,
        picture_of(person.id, now),
        identity_view.of_follower(person.account_id, person.id, lang, own=True),
        timeline_page(events, group, words, bool(place)),
        picture.segment_names(person.id),
        consents.history(person.id),
        consents.choices(person.id),
        words,
    )
    done = request.args.get("done", "")
    said = t(f"me.done.{done}", lang) if done in ("consent", "correct") else ""
    return _private(
        make_response(_rendered("h5/me.html", person, token, lang, page=shown, said=said))
    )


def _rendered(name: str, person: FollowerState, token: str, lang: str, **more: object) -> str:
    form = tracking.page_token(POSTS, person.id, services().clock() + FORM_LIVES)
    here = f"/h5/me/{token}"
    return render_template(name, here=here, form=form, **_around(lang), **more)


def _around(lang: str) -> dict[str, object]:
    def words(key: str, **values: object) -> str:
        return t(f"me.{key}", lang, **values)

    return {"lang": lang, "w": words, "assets": assets()}


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _back(token: str, done: str) -> Response:
    """See other: reloading the page does not send the form again."""
    lang = request.args.get("lang", "")
    kept = f"&lang={lang}" if lang in LANGUAGES else ""
    return redirect(f"/h5/me/{token}?done={done}{kept}#said", 303)
