"""How good predictions are: right or wrong, how sure, and what was refused. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.nlp.learn.model import Prediction
from bot.nlp.learn.reading import OUT_OF_SCOPE
from bot.nlp.learn.softmax import Doubles

BINS = 10
CONFUSIONS = 100  # pairs that a card keeps
THRESHOLDS = tuple(round(step / 20, 2) for step in range(20))


@dataclass(frozen=True)
class Judged:
    """A text's true labels beside what was predicted; probabilities in the labels' order."""

    labels: tuple[str, ...]
    prediction: Prediction
    probabilities: Doubles


def judge(judged: Sequence[Judged], labels: Sequence[str], several: bool) -> dict[str, Any]:
    """All measures as one JSON document. Labels that the model never saw count as missed."""
    table = _per_label(judged, labels)
    sure = _sure_several(judged, labels) if several else _sure_one(judged)
    used = [row["f1"] for row in table.values() if row["support"]]
    bins = _bins(sure)
    return {
        "rows": len(judged),
        "accuracy": _share(set(one.labels) == set(one.prediction.labels) for one in judged),
        "micro_f1": _micro(judged),
        "macro_f1": sum(used) / len(used) if used else 0.0,
        "ece": sum(row["rows"] * abs(row["sure"] - row["right"]) for row in bins)
        / max(1, len(sure)),
        "labels": table,
        "confusion": _confusion(judged),
        "reliability": bins,
        "coverage": _coverage(judged),
        "out_of_scope": _rejection(judged) if OUT_OF_SCOPE in labels else None,
    }


def _share(facts: Any) -> float:
    found = list(facts)
    return sum(found) / len(found) if found else 0.0


def _f1(right: int, given: int, wanted: int) -> dict[str, float]:
    return {
        "precision": right / given if given else 0.0,
        "recall": right / wanted if wanted else 0.0,
        "f1": 2 * right / (given + wanted) if given + wanted else 0.0,
    }


def _counts(judged: Sequence[Judged]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    right: Counter[str] = Counter()
    given: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for one in judged:
        given.update(one.prediction.labels)
        wanted.update(one.labels)
        right.update(set(one.labels) & set(one.prediction.labels))
    return right, given, wanted


def _per_label(judged: Sequence[Judged], labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    right, given, wanted = _counts(judged)
    return {
        label: {**_f1(right[label], given[label], wanted[label]), "support": wanted[label]}
        for label in sorted({*labels, *wanted})
    }


def _micro(judged: Sequence[Judged]) -> float:
    right, given, wanted = (sum(counted.values()) for counted in _counts(judged))
    return _f1(right, given, wanted)["f1"]


def _confusion(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """What was taken for what, the most frequent first; of several labels: missed for wrong."""
    found: Counter[tuple[str, str]] = Counter()
    for one in judged:
        missed = sorted(set(one.labels) - set(one.prediction.labels))
        wrong = sorted(set(one.prediction.labels) - set(one.labels))
        found.update((a, b) for a in missed or [""] for b in wrong or [""] if a or b)
    return [
        {"label": label, "predicted": predicted, "rows": rows}
        for (label, predicted), rows in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _sure_one(judged: Sequence[Judged]) -> list[tuple[float, bool]]:
    return [(one.prediction.confidence, one.labels == one.prediction.labels) for one in judged]


def _sure_several(judged: Sequence[Judged], labels: Sequence[str]) -> list[tuple[float, bool]]:
    """Each label of each text is a statement of its own."""
    return [
        (float(sure), label in one.labels)
        for one in judged
        for label, sure in zip(labels, one.probabilities, strict=True)
    ]


def _bins(sure: Sequence[tuple[float, bool]]) -> list[dict[str, Any]]:
    """Said against found, in tenths of probability; empty ones are left out."""
    parts: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for said, right in sure:
        parts[min(int(said * BINS), BINS - 1)].append((said, right))
    return [
        {
            "rows": len(part),
            "sure": _share(said for said, _ in part),
            "right": _share(right for _, right in part),
        }
        for part in parts
        if part
    ]


def _coverage(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Answering only from a confidence on: the share answered, and how much of that is right."""
    found = []
    for threshold in THRESHOLDS:
        kept = [one for one in judged if one.prediction.confidence >= threshold]
        right = _share(set(one.labels) == set(one.prediction.labels) for one in kept)
        share = len(kept) / len(judged) if judged else 0.0
        found.append({"threshold": threshold, "coverage": share, "accuracy": right})
    return found


def _rejection(judged: Sequence[Judged]) -> dict[str, Any]:
    """Of strange texts the share rejected, of the others the share refused."""
    strange = [one for one in judged if OUT_OF_SCOPE in one.labels]
    ours = [one for one in judged if OUT_OF_SCOPE not in one.labels]
    return {
        "rows": len(strange),
        "rejected": round(_share(OUT_OF_SCOPE in one.prediction.labels for one in strange), 4),
        "refused": round(_share(OUT_OF_SCOPE in one.prediction.labels for one in ours), 4),
    }
