"""Models of what a treatment changes: `hongyan model train uplift`.

    rows of a trial -> checks -> chance of treatment -> learners over folds -> blend -> all taught
    on all rows -> card and arrays

The card's figures are of rows that neither the learners nor the blend's weights had seen. All
learners are kept, not only those that the blend needs, so that `evaluate` can show them beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.candidate import Part
from bot.insight.encode import encode, fit_encoder
from bot.insight.kinds import Columns, Kind, Request, Rows
from bot.insight.modelfile import Learnt
from bot.insight.rows import Brought, bring, fingerprint, given
from bot.insight.schema import Schema, rows_of, texts, typed
from bot.insight.split import coded
from bot.insight.table import Table
from bot.insight.uplift import assignment, blend
from bot.insight.uplift.blend import Blend, Unseen
from bot.insight.uplift.learners import NAMES, RESPONSE, Matrices, Models
from bot.insight.uplift.qini import compared, curve, deciles
from bot.insight.uplift.trial import Arms, Trial, arms_of, rows_of_arms

Doubles = NDArray[np.float64]
SLICE = 65_536  # rows scored at once
LEAST_OUTCOMES = 10  # of each answer in each arm
BLEND = "blend"
_POINTS = 100  # of a curve in a document


def train(request: Request) -> Learnt:
    """A blend of learners, taught by a trial.

    options  control, treated (see trial.arms_of); propensity: share (everybody had the same chance
             to be treated), estimated (from the features), or a column that holds the chance;
             candidates: names of learners to try; positive, leave_out, keep (see rows.bring)

    Raises InvalidInput for rows that cannot teach.
    """
    brought, treated, arms = _brought(request)
    sample, seed = brought.sample, request.seed
    notes = [*brought.notes, *([arms.said] if arms.said else [])]
    sample, away = assignment.without_tellers(sample, treated)
    _check(sample.y, treated)
    encoders = {m: fit_encoder(sample.table, sample.schema, m) for m in _manners()}
    x = {manner: encode(one, sample.table) for manner, one in encoders.items()}
    drawn = assignment.chance(
        request.options.get("propensity"), brought.table, treated, x["scaled"], seed
    )
    trial = Trial(sample.y, treated, drawn.chance)
    names = _asked(request.options.get("candidates"))
    unseen = blend.cross_validated(
        names, x, trial, sample.group, sample.time, seed, request.progress
    )
    joined = blend.learn(unseen, trial)
    request.progress("teaching on all rows", 0, 1)
    models = Models.fit(names, x, trial, seed)
    request.progress("done", 1, 1)
    parts = {base: dict(own) for base, own in models.parts.items()}
    if drawn.part is not None:
        parts["assignment"] = {"chance": drawn.part}
    card = {
        "kind": "uplift",
        "seed": seed,
        "fingerprint": fingerprint(brought.table),
        "columns": asdict(request.columns),
        "answers": dict(brought.answers),
        "arms": arms.to_json(),
        "rows": len(sample.y),
        "yes": int(sample.y.sum()),
        "treated": int(treated.sum()),
        "notes": [*notes, *drawn.notes],
        "schema": sample.schema.to_json(),
        "warnings": away,
        "encoders": encoders,
        "propensity": {"way": drawn.way, "share": float(treated.mean())},
        "blend": joined.to_json(),
        "model": {base: {m: dict(p.card) for m, p in own.items()} for base, own in parts.items()},
        **_figures(unseen, joined, trial, sample.group, seed),
    }
    arrays = {
        f"{base}/{model}/{key}": values
        for base, own in parts.items()
        for model, part in own.items()
        for key, values in part.arrays.items()
    }
    return Learnt(card, arrays)


def _manners() -> tuple[str, ...]:
    return ("scaled", "codes")


def _brought(request: Request) -> tuple[Brought, NDArray[np.bool_], Arms]:
    """The rows of both arms that have an answer, and who of them was treated."""
    column = request.columns.treatment
    if column is None:
        raise InvalidInput("name the column that says who was treated (--treatment)")
    arms = arms_of(request.table, column, request.options)
    at, _ = rows_of_arms(request.table, column, arms)
    table = request.table if len(at) == request.table.rows else request.table.take(at)
    options = dict(request.options)
    held = options.get("propensity")
    if held in table.columns:
        options["leave_out"] = [*options.get("leave_out", ()), held]
    brought = bring(table, request.columns, options, request.seed)
    return brought, rows_of_arms(brought.table, column, arms)[1], arms


def _check(y: Doubles, treated: NDArray[np.bool_]) -> None:
    for arm, said in ((treated, "treated"), (~treated, "left alone")):
        yes, no = int(y[arm].sum()), int((1 - y[arm]).sum())
        if min(yes, no) < LEAST_OUTCOMES:
            raise InvalidInput(
                f"of those {said} {yes} rows say yes and {no} say no; {LEAST_OUTCOMES} of each are "
                "needed in both arms to learn what the treatment changes"
            )


def _asked(names: Sequence[str] | None) -> tuple[str, ...]:
    """The candidates; the responses stay beside whatever is named."""
    for name in names or ():
        if name not in NAMES:
            raise InvalidInput(f"no candidate {name}; there are {', '.join(NAMES)}")
    return tuple(names) if names else NAMES


def _figures(
    unseen: Unseen, joined: Blend, trial: Trial, group: NDArray[np.int64] | None, seed: int
) -> dict[str, Any]:
    """What the card says of the choice; all on unseen rows."""
    index = blend.unseen_by_blend(unseen)
    at = np.flatnonzero(~np.isnan(index))
    held = trial.take(at)
    mean = unseen.qinis.mean(axis=1)
    order = sorted(range(len(mean)), key=lambda i: (-mean[i], i))
    responses = [unseen.names[i] for i in order if unseen.names[i].startswith(RESPONSE)]
    scores = {BLEND: index[at]}
    if responses:
        scores[RESPONSE] = unseen.scores[list(unseen.names).index(responses[0])][at]
    owners = None if group is None else group[at]
    found = compared(scores, held, RESPONSE if responses else BLEND, owners, seed)
    return {
        "metrics": {"effect": trial.effect, **_flat(found)},
        "learners": [
            {"name": unseen.names[i], "qini": float(mean[i]),
             "weight": joined.weights.get(unseen.names[i], 0.0)}
            for i in order
        ],
        "response": responses[0] if responses else None,
        "reasons": _reasons(unseen, joined, mean, order),
    }  # fmt: skip


def _flat(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """name of figure -> interval, as cards show figures."""
    flat: dict[str, Any] = {"qini": found[BLEND]["qini"]}
    if RESPONSE in found:
        flat["qini of response targeting"] = found[RESPONSE]["qini"]
        flat["qini over response targeting"] = found[BLEND][f"over {RESPONSE}"]
    flat["share of best possible qini"] = found[BLEND]["share_of_best"]
    return flat


def _reasons(unseen: Unseen, joined: Blend, mean: Doubles, order: Sequence[int]) -> list[str]:
    folds = unseen.qinis.shape[1]
    said = [
        f"{unseen.names[i]}: mean Qini {mean[i]:.5f} on {folds} unseen parts, counts "
        f"{joined.weights.get(unseen.names[i], 0.0):.1%}"
        for i in order
    ]
    if mean.max() <= 0:
        said.append("no learner beat a random order on unseen rows: all count alike")
    return said


# --- serving -------------------------------------------------------------------------------------


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
    return {
        "metrics": {
            "rows": len(trial.y), "yes": int(trial.y.sum()), "rate": float(trial.y.mean()),
            "treated": int(trial.treated.sum()), "effect": trial.effect, **_flat(found),
        },
        "beside": beside,
        "deciles": deciles(joined.effect + joined.slope * scores[BLEND], trial),
        "curves": {
            name: _points(scores[name], trial) for name in (BLEND, RESPONSE) if name in scores
        },
        "panels_by": "bot.insight.uplift.pictures",
    }  # fmt: skip


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


KIND = Kind("uplift", train, evaluate, predict)
