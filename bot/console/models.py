"""模型: what is known of learnt models, in finished words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.console.shell import Words, language, shown_at, worded
from bot.i18n import cards, catalogue
from bot.insight.drift import MOVED, STRAYED
from bot.store import predictions
from bot.store.insight_models import Kept
from bot.store.learnt import Kept as Spoken

COLOURS = {"active": "green", "candidate": "azure", "retired": "secondary", "new": "azure",
           "shadow": "yellow"}  # fmt: skip
_MOST = 4  # figures of a line


@dataclass(frozen=True)
class Row:
    """One version of a model."""

    id: int
    slug: str
    title: str
    version: int
    state: str
    colour: str
    figures: str
    made: str
    since: str
    scored: str
    drift: str
    strayed: bool
    active: bool


def row(kept: Kept, zone: Any, say: Words) -> Row:
    drift = _moved(kept.metrics)
    return Row(
        kept.id, kept.slug, predictions.means(kept.slug, language()), kept.version,
        say(f"con.models.state.{kept.state}"), COLOURS[kept.state], figures(kept.metrics, say),
        shown_at(kept.made_at, zone), shown_at(kept.active_from, zone),
        shown_at(kept.scored_at, zone), _drift_said(drift, say),
        bool(drift) and drift[0]["psi"] >= STRAYED, kept.state == "active",
    )  # fmt: skip


def spoken(kept: Spoken, zone: Any, say: Words) -> dict[str, Any]:
    """A model of the followers' language, as a line."""
    return {
        "id": kept.id,
        "state": say(f"con.models.state.{kept.state}"),
        "colour": COLOURS[kept.state],
        "figures": figures(kept.metrics, say),
        "rows": f"{kept.metrics.get('rows', 0):,}",
        "made": shown_at(kept.made_at, zone),
        "since": shown_at(kept.active_from, zone),
        "active": kept.state == "active",
    }


def figures(metrics: Mapping[str, Any], say: Words) -> str:
    """The first few figures that have a name of ours."""
    known = [(figure_name(name, say), value) for name, value in metrics.items()]
    told = [
        f"{title} {value:.3f}"
        for title, value in known
        if title and isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    return "，".join(told[:_MOST]) if language() == "zh" else ", ".join(told[:_MOST])


def figure_name(name: str, say: Words) -> str:
    """Empty for a figure without a name of ours."""
    key = f"con.models.figure.{name}"
    if key in catalogue(language()):
        return say(key)
    return "" if cards.said(name, "zh") == name else cards.said(name, language())


def feature_said(name: str, say: Words) -> str:
    """What a column means; one without words stays as it is kept."""
    return worded(f"con.feature.{name}", name, say)


def _moved(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in metrics.get("drift", ()) if one["psi"] >= MOVED]


def _drift_said(drift: list[dict[str, Any]], say: Words) -> str:
    if not drift:
        return ""
    first = drift[0]
    key = "strayed" if first["psi"] >= STRAYED else "moved"
    return say(f"con.models.{key}", name=feature_said(first["feature"], say), psi=first["psi"])
