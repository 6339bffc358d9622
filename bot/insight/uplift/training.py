"""From the rows of a trial to a model of what the treatment changes.

    rows of a trial -> checks -> chance of treatment -> learners over folds -> blend -> all taught
    on all rows -> card and arrays

The card's figures are of rows that neither the learners nor the blend's weights had seen. All
learners are kept, not only those that the blend needs, so that judging can show them beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.candidate import Part, Sample
from bot.insight.encode import encode, fit_encoder
from bot.insight.kinds import Request
from bot.insight.modelfile import Learnt
from bot.insight.rows import Brought, bring, fingerprint
from bot.insight.threads import one_thread
from bot.insight.uplift import assignment, blend
from bot.insight.uplift.blend import FOLDS, REPEATS, Blend, Parting, Unseen
from bot.insight.uplift.learners import NAMES, RESPONSE, Models
from bot.insight.uplift.qini import compared
from bot.insight.uplift.trial import Arms, Trial, arms_of, rows_of_arms

Doubles = NDArray[np.float64]
LEAST_OUTCOMES = 10  # of each answer in each arm
MOST_PARTS = 20
BLEND = "blend"
_MANNERS = ("scaled", "codes")


@one_thread()
def train(request: Request) -> Learnt:
    """A blend of learners, taught by a trial.

    options  control, treated (see trial.arms_of); propensity: share (everybody had the same chance
             to be treated), estimated (from the features), or a column that holds the chance;
             candidates: names of learners to try; folds, repeats: how rows are parted to judge;
             positive, leave_out, keep (see rows.bring)

    Raises InvalidInput for rows that cannot teach.
    """
    brought, treated, arms = _brought(request)
    sample, seed = brought.sample, request.seed
    notes = [*brought.notes, *([arms.said] if arms.said else [])]
    sample, away = assignment.without_tellers(sample, treated, request.options.get("keep", ()))
    _check(sample.y, treated)
    encoders = {m: fit_encoder(sample.table, sample.schema, m) for m in _MANNERS}
    x = {manner: encode(one, sample.table) for manner, one in encoders.items()}
    drawn = assignment.chance(
        request.options.get("propensity"), brought.table, treated, x["scaled"], seed
    )
    trial = Trial(sample.y, treated, drawn.chance)
    names = _asked(request.options.get("candidates"))
    parting = _parting(request, sample)
    unseen = blend.cross_validated(names, x, trial, parting, request.progress)
    joined = blend.learn(unseen, trial)
    request.progress("teaching on all rows", 0, 1)
    models = Models.fit(names, x, trial, seed)
    request.progress("done", 1, 1)
    parts = _parts(models, drawn)
    card = {
        **_about(request, brought, arms, trial),
        "notes": [*notes, *drawn.notes],
        "schema": sample.schema.to_json(),
        "warnings": away,
        "encoders": encoders,
        "propensity": {"way": drawn.way, "share": float(treated.mean())},
        "blend": joined.to_json(),
        "model": {base: {m: dict(p.card) for m, p in own.items()} for base, own in parts.items()},
        **_figures(unseen, joined, trial, sample.group, seed),
    }
    return Learnt(card, _arrays(parts))


def _parts(models: Models, drawn: assignment.Drawn) -> dict[str, dict[str, Part]]:
    """base -> model -> Part, and the estimate of the chance of treatment where there is one."""
    found = {base: dict(own) for base, own in models.parts.items()}
    if drawn.part is not None:
        found["assignment"] = {"chance": drawn.part}
    return found


def _arrays(parts: Mapping[str, Mapping[str, Part]]) -> dict[str, NDArray[Any]]:
    return {
        f"{base}/{model}/{key}": values
        for base, own in parts.items()
        for model, part in own.items()
        for key, values in part.arrays.items()
    }


def _about(request: Request, brought: Brought, arms: Arms, trial: Trial) -> dict[str, Any]:
    return {
        "kind": "uplift",
        "row_by_row": True,
        "seed": request.seed,
        "fingerprint": fingerprint(brought.table),
        "columns": asdict(request.columns),
        "answers": dict(brought.answers),
        "arms": arms.to_json(),
        "rows": len(trial.y),
        "yes": int(trial.y.sum()),
        "treated": int(trial.treated.sum()),
    }


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


def _parting(request: Request, sample: Sample) -> Parting:
    folds = _whole(request.options, "folds", FOLDS, 2)
    repeats = _whole(request.options, "repeats", REPEATS, 1)
    return Parting(sample.group, sample.time, folds, repeats, request.seed)


def _whole(options: Mapping[str, Any], name: str, usual: int, least: int) -> int:
    try:
        found = int(options.get(name, usual))
    except (TypeError, ValueError):
        found = -1
    if not least <= found <= MOST_PARTS:
        raise InvalidInput(f"{name}={options[name]}: a number from {least} to {MOST_PARTS}", name)
    return found


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
        "held_out": {"metrics": {"effect": trial.effect, **flat(found)}},
        "learners": [
            {"name": unseen.names[i], "qini": float(mean[i]),
             "weight": joined.weights.get(unseen.names[i], 0.0)}
            for i in order
        ],
        "response": responses[0] if responses else None,
        "reasons": _reasons(unseen, joined, mean, order),
    }  # fmt: skip


def flat(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
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
