"""周报: the week of an account on one page, made once when the week is over, and mailed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.effect.crediting import How, attribute
from bot.effect.reporting import pieces, zone_of
from bot.effect.tables import percent, reason, yuan
from bot.errors import InvalidInput
from bot.i18n import t
from bot.store import accounts, effect_documents, effect_weeks
from bot.store.effect_documents import Kept

MADE_AT = 8  # o'clock on Monday, in the account's zone
_KINDS = ("subscribe", "unsubscribe", "opt_out", "opt_in", "complaint")
_MOST = 10


def week_of(day: date) -> str:
    """2026-W47, as ISO 8601 counts weeks: from Monday."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def days_of(week: str) -> tuple[date, date]:
    """Its Monday and Sunday. Raises InvalidInput."""
    found = re.fullmatch(r"(\d{4})-W(\d{2})", week)
    try:
        if found is None:
            raise ValueError
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        raise InvalidInput(f"{week[:20]}: a week is written as 2026-W47", "week") from None
    return monday, monday + timedelta(days=6)


def make_due(now: datetime) -> int:
    """Make last week's digest for accounts whose Monday morning has come; how many. A week in
    which nothing happened has none."""
    made = 0
    for account in accounts.all_accounts():
        zone = ZoneInfo(account.timezone)
        local = now.astimezone(zone)
        last = week_of(local.date() - timedelta(days=7))
        if local.weekday() == 0 and local.hour < MADE_AT:
            continue
        if effect_documents.digest(account.id, last) is None and effect_weeks.anything(
            account.id, *_span(last, zone)
        ):
            made += keep(account.id, last, now) is not None
    return made


def _span(week: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    monday, sunday = days_of(week)
    return (
        datetime.combine(monday, time(), zone),
        datetime.combine(sunday + timedelta(days=1), time(), zone),
    )


def keep(account_id: int, week: str, now: datetime) -> Kept | None:
    """Make a week's digest and keep it. None: it was made before."""
    document = summed(account_id, week, now)
    new = effect_documents.keep_digest(account_id, week, document, told(document), now)
    return effect_documents.digest(account_id, week) if new else None


def digest(account_id: int, week: str, now: datetime) -> Kept:
    """The kept one, or as the week stands now. Raises InvalidInput for a week that is none, or has
    not begun."""
    kept = effect_documents.digest(account_id, week)
    if kept is not None:
        return kept
    if days_of(week)[0] > now.astimezone(zone_of(account_id)).date():
        raise InvalidInput(f"{week}: has not begun", "week")
    document = summed(account_id, week, now)
    return Kept(week, now, document, told(document))


def summed(account_id: int, week: str, now: datetime) -> dict[str, Any]:
    """The week's figures and, of the main ones, those of the week before."""
    monday, sunday = days_of(week)
    zone = zone_of(account_id)
    since, until = _span(week, zone)
    before = datetime.combine(monday - timedelta(days=7), time(), zone)
    skips = effect_weeks.skipped(account_id, since, until)
    return {
        "week": week,
        "first": monday.isoformat(),
        "last": sunday.isoformat(),
        "as_of": now.isoformat(timespec="minutes"),
        **_figures(account_id, zone, since, until),
        "before": _figures(account_id, zone, before, since),
        "following": effect_weeks.following(account_id),
        "campaigns": _campaigns(account_id, since, until, now),
        "skips": [{"reason": reason, "people": many} for reason, many in skips],
    }


def _figures(account_id: int, zone: ZoneInfo, since: datetime, until: datetime) -> dict[str, Any]:
    counted = effect_weeks.events(account_id, _KINDS, since, until)
    messages, people = effect_weeks.messages(account_id, since, until)
    owed = attribute(account_id, zone, since, until, How())
    credited = sum(line.revenue_fen for line in owed.lines.values())
    return {
        "events": {kind: counted.get(kind, 0) for kind in _KINDS},
        "messages": {"messages": messages, "people": people},
        "coupons": effect_weeks.coupons(account_id, since, until),
        "orders": {
            "orders": owed.orders, "revenue_fen": owed.total_fen,
            "refunded_fen": owed.refunded_fen, "credited_fen": credited,
        },
    }  # fmt: skip


def _campaigns(
    account_id: int, since: datetime, until: datetime, now: datetime
) -> list[dict[str, Any]]:
    """Of what was sent in the week, by variant, the most sent first."""
    found = pieces(account_id, since, until, now)
    names = {"sent", "clicked", "buyers", "revenue_fen", "rates"}
    lines = [
        {"name": name, **{key: value for key, value in line.to_json(found.prices).items()
                          if key in names}}
        for name, line in found.lines.items()
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (-line["sent"], line["name"]))[:_MOST]


def told(document: Mapping[str, Any], lang: str = "zh") -> str:
    """The document's words, a line each part."""
    here, before = document, document["before"]
    events, orders = here["events"], here["orders"]
    growth = events["subscribe"] - events["unsubscribe"]
    lines = [
        t("effect.digest.head", lang, week=here["week"], first=here["first"], last=here["last"]),
        t(
            "effect.digest.growth", lang, came=events["subscribe"], left=events["unsubscribe"],
            net=f"{growth:+}", there=f"{here['following']:,}",
        )
        + t("effect.digest.versus", lang, before=_net(before)),
        t("effect.digest.messages", lang, **here["messages"])
        + t("effect.digest.versus", lang, before=before["messages"]["messages"]),
        *_campaign_lines(here, lang),
        t("effect.digest.coupons", lang, **here["coupons"])
        + t("effect.digest.versus", lang, before=before["coupons"]["redeemed"]),
        t(
            "effect.digest.orders", lang, orders=orders["orders"],
            revenue=yuan(orders["revenue_fen"]), refunded=yuan(orders["refunded_fen"]),
            credited=yuan(orders["credited_fen"]),
        )
        + t("effect.digest.versus", lang, before=yuan(before["orders"]["revenue_fen"])),
        t(
            "effect.digest.opt", lang, opt_out=events["opt_out"], opt_in=events["opt_in"],
            complaint=events["complaint"],
        ),
    ]  # fmt: skip
    if here["skips"]:
        worst = here["skips"][0]
        why, advice = (reason(kind, worst["reason"], lang) for kind in ("skip", "advice"))
        lines.append(
            t("effect.digest.skips", lang, reason=why, advice=advice, people=worst["people"])
        )
    return "\n".join(lines)


def _net(before: Mapping[str, Any]) -> str:
    return f"{before['events']['subscribe'] - before['events']['unsubscribe']:+}"


def _campaign_lines(here: Mapping[str, Any], lang: str) -> list[str]:
    if not here["campaigns"]:
        return [t("effect.digest.no_campaign", lang)]
    return [
        t(
            "effect.digest.campaign", lang, name=one["name"], sent=f"{one['sent']:,}",
            clicked=f"{one['clicked']:,}", ctr=percent(one["rates"]["ctr"][0]),
            buyers=one["buyers"], revenue=yuan(one["revenue_fen"]),
        )
        for one in here["campaigns"]
    ]  # fmt: skip
