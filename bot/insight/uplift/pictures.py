"""The curves of a judged uplift model as one SVG: Qini, uplift, the effect in each tenth. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.insight.drawing import Line, Panel, svg

_Z = 1.96  # standard errors to either side of a 95 % interval
_NAMES = {"blend": "by uplift", "response": "by response"}


def draw(judged: Mapping[str, Any]) -> str:
    """What `bot.insight.uplift.kind.evaluate` found, drawn."""
    panels = [
        _curves(judged, "qini", "Qini curve"),
        _curves(judged, "uplift", "Uplift curve"),
        _tenths(judged["deciles"]),
    ]
    return svg(panels, "Qini curve, uplift curve and uplift by tenths")


def _curves(judged: Mapping[str, Any], which: str, title: str) -> Panel:
    effect = judged["metrics"]["effect"]
    drawn = [
        Line(_NAMES[name], list(zip(one["share"], one[which], strict=True)))
        for name, one in judged["curves"].items()
    ]
    everything = [y for line in drawn for _, y in line.points]
    qini = judged["metrics"]["qini"]
    said = (
        f"Treating the highest first: Qini {qini['value']:.5f} ({qini['low']:.5f} to "
        f"{qini['high']:.5f}); everybody {effect:.5f}"
    )
    return Panel(
        title, "share treated", "won a person",
        [Line("at random", [(0, 0), (1, effect)], dashed=True), *drawn], said,
        (0.0, min(0.0, *everything)), (1.0, max(everything) or 1.0),
    )  # fmt: skip


def _tenths(deciles: Sequence[Mapping[str, Any]]) -> Panel:
    known = [one for one in deciles if one["uplift"] is not None]
    bars = [
        (float(one["part"]), one["uplift"] - _Z * one["error"], one["uplift"] + _Z * one["error"])
        for one in known
    ]
    found = [(float(one["part"]), one["uplift"]) for one in known]
    told = [(float(one["part"]), one["said"]) for one in deciles]
    low = min([0.0, *(low for _, low, _ in bars), *(y for _, y in told)])
    high = max([0.0, *(high for _, _, high in bars), *(y for _, y in told)])
    said = "Uplift found in each tenth, the highest effects said first: " + ", ".join(
        f"{y:.4f}" for _, y in found
    )
    return Panel(
        "Uplift by tenths", "tenth, the highest first", "uplift",
        [Line("said", told), Line("found, 95 % interval", found, dots=True, bars=bars)], said,
        (0.5, low), (len(deciles) + 0.5, high or 1.0),
    )  # fmt: skip
