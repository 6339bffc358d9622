"""Offers made of products, ranked against what each user has bought: which coupon for whom.

An offer names its products (or topics); a user's history names the same. For every user and offer,
features say how much of the offer the user buys (exactly, or of the same sort), how much everybody
does, and how wide the offer is; weights start from the amount the user buys of it, a rule that
needs no teaching, and are moved by which offers users took before (choosing.py).

    purchases   user, product, weight, time     what was bought
    contents    group, offer, product           what an offer of a campaign (group) is made of
    sorts       product -> category, brand ...  what products are (topics.Field)
    taken       group, user, offer              what was taken, of groups with a start
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from bot.errors import InvalidInput
from bot.insight.recommend import choosing
from bot.insight.recommend.history import Doubles, History, Places

Floats = NDArray[np.float32]
_LIVES = (0.25, 1.0, 6.0)  # half-lives of counts, in units of `pace`
_AMOUNT, _ALL = 1.5, 1.5  # of amounts, of everybody's purchases
_USERS = 512  # of a chunk
NAMES = (
    *(f"bought_{life:g}" for life in _LIVES),
    "amount", "different", "share", "popular", "lift", "buyers", "width",
)  # fmt: skip

# Of the taught kind: log amounts, which alone rank well, and a little for what is bought often.
_PRIOR = {"amount": 0.5, "bought_6": 0.15}


@dataclass(frozen=True)
class Offers:
    """Candidates of one group.

    names  the offers
    of     (offers, products) 1 where the product is the offer's; products as the history has them
    """

    names: Sequence[str]
    of: sparse.csr_matrix


@dataclass(frozen=True)
class Shelf:
    """What was bought before an instant: all that features read.

    bought     for each of _LIVES, (users, products) decayed counts
    amount     (users, products) decayed weights
    everybody  (products) decayed counts, as shares that add up to 1
    sorts      of each field, (products, sorts), rows that add up to 1 or 0
    """

    bought: Sequence[sparse.csr_matrix]
    amount: sparse.csr_matrix
    ever: sparse.csr_matrix
    everybody: Doubles
    sorts: Sequence[sparse.csr_matrix]


def shelf(
    purchases: History, now: float, pace: float, sorts: Sequence[sparse.csr_matrix] = ()
) -> Shelf:
    """The purchases strictly before `now`; `pace` is two months, in units of their time."""
    kept = purchases.time < now
    user, item, weight = purchases.user[kept], purchases.item[kept], purchases.weight[kept]
    age = (now - purchases.time[kept]) / pace
    shape = (len(purchases.users), len(purchases.items))

    def decayed(values: Doubles, life: float) -> sparse.csr_matrix:
        worth = (values * 0.5 ** (age / life)).astype(np.float32)
        return sparse.csr_matrix((worth, (user, item)), shape=shape)

    one = np.ones(len(user))
    every = np.asarray(decayed(one, _ALL).sum(axis=0), np.float64).ravel()
    ever = decayed(one, np.inf)
    ever.data[:] = 1.0
    return Shelf(
        [decayed(one, life) for life in _LIVES], decayed(weight, _AMOUNT), ever,
        every / max(every.sum(), 1e-9), sorts,
    )  # fmt: skip


def names(fields: int) -> tuple[str, ...]:
    """The features in order, with three for each field of sorts."""
    return (*NAMES, *(f"{what}_{n}" for n in range(fields) for what in ("sort", "lift", "near")))


def features(held: Shelf, offers: Offers, users: Places) -> Floats:
    """(users, offers, features); -1 is a user without purchases."""
    here = np.maximum(users, 0)
    width = np.asarray(offers.of.sum(axis=1), np.float64).ravel()
    mine = [_dense(part[here] @ offers.of.T, users) for part in held.bought]
    total = _dense(held.bought[1][here].sum(axis=1), users) + 1
    popular = offers.of @ held.everybody
    buyers = np.asarray(((held.ever @ offers.of.T) > 0).sum(axis=0)).ravel()

    def same(values: Doubles) -> Doubles:
        return np.broadcast_to(values[None, :], mine[0].shape)

    parts = [
        *(np.log1p(part) for part in mine),
        np.log1p(_dense(held.amount[here] @ offers.of.T, users)),
        np.log1p(_dense(held.ever[here] @ offers.of.T, users)),
        np.log((mine[1] + 0.05) / total),
        same(np.log(popular + 1e-6)),
        np.log((mine[1] + 0.1) / (total * popular[None, :] + 0.1)),
        same(np.log1p(buyers)),
        same(np.log(np.maximum(width, 1))),
    ]
    for sort in held.sorts:
        parts += _sorted(held, offers, sort, here, users, total)
    return np.stack(parts, -1).astype(np.float32)


def _sorted(
    held: Shelf,
    offers: Offers,
    sort: sparse.csr_matrix,
    here: Places,
    users: Places,
    total: Doubles,
) -> list[Doubles]:  # fmt: skip
    """What is bought of the sorts that the offer is of, beside what everybody buys of them."""
    width = np.asarray(offers.of.sum(axis=1), np.float64).ravel()
    about = sparse.diags(1 / np.maximum(width, 1)) @ offers.of @ sort
    mine = _dense(held.bought[1][here] @ sort @ about.T, users)
    usual = about @ (sort.T @ held.everybody)
    share = np.log(mine / total + 1e-3)
    return [np.log1p(mine), share - np.log(usual + 1e-3)[None, :], share]


def _dense(part: sparse.spmatrix, users: Places) -> Doubles:
    found = np.asarray(part.todense() if sparse.issparse(part) else part, np.float64)
    found[users < 0] = 0.0
    return found


def untaught(width: int) -> Doubles:
    """The weights before anything is taught; `width` is how many features there are."""
    found = np.zeros(width)
    for name, weight in _PRIOR.items():
        found[NAMES.index(name)] = weight
    return found


def rows_of(
    held: Shelf, offers: Offers, users: Places, taken: Sequence[set[int]]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Rows that teach: (users, offers, features), and (users, offers) whether it was taken."""
    if len(users) != len(taken):
        raise InvalidInput("one set of offers taken for each user, please")
    x = features(held, offers, users)
    y = np.zeros(x.shape[:2], bool)
    for at, some in enumerate(taken):
        y[at, sorted(some)] = True
    return x, y


def fit(rows: Sequence[tuple[Floats, NDArray[np.bool_]]]) -> Doubles:
    """Weights, (features), from the rows of all groups.

    Raises InvalidInput where no user took some and left some.
    """
    told = [(y.any(axis=1) & ~y.all(axis=1)) for _, y in rows]
    parts = [(x[kept], y[kept]) for (x, y), kept in zip(rows, told, strict=True) if kept.any()]
    if not parts:
        raise InvalidInput("to learn which offers are taken, some must be taken and some not")
    size = np.concatenate([np.full(len(y), y.shape[1]) for _, y in parts])
    x = np.vstack([x.reshape(-1, x.shape[2]) for x, _ in parts])
    taken = np.concatenate([y.ravel() for _, y in parts])
    return choosing.fit(x, taken, size, untaught(x.shape[1]))


def rank(
    weights: Doubles, held: Shelf, offers: Offers, users: Places
) -> Iterator[tuple[int, Places, Doubles]]:
    """For each user: its place among `users`, offers by falling score, and their scores.

    Equal scores: more of it bought first, then the order of the offers. Memory is one chunk's.
    """
    for start in range(0, len(users), _USERS):
        x = features(held, offers, users[start : start + _USERS])
        score = x @ weights
        for at, (one, amount) in enumerate(zip(score, x[..., 3], strict=True)):
            order = np.lexsort((np.arange(len(one)), -amount, -one))
            yield start + at, order, one[order]
