"""发送规则: what every marketing campaign of the account keeps to, and whom that holds back now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.campaign.document.parts import Guardrails
from bot.campaign.permission.holding import Holding, holding
from bot.console import newer, sending
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.console.tabs import settings_tabs
from bot.effect.pricing import set_margin
from bot.effect.rates import wilson
from bot.effect.tables import reason
from bot.errors import Conflict, InvalidInput
from bot.store import accounts, audit, campaign_rules, effect_costs
from bot.store.campaign_rules import Rules
from bot.store.db import transaction
from bot.store.effect_costs import MARGIN

ZONES = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "UTC")


@page("/a/<slug>/sending-rules", Right.SETTINGS)
def sending_rules(slug: str) -> Response:
    """The rules in a form, the usual guardrails of a campaign beside them."""
    return _page()


@page("/a/<slug>/sending-rules", Right.SETTINGS, ("POST",))
def change_sending_rules(slug: str) -> Response:
    """Put other rules in place; who was slower sees what they are by now, and his own beside."""
    who, given = asker(), request.form
    seen = given.get("version", "")
    version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1
    try:
        wanted = sending.read(given)
        with transaction():
            if sending.change(account(), version, wanted, who.actor, who.now):
                _rules().mark()
    except InvalidInput as error:
        return _page(422, str(error), error.field, given)
    except Conflict:
        return _page(409, words()("con.newer.changed"), given=given, theirs=_newer(given))
    return redirect(url_for("console.sending_rules", slug=slug, saved=1))


@page("/a/<slug>/margin", Right.SETTINGS, ("POST",))
def change_margin(slug: str) -> Response:
    """Say the goods' margin, in per cent, as `hongyan effects price --margin` does."""
    who, given = asker(), request.form.get("margin", "").strip()
    try:
        value = set_margin(account().id, _share(given))
    except InvalidInput:
        return _page(422, margin=(given, words()("con.margin.bad")))
    detail = {"account": slug, "name": MARGIN, "value": value}
    audit.record(who.actor, "effect_price", who.now, detail=detail)
    return redirect(url_for("console.sending_rules", slug=slug, priced=1, _anchor="margin"))


def _share(text: str) -> float:
    """Per cent as they are typed, as a share. Raises InvalidInput."""
    try:
        return float(text.removesuffix("%").removesuffix("％")) / 100
    except ValueError:
        raise InvalidInput("a margin is from 0 to 1", "margin") from None


def _margin() -> str:
    """Per cent as the field holds them; "" where nobody has said."""
    permille = effect_costs.prices(account().id).get(MARGIN)
    return "" if permille is None else f"{permille / 10:g}"


def _page(
    status: int = 200,
    error: str = "",
    field: str = "",
    given: Mapping[str, str] | None = None,
    theirs: newer.Overtaken | None = None,
    margin: tuple[str, str] | None = None,
) -> Response:
    of, now = account(), asker().now
    rules = campaign_rules.of(of.id)
    found, zone = holding(of.id, now), accounts.by_id(of.id).timezone
    return render(
        "sending_rules.html",
        status,
        tabs=settings_tabs("sending_rules"),
        slug=of.slug,
        values=_values(rules, zone) if given is None else given,
        version=newer.seen(str(rules.version), theirs, "version"),
        newer=newer.newer_of(theirs),
        usual=Guardrails(),
        zones=ZONES,
        held=_held(found),
        opens=shown_at(found.opens_at, zone_of(of)) if found.opens_at else "",
        asked=f"{found.asked:,}",
        following=f"{found.following:,}",
        exact=found.is_exact,
        error="" if field else error,
        faults={field: error} if field else {},
        saved=bool(request.args.get("saved")),
        margin=margin or (_margin(), ""),
        priced=bool(request.args.get("priced")),
    )


def _values(rules: Rules, zone: str) -> dict[str, Any]:
    """The rules as the fields of the form hold them."""
    found = {name: getattr(rules, name) for name in campaign_rules.NAMES}
    shown = {name: "" if value is None else str(value) for name, value in found.items()}
    ticked = {"approval": "1"} if rules.approval else {}
    del shown["approval"]
    return {**shown, **ticked, "control": f"{rules.control_permille / 10:g}", "timezone": zone}


def _rules() -> newer.Held:
    """The rules as a mark of who changed them last knows them."""
    of = account()
    zone = accounts.by_id(of.id).timezone
    return newer.Held("sending_rules", "", sending.said(campaign_rules.of(of.id), zone))


def _newer(given: Mapping[str, str]) -> newer.Overtaken:
    """Somebody else was faster: the rules by now beside what was filled in."""
    of, say = account(), words()
    now = _values(campaign_rules.of(of.id), accounts.by_id(of.id).timezone)
    names = (*sending.MOST, "quiet_from", "quiet_to", "control", "timezone")
    theirs, mine = (
        {**{name: one.get(name, "").strip() for name in names}, "approval": "approval" in one}
        for one in (now, given)
    )
    return _rules().overtaken(theirs, mine, lambda name: say(f"con.sending.{name}"))


def _held(found: Holding) -> list[dict[str, str]]:
    """Of all who follow: reason, share, and how many that are; what is drawn has its interval."""
    rows = []
    for skip, people in found.held.items():
        low, high = wilson(people, found.asked)
        many = f"{people:,}"
        if not found.is_exact:
            least, most = (round(share * found.following) for share in (low, high))
            many = f"{least:,} – {most:,}"
        share = f"{people / found.asked:.1%}"
        rows.append({"reason": reason("skip", skip, language()), "share": share, "many": many})
    return rows
