"""XML in and out, for messages nobody controls.

Platform rule, learnt by others the hard way: what a user types is pushed raw, so that a control
character or half a multi-byte character stands inside the CDATA and no parser takes the document.
Such characters are dropped before parsing, and never written. Document type definitions and with
them entities have no business in a push and are refused where the parser meets them; the same
characters inside CDATA are somebody's text and pass.
"""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from bot.errors import CallbackRejected

MAX_DEPTH = 16  # the deepest documented push has 6
MAX_ELEMENTS = 5000
# What XML 1.0 cannot hold: controls but tab and newlines, surrogates, two non-characters.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """`text` without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


def cdata(text: str) -> str:
    """`text` as a CDATA section that cannot be ended from inside."""
    return f"<![CDATA[{clean(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


class _Reader:
    """Builds nested dicts: an element with children is a dict, one without is its text, and
    several of one name under one parent are a list."""

    __slots__ = ("elements", "parent", "root", "stack", "text")

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self.parent: dict[str, Any] = self.root
        self.stack: list[dict[str, Any]] = []
        self.text = ""
        self.elements = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if len(self.stack) >= MAX_DEPTH:
            raise CallbackRejected(400, "nested_too_deep")
        if self.elements > MAX_ELEMENTS:
            raise CallbackRejected(400, "too_many_elements")
        self.stack.append(self.parent)
        self.parent = {}
        self.text = ""

    def characters(self, text: str) -> None:
        self.text += text

    def end(self, name: str) -> None:
        value: Any = self.parent or self.text
        self.text = ""
        self.parent = parent = self.stack.pop()
        if name not in parent:
            parent[name] = value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]


def _refuse(*_: Any) -> None:
    raise CallbackRejected(400, "document_type")


def read(body: bytes) -> dict[str, Any]:
    """The fields of one `<xml>` document.

    Raises CallbackRejected(400) with bad_xml, document_type, nested_too_deep or too_many_elements.
    """
    text = clean(body.decode("utf-8", "replace").removeprefix("\ufeff"))
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(text, True)
    except expat.ExpatError:
        raise CallbackRejected(400, "bad_xml") from None
    fields = reader.root.get("xml")
    if not isinstance(fields, dict):
        raise CallbackRejected(400, "bad_xml")
    return fields
