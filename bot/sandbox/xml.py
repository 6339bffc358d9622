"""XML as the platform writes it, and as strictly as it reads the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

Tree = dict[str, Any]  # name -> text, Tree, or a list of them where a name repeats


class BadXml(ValueError):
    """Not one well-formed <xml> element."""


def render(fields: Mapping[str, Any], root: str = "xml") -> str:
    """Text goes into CDATA, numbers stand bare, mappings nest, lists repeat their name."""
    return f"<{root}>{''.join(_element(name, value) for name, value in fields.items())}</{root}>"


def _element(name: str, value: Any) -> str:
    if isinstance(value, str):  # most are
        return f"<{name}><![CDATA[{cdata(value)}]]></{name}>"
    if isinstance(value, Mapping):
        return render(value, name)
    if isinstance(value, list | tuple):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, int | float):
        return f"<{name}>{value}</{name}>"
    return f"<{name}><![CDATA[{cdata(str(value))}]]></{name}>"


def cdata(text: str) -> str:
    """Splits the one sequence that would end the section."""
    return text.replace("]]>", "]]]]><![CDATA[>")


class _Reader:
    def __init__(self) -> None:
        self.stack: list[tuple[str, Tree, list[str]]] = []
        self.root: tuple[str, Any] | None = None

    def start(self, name: str, _attributes: Any) -> None:
        self.stack.append((name, {}, []))

    def data(self, text: str) -> None:
        if self.stack:
            self.stack[-1][2].append(text)

    def end(self, _name: str) -> None:
        name, children, texts = self.stack.pop()
        value: Any = children or "".join(texts)
        if not self.stack:
            self.root = (name, value)
            return
        parent = self.stack[-1][1]
        if name in parent:
            earlier = parent[name]
            parent[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            parent[name] = value


def _refuse(*_: Any) -> None:
    raise BadXml("a document type is not allowed")


def parse(body: bytes | str) -> Tree:
    """The fields of <xml>…</xml>. Raises BadXml for everything else."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, UnicodeError, ValueError) as error:
        raise BadXml(str(error)) from None
    if reader.root is None or reader.root[0] != "xml" or not isinstance(reader.root[1], dict):
        raise BadXml("wants one <xml> element with fields")
    return reader.root[1]
