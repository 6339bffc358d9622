"""After a campaign was sent: what came of it, whom it did not reach, and the sheet of its sum."""

from __future__ import annotations

import json
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot import background
from bot.campaign import looks
from bot.campaign.results.rest import send_rest_of
from bot.campaign.results.sheet import Sheet
from bot.campaign.results.telling import sheet_told
from bot.console.campaign_view import found, head
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.effect.tables import between, percent, reason, yuan
from bot.effect.telling import effect_told
from bot.errors import HongyanError
from bot.store import audit, campaigns, effect_documents, send_sheet
from bot.store.campaigns import CampaignState

_FUNNEL = ("audience", "sent", "delivered", "clicks", "redemptions", "buyers")


@page("/a/<slug>/campaigns/<ref>/effect", Right.LOOK)
def campaign_effect(slug: str, ref: str) -> Response:
    """Funnel, increment with its doubt in words, and what can still be done."""
    return _page(found(ref))


@page("/a/<slug>/campaigns/<ref>/reckon", Right.LOOK, ("POST",))
def campaign_reckon(slug: str, ref: str) -> Response:
    """Count the figures of a big run anew, in the background."""
    return _asked(found(ref), "report")


@page("/a/<slug>/campaigns/<ref>/sends", Right.EXPORT, ("POST",))
def campaign_sends(slug: str, ref: str) -> Response:
    """Every recipient with what became of the message, as a CSV, in the background."""
    one, who = found(ref), asker()
    audit.record(who.actor, "campaign_export", who.now, detail={"campaign": one.slug})
    return _asked(one, "sends")


@page("/a/<slug>/campaigns/<ref>/rest", Right.RUN, ("POST",))
def campaign_rest(slug: str, ref: str) -> Response:
    """发给剩余: a further run for those whom the last one did not reach."""
    one, who = found(ref), asker()
    try:
        run = send_rest_of(one, who.now)
    except HongyanError as error:
        return _page(one, 409, str(error))
    audit.record(who.actor, "campaign_rest", who.now, detail={"campaign": one.slug, "run": run})
    return redirect(url_for("console.campaign_page", slug=slug, ref=one.slug))


@page("/a/<slug>/campaigns/<ref>/sheet", Right.LOOK)
def campaign_sheet(slug: str, ref: str) -> Response:
    """The signed closing sheets of its runs, the latest first; made when a run is closed."""
    one, zone = found(ref), zone_of(account())
    asked = request.args.get("run", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 9 else one.generation
    signed = send_sheet.get(one.id, number) if number else None
    told = ""
    if signed is not None:
        made = Sheet(json.loads(signed.sheet), signed.signature, signed.made_at)
        told = "\n".join(sheet_told(made, False, zone, language()))
    return render(
        "campaign_sheet.html",
        **head(one, "sheet"),
        number=number,
        told=told,
        runs=range(one.generation, max(0, one.generation - 50), -1),
        may_export=asker().may(Right.EXPORT),
    )


def _asked(one: CampaignState, kind: str) -> Response:
    who = asker()
    task = background.ask(one.account_id, who.person.id, kind, {"campaign": one.slug}, who.now)
    return redirect(url_for("console.work_one", slug=account().slug, task_id=task))


def _page(one: CampaignState, status: int = 200, error: str = "") -> Response:
    who, zone, lang = asker(), zone_of(account()), language()
    last = looks.last_figures(one, who.now)
    run = campaigns.generation(one.id, one.generation) if one.generation else None
    kept = effect_documents.post_mortem(one.id, one.generation) if one.generation else None
    document = last.document if last else None
    return render(
        "campaign_effect.html",
        status,
        **head(one, "effect"),
        error=error,
        at=shown_at(last.made_at, zone) if last else "",
        big=run is not None and run.audience > looks.QUICK,
        funnel=_funnel(document) if document else [],
        variants=[_variant(each) for each in document["variants"]] if document else [],
        effect=list(effect_told(document["increment"], lang))
        if document and document["increment"]
        else [],
        told="\n".join(document["told"][lang]) if document else "",
        rest=_rest(document["rest"], lang) if document and document["rest"] else None,
        looked_back=url_for("console.lookback", slug=account().slug, ref=one.slug, number=kept.name)
        if kept
        else "",
        may_run=who.may(Right.RUN),
        may_export=who.may(Right.EXPORT),
    )


def _funnel(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Each step as a bar: how many, of the step before and of the audience."""
    sums = {name: sum(one[name] for one in document["variants"]) for name in _FUNNEL}
    whole, before, found = max(1, sums["audience"]), 0, list[dict[str, Any]]()
    for name in _FUNNEL:
        many = sums[name]
        if name == "delivered" and not many:  # customer-service messages have no receipts
            continue
        step = percent(many / before) if before and name != "audience" else "–"
        share = round(100 * many / whole, 1)
        found.append(
            {"said": words()(f"con.funnel.{name}"), "many": f"{many:,}", "step": step,
             "share": min(100.0, share)}
        )  # fmt: skip
        before = many
    return found


def _variant(one: dict[str, Any]) -> list[str]:
    return [
        one["name"],
        *(f"{one[name]:,}" for name in ("audience", "sent", "clicks")),
        between([one["clicks"] / one["sent"] if one["sent"] else 0.0, *one["ctr_interval"]]),
        f"{one['redemptions']:,}",
        f"{one['buyers']:,}",
        yuan(one["revenue_fen"]),
    ]


def _rest(found: dict[str, Any], lang: str) -> dict[str, Any]:
    why = [(reason("skip", name, lang), many) for name, many in found["skipped"].items()]
    why += list(found["failed"].items())
    return {
        "people": f"{found['followers']:,}",
        "any": found["followers"] > 0,
        "why": [(said or "–", f"{many:,}") for said, many in sorted(why, key=lambda one: -one[1])],
    }
