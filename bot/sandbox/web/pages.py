"""Two pages to look at: all that goes on, and one person's phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template

from bot.clock import SHANGHAI
from bot.sandbox.people import ME, Bubble, Person
from bot.sandbox.platform import Platform

RECENT = 30
POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"
_ANCHOR = re.compile(
    r"""<a\s[^>]*?href\s*=\s*["']([^"']*)["'][^>]*>(.*?)</a>|(https?://[^\s"'<>，。；！）)\]]+)""",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Piece:
    """A stretch of text; with href, a link."""

    text: str
    href: str = ""


def pieces(text: str) -> list[Piece]:
    """Text as the phone shows it: `a href` and bare addresses become links, no other markup."""
    found: list[Piece] = []
    at = 0
    for match in _ANCHOR.finditer(text):
        if match.start() > at:
            found.append(Piece(text[at : match.start()]))
        href = unescape(match[1] or match[3])
        words = match[2] if match[1] is not None else match[3]
        found.append(Piece(words, href if href.startswith(("http://", "https://")) else ""))
        at = match.end()
    if at < len(text):
        found.append(Piece(text[at:]))
    return found


@dataclass(frozen=True)
class BubbleView:
    side: str
    via: str
    time: str  # "14:05:09"
    pieces: list[Piece]
    url: str

    @classmethod
    def of(cls, bubble: Bubble) -> BubbleView:
        names = {"custom": "客服消息", "template": "模板消息", "mass": "群发"}
        time = bubble.at.astimezone(SHANGHAI).strftime("%H:%M:%S")
        url = bubble.url if bubble.url.startswith(("http://", "https://")) else ""
        return cls(bubble.side, names.get(bubble.via, ""), time, pieces(bubble.text), url)


@dataclass(frozen=True)
class PersonRow:
    openid: str
    name: str
    state: str
    interests: str
    last: str
    at: str

    @classmethod
    def of(cls, person: Person) -> PersonRow:
        last = person.chat[-1] if person.chat else None
        return cls(
            person.openid,
            person.name,
            "已关注" if person.subscribed else "未关注",
            "、".join(person.interests) or "–",
            last.text[:40] if last else "–",
            last.at.astimezone(SHANGHAI).strftime("%H:%M:%S") if last else "–",
        )


COUNTERS = (
    ("推送", "pushes"),
    ("投递", "deliveries"),
    ("重复投递", "repeated"),
    ("被动回复", "answered"),
    ("静默", "silent"),
    ("超时", "late"),
    ("失败", "failed"),
    ("等待", "waiting"),
)
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


def _rows(platform: Platform) -> list[PersonRow]:
    """The human first, then who has chatted last."""
    world = platform.world
    with world.lock:
        met = [person for person in world.people.values() if person.chat and person.openid != ME]
        met.sort(key=lambda person: person.chat[-1].at, reverse=True)
        return [PersonRow.of(person) for person in (world.person(ME), *met[:RECENT])]


def _tappable(menu: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Every button that does something, sub-buttons after their parent's place."""
    flat = [below for top in menu for below in (top.get("sub_button") or [top])]
    return [
        {
            "name": str(button.get("name", "")),
            "act": "click" if button.get("key") else "view",
            "key": str(button.get("key") or button.get("url") or ""),
        }
        for button in flat
    ]


def pages(platform: Platform) -> Blueprint:
    blueprint = Blueprint("pages", __name__)
    world = platform.world

    @blueprint.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.get("/")
    def overview() -> str:
        return render_template("overview.html", config=platform.config)

    @blueprint.get("/live")
    def live() -> str:
        """The part of the overview that is asked for again every second."""
        return render_template("live.html", counters=_counters(platform), rows=_rows(platform))

    @blueprint.get("/phone/<openid>")
    def phone(openid: str) -> str:
        person = world.people.get(openid) or abort(404)
        return render_template("phone.html", person=person, menu=_tappable(world.menu))

    @blueprint.get("/phone/<openid>/chat")
    def chat(openid: str) -> Response:
        """The bubbles, and how many there ever were: the page scrolls where that has grown."""
        person = world.people.get(openid) or abort(404)
        with world.lock:
            bubbles = [BubbleView.of(bubble) for bubble in person.chat]
            shown, subscribed = person.shown, person.subscribed
        response = make_response(render_template("chat.html", bubbles=bubbles))
        response.headers["X-Shown"] = str(shown)
        response.headers["X-Subscribed"] = "1" if subscribed else "0"
        return response

    return blueprint
