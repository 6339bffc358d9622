"""Questions to a recommender: lists of the best, chances of pairs, and how good lists were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from bot.errors import InvalidInput
from bot.i18n import t
from bot.insight.recommend import crowd, listing, logistic, measures, neural
from bot.insight.recommend.blend import CELLS, Look, beside, only, rows, scored
from bot.insight.recommend.history import Doubles, History, Places
from bot.insight.recommend.keeping import Names
from bot.insight.recommend.reasons import POPULAR, Reason, reason

HEADER = ("user", "item", "score", "reason")
_SPARE = 110  # candidates a user that may be given a turn
_SPARED = 20_000  # users whose lists may change for that: 35 MB, however many are asked for


@dataclass(frozen=True)
class Asked:
    """What a list is to be.

    top          items a user, 1..60
    new_only     only what the user never had
    variety      0..1: share taken off the chance for each item of the same sort before it
    least_items  different items shown over all lists, as far as candidates go
    lang         of the reasons; "" leaves them out
    """

    top: int = 10
    new_only: bool = False
    variety: float = 0.0
    least_items: int = 500
    lang: str = "zh"

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Asked:
        """Raises InvalidInput for what is out of its range."""
        unknown = [name for name in given if name not in _KINDS]
        if unknown:
            raise InvalidInput(f"no option {unknown[0]}; there are {', '.join(_KINDS)}")
        asked = cls(**{name: _value(name, value) for name, value in given.items()})
        if not 1 <= asked.top <= 60:
            raise InvalidInput(f"top {asked.top}: from 1 to 60 items a user")
        if not 0 <= asked.variety <= 1:
            raise InvalidInput(f"variety {asked.variety}: from 0 to 1")
        return asked


_KINDS: dict[str, type[Any]] = {one.name: type(getattr(Asked(), one.name)) for one in fields(Asked)}
_YES, _NO = ("1", "true", "yes"), ("0", "false", "no")


def _value(name: str, given: Any) -> Any:
    """An option as its field has it, from a command's words or from code."""
    kind, word = _KINDS[name], str(given).strip().lower()
    if kind is bool and word in (*_YES, *_NO):
        return word in _YES
    try:
        if kind is not bool:
            return kind(given)
    except (TypeError, ValueError):
        pass
    wanted = {bool: "yes or no", int: "a whole number", float: "a number"}[kind]
    raise InvalidInput(f"{name} {given}: {wanted}, please")


@dataclass(frozen=True)
class Lists:
    """Places of items, best first; -1 where a list ends early. (users, top) each."""

    item: Places
    score: Doubles


def lists(
    names: Names, found: Look, weights: Mapping[str, neural.Weights], who: Sequence[str],
    asked: Asked,
) -> Iterator[Sequence[Any]]:  # fmt: skip
    """Rows of HEADER: each user's best in the order of `who`; the cold get what is popular."""
    places = np.array([names.user.get(name, -1) for name in who], np.intp)
    best = listed(found, weights["new" if asked.new_only else "all"], places, asked)
    for at, name in enumerate(who):
        for item, score in zip(best.item[at].tolist(), best.score[at].tolist(), strict=True):
            if item >= 0:
                said = _why(found, names, int(places[at]), item, asked.lang)
                yield name, names.items[item], f"{score:.6f}", said


def listed(found: Look, weights: neural.Weights, places: Places, asked: Asked) -> Lists:
    """The lists of users at these places (-1: cold), in chunks of flat memory."""
    k = min(asked.top, found.items)
    item, score = np.full((len(places), k), -1, np.intp), np.full((len(places), k), -np.inf)
    item[places < 0], score[places < 0] = _cold(found, k)
    warm = np.flatnonzero(places >= 0)
    spare = []
    for start in range(0, len(warm), max(1, CELLS // max(found.items, 1))):
        rows_ = warm[start : start + max(1, CELLS // max(found.items, 1))]
        at, chance = _best(only(found, places[rows_]), weights, asked)
        few = min(k, at.shape[1])
        item[rows_, :few], score[rows_, :few] = at[:, :few], chance[:, :few]
        if start < _SPARED and asked.least_items:
            spare.append((rows_, at[:, few : few + _SPARE], chance[:, few : few + _SPARE]))
    return _turned(Lists(item, score), spare, found.items, asked.least_items)


def _best(some: Look, weights: neural.Weights, asked: Asked) -> tuple[Places, Doubles]:
    """All candidates of users, (users, candidates), best first; -1 and -inf where there are few."""
    user, item, chance = scored(weights, some, slice(0, some.users), asked.new_only)
    order = np.lexsort((item, -chance, user))
    user, item, chance = user[order], item[order], chance[order]
    starts = np.searchsorted(user, np.arange(some.users))
    wide = max(int(np.bincount(user, minlength=some.users).max(initial=0)), 1)
    at, score = np.full((some.users, wide), -1, np.intp), np.full((some.users, wide), -np.inf)
    place = np.arange(len(user)) - starts[user]
    at[user, place], score[user, place] = item, chance
    if asked.variety > 0 and some.fields:
        return _varied(some, at, score, asked)
    return at, score


def _varied(some: Look, at: Places, score: Doubles, asked: Asked) -> tuple[Places, Doubles]:
    topics = some.fields[-1].of
    sort = np.asarray(topics.argmax(axis=1)).ravel()
    k = min(asked.top, at.shape[1])
    front = listing.varied(at, score, sort, k, asked.variety)
    rest = np.ones(at.shape, bool)
    np.put_along_axis(rest, front, False, axis=1)
    behind = np.nonzero(rest)[1].reshape(len(at), -1)
    order = np.hstack([front, behind])
    return np.take_along_axis(at, order, 1), np.take_along_axis(score, order, 1)


def _turned(
    best: Lists, spare: Sequence[tuple[Places, Places, Doubles]], items: int, wanted: int
) -> Lists:
    """The same lists with a few last places given to items that nobody is shown."""
    if not spare:
        return best
    shown = np.bincount(best.item[best.item >= 0], minlength=items)
    user, item, chance = (
        np.concatenate(parts)
        for parts in zip(*((np.repeat(u, i.shape[1]), i.ravel(), c.ravel()) for u, i, c in spare),
                         strict=True)
    )  # fmt: skip
    there = item >= 0
    user, item, chance = user[there], item[there], chance[there]
    cost = best.score[user, -1] - chance
    last = np.where(best.item.shape[1] > 1, best.item[:, -1], -1)
    swaps = listing.turns(shown, item, user, cost, len(last), last, wanted)
    triples = zip(user.tolist(), item.tolist(), chance.tolist(), strict=True)
    value = {(who, new): worth for who, new, worth in triples if swaps.get(who) == new}
    for who, new in swaps.items():
        best.item[who, -1], best.score[who, -1] = new, value[who, new]
    return best


def _cold(found: Look, k: int) -> tuple[Places, Doubles]:
    popular = found.crowd[:, crowd.NAMES.index("popular_8")].astype(np.float64)
    at = np.argsort(-popular, kind="stable")[:k]
    return at, logistic.chances(popular[at])


def pairs(
    names: Names, found: Look, weights: Mapping[str, neural.Weights], who: Sequence[str],
    what: Sequence[str], asked: Asked,
) -> Iterator[Sequence[Any]]:  # fmt: skip
    """Rows of HEADER for these users and items, each user's by falling chance.

    An item never seen has the chance of the least popular one, a user never seen the crowd's.
    """
    order = {name: at for at, name in enumerate(dict.fromkeys(who))}
    row = np.array([order[name] for name in who], np.intp)
    item = np.array([names.item.get(name, -1) for name in what], np.intp)
    places = np.array([names.user.get(name, -1) for name in order], np.intp)
    chance = _chances(found, weights["all"], places, row, item)
    for at in np.lexsort((np.arange(len(row)), -chance, row)).tolist():
        said = _why(found, names, int(places[row[at]]), int(item[at]), asked.lang)
        yield who[at], what[at], f"{chance[at]:.6f}", said


def _chances(
    found: Look, weights: neural.Weights, places: Places, row: Places, item: Places
) -> Doubles:
    popular = found.crowd[:, crowd.NAMES.index("popular_8")].astype(np.float64)
    chance = logistic.chances(np.where(item >= 0, popular[item], popular.min(initial=0.0)))
    known = np.flatnonzero((item >= 0) & (places[row] >= 0))
    known = known[np.argsort(row[known], kind="stable")]
    users = np.unique(row[known])
    step = max(1, CELLS // max(found.items, 1))
    for start in range(0, len(users), step):
        some = users[start : start + step]
        mine = known[np.isin(row[known], some)]
        part = only(found, places[some])
        all_ = slice(0, part.users)
        at = np.searchsorted(some, row[mine])
        x = rows(part, all_, beside(part, all_), at, item[mine], False)
        chance[mine] = neural.chances(weights, x)
    return chance


def _why(found: Look, names: Names, user: int, item: int, lang: str) -> str:
    if not lang:
        return ""
    why = Reason(POPULAR, {}) if user < 0 or item < 0 else reason(found, names.items, user, item)
    return t(why.key, lang, **why.values)


def judged(
    names: Names, found: Look, weights: Mapping[str, neural.Weights], later: History, k: int = 10
) -> dict[str, Any]:
    """Recall@k and NDCG@k of `all` and of `new` items, with intervals, and items shown.

    Users with a history are judged, each with what it had later; an item that the model does not
    know counts as wanted and cannot be shown.
    """
    who = [at for at, name in enumerate(later.users) if name in names.user]
    if not who:
        raise InvalidInput("no user of these rows has a history in the model: nothing to judge")
    places = np.array([names.user[later.users[at]] for at in who], np.intp)
    item = np.array([names.item.get(name, -1 - at) for at, name in enumerate(later.items)], np.intp)
    came: list[set[int]] = [set() for _ in later.users]
    for user, one in zip(later.user.tolist(), item[later.item].tolist(), strict=True):
        came[user].add(one)
    result: dict[str, Any] = {"users": len(who)}
    for which in ("all", "new"):
        asked = Asked(top=k, new_only=which == "new", lang="")
        best = listed(found, weights[which], places, asked)
        wanted = [came[at] for at in who]
        if which == "new":
            own = (set(found.had[place].indices.tolist()) for place in places.tolist())
            wanted = [ahead - had for ahead, had in zip(wanted, own, strict=True)]
        result |= _figures(which, best, wanted, k)
    return result


def _figures(which: str, best: Lists, wanted: Sequence[set[int]], k: int) -> dict[str, Any]:
    rows_ = np.array([at for at, some in enumerate(wanted) if some], np.intp)
    hit = np.array(
        [[item in wanted[at] for item in best.item[at].tolist()] for at in rows_], bool
    ).reshape(len(rows_), best.item.shape[1])
    sizes = np.array([len(wanted[at]) for at in rows_], np.intp)
    recall, ndcg = measures.gains(hit, sizes)
    return {
        f"{which}_recall@{k}": measures.interval(recall),
        f"{which}_ndcg@{k}": measures.interval(ndcg),
        f"{which}_items_shown": len(np.unique(best.item[best.item >= 0])),
    }
