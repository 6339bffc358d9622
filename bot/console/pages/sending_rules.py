"""发送规则: what every marketing campaign of the account keeps to, and whom that holds back now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.campaign.document.parts import Guardrails
from bot.campaign.permission.holding import Holding, holding
from bot.console import sending
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.console.tabs import settings_tabs
from bot.effect.rates import wilson
from bot.effect.tables import reason
from bot.errors import Conflict, InvalidInput
from bot.store import accounts, campaign_rules
from bot.store.campaign_rules import Rules

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
        sending.change(account(), version, sending.read(given), who.actor, who.now)
    except InvalidInput as error:
        return _page(422, str(error), error.field, given)
    except Conflict:
        return _page(409, words()("con.sending.conflict"), given=given, theirs=True)
    return redirect(url_for("console.sending_rules", slug=slug, saved=1))


def _page(
    status: int = 200,
    error: str = "",
    field: str = "",
    given: Mapping[str, str] | None = None,
    theirs: bool = False,
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
        version=rules.version,
        usual=Guardrails(),
        zones=ZONES,
        held=_held(found),
        opens=shown_at(found.opens_at, zone_of(of)) if found.opens_at else "",
        asked=f"{found.asked:,}",
        following=f"{found.following:,}",
        exact=found.is_exact,
        error="" if field else error,
        faults={field: error} if field else {},
        theirs=_differences(rules, zone, given) if theirs and given else [],
        saved=bool(request.args.get("saved")),
    )


def _values(rules: Rules, zone: str) -> dict[str, Any]:
    """The rules as the fields of the form hold them."""
    found = {name: getattr(rules, name) for name in campaign_rules.NAMES}
    shown = {name: "" if value is None else str(value) for name, value in found.items()}
    ticked = {"approval": "1"} if rules.approval else {}
    del shown["approval"]
    return {**shown, **ticked, "control": f"{rules.control_permille / 10:g}", "timezone": zone}


def _differences(rules: Rules, zone: str, given: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(rule, as it is now, as one wanted it), of those that differ."""
    say, now = words(), _values(rules, zone)
    names = (*sending.MOST, "quiet_from", "quiet_to", "control", "timezone")
    found = [
        (say(f"con.sending.{name}"), now[name] or "–", given.get(name, "").strip() or "–")
        for name in names
        if now[name] != given.get(name, "").strip()
    ]
    if ("approval" in now) != ("approval" in given):
        ours, yours = (say("con.yes" if "approval" in one else "con.no") for one in (now, given))
        found.append((say("con.sending.approval"), ours, yours))
    return found


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
