"""模型: what is known of learnt models, in finished words; their pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.console.shell import Words, language, shown_at
from bot.i18n import catalogue
from bot.insight import drawing
from bot.insight.drift import MOVED, STRAYED
from bot.store import predictions
from bot.store.insight_models import Kept
from bot.store.learnt import Kept as Spoken

COLOURS = {"active": "green", "candidate": "azure", "retired": "secondary", "new": "azure",
           "shadow": "yellow"}  # fmt: skip
_MOST = 4  # figures of a line
_PICTURED = ("calibration", "gains")


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
    key = f"con.models.figure.{name}"
    return say(key) if key in catalogue(language()) else ""


def feature_said(name: str, say: Words) -> str:
    """What a column means; one without words stays as it is kept."""
    key = f"con.feature.{name}"
    return say(key) if key in catalogue(language()) else name


def _moved(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in metrics.get("drift", ()) if one["psi"] >= MOVED]


def _drift_said(drift: list[dict[str, Any]], say: Words) -> str:
    if not drift:
        return ""
    first = drift[0]
    key = "strayed" if first["psi"] >= STRAYED else "moved"
    return say(f"con.models.{key}", name=feature_said(first["feature"], say), psi=first["psi"])


# --- the card ------------------------------------------------------------------------------------


def card_rows(card: Mapping[str, Any], say: Words) -> list[tuple[str, str]]:
    """(what, value): how it was taught and why it was chosen, as far as its kind tells."""
    ours = card.get("product", {})
    found = {
        "chosen": card.get("chosen", ""),
        "taught": _count(ours.get("rows", card.get("rows"))),
        "judged": _count(ours.get("judged_by")),
        "made_of": ", ".join(map(str, card.get("notes", ()))),
    }
    return [(say(f"con.models.card.{name}"), str(one)) for name, one in found.items() if one]


def intervals(card: Mapping[str, Any], say: Words) -> list[dict[str, str]]:
    """Figures on the part that was held out, each with its interval of 95 %."""
    held = card.get("held_out", {})
    return [
        {
            "name": figure_name(name, say) or name,
            "value": "–" if one["value"] is None else f"{one['value']:.4f}",
            "low": "–" if one["low"] is None else f"{one['low']:.4f}",
            "high": "–" if one["high"] is None else f"{one['high']:.4f}",
        }
        for name, one in held.get("metrics", {}).items()
        if isinstance(one, Mapping) and {"value", "low", "high"} <= set(one)
    ]


def candidates(card: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was tried, with the interval of its area under the curve."""
    return [
        {name: line[name] if name == "name" else f"{line[name]:.4f}" for name in _TRIED}
        for line in card.get("candidates", ())
        if set(_TRIED) <= set(line)
    ]


_TRIED = ("name", "auc", "low", "high", "log_loss")


def drifts(metrics: Mapping[str, Any], say: Words) -> list[dict[str, str]]:
    """How far each column has moved since the first round, the most moved first."""
    return [
        {
            "name": feature_said(one["feature"], say),
            "psi": f"{one['psi']:.2f}",
            "said": say(f"con.models.drift.{one['said']}"),
        }
        for one in metrics.get("drift", ())
    ]


def has_picture(card: Mapping[str, Any]) -> bool:
    held = card.get("held_out", {})
    return all(held.get(name) for name in _PICTURED)


def picture(card: Mapping[str, Any], say: Words) -> str:
    """Calibration, gain and learning curve as one SVG in the reader's language."""
    held = card["held_out"]
    panels = drawing.panels_of(held, held.get("learning", ()))
    named = ("calibration", "gain", "learning")
    drawn = [_in_words(one, name, say) for one, name in zip(panels, named, strict=False)]
    return drawing.svg(drawn, say("con.models.picture"))


def _in_words(panel: drawing.Panel, name: str, say: Words) -> drawing.Panel:
    key = f"con.models.picture.{name}"
    lines = [
        replace(line, name=say(f"{key}.line{number}")) for number, line in enumerate(panel.lines, 1)
    ]
    title = say(f"{key}.title")
    return replace(
        panel, title=title, across=say(f"{key}.across"), up=say(f"{key}.up"), lines=lines,
        said=title,
    )  # fmt: skip


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else ""
