"""A journey's document that may not be whole yet, read step by step: what each does, where it
leads, what is still wrong with it. A canvas draws this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import InvalidInput
from bot.journey.checks import Flaw
from bot.journey.definition import Flow, Kind, Step
from bot.journey.editing import following, kind_of, steps_of, ways_of
from bot.journey.manage import check
from bot.journey.reading import parse
from bot.journey.words import step_said, ways_said

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

    @property
    def whole(self) -> bool:
        errors = any(flaw.error for flaw in self.flaws)
        return self.flow is not None and not errors and all(n.whole for n in self.nodes.values())


def sketch(
    account_id: int, document: Mapping[str, Any], now: datetime, zone: ZoneInfo, lang: str = "zh"
) -> Sketch:
    """Everything that can be said of it; nothing is kept."""
    nodes = {str(one.get("id", "")): _node(document, one, zone, lang) for one in steps_of(document)}
    head = _fault(document, {**document, "steps": [_LAST]}, zone)
    if head or any(node.fault for node in nodes.values()):
        return Sketch(nodes, None, head)
    try:
        flow, flaws = check(account_id, dict(document), now)
    except InvalidInput as error:
        return Sketch(nodes, None, Fault(error.field, str(error), empty=False))
    by_step = {id_: tuple(flaw for flaw in flaws if flaw.step == id_) for id_ in nodes}
    whole = {id_: _with(node, by_step[id_]) for id_, node in nodes.items()}
    return Sketch(whole, flow, None, tuple(flaw for flaw in flaws if flaw.step not in nodes))


def plain(flow: Flow, lang: str = "zh") -> Sketch:
    """Of a version: it was looked at when it was kept."""
    documents = {str(one["id"]): one for one in flow.source["steps"]}
    nodes = {}
    for id_, step in flow.steps.items():
        ways = tuple(
            (way, said, to) for (way, to), (said, _) in
            zip(step.ways(), ways_said(step, lang), strict=True)
        )  # fmt: skip
        said = step_said(step, lang)
        nodes[id_] = Node(id_, step.kind, documents[id_], step, said, ways)
    return Sketch(nodes, flow)


def _with(node: Node, flaws: tuple[Flaw, ...]) -> Node:
    return Node(
        node.id, node.kind, node.document, node.step, node.said, node.ways, node.fault, flaws
    )


def _node(document: Mapping[str, Any], raw: Mapping[str, Any], zone: ZoneInfo, lang: str) -> Node:
    id_, kind = str(raw.get("id", "")), kind_of(raw)
    targets = ways_of(raw, following(document, id_))
    alone = {"slug": "a", "name": str(document.get("name") or "a")[:64],
             "trigger": {"when": "manual"}, "steps": [raw, _LAST]}  # fmt: skip
    fault = _fault(raw, alone, zone)
    if fault is not None:
        ways = tuple((way, "", to) for way, to in targets)
        return Node(id_, kind, raw, None, "", ways, fault)
    step = parse(alone, zone).steps[id_]
    words = {way: said for (way, _), (said, _) in
             zip(step.ways(), ways_said(step, lang), strict=True)}  # fmt: skip
    ways = tuple((way, words.get(way, ""), to) for way, to in targets)
    return Node(id_, kind, raw, step, step_said(step, lang), ways)


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
