"""What suits whom: `hongyan model train recommend --user --item [--weight] [--time]`.

Taught by rows of who had what when. Asked with a table of users, it lists the best items of each;
with a table of users and items, it says how likely each pair is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.kinds import Columns, Kind, Request, Rows
from bot.insight.modelfile import Learnt
from bot.insight.recommend import asking, keeping, neural
from bot.insight.recommend.blend import PLAIN, look, names, taught_by
from bot.insight.recommend.history import History, history_of
from bot.insight.recommend.topics import Field, fields_of
from bot.insight.rows import fingerprint
from bot.insight.schema import texts
from bot.insight.table import Table, read

PARTS = 5.0  # a horizon is this part of the time that the rows span, where nobody said otherwise
WINDOWS = 4  # that teach the weights
# Chosen on weeks 29 to 36 and 37 to 44 of the benchmark together: the learnt blend of new items
# leans on what was new to many lately, which changes with the season; the ridge does not.
_LINEAR, _PLAIN = {"all": 0.5, "new": 0.0}, {"all": 0.0, "new": 0.8}
_HIDDEN = 0.2  # of the pairs stand in for the future where rows have no time


def train(request: Request) -> Learnt:
    """A model of what each user will have within a horizon.

    options  horizon: how far ahead, in units of time (a fifth of the span);
             items: a CSV or JSONL file of what each item is about, a line an item
    Raises InvalidInput for rows too few or too short to tell an earlier from a later part.
    """
    events = history_of(request.table, request.columns)
    events, fields = _with_items(events, request)
    timed = request.columns.time is not None and np.unique(events.time).size > 1
    horizon = _horizon(request.options.get("horizon"), events) if timed else 1.0
    teaching = events if timed else _shuffled(events, request.seed)
    weights, rows = _weights(teaching, horizon, fields, request)
    found = look(events, float(events.time.max()), horizon, fields)
    card = {
        "kind": "recommend",
        "columns": {role: name for role, name in asdict(request.columns).items() if name},
        "fingerprint": fingerprint(request.table),
        "rows": request.table.rows,
        "seed": request.seed,
        "horizon": horizon,
        "users": len(events.users),
        "items": len(events.items),
        "taught_until": float(events.time.max()),
        "features": {which: list(names(which, fields)) for which in weights},
        "taught_by": rows,
        "reasons": [_said(timed, horizon)],
    }
    request.progress("done", 1, 1)
    return keeping.kept(card, events, found, weights)


def evaluate(learnt: Learnt, table: Table, columns: Columns) -> dict[str, Any]:
    """Recall@10 and NDCG@10 per user with intervals, of what came later, all and new items.

    `table` holds rows after those that taught the model; users without a history are judged, too,
    as `cold`. Raises InvalidInput for rows without users or items, or none later than the model's.
    """
    events, found, weights = keeping.opened(learnt)
    later = history_of(table, _roles(learnt, columns))
    return asking.judged(events, found, weights, later)


def predict(learnt: Learnt, table: Table) -> tuple[Sequence[str], Rows]:
    """user, item, score and reason: the best of each user of the table, best first.

    With the model's item column in the table: its pairs, by falling score within each user. The
    card's `asked` may say top (10), new_only, variety (0..1), least_items (500) and lang (zh).
    Users never seen are shown what is popular. Raises InvalidInput for a table without users.
    """
    events, found, weights = keeping.opened(learnt)
    columns = learnt.card["columns"]
    asked = asking.Asked.of(learnt.card.get("asked", {}))
    who = texts(table, columns["user"]) if columns["user"] in table.columns else None
    if who is None:
        table.texts(columns["user"])
    assert who is not None
    if columns["item"] in table.columns:
        pairs = asking.pairs(events, found, weights, who, texts(table, columns["item"]), asked)
        return asking.HEADER, pairs
    return asking.HEADER, asking.lists(events, found, weights, list(dict.fromkeys(who)), asked)


def _roles(learnt: Learnt, columns: Columns) -> Columns:
    given = {role: name for role, name in asdict(columns).items() if name}
    return replace(Columns(**learnt.card["columns"]), **given)


def _with_items(events: History, request: Request) -> tuple[History, Sequence[Field]]:
    """Items of the file that nobody has had yet join the others: they can be shown."""
    path = request.options.get("items")
    if not path:
        return events, ()
    table, column = read(path), str(request.columns.item)
    known = set(events.items)
    names_ = texts(table, column) if column in table.columns else table.texts(column)
    more = [name for name in names_ if name and name not in known]
    events = replace(events, items=(*events.items, *dict.fromkeys(more)))
    return events, fields_of(table, column, events.items)


def _horizon(given: Any, events: History) -> float:
    span = float(events.time.max() - events.time.min())
    if given is None:
        return span / PARTS
    try:
        horizon = float(given)
    except (TypeError, ValueError):
        horizon = float("nan")
    if not 0 < horizon <= span / 2:
        raise InvalidInput(
            f"horizon {given}: a number above 0, at most half of the {span:g} the rows span"
        )
    return horizon


def _shuffled(events: History, seed: int) -> History:
    """Rows without a time: a part of the pairs, drawn, stands in for what came later."""
    rng = np.random.default_rng(seed)
    return replace(events, time=(rng.random(len(events.user)) < _HIDDEN).astype(np.float64))


def _weights(
    events: History, horizon: float, fields: Sequence[Field], request: Request
) -> tuple[Mapping[str, Mapping[str, NDArray[Any]]], dict[str, Any]]:
    end, begin = float(events.time.max()), float(events.time.min())
    cuts = [end - (1 + k / 2) * horizon for k in range(WINDOWS)]  # each overlaps the next by half
    cuts = [cut for cut in cuts if cut - begin >= horizon * 0.99] or cuts[:1]
    gathered: dict[str, list[tuple[NDArray[Any], NDArray[Any]]]] = {"all": [], "new": []}
    for done, cut in enumerate(cuts):
        request.progress("looking back", done, len(cuts))
        past = look(events, cut, horizon, fields)
        for which, into in gathered.items():
            into.append(taught_by(past, events.within(cut, cut + horizon), which == "new"))
    weights: dict[str, Mapping[str, NDArray[Any]]] = {}
    about: dict[str, Any] = {}
    for which, parts in gathered.items():
        request.progress("weighing", len(weights), 2)
        x, y = np.vstack([x for x, _ in parts]), np.concatenate([y for _, y in parts])
        if not 0 < y.sum() < len(y):
            raise InvalidInput(
                "no user of the earlier part has anything in the later part: more rows, or a "
                "longer horizon, please"
            )
        column = names(which, fields).index(PLAIN)
        shares = neural.Shares(_LINEAR[which], _PLAIN[which], column)
        weights[which] = neural.fit(x, y, request.seed, shares)
        about[which] = {"rows": len(y), "yes": int(y.sum()), "cuts": cuts}
    return weights, about


def _said(timed: bool, horizon: float) -> str:
    if timed:
        return f"weights taught by windows of {horizon:g} units of time, features before each"
    return "rows have no time: weights taught by a fifth of the pairs, drawn"


KIND = Kind("recommend", train, evaluate, predict)
