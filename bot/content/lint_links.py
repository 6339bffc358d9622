"""Links: whether they can lead anywhere, and whether they lead where they seem to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.content.draft import Draft
from bot.content.findings import Hit, Severity, rule

_RULES = "《微信外部链接内容管理规范》"
_URL = re.compile(r"https?://[^\s\"'<>，。！？；、（）【】「」《》]*", re.IGNORECASE)
_BROKEN = re.compile(
    r"(?:https?|htt?p?s?)\s*(?::|：)\s*[/／]{0,1}(?![/／])(?=[\w.-]+\.\w)|https?：[/／]{2}|htp?s?://|"
    r"https?//[\w.-]+|https?://\s+\w|(?<![\w/])www\.\s",
    re.IGNORECASE,
)
_TAG = re.compile(r"<a\b(?P<head>[^>]*)>(?P<words>.*?)</a\s*>", re.IGNORECASE | re.DOTALL)
_HREF = re.compile(r"^\s+href\s*=\s*\"(?P<url>[^\"]*)\"", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,}", re.IGNORECASE)
PLATFORM = ("qq.com", "weixin.qq.com", "wechat.com", "tenpay.com", "weixinbridge.com")
SHORTENERS = frozenset(
    (
        "t.cn", "dwz.cn", "url.cn", "bit.ly", "tinyurl.com", "suo.im", "suo.nz", "is.gd", "goo.gl",
        "t.co", "3.cn", "dwz.tax", "0x3.me", "sourl.cn",
    )
)  # fmt: skip
_BRANDS = frozenset(
    (
        "weixin", "wechat", "tencent", "tenpay", "alipay", "taobao", "tmall", "jingdong", "meituan",
        "unionpay", "icbc",
    )
)  # fmt: skip
_SECOND = frozenset(["com", "net", "org", "gov", "edu", "ac", "co"])
_LOOKALIKE = str.maketrans("01345", "oleas")


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a part, or beside the texts (part "link"). `shown`: the words of its <a>."""

    url: str
    part: str
    start: int
    end: int
    shown: str = ""

    def hit(self, **values: str) -> Hit:
        return Hit(self.part, self.start, self.end, {"url": self.url[:80], **values})


def links_of(draft: Draft) -> Iterator[Link]:
    """Every address of the message, in the order of the texts."""
    for part, text in draft.texts():
        tags = list(_TAG.finditer(text))
        for tag in tags:
            if href := _HREF.match(tag["head"]):
                at = tag.start("head") + href.start("url")
                yield Link(href["url"], part, at, at + len(href["url"]), tag["words"])
        for found in _URL.finditer(text):
            if not any(tag.start() <= found.start() < tag.end("head") for tag in tags):
                yield Link(found.group().rstrip(".,;:!?)"), part, *found.span())
    for at, url in enumerate(draft.links):
        yield Link(url, f"link[{at}]" if len(draft.links) > 1 else "link", 0, len(url))


def host_of(url: str) -> str:
    """In lower case; "" where there is none, or the address is none."""
    try:
        parts = urlsplit(url)
        return "" if parts.port == 0 else parts.hostname or ""
    except ValueError:
        return ""


def is_domain(text: str) -> bool:
    return _HOST.fullmatch(text) is not None


def fault_of(url: str) -> str:
    """Why an address can lead nowhere: scheme, host, private or form; "" where it may."""
    if "{" in url:
        return ""  # a variable's: what is put in is ours
    if url.startswith(("weixin://bizmsgmenu", "tel:")):
        return ""
    if not re.match(r"https?://", url, re.IGNORECASE):
        return "scheme"
    host = host_of(url)
    if not host or re.search(r"[\s\"'<>\\，。]", url):
        return "form"
    return _host_fault(host)


def _host_fault(host: str) -> str:
    if host == "localhost" or host.endswith((".local", ".localhost", ".internal", ".lan")):
        return "private"
    try:
        return "" if ip_address(host).is_global else "private"
    except ValueError:
        ascii_host = host.encode("idna").decode() if _can_idna(host) else ""
        return "" if _HOST.fullmatch(ascii_host) else "host"


def _can_idna(host: str) -> bool:
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


@rule("link-syntax", Severity.ERROR, "RFC 3986；微信公众平台接口文档")
def _syntax(draft: Draft) -> Iterator[Hit]:
    for link in links_of(draft):
        if fault := fault_of(link.url):
            yield link.hit(fault=f"@lint.link.{fault}")
    for part, text in draft.parts.items():
        for found in _BROKEN.finditer(text):
            yield Hit(part, *found.span(), {"url": found.group(), "fault": "@lint.link.form"})
        yield from _tags(part, text)


def _tags(part: str, text: str) -> Iterator[Hit]:
    """<a> tags that the platform shows as they stand: without quotes, or never closed."""
    whole = {tag.start(): tag for tag in _TAG.finditer(text)}
    for found in re.finditer(r"<a\b[^>]{0,40}", text, re.IGNORECASE):
        tag = whole.get(found.start())
        if tag is None or not _HREF.match(tag["head"]):
            values = {"url": found.group(), "fault": "@lint.link.tag"}
            yield Hit(part, *found.span(), values)


@rule("link-plain", Severity.HINT, _RULES)
def _plain(draft: Draft) -> Iterator[Hit]:
    for link in links_of(draft):
        if link.url.lower().startswith("http://") and not fault_of(link.url):
            yield link.hit()


@rule("link-shortener", Severity.WARNING, _RULES)
def _shortener(draft: Draft) -> Iterator[Hit]:
    for link in links_of(draft):
        if host_of(link.url) in SHORTENERS:
            yield link.hit()


@rule("link-misleading", Severity.ERROR, _RULES)
def _misleading(draft: Draft) -> Iterator[Hit]:
    """The words of a link name another place than it leads to."""
    for link in links_of(draft):
        named = _HOST.search(link.shown)
        if named and "{" not in link.url:
            host = host_of(link.url)
            if not _below(host, [_registrable(named.group().lower())]):
                yield link.hit(shown=named.group(), host=host)


@rule("link-lookalike", Severity.ERROR, _RULES)
def _lookalike(draft: Draft) -> Iterator[Hit]:
    for link in links_of(draft):
        host = host_of(link.url)
        if host and not fault_of(link.url) and not _ours(host, draft) and _looks(link.url, draft):
            yield link.hit(host=host)


@rule("link-foreign", Severity.WARNING, _RULES)
def _foreign(draft: Draft) -> Iterator[Hit]:
    """Only where the account has a list: without one nobody can say what is foreign."""
    for link in links_of(draft):
        host = host_of(link.url)
        known = not draft.sender.domains or _ours(host, draft) or host in SHORTENERS
        if host and not known and not fault_of(link.url) and not _looks(link.url, draft):
            yield link.hit(host=host)


def _ours(host: str, draft: Draft) -> bool:
    return _below(host, draft.sender.domains) or _below(host, PLATFORM)


def _below(host: str, domains: Collection[str]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in domains)


def _looks(url: str, draft: Draft) -> bool:
    """Like another place: a bare number, somebody's name before an @, letters of another script,
    a known brand or one of ours as a part of a foreign name, or one letter beside ours."""
    host = host_of(url)
    if "@" in urlsplit(url).netloc or host.replace(".", "").isdigit() or "xn--" in host:
        return True
    if not host.isascii():
        return True
    own = {_registrable(one).split(".")[0] for one in draft.sender.domains}
    rest = host.removesuffix(_suffix(host))
    if any(_stands_in(one, rest) for one in (*_BRANDS, *own) if len(one) >= 4):
        return True
    name = _registrable(host).split(".")[0]
    return any(len(one) >= 5 and _near(name, one) for one in own)


def _stands_in(name: str, host: str) -> bool:
    """As a whole word between dots and hyphens."""
    return re.search(rf"(?:^|[.-]){re.escape(name)}(?:[.-]|$)", host) is not None


def _suffix(host: str) -> str:
    """.cn of shop.example.cn, .com.cn of shop.example.com.cn"""
    labels = host.split(".")
    two = len(labels) > 2 and labels[-2] in _SECOND and len(labels[-1]) == 2
    return "." + ".".join(labels[-2:] if two else labels[-1:])


def _registrable(host: str) -> str:
    suffix = _suffix(host)
    return host.removesuffix(suffix).rpartition(".")[2] + suffix


def _near(name: str, own: str) -> bool:
    """Equal but for one letter, or for digits in the place of letters."""
    if name == own:
        return False
    if _as_read(name) == _as_read(own):
        return True
    if abs(len(name) - len(own)) > 1:
        return False
    short, long = sorted((name, own), key=len)
    at = next((i for i, one in enumerate(short) if one != long[i]), len(short))
    return short[at + (len(short) == len(long)) :] == long[at + 1 :]


def _as_read(name: str) -> str:
    return name.translate(_LOOKALIKE).replace("rn", "m")
