"""The words of the marketer's page of one follower: finished text for the template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.collect.about import is_personal
from bot.i18n import t
from bot.journey.explaining import Way
from bot.profile.belonging import Belonging
from bot.profile.charts import Chart, charts_of
from bot.profile.picture import Picture
from bot.profile.reckoned import Reckoned, reckoned
from bot.profile.timeline import Timeline
from bot.profile.words import Words, yuan
from bot.store.portrait import Coupon, Sent, Since
from bot.values.audience import FollowerState
from bot.web.me_page import other_language
from bot.web.timeline_page import TimelinePage


@dataclass(frozen=True, slots=True)
class Table:
    """`none` is said where there is no row; `note` below the rows."""

    slug: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    none: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """A segment that he is in: its name, since when, the rule, and what of it holds of him."""

    name: str
    since: str
    rule: str
    because: tuple[str, ...]
    leaving: bool


@dataclass(frozen=True, slots=True)
class MarketerPage:
    lang: str
    other: str
    pseudonym: str
    until: str  # when the link ends
    personal: bool
    facts: tuple[tuple[str, str], ...]
    charts: tuple[Chart, ...]
    reckoned: tuple[Reckoned, ...]
    timeline: TimelinePage
    rooms: tuple[Room, ...]
    tables: tuple[Table, ...]
    joins: tuple[str, ...]  # why his names are taken to be one person's, and what contradicts


@dataclass(frozen=True, slots=True)
class Shown:
    """All that was read for the page. `names`: what bot.profile.identity_view tells of him."""

    person: FollowerState
    pseudonym: str
    since: Since
    picture: Picture
    belongings: Sequence[Belonging]
    coupons: Sequence[Coupon]
    sends: Sequence[Sent]
    journeys: Sequence[Way]
    names: Mapping[str, Any]
    personal: bool
    until: datetime
    now: datetime


def page_of(shown: Shown, timeline: TimelinePage, w: Words) -> MarketerPage:
    picture = shown.picture
    return MarketerPage(
        w.lang,
        other_language(w.lang),
        shown.pseudonym,
        w.moment(shown.until),
        shown.personal,
        tuple(_facts(shown, w)),
        charts_of(picture, w),
        tuple(reckoned(picture.told, w)),
        timeline,
        tuple(_room(one, w) for one in shown.belongings),
        tuple(_tables(shown, w)),
        tuple(_joins(shown.names, w)),
    )


def without_personal(timeline: Timeline) -> Timeline:
    """Attributes that say who somebody is keep their names and lose their values."""
    found = [
        one._replace(facts={"name": one.facts["name"]})
        if one.kind == "attribute"
        and is_personal(str(one.facts.get("name", "")), one.facts.get("value", ""))
        else one
        for one in timeline.events
    ]
    return timeline._replace(events=found)


# --- the head ----------------------------------------------------------------------------------


def _facts(shown: Shown, w: Words) -> Iterable[tuple[str, str]]:
    person, told, now = shown.person, shown.picture.told, shown.now
    counts, orders = told["counts"], told["orders"]
    since = shown.picture.stages[-1][0] if shown.picture.stages else None
    stage = w.t("follows.never") if _never_came(shown) else w.t(f"stage.{person.stage}")
    if since is not None:
        stage = w.t("stage.since", stage=stage, day=w.day_ms(since))
    yield w.t("fact.stage"), stage
    yield w.t("fact.follows"), _follows(shown, w)
    yield w.t("fact.marketing"), _marketing(person, w)
    yield w.t("fact.personalised"), w.yes(person.personalised)
    yield w.t("fact.window"), _window(person, now, w)
    yield w.t("fact.owner"), w.t(f"owner.{person.owner(now) or 'bot'}")
    yield w.t("fact.language"), person.language
    if person.source_scene:
        yield w.t("fact.scene"), person.source_scene
    seen = told["last_seen"]
    yield w.t("fact.last"), w.moment(datetime.fromisoformat(seen) if seen else None)
    yield w.t("fact.orders"), w.t("orders", count=orders["count"], yuan=yuan(orders["spent_fen"]))
    yield w.t("fact.coupons"), w.t("coupons", **told["coupons"])
    yield w.t("fact.events"), f"{sum(counts.values()):,}"


def _never_came(shown: Shown) -> bool:
    """An import knows people who never followed: they have not gone."""
    return not shown.person.subscribed and shown.since == (None, None)


def _follows(shown: Shown, w: Words) -> str:
    if shown.person.subscribed:
        return w.t("follows.since", day=w.day(shown.since.subscribed_at))
    came, left = shown.since
    if left is None:  # or nobody knows since when he does not
        return w.t("follows.never" if came is None else "left")
    return w.t("follows.left", day=w.day(left))


def _marketing(person: FollowerState, w: Words) -> str:
    """Whether a campaign may write to him, and what stands against it."""
    if not person.subscribed:
        return w.t("skip.unsubscribed")
    if person.opted_out_at is not None:
        return w.t("opted_out", at=w.moment(person.opted_out_at))
    if person.blacklisted:
        return w.t("skip.blacklisted")
    return w.t("marketing.yes" if person.marketing_consent else "skip.no_consent")


def _window(person: FollowerState, now: datetime, w: Words) -> str:
    until = person.window_until
    if until is None or until <= now or person.window_left <= 0:
        return w.t("window.shut")
    kind = w.t(f"window.{person.window_kind}")
    return w.t("window.open", kind=kind, until=w.moment(until), left=person.window_left)


# --- tables ------------------------------------------------------------------------------------


def _room(one: Belonging, w: Words) -> Room:
    return Room(one.name, w.moment(one.since), one.rule, one.because, not one.holds)


def _tables(shown: Shown, w: Words) -> Iterable[Table]:
    told = shown.picture.told
    yield _table("sends", (_sent(one, w) for one in shown.sends), w)
    if shown.journeys:
        yield _table("journeys", (_journey(one, w) for one in shown.journeys), w)
    yield _table("coupons", (_coupon(one, shown.now, w) for one in shown.coupons), w)
    yield _attributes(told["attributes"], shown.personal, w)
    yield _table("tags", (_tag(tag, held, w) for tag, held in told["tags"].items()), w)
    if shown.names["identities"]:
        yield _table("names", (_name(one, w) for one in shown.names["identities"]), w)


def _table(slug: str, rows: Iterable[Sequence[str]], w: Words, note: str = "") -> Table:
    head = tuple(w.t(f"table.{slug}.head").split("|"))
    return Table(slug, w.t(f"table.{slug}"), head, tuple(map(tuple, rows)), w.t("none"), note)


def _sent(one: Sent, w: Words) -> tuple[str, ...]:
    state = w.t(f"send.{one.state}")
    if one.skip:
        state = w.t("send.because", state=state, why=w.t(f"skip.{one.skip}"))
    elif one.errcode:
        state = w.t("send.because", state=state, why=f"errcode {one.errcode}")
    channel = w.t(f"channel.{one.channel}") if one.channel else "–"
    return w.moment(one.at), one.name, state, channel, one.variant or "–", one.step


def _journey(one: Way, w: Words) -> tuple[str, ...]:
    held = w.t("send.held_out") if one.held_out else ""
    return w.moment(one.entered_at), one.name, one.standing or one.left(w.lang), held


def _coupon(one: Coupon, now: datetime, w: Words) -> tuple[str, ...]:
    ended = one.state == "issued" and one.expires_at is not None and one.expires_at <= now
    state = "expired" if ended else one.state
    used = [w.moment(at) for at in (one.issued_at, one.claimed_at, one.redeemed_at, one.expires_at)]
    return one.title, w.t(f"code.{state}"), *used


def _attributes(held: Mapping[str, Mapping[str, Any]], personal: bool, w: Words) -> Table:
    shown = {n: one for n, one in held.items() if personal or not is_personal(n, one["value"])}
    rows = [
        (w.attribute(name), str(one["value"]), w.day(datetime.fromisoformat(one["since"])))
        for name, one in shown.items()
    ]
    hidden = len(held) - len(shown)
    return _table("attributes", rows, w, w.t("hidden", count=hidden) if hidden else "")


def _tag(tag: str, held: Mapping[str, Any], w: Words) -> tuple[str, ...]:
    until = held.get("until")
    since, ends = datetime.fromisoformat(held["since"]), until and datetime.fromisoformat(until)
    return tag, w.t(f"source.{held['source']}"), w.day(since), w.day(ends) if ends else "–"


# --- who else he is ----------------------------------------------------------------------------


def _name(one: Mapping[str, Any], w: Words) -> tuple[str, ...]:
    kind = t(f"identity.kind.{one['kind']}", w.lang)
    since = w.day(datetime.fromisoformat(one["since"]))
    return f"{kind} {one['system']}".strip(), one["value"], f"{one['events']:,}", since


def _joins(names: Mapping[str, Any], w: Words) -> Iterable[str]:
    yield from (one["sentence"] for one in names["joins"])
    yield from (one["sentence"] for one in names["conflicts"])
    for one in names["elsewhere"]:
        follows = w.t("follows" if one["subscribed"] else "left")
        yield w.t("elsewhere", account=one["account"], name=one["follower"], follows=follows)
