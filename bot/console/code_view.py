"""A QR code in finished words: its picture, its days, and what follows a scan of it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bot.console.charts import Lines, lines
from bot.console.gate import account, asker
from bot.console.sheets import Cell, Sheet
from bot.console.shell import Words, shown_at, words, zone_of
from bot.journey.lanes import latest
from bot.store import code_days, journeys, segments, talk
from bot.store.code_days import SourceSums
from bot.store.qrcodes import Code
from bot.store.talk import DRAFT, LIVE
from bot.web.services import services

DAYS = 30  # of the list and the chart
NOTHING = SourceSums()
_PIXELS = 12  # of a picture's smallest square: 12 x 37 and more is enough for a poster of A5


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    code: Code
    kind: str
    state: str
    colour: str
    sums: SourceSums
    cost: float | None  # yuan
    each: float | None  # yuan for one new follower


@dataclass(frozen=True)
class After:
    """What follows a scan. `welcome`: (rule, why) of the live rule that greets who comes with it;
    `draft`: a rule of the draft that names it and is not live."""

    tag: str
    welcome: tuple[str, str] | None
    draft: str
    segments: list[tuple[str, str]]
    journeys: list[tuple[str, str]]


def span() -> tuple[date, date]:
    """The days that figures are of, today the last."""
    last = asker().now.astimezone(zone_of(account())).date()
    return last - timedelta(days=DAYS - 1), last


def rows(codes: Sequence[Code]) -> list[Row]:
    """Codes with what they brought in the last days."""
    first, last = span()
    scenes = [one.scene for one in codes]
    sums = code_days.summed(account().id, scenes, first, last)
    costs = code_days.costs(account().id, scenes, first, last)
    return [_row(one, sums.get(one.scene, NOTHING), costs.get(one.scene)) for one in codes]


def _row(code: Code, sums: SourceSums, fen: int | None) -> Row:
    say = words()
    state, colour = state_of(code)
    each = fen / 100 / sums.joins if fen and sums.joins else None
    kind = say("con.codes.lasting" if code.lasting else "con.codes.passing")
    cost = None if fen is None else fen / 100
    return Row(code, kind, say(f"con.codes.state.{state}"), colour, sums, cost, each)


def state_of(code: Code) -> tuple[str, str]:
    """(waiting, over, archived or works; colour)."""
    if not code.ticket:
        return "waiting", "yellow"
    if code.archived_at:
        return "archived", "secondary"
    return ("over", "red") if code.over(asker().now) else ("works", "green")


def until(code: Code) -> str:
    return shown_at(code.until, zone_of(account())) if code.until else ""


def days(code: Code) -> list[tuple[str, SourceSums]]:
    """Every day of the span, the latest first."""
    first, last = span()
    held = code_days.by_day(account().id, code.scene, first, last)
    every = ((last - timedelta(days=back)).isoformat() for back in range(DAYS))
    return [(day, held.get(day, NOTHING)) for day in every]


def chart(found: Sequence[tuple[str, SourceSums]], say: Words) -> Lines:
    """New followers and scans by day."""
    in_order = list(reversed(found))
    return lines(
        [day[5:] for day, _ in in_order],
        {
            say("con.codes.joins"): [one.joins for _, one in in_order],
            say("con.codes.scans"): [one.scans for _, one in in_order],
        },
    )


_HEADS = ("joins", "scans", "came", "gone", "orders", "revenue")


def _cells(one: SourceSums) -> tuple[Cell, ...]:
    return one.joins, one.scans, one.came, one.gone, one.orders, one.revenue_fen / 100


def day_sheet(code: Code, say: Words) -> Sheet:
    """One code by day."""
    heads = [say("con.report.head.day"), *(say(f"con.codes.{name}") for name in _HEADS)]
    return Sheet(heads, [(day, *_cells(one)) for day, one in days(code)])


def code_sheet(pages: Iterator[Sequence[Code]], say: Words) -> Sheet:
    """All codes over the span, read a page at a time."""
    names = ("scene", "name", "kind", "state", *_HEADS, "cost", "each")
    return Sheet(
        [say(f"con.codes.{name}") for name in names],
        (
            (one.code.scene, one.code.name, one.kind, one.state, *_cells(one.sums), one.cost,
             one.each)
            for some in pages
            for one in rows(some)
        ),
    )  # fmt: skip


def picture(code: Code, kind: str) -> bytes:
    """The picture as a file: svg or png, error correction M."""
    import segno  # here, as it takes a fifth of a second that most processes need not spend

    out = io.BytesIO()
    segno.make(code.url, error="m", micro=False).save(out, kind=kind, scale=_PIXELS, border=4)
    return out.getvalue()


# --- what follows -------------------------------------------------------------------------------


def after(code: Code) -> After:
    """What a scan leads to, as things stand."""
    return After(
        f"scene:{code.scene}",
        _welcome(code.scene),
        _drafted(code.scene),
        [(one.slug, one.name) for one in segments.of_account(code.account_id)
         if _asks(one.rule, code.scene)],
        [*_led_into(code)],
    )  # fmt: skip


def _welcome(scene: str) -> tuple[str, str] | None:
    """The live rule that would greet who comes by it, whatever the time and the follower."""
    found = services().talk_of(account().id).rules.welcome_hits(scene)
    return (found[0].rule.slug, found[0].text) if found else None


def _drafted(scene: str) -> str:
    """A welcome of the draft that names this scene and is not live so."""
    live = {one.slug: one.document for one in talk.documents(account().id, LIVE, "rule")}
    for one in talk.documents(account().id, DRAFT, "rule"):
        if scene in one.document.get("scenes", ()) and one.document != live.get(one.slug):
            return one.slug
    return ""


def _asks(rule: Any, scene: str) -> bool:
    """Whether a segment's rule asks for this scene, or for the tag that it gives."""
    if isinstance(rule, list):
        return any(_asks(one, scene) for one in rule)
    if not isinstance(rule, Mapping):
        return bool(rule == f"scene:{scene}")
    if rule.get("attribute") == "source_scene":
        wanted = rule.get("value")
        if rule.get("op") == "contains":
            return str(wanted) in scene
        return scene in (wanted if isinstance(wanted, list) else [wanted])
    return any(_asks(one, scene) for one in rule.values())


def _led_into(code: Code) -> Iterator[tuple[str, str]]:
    """Running journeys that a scan, or following by it, leads into."""
    facts = {"scene": code.scene}
    for one in journeys.of_account(code.account_id):
        if one.state != journeys.RUNNING:
            continue
        heard = (trigger.listen for trigger in latest(one).flow.triggers)
        if any(each is not None and (each.hears("scan", facts) or each.hears("subscribe", facts))
               for each in heard):  # fmt: skip
            yield one.slug, one.name
