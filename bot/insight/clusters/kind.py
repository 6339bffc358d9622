"""Models of who is alike: `hongyan model train clusters`.

Groups keep their numbers and names from one training to the next where `previous` is given: a group
whose centre has hardly moved is the same one, and a number once given is never given to another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.clusters import groups, telling
from bot.insight.clusters.points import features_of, fit_points, points
from bot.insight.kinds import Columns, Kind, Request, Rows
from bot.insight.modelfile import Learnt
from bot.insight.rows import MOST_ROWS, fingerprint
from bot.insight.schema import Schema, rows_of, texts, typed
from bot.insight.table import Table
from bot.insight.threads import one_thread

LEAST_ROWS = 50
MOST_GROUPS = 20
SLICE = 65_536  # rows whose points are made at once
LANGUAGES = ("zh", "en")


@one_thread()
def train(request: Request) -> Learnt:
    """Groups of rows that are alike, whatever they did.

    options  k: how many groups, 2 to MOST_GROUPS; otherwise chosen. leave_out, keep: names of
             columns. previous: the Learnt of the last time, whose numbers and names are kept

    Raises InvalidInput for too few rows, a wrong k, or where no column is left.
    """
    table, notes = _drawn(request)
    k = _asked(request.options.get("k"), table.rows)
    ready, schema = features_of(table, request.columns, request.options)
    encoder = fit_points(ready, schema)
    x = points(encoder, ready)
    if len(np.unique(x[: groups.SAMPLE], axis=0)) < 2:
        raise InvalidInput("all rows are alike: there are no groups to find")
    tried = [] if k else groups.tried(x, request.seed, request.progress)
    centres = groups.fit(x, k or groups.best(tried).k, request.seed)
    numbers, names = _before(request.options.get("previous"), ready, encoder, centres)
    labels = groups.nearest(x, centres)
    said = telling.traits(ready, schema, labels, len(centres))
    clusters = _clusters(numbers, names, said, groups.shares(labels, len(centres)))
    card = {
        "kind": "clusters",
        "row_by_row": True,
        "seed": request.seed,
        "fingerprint": fingerprint(table),
        "columns": asdict(request.columns),
        "rows": table.rows,
        "notes": notes,
        "schema": schema.to_json(),
        "encoder": encoder,
        "clusters": clusters,
        "next": _following(request.options.get("previous"), numbers),
        "reasons": [*_reasons(tried, k, len(centres)), *_sentences(clusters)],
        "metrics": {"silhouette": groups.silhouette(x, centres, request.seed)},
    }
    return Learnt(card, {"centres": centres})


def _drawn(request: Request) -> tuple[Table, list[str]]:
    """The rows that teach; of very many a draw."""
    rows = request.table.rows
    if rows < LEAST_ROWS:
        raise InvalidInput(f"{rows} rows; groups of people who are alike need {LEAST_ROWS}")
    if rows <= MOST_ROWS:
        return request.table, []
    at = np.random.default_rng(request.seed).choice(rows, MOST_ROWS, replace=False)
    note = f"{MOST_ROWS:,} of {rows:,} rows teach, drawn at random"
    return request.table.take(np.sort(at)), [note]


def _asked(given: Any, rows: int) -> int | None:
    if given is None:
        return None
    try:
        k = int(given)
    except (TypeError, ValueError):
        k = 0
    if not 2 <= k <= min(MOST_GROUPS, rows // 10):
        most = min(MOST_GROUPS, rows // 10)
        raise InvalidInput(f"k={given}: how many groups, 2 to {most} with {rows} rows", "k")
    return k


def _before(
    previous: Learnt | None, ready: Table, encoder: Any, centres: groups.Points
) -> tuple[list[int], dict[int, Mapping[str, str]]]:
    """The numbers of the groups, and the names that are kept."""
    following = 1 if previous is None else int(previous.card["next"])
    if previous is None or set(previous.card["schema"]["columns"]) != set(ready.columns):
        return [following + place for place in range(len(centres))], {}
    # A known centre in today's scale: the mean of today's rows that would have fallen to it.
    x_then, x_now = points(previous.card["encoder"], ready), points(encoder, ready)
    fallen = groups.nearest(x_then, previous.arrays["centres"])
    there = np.unique(fallen)
    moved = np.array([x_now[fallen == group].mean(axis=0) for group in there.tolist()])
    known_numbers = [int(one["number"]) for one in previous.card["clusters"]]
    kept = {place: int(there[at]) for place, at in groups.same(centres, moved).items()}
    numbers = groups.numbered(len(centres), kept, known_numbers, following)
    names = {numbers[p]: previous.card["clusters"][at]["name"] for p, at in kept.items()}
    return numbers, names


def _following(previous: Learnt | None, numbers: Sequence[int]) -> int:
    """The number of the next group that is new."""
    given = 1 if previous is None else int(previous.card["next"])
    return max(given, max(numbers) + 1)


def _clusters(
    numbers: Sequence[int],
    names: Mapping[int, Mapping[str, str]],
    said: Sequence[Sequence[telling.Trait]],
    shares: Sequence[float],
) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "share": share,
            "traits": [one.to_json() for one in traits],
            "name": names.get(number)
            or {lang: telling.name(number, traits, lang) for lang in LANGUAGES},
            "said": {lang: telling.sentence(share, traits, lang) for lang in LANGUAGES},
        }
        for number, traits, share in zip(numbers, said, shares, strict=True)
    ]


def _sentences(clusters: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{one['name']['zh']}：{one['said']['zh']}" for one in clusters]


def _reasons(tried: Sequence[groups.Tried], k: int | None, count: int) -> list[str]:
    if k:
        return [f"{k} groups were asked for" + (f"; {count} have rows" if count < k else "")]
    said = [
        f"{one.k} groups: silhouette {one.silhouette:.3f}, found again {one.stability:.3f}"
        for one in tried
    ]
    return [*said, f"{count} groups: the greatest product of both"]


# --- serving and judging -------------------------------------------------------------------------


def labels_of(learnt: Learnt, table: Table) -> NDArray[np.int64]:
    """The place, in the card's clusters, of the group that each row is in, (n).

    Raises InvalidInput for a column the model reads that is not there, or holds no numbers.
    """
    ready = typed(table, Schema.from_json(learnt.card["schema"]))
    found = np.empty(table.rows, np.int64)
    for start in range(0, table.rows, SLICE):
        part = rows_of(ready, start, start + SLICE)
        x = points(learnt.card["encoder"], part)
        found[start : start + part.rows] = groups.nearest(x, learnt.arrays["centres"])
    return found


def predict(learnt: Learnt, table: Table) -> tuple[Sequence[str], Rows]:
    """Header and rows: id (the line's number from 1 where the table has no such column), score,
    which is the group's number, and its Chinese name."""
    name = learnt.card["columns"].get("id")
    names: Sequence[Any] = range(1, table.rows + 1)
    if name in table.columns:
        names = texts(table, name)
    return ("id", "score", "name"), _lines(names, learnt, labels_of(learnt, table))


def _lines(
    names: Sequence[Any], learnt: Learnt, labels: NDArray[np.int64]
) -> Iterator[tuple[Any, int, str]]:
    known = [(one["number"], one["name"]["zh"]) for one in learnt.card["clusters"]]
    return ((row, *known[label]) for row, label in zip(names, labels.tolist(), strict=True))


def evaluate(learnt: Learnt, table: Table, columns: Columns) -> dict[str, Any]:
    """How well the groups set these rows apart, and whether they are as many as when taught.

    silhouette  as when taught; `moved` the population stability index of the groups' shares: below
                0.1 nothing has moved, from 0.25 on the groups want to be made anew
    """
    labels = labels_of(learnt, table)
    x = points(learnt.card["encoder"], typed(table, Schema.from_json(learnt.card["schema"])))
    clusters = learnt.card["clusters"]
    now = groups.shares(labels, len(clusters))
    silhouette = groups.silhouette(x, learnt.arrays["centres"], learnt.card["seed"])
    then = [one["share"] for one in clusters]
    return {
        "metrics": {"rows": table.rows, "silhouette": silhouette, "moved": _moved(then, now)},
        "clusters": [
            {"number": one["number"], "name": one["name"], "taught": one["share"], "now": share}
            for one, share in zip(clusters, now, strict=True)
        ],
    }


def _moved(then: Sequence[float], now: Sequence[float]) -> float:
    a, b = (np.maximum(np.array(one), 1e-4) for one in (then, now))
    return float(((b - a) * np.log(b / a)).sum())


KIND = Kind("clusters", train, evaluate, predict)
