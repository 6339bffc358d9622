"""A model's card in finished words: how it was taught and chosen, how good it is, what was checked
for leaks and fairness, and its pictures. What a kind does not tell is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.console.models import feature_said, figure_name
from bot.console.shell import Words, language, refusal, worded
from bot.i18n import cards
from bot.insight import drawing

_PICTURED = ("calibration", "gains")
_GAINS = (0.1, 0.2, 0.5)  # shares whose gain is told
_COLUMN = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+|\bgroups\b|\bsentiment\b|\bscore\b")
_TRIED = ("name", "auc", "low", "high", "log_loss")


def about(card: Mapping[str, Any], say: Words) -> list[tuple[str, str]]:
    """(what, value): how it was taught and why it was chosen, as far as its kind tells."""
    ours = card.get("product", {})
    found = {
        "kind": _said(card.get("kind", "")),
        "chosen": _said(str(card.get("chosen", ""))),
        "taught": _taught(ours.get("rows", card.get("rows")), card.get("yes"), say),
        "judged": _count(ours.get("judged_by")),
        "split": _split(card.get("split"), say),
        "calibrated": _said(str(card.get("calibration_reason", ""))),
        "verdict": refusal(ours.get("verdict", "")),
    }
    return [(say(f"con.models.card.{name}"), one) for name, one in found.items() if one]


def _taught(rows: Any, yes: Any, say: Words) -> str:
    if not isinstance(rows, int) or not isinstance(yes, int):
        return _count(rows)
    return say("con.models.card.yes", rows=f"{rows:,}", yes=f"{yes:,}")


def _split(split: Mapping[str, Any] | None, say: Words) -> str:
    if not split:
        return ""
    return say(
        "con.models.card.split_said", manner=_said(split["manner"]), teach=f"{split['teach']:,}",
        judge=f"{split['judge']:,}", folds=len(split["folds"]),
    )  # fmt: skip


def sentences(card: Mapping[str, Any], say: Words) -> list[str]:
    """Why it was chosen, groups in words, what is to be known of the rows."""
    named = [one["said"][language()] for one in card.get("clusters", ()) if "said" in one]
    names = [one["name"][language()] for one in card.get("clusters", ()) if "said" in one]
    mark = "：" if language() == "zh" else ": "
    groups = [_columns(f"{name}{mark}{said}", say) for name, said in zip(names, named, strict=True)]
    # A card of groups keeps its own sentences of them in Chinese alone.
    reasons = [one for one in card.get("reasons", ()) if not (groups and "：" in one)]
    said = [*map(_said, card.get("notes", ())), *map(_said, reasons), *groups]
    untried = card.get("not_tried", {}).items()
    return said + [
        say("con.models.card.not_tried", name=_said(name), why=_said(refusal(str(why))))
        for name, why in untried
    ]


def intervals(card: Mapping[str, Any], say: Words) -> list[dict[str, str]]:
    """Figures on the part that was held out, each with its interval of 95 % where it has one."""
    held = card.get("held_out", {})
    found = {**card.get("metrics", {}), **held.get("metrics", {})}
    return [_figure(name, one, say) for name, one in found.items() if _is_figure(one)]


def _is_figure(one: Any) -> bool:
    if isinstance(one, Mapping):
        return {"value", "low", "high"} <= set(one)
    return isinstance(one, int | float) and not isinstance(one, bool)


def _figure(name: str, one: Any, say: Words) -> dict[str, str]:
    values = one if isinstance(one, Mapping) else {"value": one, "low": None, "high": None}
    return {
        "name": figure_name(name, say) or name,
        **{part: _decimal(values[part]) for part in ("value", "low", "high")},
    }


def gains(card: Mapping[str, Any], say: Words) -> list[str]:
    """What the highest chances hold, and how far chances are from what came."""
    held = card.get("held_out", {})
    found = [
        say("con.models.gain", share=f"{line['share']:.0%}", gain=f"{line['gain']:.1%}",
            lift=f"{line['lift']:.2f}")
        for line in held.get("gains", ())
        if line["share"] in _GAINS
    ]  # fmt: skip
    if "calibration_error" in held:
        found.append(say("con.models.calibration_error", error=_decimal(held["calibration_error"])))
    return found + [_said(one) for one in held.get("lines", ())]


def candidates(card: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was tried, with the interval of its area under the curve."""
    return [
        {name: _said(line[name]) if name == "name" else f"{line[name]:.4f}" for name in _TRIED}
        for line in card.get("candidates", ())
        if set(_TRIED) <= set(line)
    ]


def leaks(card: Mapping[str, Any], say: Words) -> list[dict[str, str]] | None:
    """What may give the answer away; None for a kind that is not checked for it."""
    if "warnings" not in card:
        return None
    held = card.get("held_out", {}).get("warnings", ())
    return [
        {
            "check": _said(one["check"]),
            "column": feature_said(one["column"], say) if one["column"] else "–",
            "said": _said(one["said"]),
        }
        for one in [*card["warnings"], *held]
    ]


def fairness(card: Mapping[str, Any], say: Words) -> list[dict[str, str]] | None:
    """Each gender, age band and city; None for a kind that is not judged by groups."""
    held = card.get("held_out", {})
    if "fairness" not in held:
        return None
    return [_group(line, say) for line in held["fairness"]]


def _group(line: Mapping[str, Any], say: Words) -> dict[str, str]:
    about = line.get("about", line["column"])
    column = worded(f"con.models.fair.{about}", str(about), say)
    found = {"group": f"{column} {_said(str(line['group']))}", "rows": f"{line['rows']:,}"}
    if "rate" not in line:
        return {**found, **dict.fromkeys(("rate", "said", "gap", "auc", "chosen"), "–")}
    gap, auc = line["gap"], line["auc"]
    return {
        **found,
        "rate": f"{line['rate']:.1%}",
        "said": f"{line['said']:.1%}",
        "gap": f"{gap['low']:+.3f} – {gap['high']:+.3f}",
        "auc": _decimal(auc["value"]),
        "chosen": f"{line['chosen']:.0%}",
    }


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


# --- pictures ------------------------------------------------------------------------------------


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


# --- words ---------------------------------------------------------------------------------------


def _said(text: str) -> str:
    return cards.said(text, language())


def _columns(text: str, say: Words) -> str:
    """With the columns' words instead of their names."""
    return _COLUMN.sub(lambda found: feature_said(found[0], say), text)


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


def _decimal(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
