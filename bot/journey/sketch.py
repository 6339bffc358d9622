"""A journey's document that may not be whole yet, read step by step: what each does, where it
leads, what is still wrong with it. A canvas draws this."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import InvalidInput
from bot.journey.checks import Flaw
from bot.journey.definition import Branch, Flow, Kind, Send, Step
from bot.journey.editing import Document, following, kind_of, replace, steps_of, ways_of
from bot.journey.manage import check
from bot.journey.reading import parse
from bot.journey.words import step_said, ways_said
from bot.segment.catalogue import titles as titles_of

_LAST = {"id": "last-of-all", "end": "finished"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A field of a document that cannot be read. `path`: of the step, or of the journey's head.

    empty   nothing stands there yet
    """

    path: str
    said: str
    empty: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A step of a sketch. `step` None: it cannot be read, `fault` says why.

    ways   (name, when in words, the step it leads to or "")
    flaws  what is wrong with how it stands among the others
    """

    id: str
    kind: Kind | None
    document: Mapping[str, Any]
    step: Step | None
    said: str
    ways: tuple[tuple[str, str, str], ...]
    fault: Fault | None = None
    flaws: tuple[Flaw, ...] = ()

    @property
    def whole(self) -> bool:
        return self.fault is None and not any(flaw.error for flaw in self.flaws)


@dataclass(frozen=True, slots=True)
class Sketch:
    """`flow` None: some part cannot be read. `head`: what leads in and out cannot be."""

    nodes: Mapping[str, Node]
    flow: Flow | None
    head: Fault | None = None
    flaws: tuple[Flaw, ...] = field(default=())  # of the journey as a whole
    titles: Mapping[str, str] = field(default_factory=dict)  # of what it names by slug

    @property
    def whole(self) -> bool:
        errors = any(flaw.error for flaw in self.flaws)
        return self.flow is not None and not errors and all(n.whole for n in self.nodes.values())


def sketch(
    account_id: int, document: Mapping[str, Any], now: datetime, zone: ZoneInfo, lang: str = "zh"
) -> Sketch:
    """Everything that can be said of it; nothing is kept."""
    titles = titles_of(account_id)
    nodes = {
        str(one.get("id", "")): _node(document, one, zone, lang, titles)
        for one in steps_of(document)
    }
    head = _fault(document, {**document, "steps": [_LAST]}, zone)
    if head or any(node.fault for node in nodes.values()):
        return Sketch(nodes, None, head, titles=titles)
    try:
        flow, flaws = check(account_id, dict(document), now)
    except InvalidInput as error:
        return Sketch(nodes, None, Fault(error.field, str(error), empty=False), titles=titles)
    by_step = {id_: tuple(flaw for flaw in flaws if flaw.step == id_) for id_ in nodes}
    whole = {id_: _with(node, by_step[id_]) for id_, node in nodes.items()}
    rest = tuple(flaw for flaw in flaws if flaw.step not in nodes)
    return Sketch(whole, flow, None, rest, titles)


def changed(document: Document, id_: str, step: Mapping[str, Any], zone: ZoneInfo) -> Document:
    """The document with the step as it is now, or just the document that was given where the step
    says the same in other words."""
    held = next(one for one in steps_of(document) if one.get("id") == id_)
    was, now = replace(document, id_, held), replace(document, id_, step)
    pair = [next(one for one in steps_of(each) if one["id"] == id_) for each in (was, now)]
    same = was == now or _meaning(pair[0], zone) == _meaning(pair[1], zone) is not None
    return document if same else now


def headed(document: Document, new: Document, zone: ZoneInfo) -> Document:
    """`new`, or just `document` where what leads in and out says the same."""
    meanings = []
    for one in (document, new):
        try:
            meanings.append(parse({**one, "steps": [_LAST]}, zone))
        except InvalidInput:
            return new
    return document if meanings[0] == meanings[1] else new


def _meaning(step: Mapping[str, Any], zone: ZoneInfo) -> Step | None:
    """The step as it is read; None where it cannot be."""
    try:
        read = parse(_alone(step), zone).steps[str(step["id"])]
    except InvalidInput:
        return None
    what = read.what
    if isinstance(what, Send):  # what was written stands beside what it says
        what = Send({}, what.definition)
    elif isinstance(what, Branch):
        what = Branch(tuple((rule, None, to) for rule, _, to in what.ways), what.otherwise)
    return dataclasses.replace(read, what=what)


def plain(flow: Flow, lang: str = "zh", titles: Mapping[str, str] | None = None) -> Sketch:
    """Of a version: it was looked at when it was kept."""
    named = titles or {}
    documents = {str(one["id"]): one for one in flow.source["steps"]}
    nodes = {}
    for id_, step in flow.steps.items():
        ways = tuple(
            (way, said, to) for (way, to), (said, _) in
            zip(step.ways(), ways_said(step, lang, named), strict=True)
        )  # fmt: skip
        said = step_said(step, lang, named)
        nodes[id_] = Node(id_, step.kind, documents[id_], step, said, ways)
    return Sketch(nodes, flow, titles=named)


def _with(node: Node, flaws: tuple[Flaw, ...]) -> Node:
    return Node(
        node.id, node.kind, node.document, node.step, node.said, node.ways, node.fault, flaws
    )


def _node(
    document: Mapping[str, Any], raw: Mapping[str, Any], zone: ZoneInfo, lang: str,
    titles: Mapping[str, str],
) -> Node:  # fmt: skip
    id_, kind = str(raw.get("id", "")), kind_of(raw)
    targets = ways_of(raw, following(document, id_))
    alone = _alone(raw, str(document.get("name") or "a")[:64])
    fault = _fault(raw, alone, zone)
    if fault is not None:
        ways = tuple((way, "", to) for way, to in targets)
        return Node(id_, kind, raw, None, "", ways, fault)
    step = parse(alone, zone).steps[id_]
    words = {way: said for (way, _), (said, _) in
             zip(step.ways(), ways_said(step, lang, titles), strict=True)}  # fmt: skip
    ways = tuple((way, words.get(way, ""), to) for way, to in targets)
    return Node(id_, kind, raw, step, step_said(step, lang, titles), ways)


def _alone(step: Mapping[str, Any], name: str = "a") -> Document:
    """A journey of this step."""
    return {"slug": "a", "name": name, "trigger": {"when": "manual"}, "steps": [step, _LAST]}


def _fault(of: Mapping[str, Any], document: Mapping[str, Any], zone: ZoneInfo) -> Fault | None:
    try:
        parse(document, zone)
    except InvalidInput as error:
        path = error.field.removeprefix("steps[0].")
        return Fault(path, str(error).removeprefix(f"{error.field}: "), _is_empty(of, path))
    return None


def _is_empty(value: Any, path: str) -> bool:
    """Nothing stands at the path."""
    for name in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, Mapping):
            value = value.get(name)
        else:
            return True
    return value in (None, "", {}, [])
