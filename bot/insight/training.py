"""From rows with a yes or no to a model that says chances: the whole way, for any such kind.

    rows -> checks -> held-out part | folds -> search -> choice -> calibration -> figures on the
    held-out part -> the same recipe taught on all rows -> card and arrays

The held-out part judges once, after everything is chosen. What is served has been taught on it,
too; the card's figures are those of the recipe before it had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bot.errors import InvalidInput
from bot.insight import calibrate, curves, drift, fairness, leakage
from bot.insight.candidate import Doubles, Part, Sample, score
from bot.insight.choose import Choice, choose
from bot.insight.kinds import Columns, Request
from bot.insight.metrics import with_intervals
from bot.insight.modelfile import Learnt
from bot.insight.rows import Brought, bring, fingerprint, given, whose
from bot.insight.schema import rows_of, shifted, texts
from bot.insight.search import Roster, Tried, fit, search
from bot.insight.split import Fold, folds, hold_out, manner
from bot.insight.table import Table
from bot.insight.threads import one_thread

HELD_OUT = 0.2
FOLDS = 5
SLICE = 65_536  # rows scored at once: some 100 MB with a hundred columns
_HELD_LEAST = 5  # rows of each answer that a held-out part must have


@dataclass(frozen=True)
class _Found:
    """What the search on the teaching part left."""

    choice: Choice
    tried: Sequence[Tried]
    left_out: Mapping[str, str]
    folds: Sequence[Fold]


def train(request: Request, kind: str, roster: Roster) -> Learnt:
    """A calibrated model of the best candidate.

    options  positive, leave_out, keep (see rows.bring); candidates: names of those to try
    Raises InvalidInput for rows that cannot teach.
    """
    brought = bring(request.table, request.columns, request.options, request.seed)
    roster = _asked(roster, request.options.get("candidates"))
    with one_thread():
        return _taught(brought, request, kind, roster)


def _taught(brought: Brought, request: Request, kind: str, roster: Roster) -> Learnt:
    sample, seed = brought.sample, request.seed
    held = hold_out(sample.y, sample.group, sample.time, HELD_OUT, seed)
    _check_held(sample, held)
    teach = sample.take(held.teach)
    found = _searched(teach, roster, request)
    request.progress("judging on the held-out part", 0, 3)
    recipe = fit(found.choice.kept, roster, teach, seed, found.tried)
    curve, why = _curve(found.choice.kept.scores, teach.y, seed)
    raw = score(recipe, sample.table.take(held.judge))
    judged = _judged(brought, held, calibrate.apply(curve, raw), seed)
    request.progress("learning curve", 1, 3)
    learning = curves.learning(
        lambda few: fit(found.choice.kept, roster, few, seed, found.tried), sample, held, seed
    )
    request.progress("teaching on all rows", 2, 3)
    part = fit(found.choice.kept, roster, sample, seed, found.tried)
    curve = _final_curve(found, sample, held, raw, seed)
    request.progress("done", 3, 3)
    card = {
        **_about(request, kind, brought, held, found),
        "model": part.card,
        "calibration": curve,
        "calibration_reason": why,
        "held_out": {**judged, "learning": learning},
        "drift": _reference(part, curve, sample),
    }
    return Learnt(card, part.arrays)


def score_rows(learnt: Learnt, table: Table) -> Doubles:
    """The calibrated chance of each row, (n), in slices of flat memory.

    Raises InvalidInput for a column the model reads that is not there, or holds no numbers.
    """
    part = Part(learnt.card["model"], learnt.arrays)
    found = np.empty(table.rows)
    for start in range(0, table.rows, SLICE):
        try:
            raw = score(part, rows_of(table, start, start + SLICE))
        except InvalidInput as error:
            raise shifted(error, start) from None
        found[start : start + len(raw)] = calibrate.apply(learnt.card["calibration"], raw)
    return found


def evaluate(learnt: Learnt, table: Table, columns: Columns) -> dict[str, Any]:
    """Figures with intervals on rows that the model has not seen, as JSON values.

    Roles that `columns` leaves open are the card's, where the table has such columns.
    Raises InvalidInput without answers.
    """
    columns = _roles(learnt, table, columns)
    used, y = given(table, columns, learnt.card["answers"])
    group, time, _ = whose(used, columns)
    chance = score_rows(learnt, used)
    known = learnt.card["drift"]
    until = learnt.card["taught_until"]
    moved = drift.drift(known["features"], used)
    return {
        **_figures(used, y, chance, group, learnt.card["seed"]),
        "drift": [drift.drift_of_score(known["score"], chance), *moved],
        "warnings": [] if time is None or until is None else leakage.check_order(time, until),
    }


def predict(learnt: Learnt, table: Table) -> tuple[Sequence[str], Any]:
    """Header and rows: id (the line's number from 1 where the table has no such column), score."""
    name = learnt.card["columns"].get("id")
    chance = score_rows(learnt, table)
    names: Sequence[Any] = range(1, table.rows + 1)
    if name in table.columns:
        names = texts(table, name)
    return ("id", "score"), zip(names, (f"{one:.6f}" for one in chance.tolist()), strict=True)


def _asked(roster: Roster, names: Sequence[str] | None) -> Roster:
    if not names:
        return roster
    known = [one.name for one in roster.candidates] + [one.name for one in roster.combiners]
    for name in names:
        if name not in known:
            raise InvalidInput(f"no candidate {name}; there are {', '.join(known)}")
    candidates = [one for one in roster.candidates if one.name in names]
    combiners = [one for one in roster.combiners if one.name in names]
    if not candidates:
        raise InvalidInput(f"{combiners[0].name} joins others: name at least two of them as well")
    return Roster(candidates, combiners)


def _check_held(sample: Sample, held: Fold) -> None:
    for rows, said in ((held.teach, "teach"), (held.judge, "judge")):
        yes = sample.y[rows].sum()
        if min(yes, len(rows) - yes) < _HELD_LEAST:
            raise InvalidInput(
                f"the part that is to {said} has {yes:g} rows with yes and {len(rows) - yes:g} "
                f"with no; {_HELD_LEAST} of each are needed: bring more rows, groups or times"
            )


def _searched(teach: Sample, roster: Roster, request: Request) -> _Found:
    parts = folds(teach.y, teach.group, teach.time, FOLDS, request.seed)
    tried, left_out = search(teach, parts, roster, request.seed, request.progress)
    if not tried:
        raise InvalidInput(
            "no candidate could be taught: "
            + "; ".join(f"{name}: {why}" for name, why in left_out.items())
        )
    return _Found(choose(tried, teach, parts, request.seed), tried, left_out, parts)


def _curve(scores: Doubles, y: Doubles, seed: int) -> tuple[dict[str, Any], str]:
    judged = ~np.isnan(scores)
    return calibrate.learn(scores[judged], y[judged], seed)


def _final_curve(
    found: _Found, sample: Sample, held: Fold, raw: Doubles, seed: int
) -> dict[str, Any]:
    """From all scores of rows that their model had not seen: the folds' and the held-out part's."""
    scores = np.full(len(sample.y), np.nan)
    scores[held.teach] = found.choice.kept.scores
    scores[held.judge] = raw
    return _curve(scores, sample.y, seed)[0]


def _judged(brought: Brought, held: Fold, chance: Doubles, seed: int) -> dict[str, Any]:
    sample, at = brought.sample, held.judge
    group = None if sample.group is None else sample.group[at]
    return _figures(brought.table.take(at), sample.y[at], chance, group, seed)


def _figures(table: Table, y: Doubles, chance: Doubles, group: Any, seed: int) -> dict[str, Any]:
    lines = curves.calibration(y, chance)
    return {
        "metrics": with_intervals(y, chance, group, seed=seed),
        "gains": curves.gains(y, chance),
        "calibration": lines,
        "calibration_error": curves.calibration_error(lines),
        "fairness": fairness.report(table, y, chance, group, seed),
    }


def _reference(part: Part, curve: Mapping[str, Any], sample: Sample) -> dict[str, Any]:
    """How features and score are spread over the rows that taught."""
    chance = calibrate.apply(curve, score(part, sample.table))
    return {
        "features": drift.reference(sample.table, sample.schema),
        "score": drift.spread(chance),
    }


def _about(
    request: Request, kind: str, brought: Brought, held: Fold, found: _Found
) -> dict[str, Any]:
    """The card's part that is about the rows and the choice."""
    sample = brought.sample
    return {
        "kind": kind,
        "row_by_row": True,
        "seed": request.seed,
        "fingerprint": fingerprint(brought.table),
        "columns": asdict(request.columns),
        "answers": dict(brought.answers),
        "rows": len(sample.y),
        "yes": int(sample.y.sum()),
        "notes": list(brought.notes),
        "schema": sample.schema.to_json(),
        "split": _split(sample, held, found.folds),
        "taught_until": None if sample.time is None else float(sample.time.max()),
        "chosen": found.choice.kept.name,
        "setting": dict(found.choice.kept.setting),
        "candidates": list(found.choice.figures),
        "searched": {one.name: list(one.settings) for one in found.tried},
        "not_tried": dict(found.left_out),
        "reasons": list(found.choice.reasons),
        "warnings": _warnings(brought, held, request.columns),
    }


def _split(sample: Sample, held: Fold, parts: Sequence[Fold]) -> dict[str, Any]:
    return {
        "manner": manner(sample.group, sample.time),
        "teach": len(held.teach),
        "judge": len(held.judge),
        "folds": [{"teach": len(one.teach), "judge": len(one.judge)} for one in parts],
    }


def _warnings(brought: Brought, held: Fold, columns: Columns) -> list[dict[str, Any]]:
    sample = brought.sample
    left_out = sample.schema.left_out
    return [
        *leakage.check_columns(sample),
        *leakage.check_rows(sample, held),
        *leakage.check_dates(brought.table, left_out, columns.time, list(left_out)),
        *leakage.ids_left_out(sample.schema),
    ]


def _roles(learnt: Learnt, table: Table, columns: Columns) -> Columns:
    """Named roles first, then the card's where the table has such a column."""
    card = learnt.card["columns"]
    found = {
        role: name or (card[role] if card[role] in table.columns else None)
        for role, name in asdict(columns).items()
    }
    return Columns(**found)
