"""The pages to look at: all that goes on, one person's phone, the traffic."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request

from bot.sandbox.api.material import served
from bot.sandbox.api.messages import is_typing
from bot.sandbox.api.newtmpl import Notices
from bot.sandbox.gateway import Raw
from bot.sandbox.people import Person
from bot.sandbox.platform import Platform
from bot.sandbox.web.control_guard import refusal
from bot.sandbox.web.pieces import Piece, pieces
from bot.sandbox.web.recent import Recent
from bot.sandbox.web.taps import Menu, menu_of
from bot.sandbox.web.views import ExchangeView, PersonRow, WindowView, chat_of, clock_of, key_of
from bot.sandbox.world import World

__all__ = ["POLICY", "Piece", "pages", "pieces"]

RECENT = 30
EXCHANGES = 60  # that a page gets at once
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
COUNTERS = (
    ("推送", "pushes"),
    ("投递", "deliveries"),
    ("重复投递", "repeated"),
    ("被动回复", "answered"),
    ("静默", "silent"),
    ("未推送", "unsent"),
    ("超时", "late"),
    ("失败", "failed"),
    ("等待", "waiting"),
)
IMAGES = ("image/png", "image/jpeg", "image/jpg", "image/gif", "image/bmp", "image/webp")
ACTS = (
    ("关注", "follow"),
    ("取消关注", "unfollow"),
    ("消息", "message"),
    ("点击链接", "tap"),
    ("领取", "claim"),
    ("核销", "redemption"),
)


def _counters(platform: Platform) -> list[tuple[str, str]]:
    state = platform.state()
    calls, done = state["callbacks"], state["acts"]
    latency = calls["latency_ms"]
    return [
        ("当前关注者", f"{state['subscribed']:,}"),
        *((label, f"{done.get(name, 0):,}") for label, name in ACTS),
        ("主动消息", f"{state['accepted']:,}"),
        *((label, f"{calls[name]:,}") for label, name in COUNTERS),
        ("回调延迟 p50/p95/p99", f"{latency['p50']}/{latency['p95']}/{latency['p99']} ms"),
    ]


def shown_picture(world: World, media_id: str) -> Raw | None:
    """A living picture of the account's material; None for all else, and for one without bytes."""
    found = served(world, media_id)
    return found if found and found.content_type in IMAGES else None


class Fragments:
    """The parts of the pages that are asked for again, rendered and escaped."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._world = platform.world
        self._recent = Recent(platform.world)

    def rows(self, words: str = "") -> list[PersonRow]:
        world = self._world
        with world.lock:
            found = self._recent.search(words, RECENT) if words else self._recent.people(RECENT)
            return [PersonRow.of(person) for person in found]

    def people(self, words: str) -> str:
        return render_template("people.html", rows=self.rows(words))

    def state(self, person: Person) -> str:
        now = self._world.clock()
        return render_template("state.html", person=person, window=WindowView.of(person, now))

    def menu(self, person: Person) -> str:
        shown = Menu.of(menu_of(self._world, person), person.openid, request.host)
        return render_template("menu.html", menu=shown)

    def chat(self, person: Person, after: int) -> str:

        def shows(media_id: str) -> bool:
            return shown_picture(self._world, media_id) is not None

        bubbles = chat_of(person, after, request.host, shows)
        return render_template("chat.html", bubbles=bubbles, empty=not person.chat)

    def exchanges(self, after: int, openid: str) -> str:
        """Newest first, as they stand on the page."""
        base = request.host_url.rstrip("/")
        found = self._world.traffic.since(after, openid, EXCHANGES)
        views = [ExchangeView.of(one, base) for one in reversed(found)]
        return render_template("exchanges.html", exchanges=views)

    def changed(self, name: str, html: str) -> dict[str, str] | None:
        """The fragment with its key; None where the page has it already."""
        key = key_of(html)
        return None if request.args.get(name) == key else {"key": key, "html": html}


def _whole(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _of_phone(parts: Fragments, platform: Platform, person: Person) -> dict[str, Any]:
    """All that has changed on a phone page since it asked last."""
    world = platform.world
    with world.lock:
        shown, after = person.shown, _whole("shown")
        # A platform started anew knows less than the page has: then all is shown afresh.
        whole = after == 0 or after > shown or after < shown - len(person.chat)
        return {
            "shown": shown,
            "whole": whole,
            "chat": parts.chat(person, 0 if whole else after) if whole or after < shown else "",
            "subscribed": person.subscribed,
            "typing": is_typing(world, person),
            "state": parts.changed("state", parts.state(person)),
            "menu": parts.changed("menu", parts.menu(person)),
        }


def _of_all(parts: Fragments, platform: Platform) -> dict[str, Any]:
    """What stands beside the phone: the other people, the traffic, the time."""
    traffic, after = platform.world.traffic, _whole("traffic")
    if after > traffic.number:
        after = 0
    openid = request.args.get("about", "")
    new = after < traffic.number
    return {
        "people": parts.changed("people", parts.people(request.args.get("q", ""))),
        "traffic": traffic.number,
        "exchanges": parts.exchanges(after, openid) if new else "",
        "afresh": after == 0,
        "now": clock_of(platform.world.clock(), "%Y-%m-%d %H:%M:%S"),
    }


def pages(platform: Platform) -> Blueprint:
    blueprint = Blueprint("pages", __name__)
    world = platform.world
    parts = Fragments(platform)

    def person_of(openid: str) -> Person:
        found: Person = world.people.get(openid) or abort(404)
        return found

    @blueprint.before_request
    def known() -> Response | None:
        """The pages show secrets and what followers wrote: only to whom the controls answer."""
        trusted = platform.config.trusted_hosts
        reason = refusal(request.headers.get("Host", ""), request.remote_addr or "", trusted)
        return Response(reason, 403, content_type="text/plain") if reason else None

    @blueprint.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.get("/")
    def overview() -> str:
        return render_template("overview.html", config=platform.config)

    @blueprint.get("/live")
    def live() -> str:
        """The part of the overview that is asked for again every second."""
        return render_template("live.html", counters=_counters(platform), rows=parts.rows())

    @blueprint.get("/account")
    def account() -> str:
        """What a program under test must be told; apart from the overview, for it has secrets."""
        base = request.host_url.rstrip("/")
        return render_template("account.html", config=platform.config, base=base)

    @blueprint.get("/traffic")
    def traffic() -> str:
        return render_template("traffic.html", kept=world.traffic.on)

    @blueprint.get("/traffic/live")
    def traffic_live() -> Response:
        return jsonify(_of_all(parts, platform))

    @blueprint.get("/media/<media_id>")
    def picture(media_id: str) -> Response:
        """A picture of the account's material, as long as it lives."""
        found = shown_picture(world, media_id) or abort(404)
        return Response(found.body, content_type=found.content_type)

    @blueprint.get("/phone/<openid>")
    def phone(openid: str) -> str:
        person = person_of(openid)
        with world.lock:
            menu = parts.menu(person)
            notices = list(world.room(Notices).notices.values())
        return render_template(
            "phone.html",
            person=person,
            menu=menu,
            menu_key=key_of(menu),
            notices=notices,
            kept=world.traffic.on,
        )

    @blueprint.get("/phone/<openid>/chat")
    def chat(openid: str) -> Response:
        """The bubbles as they stand on the phone, all that are kept."""
        person = person_of(openid)
        with world.lock:
            response = make_response(parts.chat(person, 0))
            response.headers["X-Shown"] = str(person.shown)
            response.headers["X-Subscribed"] = "1" if person.subscribed else "0"
        return response

    @blueprint.get("/phone/<openid>/live")
    def phone_live(openid: str) -> Response:
        """A page asks for this every second and names what it has already."""
        person = person_of(openid)
        return jsonify({**_of_phone(parts, platform, person), **_of_all(parts, platform)})

    return blueprint
