"""Reading what segment rules need of followers, in batches, and no more than they need."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.store.db import fetch, is_sqlite
from bot.store.spans import SPAN, qmarks
from bot.values.facts import Code, EventNeed, FollowerFacts, Needs, Seen, Sent, kinds_of

_ESCAPED_NUL = "\\u0000"  # such facts are not JSON to PostgreSQL; rules see none of them


def load(follower_ids: Sequence[int], needs: Needs) -> list[FollowerFacts]:
    """Facts in the order of ids; who does not exist is left out, who is erased is not."""
    found: dict[int, FollowerFacts] = {}
    for start in range(0, len(follower_ids), SPAN):
        ids = list(follower_ids[start : start + SPAN])
        for facts in _people(ids):
            found[facts.id] = facts
        _attributes(found, ids, needs.attributes)
        _tags(found, ids, needs.tags)
        _interests(found, ids, needs.topics)
        _segments(found, ids, needs.segments)
        for need in needs.events:
            _events(found, ids, need)
        _codes(found, ids, needs.batches)
        _sends(found, ids, needs.campaigns)
        _lists(found, ids, needs.lists)
        _pins(found, ids, needs.pins)
        _predictions(found, ids, needs.models)
    return [found[id_] for id_ in follower_ids if id_ in found]


def _people(ids: list[int]) -> list[FollowerFacts]:
    rows = fetch(
        "SELECT f.id, f.account_id, f.subscribed, f.language, f.source_scene, f.erased_at,"
        " p.first_seen_at, p.last_seen_at, p.messages, p.orders, p.redeemed, p.spent_fen"
        " FROM follower f LEFT JOIN profile p ON p.follower_id = f.id"
        f" WHERE f.id IN ({qmarks(ids)})",
        ids,
    )
    return [
        FollowerFacts(
            id=row[0],
            account_id=row[1],
            subscribed=bool(row[2]),
            language=row[3],
            source_scene=row[4],
            erased=row[5] is not None,
            first_seen=row[6],
            last_seen=row[7],
            messages=row[8] or 0,
            orders=row[9] or 0,
            redeemed=row[10] or 0,
            spent_fen=row[11] or 0,
        )
        for row in rows
    ]


def _named(table: str, columns: str, name: str, ids: list[int], names: frozenset[str]) -> Any:
    """Rows of `table` for these followers and these values of the column `name`."""
    if not names:
        return []
    wanted = sorted(names)
    return fetch(
        f"SELECT follower_id, {columns} FROM {table}"
        f" WHERE follower_id IN ({qmarks(ids)}) AND {name} IN ({qmarks(wanted)})",
        (*ids, *wanted),
    )


def _attributes(found: dict[int, FollowerFacts], ids: list[int], names: frozenset[str]) -> None:
    for id_, name, text, number in _named(
        "follower_attribute", "name, text, number", "name", ids, names
    ):
        if id_ in found:
            found[id_].attributes[name] = (text, number)


def _tags(found: dict[int, FollowerFacts], ids: list[int], names: frozenset[str]) -> None:
    for id_, tag, until in _named("follower_tag", "tag, until_at", "tag", ids, names):
        if id_ in found:
            found[id_].tags.add(tag)
            if until is not None:
                found[id_].tag_ends[tag] = until


def _interests(found: dict[int, FollowerFacts], ids: list[int], names: frozenset[str]) -> None:
    for id_, topic, level in _named("follower_interest", "topic, level", "topic", ids, names):
        if id_ in found:
            found[id_].interests[topic] = level


def _segments(found: dict[int, FollowerFacts], ids: list[int], slugs: frozenset[str]) -> None:
    if not slugs:
        return
    wanted = sorted(slugs)
    rows = fetch(
        "SELECT m.follower_id, s.slug, s.account_id FROM segment_member m"
        " JOIN segment s ON s.id = m.segment_id"
        f" WHERE m.follower_id IN ({qmarks(ids)}) AND s.slug IN ({qmarks(wanted)})",
        (*ids, *wanted),
    )
    for id_, slug, account_id in rows:
        if id_ in found and found[id_].account_id == account_id:
            found[id_].segments.add(slug)


def _events(found: dict[int, FollowerFacts], ids: list[int], need: EventNeed) -> None:
    """The newest first. Facts are read only where a rule looks at them (`need.most` is None)."""
    kinds = kinds_of(need.kind)
    # SQLite keeps no statistics: it would read everybody's events of these kinds.
    log = "event INDEXED BY event_follower_id_kind_at" if is_sqlite() else "event"
    where = f"follower_id IN ({qmarks(ids)}) AND kind IN ({qmarks(kinds)})"
    params: list[Any] = [*ids, *kinds]
    if need.since_ms is not None:
        where += " AND at >= ?"
        params.append(need.since_ms)
    if need.most is None:
        sql = f"SELECT follower_id, at, facts FROM {log} WHERE {where}"
    else:
        ranked = (
            "SELECT follower_id, at, ROW_NUMBER() OVER (PARTITION BY follower_id ORDER BY at DESC)"
            f" AS place FROM {log} WHERE {where}"
        )
        sql = f"SELECT follower_id, at, NULL FROM ({ranked}) t WHERE place <= ?"
        params.append(need.most)
    events: dict[int, list[Seen]] = {}
    for id_, at, facts in fetch(f"{sql} ORDER BY at DESC", params):
        events.setdefault(id_, []).append(Seen(at, _read(facts)))
    for id_, seen in events.items():
        if id_ in found:
            found[id_].events[need.kind] = seen


def _codes(found: dict[int, FollowerFacts], ids: list[int], slugs: frozenset[str]) -> None:
    """Codes that were given to them; those taken back or only reserved are none."""
    if not slugs:
        return
    wanted = sorted(slugs)
    rows = fetch(
        "SELECT c.follower_id, b.slug, b.account_id, c.issued_at, c.claimed_at, c.redeemed_at,"
        " c.expires_at FROM coupon_code c JOIN coupon_batch b ON b.id = c.batch_id"
        f" WHERE c.follower_id IN ({qmarks(ids)}) AND b.slug IN ({qmarks(wanted)})"
        " AND c.state IN ('issued', 'redeemed', 'expired')",
        (*ids, *wanted),
    )
    for id_, slug, account_id, *instants in rows:
        if id_ in found and found[id_].account_id == account_id:
            found[id_].codes.setdefault(slug, []).append(Code(*instants))


def _sends(found: dict[int, FollowerFacts], ids: list[int], slugs: frozenset[str]) -> None:
    if not slugs:
        return
    wanted = sorted(slugs)
    rows = fetch(
        "SELECT s.follower_id, c.slug, c.account_id, s.step, s.state, s.variant,"
        " EXISTS (SELECT 1 FROM click k WHERE k.send_id = s.id AND k.automatic = FALSE),"
        " EXISTS (SELECT 1 FROM conversion v WHERE v.send_id = s.id)"
        " FROM send s JOIN campaign c ON c.id = s.campaign_id"
        f" WHERE s.follower_id IN ({qmarks(ids)}) AND c.slug IN ({qmarks(wanted)})",
        (*ids, *wanted),
    )
    for id_, slug, account_id, step, state, variant, clicked, bought in rows:
        if id_ in found and found[id_].account_id == account_id:
            sent = Sent(step, state, variant, bool(clicked), bool(bought))
            found[id_].sends.setdefault(slug, []).append(sent)


def _lists(found: dict[int, FollowerFacts], ids: list[int], slugs: frozenset[str]) -> None:
    if not slugs:
        return
    wanted = sorted(slugs)
    rows = fetch(
        "SELECT l.follower_id, s.slug, s.account_id FROM segment_listed l"
        " JOIN segment s ON s.id = l.segment_id"
        f" WHERE l.follower_id IN ({qmarks(ids)}) AND s.slug IN ({qmarks(wanted)})",
        (*ids, *wanted),
    )
    for id_, slug, account_id in rows:
        if id_ in found and found[id_].account_id == account_id:
            found[id_].lists.add(slug)


def _pins(found: dict[int, FollowerFacts], ids: list[int], segments: frozenset[int]) -> None:
    if not segments:
        return
    rows = fetch(
        "SELECT follower_id, segment_id, included FROM segment_pin"
        f" WHERE follower_id IN ({qmarks(ids)})",
        ids,
    )
    for id_, segment_id, included in rows:
        if id_ in found and segment_id in segments:
            found[id_].pins[segment_id] = bool(included)


def _predictions(found: dict[int, FollowerFacts], ids: list[int], slugs: frozenset[str]) -> None:
    for id_, slug, score in _named("prediction", "slug, score", "slug", ids, slugs):
        if id_ in found:
            found[id_].predictions[slug] = score


def _read(facts: str | None) -> dict[str, Any]:
    if not facts or _ESCAPED_NUL in facts:
        return {}
    value = json.loads(facts)
    return value if isinstance(value, dict) else {}
