"""转化漏斗: of one campaign or of all, over days of sending, with a window; each step as a bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from bot.console import kept_figures
from bot.console.charts import bars
from bot.console.reports import Span, held
from bot.console.sections import Section, heads, percent, shade
from bot.console.sheets import Cell, Sheet
from bot.console.shell import Words, shown_at
from bot.effect import windows
from bot.effect.days import DAY
from bot.effect.windows import Steps
from bot.errors import InvalidInput
from bot.store import kept_answers
from bot.store.accounts import AccountState
from bot.store.effect_windows import LISTED, STEPS

FIRST_LOOK = ("sent", "delivered", "clicked", "claimed", "redeemed", "ordered")


class Asked(NamedTuple):
    """campaign "": all of them."""

    campaign: str
    window: int


@dataclass(frozen=True)
class Funnel:
    """Steps by channel, of what was sent in the span. `open`: windows are not over yet."""

    channels: Mapping[str, Steps]
    as_of: str
    open: bool
    counting: bool = False  # nobody has counted it yet

    @property
    def total(self) -> Steps:
        return windows.total(self.channels.values())


def asked_of(given: Mapping[str, str]) -> Asked:
    """?campaign= and ?window=. Raises InvalidInput."""
    text = given.get("window", "") or str(windows.USUAL_WINDOW)
    if not text.isdecimal() or len(text) > 2 or int(text) not in windows.WINDOWS:
        known = ", ".join(str(one) for one in windows.WINDOWS)
        raise InvalidInput(f"{text[:20]}: one of {known}", "window")
    return Asked(given.get("campaign", "")[:64], int(text))


def funnel(span: Span, asked: Asked) -> Funnel:
    """Raises NotFound for a campaign that is not there."""
    kept = list(kept_answers.of_kind(span.of.id, windows.KIND).values())
    if asked.campaign:
        its = held(span, windows.KIND, asked.campaign)
        if its is None:
            return Funnel({}, "", open=False, counting=True)
        kept = [its]
    found: dict[str, Steps] = {}
    for one in kept:
        for channel, steps in _steps(one.document, span, asked).items():
            found.setdefault(channel, Steps()).add(steps)
    oldest = min((one.at for one in kept if not one.final), default=None)
    said = f"{oldest.astimezone(span.zone):%Y-%m-%d %H:%M}" if oldest else ""
    today = span.now.astimezone(span.zone).date()
    return Funnel(found, said, windows.open_windows(span.last, asked.window, today))


def _steps(document: Mapping[str, Any], span: Span, asked: Asked) -> dict[str, Steps]:
    return windows.steps(document, span.first, span.last, asked.window)


def days_of(span: Span, campaign: str) -> Span:
    """The same account's days on which the campaign sent; these where it is being counted. Raises
    NotFound."""
    kept = held(span, windows.KIND, campaign)
    if kept is None:
        return span
    first, last = windows.span_of(kept.document, span.now.astimezone(span.zone).date())
    return replace(span, first=first, last=last)


def sections(span: Span, asked: Asked, say: Words, base: str = "") -> list[Section]:
    """`base`: where lists of people are, "" for none. Raises NotFound."""
    found = funnel(span, asked)
    return [_main(found, span, asked, say, base), _channels(found, say)]


def week(of: AccountState, now: datetime, say: Words) -> Section:
    """What all campaigns sent on the last 7 days, by the steps that a first look wants; from what
    is kept, and what went since then is said beside it."""
    zone, asked = ZoneInfo(of.timezone), Asked("", windows.USUAL_WINDOW)
    today = now.astimezone(zone).date()
    span = Span(of, today - 6 * DAY, today, now)
    kept = kept_figures.look(windows.WEEK, of.id, "", now)
    if kept is None:
        sent = windows.sent_in_week(of.id, now)
        empty = Sheet(heads(("step",), say), [])
        note = say("con.home.funnel_sent", many=f"{sent:,}") if sent else ""
        return Section("", say("con.report.funnel"), empty, note=note, counting=True)
    at = kept.document["at"]
    after = kept.document.get("after", 0) + windows.sent_since(of.id, kept.at, now)
    as_of = shown_at(datetime.fromisoformat(at), zone) if at else ""
    found = Funnel({"": Steps(kept.document["counts"])}, as_of, open=True)
    shown = _main(found, span, asked, say, "", FIRST_LOOK)
    if not after:
        return shown if shown.sheet.rows else replace(shown, note="")
    more = say("con.home.funnel_after", at=as_of or shown_at(kept.at, zone), many=f"{after:,}")
    return replace(shown, note=f"{more} {shown.note}" if shown.sheet.rows else more)


def _main(
    found: Funnel, span: Span, asked: Asked, say: Words, base: str, of: Sequence[str] = STEPS
) -> Section:
    total = found.total
    steps = [one for one in of if one != "delivered" or total.counts[one]]
    named = [(step, say(f"con.report.step.{step}"), total.counts[step]) for step in steps]
    rows: list[tuple[Cell, ...]] = [
        (said, many, _of_before(total, step, steps, say), percent(total.of_first(step)))
        for step, said, many in named
    ]
    drawn = [
        (said, many, f"{many:,}（{percent(total.of_first(step))}）") for step, said, many in named
    ]
    sent = total.counts["sent"]
    return Section(
        "",
        say("con.report.funnel"),
        Sheet(heads(("step", "sends", "of_before", "of_first"), say), rows if sent else []),
        bars=bars(drawn) if sent else None,
        links={
            (at, 1): people_link(base, asked, step, span.first, span.last)
            for at, (step, _, many) in enumerate(named)
            if base and asked.campaign and step in LISTED and many
        },
        shades={(at, 3): shade(total.of_first(step)) for at, step in enumerate(steps)},
        note="" if found.counting else _note(found, asked, say),
        counting=found.counting,
    )


def _of_before(total: Steps, step: str, steps: Sequence[str], say: Words) -> str | None:
    """Of the step that stands before it; above 100 % it is said of which: it can be taken without
    that one."""
    share = total.of_before(step, steps)
    if share is None or share <= 1:
        return percent(share)
    before = total.before(step, steps)
    return say("con.report.of_whom", step=say(f"con.report.step.{before}"), share=percent(share))


def _note(found: Funnel, asked: Asked, say: Words) -> str:
    notes = [say("con.report.as_of", at=found.as_of)] if found.as_of else []
    notes += [say("con.report.funnel.open", days=asked.window)] if found.open else []
    notes += [] if found.total.counts["delivered"] else [say("con.report.funnel.no_receipts")]
    return " ".join(notes)


def people_link(base: str, asked: Asked, step: str, first: date, last: date) -> str:
    place = {"campaign": asked.campaign, "window": asked.window, "step": step,
             "since": first.isoformat(), "until": last.isoformat()}  # fmt: skip
    return f"{base}?{urlencode(place)}"


def _channels(found: Funnel, say: Words) -> Section:
    """A channel a row: its steps, and what became of all that was sent by it."""
    rows = [
        (_channel(name, say), *(held.counts[step] for step in STEPS),
         percent(held.of_first("clicked")), percent(held.of_first("ordered")))
        for name, held in sorted(found.channels.items(), key=lambda one: -one[1].counts["sent"])
    ]  # fmt: skip
    said = [say(f"con.report.step.{step}") for step in STEPS]
    names = [*heads(("channel",), say), *said, *heads(("click_rate", "order_rate"), say)]
    return Section("channels", say("con.report.part.channels"), Sheet(names, rows))


def _channel(name: str, say: Words) -> str:
    return say(f"fan.channel.{name}") if name else say("con.report.none_of.channel")


def rule_of(campaign: str, step: str, offer: str) -> dict[str, Any] | None:
    """The segment's rule that says the same of a whole campaign, whenever it was done; None: none
    does. `offer`: the coupon batch that the campaign carries, "" for none."""
    done = {"campaign": campaign, "outcome": step if step in ("sent", "clicked") else "sent"}
    if step in ("sent", "clicked"):
        return done
    if step in ("claimed", "redeemed") and offer:
        return {"all": [done, {"coupon": offer, "state": step}]}
    return None
