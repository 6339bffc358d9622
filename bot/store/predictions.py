"""What learnt models say of followers: one score a purpose (slug), renewed where it changes.

A score is a chance from 0 to 1, of `uplift` a difference of two, of NUMBERED a number that names
something. It is kept to DIGITS decimals: what lies below moves every night and says nothing. Only
who follows us and has not switched personalisation off is predicted about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, to_ms
from bot.i18n import t
from bot.store import segments
from bot.store.db import fetch, is_mysql, is_sqlite, locking, run, run_many, transaction
from bot.store.spans import qmarks, spans

DIGITS = 3
LIKE = "like-"  # and a segment's slug
TOPIC = "topic-"  # and a topic: what RECOMMEND says, a score for each of a follower's best topics
RECOMMEND, UPLIFT, FATIGUE = "recommend", "uplift", "fatigue"
NUMBERED = ("clusters", "hours")
# Those that bot.learning makes by itself.
PURPOSES = (
    "redeem", "answer", "buy", "churn", UPLIFT, "next_order", *NUMBERED, FATIGUE, RECOMMEND,
)  # fmt: skip


class Score(NamedTuple):
    """What the active model of a slug said of somebody."""

    slug: str
    score: float
    version: int
    computed_at: datetime


class Written(NamedTuple):
    """A score that was another before, or none."""

    follower_id: int
    before: float | None
    after: float | None


def of(account_id: int, slug: str, follower_ids: Sequence[int]) -> dict[int, float]:
    """Scores by follower id, for a batch; who has none is left out."""
    return {
        row[0]: row[1]
        for ids in spans(follower_ids)
        for row in fetch(
            "SELECT p.follower_id, p.score FROM prediction p"
            " JOIN follower f ON f.id = p.follower_id"
            f" WHERE p.follower_id IN ({qmarks(ids)}) AND p.slug = ? AND f.account_id = ?",
            (*ids, slug, account_id),
        )
    }


def about(follower_id: int) -> list[Score]:
    """All that is predicted of one follower, by slug."""
    rows = fetch(
        "SELECT slug, score, version, computed_at FROM prediction WHERE follower_id = ?"
        " ORDER BY slug",
        (follower_id,),
    )
    return [Score(row[0], row[1], row[2], from_ms(row[3])) for row in rows]


def topics(follower_id: int) -> dict[str, float]:
    """Topic -> chance that he takes it up soon, as RECOMMEND said of him; the best first."""
    of_topics, bounds = _of_topics("slug")
    rows = fetch(
        f"SELECT slug, score FROM prediction WHERE follower_id = ? AND {of_topics}"
        " ORDER BY score DESC, slug",
        (follower_id, *bounds),
    )
    return {slug.removeprefix(TOPIC): score for slug, score in rows}


def slugs(account_id: int, model: str) -> list[str]:
    """The slugs under which what a model says is kept: its own, of RECOMMEND its topics'."""
    if model != RECOMMEND:
        return [model]
    of_topics, bounds = _of_topics("p.slug")
    rows = fetch(
        "SELECT DISTINCT p.slug FROM prediction p JOIN follower f ON f.id = p.follower_id"
        f" WHERE {of_topics} AND f.account_id = ? ORDER BY p.slug",
        (*bounds, account_id),
    )
    return [row[0] for row in rows]


def _of_topics(column: str) -> tuple[str, tuple[str, ...]]:
    """That a slug begins with TOPIC, with its parameters. SQLite's LIKE knows no index; elsewhere
    what stands between two texts hangs on the language."""
    if is_sqlite():
        return f"{column} >= ? AND {column} < ?", (TOPIC, TOPIC[:-1] + chr(ord(TOPIC[-1]) + 1))
    return f"{column} LIKE ?", (f"{TOPIC}%",)


def put(
    account_id: int, slug: str, version: int, scores: Mapping[int, float], now: datetime
) -> list[Written]:
    """Keep these scores, in a transaction; those that are not what they were, by follower id.

    Who may not be predicted about (gone, erased, personalisation off) loses what was held.
    """
    changed: list[Written] = []
    for ids in spans(sorted(scores)):
        may = _predictable(account_id, ids)
        held = _held(slug, ids)
        new = {id_: round(float(scores[id_]), DIGITS) for id_ in ids if id_ in may}
        _write(slug, version, {i: s for i, s in new.items() if held.get(i) != (s, version)}, now)
        gone = sorted(held.keys() - may)
        _delete(slug, gone)
        changed += [Written(id_, held[id_][0], None) for id_ in gone]
        for id_, score in new.items():
            before = held[id_][0] if id_ in held else None
            if before != score:
                changed.append(Written(id_, before, score))
    return changed


def _predictable(account_id: int, ids: Sequence[int]) -> set[int]:
    """Held until the transaction ends: an erasure comes before, or finds what was written."""
    # SQLite keeps no statistics, and would go through all of the account's followers.
    account = "+account_id" if is_sqlite() else "account_id"
    rows = fetch(
        f"SELECT id FROM follower WHERE id IN ({qmarks(ids)}) AND {account} = ?"
        " AND subscribed = TRUE AND personalised = TRUE AND erased_at IS NULL"
        f" ORDER BY id{locking()}",
        (*ids, account_id),
    )
    return {row[0] for row in rows}


def _held(slug: str, ids: Sequence[int]) -> dict[int, tuple[float, int]]:
    rows = fetch(
        "SELECT follower_id, score, version FROM prediction"
        f" WHERE follower_id IN ({qmarks(ids)}) AND slug = ?",
        (*ids, slug),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _write(slug: str, version: int, scores: Mapping[int, float], now: datetime) -> None:
    again = (
        " ON DUPLICATE KEY UPDATE score = VALUES(score), version = VALUES(version),"
        " computed_at = VALUES(computed_at)"
        if is_mysql()
        else " ON CONFLICT (follower_id, slug) DO UPDATE SET score = excluded.score,"
        " version = excluded.version, computed_at = excluded.computed_at"
    )
    run_many(
        "INSERT INTO prediction (follower_id, slug, score, version, computed_at)"
        f" VALUES (?,?,?,?,?){again}",
        [(id_, slug, score, version, to_ms(now)) for id_, score in scores.items()],
    )


def _delete(slug: str, ids: Sequence[int]) -> None:
    run_many(
        "DELETE FROM prediction WHERE slug = ? AND follower_id = ?", [(slug, id_) for id_ in ids]
    )


# --- what goes -----------------------------------------------------------------------------------


def forget(follower_id: int) -> int:
    """Drop all that is predicted of somebody: personalisation was switched off."""
    with transaction():
        gone = run("DELETE FROM prediction WHERE follower_id = ?", (follower_id,))
        if gone:
            segments.mark_dirty([follower_id])
    return gone


def stale(account_id: int, slug: str, version: int, after: int, limit: int) -> list[int]:
    """Followers, ascending after one, whose score is of another version than this one, or who left
    or switched personalisation off: after everybody was scored, nobody renews theirs."""
    table = "prediction p" + (" INDEXED BY prediction_follower_id_slug" if is_sqlite() else "")
    rows = fetch(
        f"SELECT p.follower_id FROM {table} JOIN follower f ON f.id = p.follower_id"
        " WHERE p.follower_id > ? AND p.slug = ? AND f.account_id = ? AND (p.version <> ?"
        " OR f.subscribed = FALSE OR f.personalised = FALSE) ORDER BY p.follower_id LIMIT ?",
        (after, slug, account_id, version, limit),
    )
    return [row[0] for row in rows]


def drop(account_id: int, slug: str, follower_ids: Sequence[int]) -> list[Written]:
    """Delete these scores, in a transaction; what they were."""
    with transaction():
        held = of(account_id, slug, follower_ids)
        _delete(slug, sorted(held))
    return [Written(id_, score, None) for id_, score in sorted(held.items())]


# --- figures -------------------------------------------------------------------------------------


def spread(account_id: int, slug: str, bins: int = 10) -> list[int]:
    """How many scores lie in each of `bins` equal parts of 0..1, the last with its end."""
    counts = [0] * bins
    for score, count in fetch(
        "SELECT p.score, COUNT(*) FROM prediction p JOIN follower f ON f.id = p.follower_id"
        " WHERE p.slug = ? AND f.account_id = ? GROUP BY p.score",
        (slug, account_id),
    ):
        counts[min(bins - 1, int(score * bins))] += count
    return counts


# --- for the person ------------------------------------------------------------------------------


def told(follower_id: int, lang: str = "zh") -> list[dict[str, Any]]:
    """The scores of one person, each with words for what it is."""
    return [
        {
            "what": one.slug,
            "means": means(one.slug, lang),
            "score": one.score,
            "model_version": one.version,
            "computed_at": one.computed_at,
        }
        for one in about(follower_id)
    ]


def means(slug: str, lang: str = "zh") -> str:
    """What a score of this purpose says, in words; of a purpose of one's own its name."""
    if slug.startswith(LIKE):
        return t("prediction.like", lang, segment=slug.removeprefix(LIKE))
    if slug.startswith(TOPIC):
        return t("prediction.topic", lang, topic=slug.removeprefix(TOPIC))
    return t(f"prediction.{slug}", lang) if slug in PURPOSES else slug
