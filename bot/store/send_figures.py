"""The ledger counted: one query for each kind of figure, which every sheet and report shares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.store.db import fetch
from bot.values.audience import SendState, Skip


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of a run are alike in all of this. `why`: errcode or error of a failed row."""

    step: str
    variant: str
    state: str
    skip: str
    why: str
    rows: int
    delivered: int


@dataclass(frozen=True, slots=True)
class Clicks:
    """Taps on a variant's links: people (each once), their taps, and those of programs."""

    people: int = 0
    taps: int = 0
    automatic: int = 0


@dataclass(frozen=True, slots=True)
class Bought:
    """What is credited to a variant's sends inside the attribution window."""

    times: int = 0
    people: int = 0
    revenue_fen: int = 0


def counts(campaign_id: int, generation: int | None) -> list[Count]:
    """Every row of the run in exactly one Count; of all runs where none is named."""
    found = fetch(
        "SELECT step, variant, state, skip, errcode, CASE WHEN errcode IS NULL AND state = ?"
        " THEN error ELSE '' END AS word, COUNT(*),"
        " SUM(CASE WHEN delivered_at IS NOT NULL THEN 1 ELSE 0 END)"
        f" FROM send WHERE campaign_id = ?{_of(generation)}"
        " GROUP BY step, variant, state, skip, errcode, word ORDER BY step, variant, state, skip",
        (SendState.FAILED, campaign_id, *_named(generation)),
    )
    return [
        Count(step, variant, state, skip, word if code is None else str(code), int(many), int(came))
        for step, variant, state, skip, code, word, many, came in found
    ]


HOLD_OUT, CONTROL, EXPERIMENT = "hold_out", "control", "experiment"
_HELD_BY = {Skip.GLOBAL_CONTROL: CONTROL, Skip.ELSEWHERE: EXPERIMENT}


def held_out_by(counts: Iterable[Count]) -> dict[str, int]:
    """Who holds the held-out: the run's own hold-out, the account's control group, or another
    experiment of the group; each is named, their sum is all the held-out."""
    found = {HOLD_OUT: 0, CONTROL: 0, EXPERIMENT: 0}
    for count in counts:
        if count.state == SendState.HELD_OUT:
            found[_HELD_BY.get(Skip(count.skip), HOLD_OUT) if count.skip else HOLD_OUT] += (
                count.rows
            )
    return found


def reminded(campaign_id: int, generation: int) -> int:
    """Messages of the run that went and were not its offer."""
    found = fetch(
        "SELECT COUNT(*) FROM send WHERE campaign_id = ? AND generation = ? AND step <> 'offer'"
        " AND state = ?",
        (campaign_id, generation, SendState.SENT),
    )
    return int(found[0][0])


def by_state(campaign_id: int, generation: int) -> dict[str, int]:
    """The rows of a run, whatever their step."""
    if generation == 1 and is_only(campaign_id):
        found = fetch(
            "SELECT state, COUNT(*) FROM send WHERE campaign_id = ? GROUP BY state ORDER BY state",
            (campaign_id,),
        )
    else:  # COALESCE keeps engines from going through all runs of the campaign, by state
        found = fetch(
            "SELECT COALESCE(state, '') AS word, COUNT(*) FROM send WHERE campaign_id = ?"
            " AND generation = ? GROUP BY 1 ORDER BY 1",
            (campaign_id, generation),
        )
    return {state: int(rows) for state, rows in found}


def is_only(campaign_id: int) -> bool:
    """There is no run but the first: then an index alone tells the states of its rows."""
    return not fetch(
        "SELECT 1 FROM send WHERE campaign_id = ? AND generation > 1 LIMIT 1", (campaign_id,)
    )


def clicks(campaign_id: int, generation: int | None) -> dict[str, Clicks]:
    """By variant, of the offer."""
    found = fetch(
        "SELECT send.variant, COUNT(DISTINCT CASE WHEN click.automatic = ? THEN send.follower_id"
        " END), SUM(CASE WHEN click.automatic = ? THEN 1 ELSE 0 END), COUNT(*)"
        " FROM link JOIN click ON click.link_id = link.id JOIN send ON send.id = click.send_id"
        f" WHERE link.campaign_id = ?{_of(generation)} AND send.step = 'offer'"
        " GROUP BY send.variant",
        (False, False, campaign_id, *_named(generation)),
    )
    return {
        variant: Clicks(int(people), int(taps), int(every) - int(taps))
        for variant, people, taps, every in found
    }


def bought(campaign_id: int, generation: int | None, window: timedelta) -> dict[str, Bought]:
    """By variant: conversions credited within `window` of the send."""
    found = fetch(
        "SELECT send.variant, COUNT(*), COUNT(DISTINCT send.follower_id),"
        " SUM(conversion.amount_fen) FROM conversion JOIN send ON send.id = conversion.send_id"
        f" WHERE send.campaign_id = ?{_of(generation)} AND send.step = 'offer'"
        " AND conversion.at <= COALESCE(send.sent_at, send.claimed_at) + ? GROUP BY send.variant",
        (campaign_id, *_named(generation), _ms(window)),
    )
    return {row[0]: Bought(int(row[1]), int(row[2]), int(row[3])) for row in found}


def _of(generation: int | None) -> str:
    return "" if generation is None else " AND send.generation = ?"


def _named(generation: int | None) -> tuple[int, ...]:
    return () if generation is None else (generation,)


def _ms(window: timedelta) -> int:
    return window // timedelta(milliseconds=1)
