"""Text as the phone shows it: `a href` and bare addresses become links, no other markup."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

_ANCHOR = re.compile(
    r"""<a\s[^>]*?href\s*=\s*["']([^"']*)["'][^>]*>(.*?)</a>|(https?://[^\s"'<>，。；！）)\]]+)""",
    re.IGNORECASE | re.DOTALL,
)
# Pages of the platform's own that this sandbox plays: (host, path).
_PLAYED = {
    ("open.weixin.qq.com", "/connect/oauth2/authorize"),
    ("mp.weixin.qq.com", "/mp/subscribemsg"),
}

_PICTURES = ("/mmbiz/", "/media/", "/cgi-bin/showqrcode")  # pages of ours that are pictures
_SENT = re.compile(r"https?://mmbiz\.qpic\.cn/sandbox/([\w-]+)/0")  # a picture that a person sent


@dataclass(frozen=True)
class Piece:
    """A stretch of text; with href, a link; with `say`, words that a tap sends.

    menu_id  goes with `say`: the item of a message menu (msgmenuid)
    """

    text: str
    href: str = ""
    say: str = ""
    menu_id: str = ""


def pieces(text: str) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    for match in _ANCHOR.finditer(text):
        if match.start() > at:
            found.append(Piece(text[at : match.start()]))
        words = match[2] if match[1] is not None else match[3]
        found.append(_linked(words, unescape(match[1] or match[3])))
        at = match.end()
    if at < len(text):
        found.append(Piece(text[at:]))
    return found


def _linked(words: str, href: str) -> Piece:
    if href.startswith("weixin://bizmsgmenu?"):
        query = parse_qs(href.partition("?")[2])
        say = query.get("msgmenucontent", [words])[0]
        return Piece(words, "", say, query.get("msgmenuid", [""])[0])
    return Piece(words, web_address(href))


def web_address(url: str) -> str:
    """The address where it is http or https; "" for every other scheme."""
    return url if url.startswith(("http://", "https://")) else ""


def opened(url: str, openid: str, here: str) -> str:
    """Where this person's tap leads: pages of the platform's are opened here, as this person.

    here  this sandbox's host and port
    """
    try:
        parts = urlsplit(web_address(url))
    except ValueError:
        return ""
    if not parts.hostname:
        return ""
    if (parts.hostname, parts.path) in _PLAYED:
        return urlunsplit(("", "", parts.path, _as(parts.query, openid), ""))
    if parts.netloc == here:
        return urlunsplit((*parts[:3], _as(parts.query, openid), parts.fragment))
    return web_address(url)


@dataclass(frozen=True)
class Picture:
    """`src`: where this sandbox has it. Elsewhere nothing is fetched: `host` says where, "" for no
    address at all."""

    src: str = ""
    host: str = ""


def picture_of(picture: str, here: str) -> Picture | None:
    """What the phone shows for a bubble's picture; None for a bubble without one."""
    if not picture:
        return None
    if picture.startswith("media:"):
        return Picture(f"/media/{quote(picture[6:], safe='')}")
    try:
        parts = urlsplit(web_address(picture))
    except ValueError:
        return Picture()
    host = parts.hostname or ""
    if (host, parts.path) == ("mp.weixin.qq.com", "/cgi-bin/showqrcode"):
        return Picture(urlunsplit(("", "", parts.path, parts.query, "")))
    if sent := _SENT.fullmatch(picture):
        return Picture(f"/media/{sent[1]}")
    if parts.netloc == here and parts.path.startswith(_PICTURES):
        return Picture(urlunsplit(("", "", parts.path, parts.query, "")))
    return Picture(host=host)


def _as(query: str, openid: str) -> str:
    return "&".join(filter(None, [query, urlencode({"as": openid})]))
