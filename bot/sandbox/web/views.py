"""What the pages show, as finished text: the templates only place it."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.clock import SHANGHAI
from bot.sandbox.explain import Explanation, explain
from bot.sandbox.people import Bubble, Person
from bot.sandbox.traffic import Exchange
from bot.sandbox.web.pieces import Picture, Piece, opened, picture_of, pieces
from bot.sandbox.windows import CLOSED, USED_UP

QUIET = timedelta(minutes=5)  # after so long the chat shows the time again
VIA = {
    "custom": "客服消息",
    "template": "模板消息",
    "mass": "群发",
    "subscribe": "订阅通知",
    "subscription": "订阅通知",
    "once": "一次性订阅消息",
    "agent": "人工客服",
    "preview": "群发预览",
    "menu": "菜单",
}
LABELS = {
    "news": "图文",
    "mpnews": "图文",
    "mpnewsarticle": "文章",
    "template": "模板消息",
    "subscribe": "订阅通知",
    "subscription": "订阅通知",
    "miniprogrampage": "小程序",
    "wxcard": "卡券",
    "music": "音乐",
    "video": "视频",
    "mpvideo": "视频",
    "shortvideo": "视频",
    "link": "链接",
}
CARDS = frozenset(LABELS)
NAMES = {"image": "[图片]", "voice": "[语音]", "video": "[视频]", "wxcard": "[卡券]"}


def clock_of(at: datetime, shape: str = "%H:%M:%S") -> str:
    return at.astimezone(SHANGHAI).strftime(shape)


def key_of(html: str) -> str:
    """Tells a page whether it has this fragment already."""
    return hashlib.sha256(html.encode("utf-8", "replace")).hexdigest()[:12]


@dataclass(frozen=True)
class BubbleView:
    """One line of the chat. `divider`: the time above it, "" right after the one before.

    refused  its address leads nowhere: a script's, or a broken one
    """

    number: int
    side: str
    kind: str
    card: bool
    label: str
    title: str
    pieces: list[Piece]
    url: str
    via: str
    time: str
    divider: str
    picture: Picture | None
    refused: bool

    @classmethod
    def of(
        cls, number: int, bubble: Bubble, before: Bubble | None, here: str, me: str
    ) -> BubbleView:
        """here: this sandbox's host; me: whose phone it is."""
        card = bubble.side == "account" and bubble.kind in CARDS
        title, _, rest = bubble.text.partition("\n") if card else ("", "", bubble.text)
        late = before is None or bubble.at - before.at > QUIET
        via = VIA.get(bubble.via, "")
        label = LABELS.get(bubble.kind, "")
        url = opened(bubble.url, me, here)
        return cls(
            number,
            bubble.side,
            bubble.kind,
            card,
            label if label != via else "",
            title,
            [
                replace(piece, href=opened(piece.href, me, here)) if piece.href else piece
                for piece in _said(bubble, rest)
            ],
            url,
            via,
            clock_of(bubble.at),
            clock_of(bubble.at, "%m-%d %H:%M") if late else "",
            picture_of(bubble.picture, here),
            bool(bubble.url) and not url,
        )


def _said(bubble: Bubble, text: str) -> list[Piece]:
    """The words; the items of a message menu stand among them and can be tapped."""
    if text == f"[{bubble.kind}]":
        return [Piece(NAMES.get(bubble.kind, text))]
    if bubble.kind != "msgmenu":
        return pieces(text)
    found: list[Piece] = []
    at, lines = 0, f"\n{text}\n"  # an item is a whole line, but its words may stand in others too
    for menu_id, content in bubble.items:
        begins = lines.find(f"\n{content}\n", at)
        if begins < 0:
            continue
        found += [*pieces(text[at:begins]), Piece(content, "", content, menu_id)]
        at = begins + len(content)
    return [*found, *pieces(text[at:])]


def chat_of(
    person: Person, after: int, here: str, shows: Callable[[str], bool] = bool
) -> list[BubbleView]:
    """The bubbles after number `after`; they are numbered from 1 on, the oldest are forgotten.

    shows  whether there is something to see of a media_id; else the bubble has its words alone
    """
    first = person.shown - len(person.chat) + 1
    begins = max(after + 1, first) - first
    views = [
        BubbleView.of(
            first + at, person.chat[at], person.chat[at - 1] if at else None, here, person.openid
        )
        for at in range(begins, len(person.chat))
    ]
    return [
        replace(view, picture=None) if (named := _media_of(view)) and not shows(named) else view
        for view in views
    ]


def _media_of(view: BubbleView) -> str:
    """The media_id of its picture, "" for another's."""
    src = view.picture.src if view.picture else ""
    return src.removeprefix("/media/") if src.startswith("/media/") else ""


@dataclass(frozen=True)
class PersonRow:
    openid: str
    name: str
    subscribed: bool
    state: str
    interests: str
    last: str
    at: str
    shown: int
    sides: str  # of the last lines, a letter each: u user, a account, n notice

    @classmethod
    def of(cls, person: Person) -> PersonRow:
        last = person.chat[-1] if person.chat else None
        return cls(
            person.openid,
            person.name,
            person.subscribed,
            "已关注" if person.subscribed else "未关注",
            "、".join(person.interests) or "–",
            "".join(piece.text for piece in pieces(last.text[:400]))[:40] if last else "–",
            clock_of(last.at) if last else "–",
            person.shown,
            "".join(bubble.side[0] for bubble in person.chat[-99:]),
        )


@dataclass(frozen=True)
class WindowView:
    """The customer-service window, for developers: `state` open | used | closed."""

    state: str
    words: str

    @classmethod
    def of(cls, person: Person, now: datetime) -> WindowView:
        window, code = person.window, person.window.refusal(now)
        until = clock_of(window.until, "%m-%d %H:%M:%S") if window.until else ""
        if code == CLOSED:
            return cls("closed", f"客服消息窗口未开（{CLOSED}）")
        if code == USED_UP:
            return cls("used", f"客服消息已用完（{USED_UP}），窗口到 {until}")
        return cls("open", f"客服消息还可发 {window.left} 条，到 {until}")


# --- traffic -------------------------------------------------------------------------------------

OUTCOMES = {
    "answered": ("已回复", "good"),
    "silent": ("不回复", "good"),
    "fault": ("故障", "bad"),
    "late": ("超时", "warn"),
    "refused": ("未送达", "warn"),
    "dropped": ("没有推送", "bad"),
}


@dataclass(frozen=True)
class ExchangeView:
    number: int
    way: str
    failed: bool
    time: str
    what: str
    whom: str
    delivery: str
    outcome: str
    colour: str  # good | warn | bad
    ms: str
    why: Explanation
    sent: str
    answered: str
    curl: str

    @classmethod
    def of(cls, one: Exchange, base: str) -> ExchangeView:
        """base: this sandbox's address, for the curl line."""
        if one.way == "push":
            outcome, colour = OUTCOMES.get(one.outcome, (one.outcome, "warn"))
            answered = pretty(one.answered) or "（没有内容 empty）"
        else:
            outcome = "成功" if one.outcome == "0" else one.outcome
            colour = "bad" if one.failed else "good"
            answered = pretty(one.answered)
        sent = pretty(one.sent)
        return cls(
            one.number,
            one.way,
            one.failed,
            clock_of(one.at),
            one.what,
            one.openid,
            f"第 {one.delivery} 次" if one.delivery else "",
            outcome,
            colour,
            f"{one.ms:g} ms" if one.ms else "",
            explain(one),
            f"{one.method} {one.what}?{one.query}\n{sent}".rstrip() if one.method else sent,
            answered,
            curl(one, base) if one.way == "call" else "",
        )


def pretty(text: str) -> str:
    """JSON and XML with a line for each field; anything else as it is."""
    text = text.strip()
    if text.startswith("<"):
        return pretty_xml(text)
    try:
        found: Any = json.loads(text)
        return json.dumps(found, ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


_TOKEN = re.compile(r"<!\[CDATA\[.*?\]\]>|</[^<>]*>|<[^<>]*>|[^<]+|<", re.DOTALL)


def pretty_xml(text: str) -> str:
    """Indented by its tags, without judging it: a broken one is shown broken."""
    lines: list[str] = []
    depth, inline = 0, False  # inline: this line holds an element that is still open
    for token in _TOKEN.findall(text):
        if token.startswith("</"):
            depth -= 1
            if inline:
                lines[-1] += token
            else:
                lines.append("  " * max(depth, 0) + token)
            inline = False
        elif token.startswith("<") and not token.startswith(("<![", "<!", "<?")) and token != "<":
            lines.append("  " * depth + token)
            depth, inline = depth + (not token.endswith("/>")), not token.endswith("/>")
        elif inline or lines:
            lines[-1] += token if inline else token.strip()
        else:
            lines.append(token)
    return "\n".join(lines)


def curl(one: Exchange, base: str) -> str:
    """The call as a line for the shell; the token is masked."""
    line = ["curl", "-X", one.method or "POST", f"{base}{one.what}?{one.query}".rstrip("?")]
    if one.sent:
        line += ["-H", "Content-Type: application/json", "--data-binary", one.sent]
    return shlex.join(line)
