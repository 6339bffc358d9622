"""A model's card and figures as lines for people. Pure; any kind's card has what it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_SHOWN = {
    "auc": "AUC",
    "pr_auc": "PR-AUC",
    "log_loss": "log loss",
    "brier": "Brier",
    "lift_10": "lift of the highest tenth",
}
_MOST = 8  # lines of a list that is only a glance


def card_lines(card: Mapping[str, Any]) -> Iterator[str]:
    """What the model is, what it was taught, why it was chosen and how good it is."""
    made = f", made {card['made_at']}" if card.get("made_at") else ""
    yield f"{card['kind']} model{made}"
    if "rows" in card:
        yield f"taught by {card['rows']} rows" + (f", {card['yes']} yes" if "yes" in card else "")
    yield from (f"note: {note}" for note in card.get("notes", ()))
    if split := card.get("split"):
        yield (
            f"split by {split['manner']}: {split['teach']} teach, {split['judge']} judge once, "
            f"{len(split['folds'])} folds"
        )
    yield from _candidates(card.get("candidates", ()))
    yield from card.get("reasons", ())
    if "calibration_reason" in card:
        yield card["calibration_reason"]
    if "held_out" in card:
        yield "on the part that was held out:"
        yield from figure_lines(card["held_out"])
    yield from _scalars(card.get("metrics", {}))
    yield from _warned(card.get("warnings", ()))


def figure_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What `evaluate` of any kind found; figures with intervals, then what else it has."""
    metrics = found.get("metrics", found)
    if "rows" in metrics:
        yes = f", {metrics['yes']} yes ({metrics['rate']:.1%})" if "yes" in metrics else ""
        yield f"{metrics['rows']} rows{yes}"
    yield from _intervals(metrics)
    yield from found.get("lines", ())
    if "calibration_error" in found:
        yield f"calibration error {found['calibration_error']:.4f}"
    gains = [line for line in found.get("gains", ()) if line["share"] in (0.1, 0.2, 0.5)]
    yield from (
        f"the highest {line['share']:.0%} hold {line['gain']:.1%} of the yes (lift "
        f"{line['lift']:.2f})"
        for line in gains
    )
    yield from _fairness(found.get("fairness", ()))
    yield from _drifted(found.get("drift", ()))
    yield from _warned(found.get("warnings", ()))


def summary(card: Mapping[str, Any]) -> dict[str, Any]:
    """The card without what only serving and the drift watch read."""
    return {key: value for key, value in card.items() if key not in ("model", "drift")}


def _candidates(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for line in lines:
        yield (
            f"  {line['name']:24} AUC {line['auc']:.4f} ({line['low']:.4f} to {line['high']:.4f})"
            f"  log loss {line['log_loss']:.4f}"
        )


def _intervals(metrics: Mapping[str, Any]) -> Iterator[str]:
    for name, one in metrics.items():
        if isinstance(one, Mapping) and {"value", "low", "high"} <= set(one):
            shown = _SHOWN.get(name, name)
            if one["value"] is None:
                yield f"{shown}: cannot be told from these rows"
            else:
                yield f"{shown} {one['value']:.4f} ({one['low']:.4f} to {one['high']:.4f})"
    yield from _scalars({k: v for k, v in metrics.items() if k not in ("rows", "yes", "rate")})


def _scalars(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, float):
            yield f"{_SHOWN.get(name, name)} {value:.4f}"
        elif isinstance(value, (int, str)):
            yield f"{name} {value}"


def _fairness(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for line in lines:
        who = f"{line['column']} {line['group']}: {line['rows']} rows"
        if "rate" not in line:
            yield f"{who}, too few to say more"
            continue
        auc, gap = line["auc"], line["gap"]
        judged = ""
        if auc["value"] is not None:
            judged = f", AUC {auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f})"
        yield (
            f"{who}, rate {line['rate']:.1%}, said {line['said']:.1%} (gap {gap['low']:+.3f} to "
            f"{gap['high']:+.3f}){judged}, {line['chosen']:.0%} among the highest fifth"
        )


def _drifted(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    moved = [line for line in lines if line["said"] != "steady"]
    if lines and not moved:
        yield f"drift: none of {len(lines)} spreads has moved (PSI below 0.1)"
    for line in moved[:_MOST]:
        yield f"drift: {line['feature']} has {line['said']} (PSI {line['psi']:.2f})"
    if len(moved) > _MOST:
        yield f"drift: and {len(moved) - _MOST} more"


def _warned(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for line in lines:
        about = f"column {line['column']}: " if line["column"] else ""
        yield f"warning ({line['check']}): {about}{line['said']}"
