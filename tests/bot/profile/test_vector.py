"""The row of figures: named, versioned, documented, refused where it is another."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import blake2b
from math import log1p
from pathlib import Path

import pytest

from bot.clock import to_ms
from bot.profile import clusters
from bot.profile.fold import fold
from bot.profile.vector import COLUMNS, FEATURES, FEATURES_VERSION, fits, named_vector, vector
from bot.values.facts import FoldEvent
from tests.conftest import NOON

PAGE = Path(__file__).parents[3] / "docs/reference/features.md"


def test_the_page_lists_the_columns_in_order_with_their_units():
    text = PAGE.read_text()
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", text, re.M)
    assert rows == [tuple(column) for column in COLUMNS]
    assert f"`FEATURES_VERSION` is **{FEATURES_VERSION}**" in text
    assert f"row of {len(COLUMNS)} numbers" in text


def test_the_names_are_those_of_their_version():
    """Whoever changes the columns raises the version, and writes both here."""
    assert (FEATURES_VERSION, len(FEATURES), hash_of(FEATURES)) == (3, 28, "dacf1988")


def hash_of(names):
    return blake2b(",".join(names).encode(), digest_size=4).hexdigest()


@pytest.mark.parametrize(
    ("held", "fitting"),
    [
        pytest.param(
            {"version": FEATURES_VERSION, "features": list(FEATURES)}, True, id="this one"
        ),
        pytest.param({"version": 1, "features": list(FEATURES)}, False, id="an older meaning"),
        pytest.param({"features": list(FEATURES)}, False, id="from before there were versions"),
        pytest.param({"version": FEATURES_VERSION, "features": []}, False, id="other columns"),
    ],
)
def test_what_was_learned_from_other_columns_is_refused(held, fitting):
    assert fits(held) is fitting


def test_every_column_has_its_words_where_clusters_are_described():
    assert set(clusters._WORDS) == set(FEATURES)


def test_nobody_is_a_row_of_nothing_known():
    row = dict(zip(FEATURES, vector({}, NOON), strict=True))
    assert {name: value for name, value in row.items() if value} == {
        "recency_days": 3650.0,
        "tenure_days": 3650.0,
    }


def test_the_new_columns_say_what_was_done():
    def did(kind, days, **facts):
        at = to_ms(NOON - timedelta(days=days))
        return FoldEvent(f"{kind}{days}", kind, at, facts)

    log = [did("order", days, amount_fen=100) for days in (40, 30, 20)]
    log += [did("message.text", 3, sentiment=-0.5), did("moment", 1), did("cart.add", 1)]
    log += [did(f"campaign.{end}", days) for end, days in
            (("ignored", 9), ("ignored", 8), ("ignored", 7), ("answered", 6))]  # fmt: skip
    log += [did("group.join", 1, group="a"), did("friends", 1, count=4, shared={"美食": 1})]
    shown = named_vector(fold({}, log), NOON)
    row = {name: one["value"] for name, one in shown["features"].items()}
    assert shown["version"] == FEATURES_VERSION
    assert (row["cycle_days"], row["overdue_days"]) == (10, 10)
    assert (row["sentiment"], row["groups"], row["friends_top_share"]) == (-0.5, 1, 0.25)
    assert (row["judged_log"], row["ignored_share"]) == (pytest.approx(log1p(4)), 0.75)
    assert row["moments_log"] == row["cart_log"] > 0 == row["comments_log"]
