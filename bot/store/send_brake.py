"""What the brake of each campaign looks at, what it has seen, and whether it holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import from_ms, instant, to_ms
from bot.store.db import fetch, insert_new, run
from bot.store.sends import only
from bot.store.spans import qmarks, spans
from bot.values.audience import SendState


@dataclass(frozen=True, slots=True)
class Brake:
    """Evidence of run `generation` counts from `since`; `braked_at`: it holds since then.

    looked_at   up to then angry messages are in `angry`
    figures     of the last look, for people to see
    """

    campaign_id: int
    generation: int
    since: datetime
    looked_at: datetime
    angry: int
    figures: dict[str, Any]
    braked_at: datetime | None
    reason: str


SPOKEN = ("message.text", "message.voice")  # what anger can be heard in
_COLUMNS = "campaign_id, generation, since, looked_at, angry, figures, braked_at, reason"


def get(campaign_id: int) -> Brake | None:
    """None: nobody has looked yet."""
    rows = fetch(f"SELECT {_COLUMNS} FROM send_brake WHERE campaign_id = ?", (campaign_id,))
    for row in rows:
        at = instant(row[6])
        return Brake(
            row[0], row[1], from_ms(row[2]), from_ms(row[3]), row[4], json.loads(row[5]), at, row[7]
        )
    return None


def take_look(campaign_id: int, now: datetime, every: timedelta) -> bool:
    """Whether it is time for a look, and ours to do: of several processes one looks."""
    return bool(
        run(
            "UPDATE send_brake SET looked_at = ? WHERE campaign_id = ? AND looked_at <= ?",
            (to_ms(now), campaign_id, to_ms(now - every)),
        )
    )


def begin(campaign_id: int, generation: int, since: datetime) -> None:
    """Forget the evidence of before: another run, or a person has seen it and says go on."""
    values = (generation, to_ms(since), to_ms(since))
    columns = ("campaign_id", "generation", "since", "looked_at", "angry", "figures", "reason")
    made = insert_new("send_brake", columns, (campaign_id, *values, 0, "{}", ""), key="campaign_id")
    if made is None:
        run(
            "UPDATE send_brake SET generation = ?, since = ?, looked_at = ?, angry = 0,"
            " figures = '{}', braked_at = NULL, reason = '' WHERE campaign_id = ?",
            (*values, campaign_id),
        )


def note(campaign_id: int, figures: dict[str, Any], angry: int) -> None:
    """What a look has found; `angry`: to be added."""
    run(
        "UPDATE send_brake SET figures = ?, angry = angry + ? WHERE campaign_id = ?",
        (json.dumps(figures, ensure_ascii=False), angry, campaign_id),
    )


def hold(campaign_id: int, reason: str, now: datetime) -> None:
    run(
        "UPDATE send_brake SET braked_at = ?, reason = ? WHERE campaign_id = ?",
        (to_ms(now), reason, campaign_id),
    )


# --- evidence ----------------------------------------------------------------------------------


def followed_by(campaign_id: int, kinds: Sequence[str], since: datetime) -> dict[str, int]:
    """Of those who were sent to since then: how many had an event of each kind after it."""
    found = fetch(
        "SELECT e.kind, COUNT(DISTINCT e.follower_id) FROM event e JOIN send s"
        " ON s.follower_id = e.follower_id AND s.sent_at >= ? AND s.sent_at <= e.at"
        f" AND {only('s.campaign_id = ? AND s.state = ?')}"
        f" WHERE e.kind IN ({qmarks(kinds)}) AND e.at >= ? GROUP BY e.kind",
        (to_ms(since), campaign_id, SendState.SENT, *kinds, to_ms(since)),
    )
    return {kind: int(people) for kind, people in found}


def angry(campaign_id: int, since: datetime, after: datetime, until: datetime, least: float) -> int:
    """How many of those who were sent to since then wrote in anger in (after, until]."""
    rows = fetch(
        f"SELECT follower_id, facts FROM event WHERE kind IN ({qmarks(SPOKEN)})"
        " AND at > ? AND at <= ?",
        (*SPOKEN, to_ms(after), to_ms(until)),
    )
    cross = sorted({who for who, facts in rows if who and _anger(facts) >= least})
    return sum(
        int(
            fetch(
                "SELECT COUNT(DISTINCT follower_id) FROM send"
                f" WHERE follower_id IN ({qmarks(ids)}) AND sent_at >= ?"
                f" AND {only('campaign_id = ?')}",
                (*ids, to_ms(since), campaign_id),
            )[0][0]
        )
        for ids in spans(cross)
    )


def _anger(facts: str) -> float:
    found = json.loads(facts).get("anger") if '"anger"' in facts else 0
    return float(found) if type(found) in (int, float) else 0.0


def base_rates(account_id: int, kinds: Sequence[str], before: datetime) -> dict[str, float]:
    """By kind: how large a share of the account's followers does it on a usual day, from the 28
    days before then."""
    people = int(fetch("SELECT COUNT(*) FROM follower WHERE account_id = ?", (account_id,))[0][0])
    found = fetch(
        f"SELECT kind, COUNT(*) FROM event WHERE kind IN ({qmarks(kinds)}) AND at >= ? AND at < ?"
        f" AND {only('account_id = ?')} GROUP BY kind",
        (*kinds, to_ms(before - timedelta(days=28)), to_ms(before), account_id),
    )
    return {kind: int(events) / 28 / max(1, people) for kind, events in found}
