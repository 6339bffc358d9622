"""Decision tree, random forest and gradient boosting, all served by one walk over arrays.

A node asks whether a number is at most its threshold. Before the walk every number becomes its
place among all thresholds of its column, which changes no answer and makes nodes small; a missing
value becomes a number beyond all, on the side to which its node sends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.insight.candidate import Doubles, Part, Sample, Setting
from bot.insight.encode import encode, fit_encoder
from bot.insight.propensity.linear import expit
from bot.insight.table import Table

Whole = NDArray[np.int32]
_AT_ONCE = 4096  # rows: one tree's nodes and these rows' places stay in the processor's cache
_LEAF = np.int32(2**31 - 1)


@dataclass(frozen=True)
class DecisionTree:
    name: str = "decision tree"
    rank: int = 1
    settings: Sequence[Setting] = tuple(
        {"encoding": "codes", "max_depth": depth, "min_samples_leaf": leaf}
        for depth, leaf in ((5, 20), (3, 20), (8, 50), (8, 20))
    )

    def fit(self, sample: Sample, setting: Setting, seed: int) -> Part:
        classifier = import_module("sklearn.tree").DecisionTreeClassifier

        fitted = classifier(**_rest(setting), random_state=seed)
        encoder = _learnt(fitted, sample, setting)
        return part_of(encoder, [_sklearn_nodes(fitted)], link="mean", single=True)


@dataclass(frozen=True)
class Forest:
    trees: int = 200
    name: str = "random forest"
    rank: int = 3
    settings: Sequence[Setting] = tuple(
        {"encoding": encoding, "min_samples_leaf": leaf, "max_features": features}
        for encoding, leaf, features in (
            ("mixed", 3, "sqrt"),
            ("mixed", 10, "sqrt"),
            ("codes", 3, "sqrt"),
            ("codes", 10, 0.3),
        )
    )

    def fit(self, sample: Sample, setting: Setting, seed: int) -> Part:
        classifier = import_module("sklearn.ensemble").RandomForestClassifier

        fitted = classifier(self.trees, **_rest(setting), random_state=seed, n_jobs=1, max_depth=16)
        encoder = _learnt(fitted, sample, setting)
        nodes = [_sklearn_nodes(tree) for tree in fitted.estimators_]
        return part_of(encoder, nodes, link="mean", single=True)


@dataclass(frozen=True)
class Boosting:
    name: str = "gradient boosting"
    rank: int = 2
    settings: Sequence[Setting] = tuple(
        {
            "encoding": encoding,
            "learning_rate": rate,
            "max_iter": rounds,
            "max_leaf_nodes": leaves,
            "l2_regularization": 1.0,
            "max_features": share,
        }
        for encoding, rate, rounds, leaves, share in (
            ("codes", 0.06, 100, 15, 0.5),
            ("codes", 0.03, 120, 8, 0.3),
            ("mixed", 0.06, 200, 15, 0.3),
            ("mixed", 0.1, 300, 31, 0.3),
        )
    )

    def fit(self, sample: Sample, setting: Setting, seed: int) -> Part:
        classifier = import_module("sklearn.ensemble").HistGradientBoostingClassifier

        fitted = classifier(**_rest(setting), early_stopping=False, random_state=seed)
        encoder = _learnt(fitted, sample, setting)
        nodes = [boosted_nodes(one[0].nodes) for one in fitted._predictors]
        base = float(np.ravel(fitted._baseline_prediction)[0])
        return part_of(encoder, nodes, link="expit", single=False, base=base)


def _rest(setting: Setting) -> dict[str, Any]:
    return {key: value for key, value in setting.items() if key != "encoding"}


def _learnt(fitted: Any, sample: Sample, setting: Setting) -> dict[str, Any]:
    encoder = fit_encoder(sample.table, sample.schema, setting["encoding"])
    fitted.fit(encode(encoder, sample.table), sample.y, sample_weight=sample.weight)
    return encoder


@dataclass(frozen=True)
class Nodes:
    """A tree as its library keeps it; `left` is negative or anything at a leaf."""

    leaf: NDArray[np.bool_]
    feature: NDArray[np.intp]
    threshold: Doubles
    missing_left: NDArray[np.bool_]
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    value: Doubles


def _sklearn_nodes(fitted: Any) -> Nodes:
    tree = fitted.tree_
    value = tree.value[:, 0, :]
    return Nodes(
        tree.children_left < 0,
        tree.feature,
        tree.threshold,
        np.asarray(tree.missing_go_to_left).astype(bool),
        tree.children_left,
        tree.children_right,
        value[:, 1] / value.sum(axis=1),
    )


def boosted_nodes(nodes: Any) -> Nodes:
    """One tree of the library's histogram boosting."""
    return Nodes(
        nodes["is_leaf"].astype(bool),
        nodes["feature_idx"].astype(np.intp),
        nodes["num_threshold"],
        nodes["missing_go_to_left"].astype(bool),
        nodes["left"].astype(np.intp),
        nodes["right"].astype(np.intp),
        nodes["value"],
    )


def part_of(
    encoder: Mapping[str, Any], trees: Sequence[Nodes], *, link: str, single: bool, base: float = 0
) -> Part:
    """The arrays of a walk.

    columns     (c, 2) feature, and whether its missing values go left: what nodes ask for
    thresholds  all thresholds of the columns in ascending order, column after column
    ends        (c) where each column's thresholds end
    asks        (nodes, 2) column, and the place up to which one goes left
    next        (2 nodes) where to go from node i: left at 2 i, right at 2 i + 1
    value       (nodes) what a leaf says
    roots, depth  of each tree
    """
    leaf = np.concatenate([one.leaf for one in trees])
    inside = ~leaf
    pairs = np.column_stack(
        [
            np.concatenate([one.feature for one in trees]),
            np.concatenate([one.missing_left for one in trees]),
        ]
    ).astype(np.int64)
    threshold = np.concatenate([one.threshold for one in trees])
    asks, found = _asked(pairs, threshold, inside)
    sizes = [len(one.leaf) for one in trees]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    arrays = {
        **found,
        "asks": asks,
        "next": _next(trees, roots),
        "value": np.concatenate([one.value for one in trees]),
        "roots": roots.astype(np.int32),
        "depth": np.array([_depth(one) for one in trees], np.int32),
    }
    card = {"form": "trees", "encoder": encoder, "link": link, "single": single, "base": base}
    return Part(card, arrays)


def _asked(
    pairs: NDArray[np.int64], threshold: Doubles, inside: NDArray[np.bool_]
) -> tuple[Whole, dict[str, NDArray[Any]]]:
    asks = np.zeros((len(inside), 2), np.int32)
    asks[~inside, 1] = _LEAF
    columns, of = np.unique(pairs[inside], axis=0, return_inverse=True)
    of = np.ravel(of)
    known, ends = [np.empty(0)], []
    places = np.zeros(len(of), np.int32)
    for number in range(len(columns)):
        here = of == number
        values, place = np.unique(threshold[inside][here], return_inverse=True)
        places[here] = place
        known.append(values)
        ends.append(len(values))
    asks[inside, 0], asks[inside, 1] = of, places
    return asks, {
        "columns": columns.astype(np.int32),
        "thresholds": np.concatenate(known),
        "ends": np.cumsum(ends, dtype=np.int64),
    }


def _next(trees: Sequence[Nodes], roots: NDArray[np.intp]) -> Whole:
    """A leaf leads to itself."""
    found = []
    for root, one in zip(roots, trees, strict=True):
        own = np.arange(len(one.leaf))
        both = np.column_stack(
            [np.where(one.leaf, own, one.left), np.where(one.leaf, own, one.right)]
        )
        found.append((both + root).ravel())
    return np.concatenate(found).astype(np.int32)


def _depth(one: Nodes) -> int:
    """How many questions the longest way asks."""
    depth, level = 0, np.zeros(1, np.intp)
    while True:
        level = level[~one.leaf[level]]
        if not len(level):
            return depth
        level = np.concatenate([one.left[level], one.right[level]])
        depth += 1


def score(part: Part, table: Table) -> Doubles:
    """The chance of each row, (n)."""
    columns = encode(part.card["encoder"], table)
    found = np.empty(table.rows)
    for start in range(0, table.rows, _AT_ONCE):
        rows = columns[start : start + _AT_ONCE]
        found[start : start + len(rows)] = walked(part, rows)
    if part.card["link"] == "expit":
        return expit(found + part.card["base"])
    return found / len(part.arrays["roots"])


def walked(part: Part, rows: Doubles) -> Doubles:
    """The sum of what each tree's leaf says of each row: all rows go down a tree side by side.

    Every array that a step writes is made once: half the time went into making them.
    """
    a, count = part.arrays, len(rows)
    places = _placed(part, rows)
    small = places.dtype
    column = a["asks"][:, 0].astype(np.intp) * count
    most = np.minimum(a["asks"][:, 1], np.iinfo(small).max).astype(small)
    onward, value, row = a["next"].astype(np.intp), a["value"], np.arange(count)
    node, at = np.empty(count, np.intp), np.empty(count, np.intp)
    place, limit, right = np.empty(count, small), np.empty(count, small), np.empty(count, np.bool_)
    said, leaf = np.zeros(count), np.empty(count)
    for root, depth in zip(a["roots"].tolist(), a["depth"].tolist(), strict=True):
        node.fill(root)
        for _ in range(depth):
            column.take(node, out=at, mode="clip")
            at += row
            places.take(at, out=place, mode="clip")
            most.take(node, out=limit, mode="clip")
            np.greater(place, limit, out=right)
            node <<= 1
            node += right
            onward.take(node, out=at, mode="clip")
            node, at = at, node
        said += value.take(node, out=leaf, mode="clip")
    return said


def _placed(part: Part, rows: Doubles) -> NDArray[Any]:
    """Each asked column's numbers as places among its thresholds, column after column, flat."""
    a = part.arrays
    if part.card["single"]:  # scikit-learn's own trees compare numbers of single precision
        rows = rows.astype(np.float32).astype(np.float64)
    most = int(np.diff(a["ends"], prepend=0).max(initial=0))
    small = np.int16 if most < np.iinfo(np.int16).max - 1 else np.int32
    found = np.zeros((max(1, len(a["columns"])), len(rows)), small)
    start = 0
    for number, ((feature, missing_left), end) in enumerate(
        zip(a["columns"].tolist(), a["ends"].tolist(), strict=True)
    ):
        values = rows[:, feature]
        found[number] = np.searchsorted(a["thresholds"][start:end], values, side="left")
        missing = np.isnan(values)
        if missing.any():
            found[number, missing] = -1 if missing_left else end - start + 1
        start = end
    return found.ravel()
