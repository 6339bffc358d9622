"""What the platform keeps of an article's HTML: no scripts, no pictures from elsewhere. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from html import escape, unescape
from html.parser import HTMLParser

SILENCED = frozenset(
    {"script", "style", "iframe", "object", "template", "noscript", "svg", "math", "title"}
)
UNWRAPPED = frozenset(
    {"html", "head", "body", "meta", "link", "base", "form", "input", "button", "textarea"}
    | {"select", "option", "frame", "frameset", "embed", "applet"}
)
VOID = frozenset({"area", "br", "col", "hr", "img", "source", "track", "wbr"})
ADDRESSES = frozenset({"href", "action", "formaction", "background", "poster", "xlink:href"})
PICTURES = frozenset({"src", "data-src", "srcset"})
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_SPACES = re.compile(r"\s+")
_TAGS = re.compile(r"<[^>]*>")

Attributes = list[tuple[str, str | None]]


def kept(content: str, pictures: Collection[str]) -> str:
    """The content without scripts, forms and frames; harmless markup stays byte for byte.

    pictures  the addresses that may be shown: what was uploaded to this account
    """
    keeper = _Keeper(pictures)
    keeper.feed(content)
    keeper.close()
    return keeper.whole()


def plain(content: str) -> str:
    """The words of the content, as a digest is made of them."""
    return _SPACES.sub(" ", unescape(_TAGS.sub(" ", content))).strip()


class _Keeper(HTMLParser):
    """Writes what it reads, less what is not allowed, each element closed."""

    def __init__(self, pictures: Collection[str]) -> None:
        super().__init__(convert_charrefs=False)
        self._pictures = pictures
        self._written: list[str] = []
        self._open: list[str] = []
        self._silent: list[str] = []  # the elements whose whole inside is left out

    def whole(self) -> str:
        closing = [f"</{tag}>" for tag in reversed(self._open)]
        return "".join([*self._written, *closing])

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if self._silent or tag in SILENCED:
            if tag not in VOID and tag not in UNWRAPPED:
                self._silent.append(tag)
            return
        if tag in UNWRAPPED or not _NAME.fullmatch(tag):
            return
        if tag == "img" and not self._shown(attrs):
            return
        self._written.append(self._start(tag, attrs))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        if tag in VOID:
            self.handle_starttag(tag, attrs)
        elif tag not in SILENCED:
            self.handle_starttag(tag, attrs)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag in self._silent:
                while self._silent.pop() != tag:
                    pass
            return
        if tag not in self._open:
            return
        while (last := self._open.pop()) != tag:
            self._written.append(f"</{last}>")
        self._written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._write(data.replace("<", "&lt;"))

    def handle_entityref(self, name: str) -> None:
        self._write(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._write(f"&#{name};")

    def _write(self, text: str) -> None:
        if not self._silent:
            self._written.append(text)

    def _shown(self, attrs: Attributes) -> bool:
        addresses = [value for name, value in attrs if name in PICTURES]
        return bool(addresses) and all(one in self._pictures for one in addresses)

    def _start(self, tag: str, attrs: Attributes) -> str:
        allowed = [one for one in attrs if self._allowed(*one)]
        if allowed == attrs:
            return self.get_starttag_text() or f"<{tag}>"
        written = [
            f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in allowed
        ]
        return f"<{tag}{''.join(written)}>"

    def _allowed(self, name: str, value: str | None) -> bool:
        if name.startswith("on") or name in ("srcdoc", "autofocus"):
            return False
        if name in PICTURES:
            return value in self._pictures
        if name in ADDRESSES:
            return (value or "").strip().startswith(("http://", "https://"))
        return True
