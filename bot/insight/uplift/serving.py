"""What an uplift model says of rows, and how well it says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.candidate import Part
from bot.insight.encode import encode
from bot.insight.kinds import Columns, Rows
from bot.insight.modelfile import Learnt
from bot.insight.rows import given
from bot.insight.schema import Schema, rows_of, texts, typed
from bot.insight.split import coded
from bot.insight.table import Table
from bot.insight.uplift import assignment
from bot.insight.uplift.blend import Blend
from bot.insight.uplift.learners import RESPONSE, Matrices, Models
from bot.insight.uplift.qini import compared, curve, deciles
from bot.insight.uplift.training import BLEND, flat
from bot.insight.uplift.trial import Arms, Trial, rows_of_arms

Doubles = NDArray[np.float64]
SLICE = 65_536  # rows scored at once
_POINTS = 100  # of a curve in a document


def _models(learnt: Learnt) -> tuple[Models, Part | None]:
    parts: dict[str, dict[str, Part]] = {}
    for base, own in learnt.card["model"].items():
        for model, card in own.items():
            start = f"{base}/{model}/"
            arrays = {
                key.removeprefix(start): values
                for key, values in learnt.arrays.items()
                if key.startswith(start)
            }
            parts.setdefault(base, {})[model] = Part(card, arrays)
    chance = parts.pop("assignment", {}).get("chance")
    return Models(parts), chance


def _said(learnt: Learnt, table: Table, names: Sequence[str]) -> dict[str, Doubles]:
    """What candidates say of each row, in slices of flat memory."""
    models, assigned = _models(learnt)
    schema = Schema.from_json(learnt.card["schema"])
    ready = typed(table, schema)
    found = {name: np.empty(table.rows) for name in names}
    for start in range(0, table.rows, SLICE):
        part = rows_of(ready, start, start + SLICE)
        x = {m: encode(one, part) for m, one in learnt.card["encoders"].items()}
        chance = _chance(learnt, assigned, x, part.rows)
        for name in names:
            found[name][start : start + part.rows] = models.effects(name, x, chance)
    return found


def _chance(learnt: Learnt, assigned: Part | None, x: Matrices, rows: int) -> Doubles:
    if assigned is None:
        return np.full(rows, learnt.card["propensity"]["share"])
    return assignment.said_chance(assigned, x["scaled"])


def effects(learnt: Learnt, table: Table) -> Doubles:
    """What the treatment changes for each row: chance of the outcome with it less without, (n).

    Raises InvalidInput for a column the model reads that is not there, or holds no numbers.
    """
    joined = Blend.from_json(learnt.card["blend"])
    return joined.effects(_said(learnt, table, tuple(joined.weights)))


def predict(learnt: Learnt, table: Table) -> tuple[Sequence[str], Rows]:
    """Header and rows: id (the line's number from 1 where the table has no such column), uplift."""
    name = learnt.card["columns"].get("id")
    names: Sequence[Any] = range(1, table.rows + 1)
    if name in table.columns:
        names = texts(table, name)
    return ("id", "uplift"), _lines(names, effects(learnt, table))


def _lines(names: Sequence[Any], found: Doubles) -> Iterator[tuple[Any, str]]:
    return zip(names, (f"{one:.9f}" for one in found.tolist()), strict=True)


# --- judging -------------------------------------------------------------------------------------


def evaluate(learnt: Learnt, table: Table, columns: Columns) -> dict[str, Any]:
    """Qini with interval beside response targeting and every learner, uplift by tenths, curves.

    On rows of a trial that the model has not seen. Raises InvalidInput without answers or arms.
    """
    columns = _roles(learnt, table, columns)
    used, trial, group = judged(learnt, table, columns)
    scores, names = all_scores(learnt, used)
    joined = Blend.from_json(learnt.card["blend"])
    against = RESPONSE if RESPONSE in scores else BLEND
    found = compared(scores, trial, against, group, learnt.card["seed"])
    beside = [
        {"name": name, **found[name]}
        for name in sorted(names, key=lambda name: -found[name]["qini"]["value"])
    ]
    tenths = deciles(joined.effect + joined.slope * scores[BLEND], trial)
    return {
        "metrics": {
            "rows": len(trial.y), "yes": int(trial.y.sum()), "rate": float(trial.y.mean()),
            "treated": int(trial.treated.sum()), "effect": trial.effect, **flat(found),
        },
        "beside": beside,
        "deciles": tenths,
        "curves": {
            name: _points(scores[name], trial) for name in (BLEND, RESPONSE) if name in scores
        },
        "lines": _lines_of(beside, tenths),
        "panels_by": "bot.insight.uplift.pictures",
    }  # fmt: skip


def _lines_of(
    beside: Sequence[Mapping[str, Any]], tenths: Sequence[Mapping[str, Any]]
) -> list[str]:
    """The learners and the tenths in words."""
    said = [
        f"beside: {one['name']} Qini {one['qini']['value']:.5f} ({one['qini']['low']:.5f} to "
        f"{one['qini']['high']:.5f})"
        for one in beside
    ]
    for one in tenths:
        told = f"tenth {one['part']}: {one['rows']} rows, uplift said {one['said']:+.4f}"
        if one["uplift"] is None:
            said.append(f"{told}, an arm is missing")
        else:
            said.append(f"{told}, found {one['uplift']:+.4f} (error {one['error']:.4f})")
    return said


def all_scores(learnt: Learnt, table: Table) -> tuple[dict[str, Doubles], tuple[str, ...]]:
    """The blend, the response model that was best when taught, and each candidate."""
    names = tuple(one["name"] for one in learnt.card["learners"])
    said = _said(learnt, table, names)
    joined = Blend.from_json(learnt.card["blend"])
    scores = {BLEND: joined.index({name: said[name] for name in joined.weights}), **said}
    if learnt.card["response"]:
        scores[RESPONSE] = said[learnt.card["response"]]
    return scores, names


def _roles(learnt: Learnt, table: Table, columns: Columns) -> Columns:
    """Named roles first, then the card's where the table has such a column."""
    named = {role: name for role, name in asdict(columns).items() if name}
    kept = {role: name for role, name in learnt.card["columns"].items() if name in table.columns}
    return replace(Columns(), **{**kept, **named})


def judged(
    learnt: Learnt, table: Table, columns: Columns
) -> tuple[Table, Trial, NDArray[np.int64] | None]:
    if columns.treatment is None:
        raise InvalidInput("name the column that says who was treated (--treatment)")
    arms = Arms.from_json(learnt.card["arms"])
    at, _ = rows_of_arms(table, columns.treatment, arms)
    used, y = given(table.take(at), columns, learnt.card["answers"])
    treated = rows_of_arms(used, columns.treatment, arms)[1]
    if treated.all() or not treated.any():
        raise InvalidInput(
            f"column {columns.treatment}: to judge, rows of both arms are needed, {arms.control} "
            f"and {' or '.join(arms.treated)}"
        )
    group = coded(texts(used, columns.group)) if columns.group else None
    return used, Trial(y, treated, _drawn(learnt, used, treated)), group


def _drawn(learnt: Learnt, used: Table, treated: NDArray[np.bool_]) -> Doubles:
    """The chance of treatment of rows to judge: their own share, unless it differs by row."""
    way = learnt.card["propensity"]["way"]
    if way == "share":
        return np.full(used.rows, treated.mean())
    if way != "estimated":
        return assignment.column_of_chances(used, way)
    _, assigned = _models(learnt)
    assert assigned is not None
    schema = Schema.from_json(learnt.card["schema"])
    x = encode(learnt.card["encoders"]["scaled"], typed(used, schema))
    return assignment.said_chance(assigned, x)


def _points(score: Doubles, trial: Trial) -> dict[str, list[float]]:
    """Both curves at even shares."""
    found = curve(score, trial)
    shares = np.linspace(0, 1, _POINTS + 1)
    return {
        "share": [round(float(one), 4) for one in shares],
        "qini": np.interp(shares, found.share, found.qini).tolist(),
        "uplift": np.interp(shares, found.share, found.uplift).tolist(),
    }
