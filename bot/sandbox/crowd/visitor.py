"""A phone's browser and a shop's till: taps a link, claims what the page offers, redeems a code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

AGENT = (
    "Mozilla/5.0 (Linux; Android 14; V2301A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"
    " Chrome/126.0.6478.188 Mobile Safari/537.36 XWEB/1260117 MMWEBSDK/20240501 MicroMessenger/"
    "8.0.50.2701(0x28003255) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"
)
TIMEOUT = (3, 10)  # seconds to connect, to read
HOLDER = "as"  # the cookie that the platform's own pages read
LARGEST_PAGE = 2_000_000
_HREF = re.compile(r"""href\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_BARE = re.compile(r"https?://[\w.~:/?#@!$&*+,;=%-]*[\w~/#&=%-]", re.ASCII)


def first_link(text: str, url: str = "") -> str:
    """Where a tap on this message leads: its own url, else the first link in it; "" for none."""
    if url.startswith(("http://", "https://")):
        return url
    for found in (*_HREF.findall(text), *_BARE.findall(text)):
        if found.startswith(("http://", "https://")):
            return str(found).replace("&amp;", "&")
    return ""


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


def _is_sent(tag: str, given: dict[str, str]) -> bool:
    """Would a browser send this field as the page stands?"""
    if tag not in ("input", "button") or not given.get("name"):
        return False
    return given.get("type") not in ("checkbox", "radio") or "checked" in given


class _Page(HTMLParser):
    """Finds the claim form and the coupon code."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.form: Form | None = None
        self.code = ""
        self.notices: tuple[str, ...] = ()
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.code = self.code or given.get("data-coupon-code", "")
        if tag == "wx-open-subscribe":
            self.notices += tuple(filter(None, given.get("template", "").split(",")))
        if tag == "form" and "data-claim" in given and self.form is None:
            self.form = Form(given.get("action", ""), given.get("method", "post").lower())
            self._inside = True
        elif self._inside and self.form and _is_sent(tag, given):
            self.form.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def read_page(html: str) -> tuple[Form | None, str]:
    """The form marked `data-claim`, and the first `data-coupon-code`."""
    page = _Page()
    page.feed(html)
    page.close()
    return page.form, page.code


def read_notices(html: str) -> tuple[str, ...]:
    """The templates that the page's subscription buttons ask for."""
    if "wx-open-subscribe" not in html:
        return ()
    page = _Page()
    page.feed(html)
    page.close()
    return page.notices


@dataclass(frozen=True)
class Visit:
    """What a tap came to. status 0: no answer. offered: the page had something to claim.

    notices: template ids of the first page's subscription button (微信开放标签 wx-open-subscribe).
    """

    status: int
    offered: bool = False
    claimed: bool = False
    code: str = ""
    notices: tuple[str, ...] = ()


def visit(link: str, wants: bool, openid: str = "", platform: str = "") -> Visit:
    """Opens the link, follows its redirects; submits the claim form when `wants`. Never raises.

    openid, platform: who holds the phone, told to this host alone, so that its pages for web
    authorization (网页授权) know the person as they know a real one.
    Where a link leads on to somewhere that does not answer, it has answered all the same.
    """
    statuses: list[int] = []
    try:
        with requests.Session() as browser:
            browser.hooks["response"].append(lambda one, **_: statuses.append(one.status_code))
            browser.trust_env = False
            browser.headers.update({"User-Agent": AGENT, "Accept-Language": "zh-CN,zh;q=0.9"})
            if openid and platform:
                browser.cookies.set(HOLDER, openid, domain=platform)
            return _visit(browser, link, wants)
    except (requests.RequestException, ValueError, UnicodeError):
        return Visit(statuses[0] if statuses else 0)


def _visit(browser: requests.Session, link: str, wants: bool) -> Visit:
    landed = browser.get(link, timeout=TIMEOUT)
    html = _html(landed)
    form, code = read_page(html)
    notices = read_notices(html)
    if form is None or not wants:
        return Visit(landed.status_code, form is not None, False, code, notices)
    target = urljoin(landed.url, form.action or landed.url)
    if urlsplit(target).scheme not in ("http", "https"):
        return Visit(landed.status_code, True, notices=notices)
    send = browser.get if form.method == "get" else browser.post
    name = "params" if form.method == "get" else "data"
    page = send(target, timeout=TIMEOUT, headers={"Referer": landed.url}, **{name: form.fields})  # type: ignore[arg-type]
    _, code = read_page(_html(page))
    return Visit(page.status_code, True, page.ok and bool(code), code, notices)


def _html(response: requests.Response) -> str:
    if "html" not in response.headers.get("Content-Type", ""):
        return ""
    return response.content[:LARGEST_PAGE].decode("utf-8", "replace")


def redeem(shop_url: str, key: str, code: str, order: str, amount_fen: int) -> int:
    """The till asks the product to redeem; the HTTP status, 0 for no answer. Never raises."""
    try:
        with requests.Session() as till:
            till.trust_env = False
            answer = till.post(
                f"{shop_url.rstrip('/')}/api/v1/coupons/redeem",
                json={"code": code, "order_number": order, "amount_fen": amount_fen},
                headers={"Authorization": f"Bearer {key}"},
                timeout=TIMEOUT,
            )
            return int(answer.status_code)
    except (requests.RequestException, ValueError):
        return 0
