"""A journey as its canvas shows it: boxes with their words and figures, arrows, what is lacking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.console.flow_faults import fault_said
from bot.console.flow_layout import HIGH, Arrow, Drawing, layout
from bot.console.shell import Words, language
from bot.console.step_forms import FLOW
from bot.journey.definition import Flow, Kind
from bot.journey.figures import StepCount
from bot.journey.sketch import Node, Sketch
from bot.journey.words import triggered

HEAD = "*"  # the box of what leads in; no step has such an id
SHORT = 6  # characters of a way's label beside its arrow
_PLUS = 13  # pixels below a box


Links = Callable[..., str]  # (step=..., add=..., way=...) -> the address of a look at the canvas


def drawn(
    sketch: Sketch,
    say: Words,
    link: Links,
    *,
    chosen: str = "",
    figures: Mapping[str, StepCount] | None = None,
    entered: str = "",
    edits: bool = False,
    walked: Mapping[str, list[int]] | None = None,
) -> dict[str, Any]:
    """For journey_canvas.html. walked: box -> its places on a follower's way."""
    drawing = layout(_ways(sketch))
    boxes = [_head(sketch, say), *(_box(node, say) for node in sketch.nodes.values())]
    for box in boxes:
        at = drawing.boxes[box["id"]]
        box |= {
            "x": round(at.x), "y": round(at.y), "wide": round(at.wide), "high": HIGH,
            "href": link(step=box["id"]), "chosen": box["id"] == chosen,
            "figures": (figures or {}).get(box["id"]),
            "walked": "、".join(str(n) for n in (walked or {}).get(box["id"], []) if n),
        }  # fmt: skip
    boxes[0]["entered"] = entered
    return {
        "wide": round(drawing.wide),
        "high": round(drawing.high),
        "boxes": sorted(boxes, key=lambda box: (box["y"], box["x"])),
        "arrows": list(_arrows(drawing, sketch, link, edits, walked or {})),
    }


def _ways(sketch: Sketch) -> dict[str, list[str]]:
    first = next(iter(sketch.nodes), "")
    return {HEAD: [first]} | {
        id_: [to for _, _, to in node.ways] for id_, node in sketch.nodes.items()
    }


def _head(sketch: Sketch, say: Words) -> dict[str, Any]:
    flow = sketch.flow
    said = say("con.canvas.or").join(_led_in(flow, sketch.titles)) if flow else ""
    faults = [fault_said(sketch.head, say)] if sketch.head else []
    errors = [flaw.said(language()) for flaw in sketch.flaws if flaw.error]
    return {
        "id": HEAD, "group": "trigger", "kind": say("con.canvas.trigger"), "name": "",
        "said": said, "faults": faults + errors,
        "warnings": [flaw.said(language()) for flaw in sketch.flaws if not flaw.error],
    }  # fmt: skip


def _led_in(flow: Flow, titles: Mapping[str, str]) -> Iterable[str]:
    return (triggered(one, language(), titles) for one in flow.triggers)


def _box(node: Node, say: Words) -> dict[str, Any]:
    faults = [fault_said(node.fault, say)] if node.fault else []
    return {
        "id": node.id,
        "group": group_of(node.kind),
        "kind": say(f"con.step.{node.kind.value}") if node.kind else "?",
        "name": node.id,
        "said": node.said or node.document.get("note") or "",
        "faults": faults + [flaw.said(language()) for flaw in node.flaws if flaw.error],
        "warnings": [flaw.said(language()) for flaw in node.flaws if not flaw.error],
    }


def group_of(kind: Kind | None) -> str:
    """Of the palette's three: trigger, action, flow."""
    return "flow" if kind in FLOW else "action"


def _arrows(
    drawing: Drawing, sketch: Sketch, link: Links, edits: bool, walked: Mapping[str, list[int]]
) -> Iterable[dict[str, Any]]:
    for arrow in drawing.arrows:
        way, said = _way(arrow, sketch)
        x, y = arrow.points[0]
        spot = "" if arrow.start == HEAD else arrow.start
        yield {
            "path": arrow.path,
            "back": arrow.back,
            "open": not arrow.end,
            "went": _followed(walked, arrow),
            "label": said if len(said) <= SHORT else f"{said[: SHORT - 1]}…",
            "title": said,
            "x": round(x),
            "y": round(y),
            "plus": link(add=spot or HEAD, way=way) if edits else "",
            "plus_y": round(y + _PLUS),
            "start": arrow.start,
            "end": arrow.end,
        }


def _followed(walked: Mapping[str, list[int]], arrow: Arrow) -> bool:
    after = {place + 1 for place in walked.get(arrow.start, [])}
    return bool(after & set(walked.get(arrow.end, [])))


def _way(arrow: Arrow, sketch: Sketch) -> tuple[str, str]:
    """(the way's name, its words)."""
    if arrow.start == HEAD:
        return "", ""
    way, said, _ = sketch.nodes[arrow.start].ways[arrow.number]
    return way, said
