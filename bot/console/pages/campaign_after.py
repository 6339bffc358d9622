"""After a campaign was sent: what came of it, whom it did not reach, and the sheet of its sum."""

from __future__ import annotations

import json
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.rest import REST
from bot.campaign import looks
from bot.campaign.results.rest import must_have_ended
from bot.campaign.results.sheet import Sheet
from bot.campaign.results.telling import sheet_told
from bot.console.campaign_view import found, head
from bot.console.gate import account, asker, page
from bot.console.pages.campaign_people import link, said
from bot.console.rights import Right
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.effect.tables import between, percent, reason, yuan
from bot.effect.telling import effect_told, held_out_told
from bot.errors import HongyanError
from bot.store import audit, campaigns, effect_documents, send_sheet
from bot.store.campaigns import CampaignState

_FUNNEL = ("audience", "sent", "delivered", "clicks", "claimed", "redemptions", "buyers")
_OF_COUPONS = ("claimed", "redemptions")


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
    """发给剩余: a further run for those whom the last one did not reach, in the background."""
    one, who = found(ref), asker()
    try:
        must_have_ended(one)
    except HongyanError as error:
        return _page(one, 409, str(error))
    asked = {"campaign": one.slug, "run": one.generation, "author": who.actor}
    task = begin(REST, asked)
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


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
    task = begin(kind, {"campaign": one.slug})
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
        funnel=_funnel(one, document) if document else [],
        ends=_ends(one, document, lang) if document else [],
        variants=[_variant(one, each, document["generation"]) for each in document["variants"]]
        if document
        else [],
        aimed=_aimed(document) if document else "",
        effect=_effect(document, lang) if document else [],
        told="\n".join(document["told"][lang]) if document else "",
        rest=_rest(document, lang) if document and document["rest"] else None,
        looked_back=url_for("console.lookback", slug=account().slug, ref=one.slug, number=kept.name)
        if kept
        else "",
        may_run=who.may(Right.RUN),
        may_export=who.may(Right.EXPORT),
    )


def _aimed(document: dict[str, Any]) -> str:
    """Whom the run aimed at, so that each figure of the page is one of this sum."""
    closing = document["closing"]
    shared = sum(each["audience"] for each in document["variants"])
    return words()(
        "con.effect.aimed", audience=f"{closing['audience']:,}", shared=f"{shared:,}",
        held_out=f"{closing['held_out']:,}",
    )  # fmt: skip


def _effect(document: dict[str, Any], lang: str) -> list[str]:
    """What the run changed; before it whom it is compared with, where that is not all held out."""
    more, closing = document["increment"], document["closing"]
    if not more:
        return []
    told = list(effect_told(more, lang))
    compared, held_out = more["people"][1], closing["held_out"]
    if compared != held_out:
        line = held_out_told(closing.get("held_out_by") or {}, lang)
        said = words()("con.effect.compared", compared=f"{compared:,}", held_out=f"{held_out:,}")
        told = [*([line] if line else []), said, *told]
    return told


def _ends(one: CampaignState, document: dict[str, Any], lang: str) -> list[tuple[str, str, str]]:
    """Where everybody of the run ended, by reason: (what, how many, where they are listed)."""
    closing, say, run = document["closing"], words(), document["generation"]
    found: list[tuple[str, str, int]] = [("sent", "", closing["sent"])]
    for kind in ("skipped", "failed"):
        reasons = sorted(closing[kind].items(), key=lambda each: -each[1])
        found += [(kind, why, many) for why, many in reasons]
    found += [(kind, "", closing[kind]) for kind in ("held_out", "unknown", "open")]
    return [
        (said(kind, why, say), f"{many:,}", link(one, run, kind, why))
        for kind, why, many in found
        if many
    ]


def _funnel(one: CampaignState, document: dict[str, Any]) -> list[dict[str, Any]]:
    """Each step as a bar: how many, of the step before and of the audience."""
    # What was counted before claims were has none.
    sums = {name: sum(each.get(name, 0) for each in document["variants"]) for name in _FUNNEL}
    sums["audience"] = document["closing"]["audience"]  # of the list, too: with the held out
    whole, before, last = max(1, sums["audience"]), 0, ""
    gives = bool(one.definition.get("offer") or one.definition.get("match"))
    found = list[dict[str, Any]]()
    for name in _FUNNEL:
        many = sums[name]
        if name in _OF_COUPONS and not (gives or many):
            continue
        if name == "delivered" and not many:  # customer-service messages have no receipts
            continue
        step = percent(many / before) if before and name != "audience" else "–"
        if before and many > before:  # a buyer need not have redeemed
            step = words()("con.report.of_whom", step=words()(f"con.funnel.{last}"), share=step)
        share = round(100 * many / whole, 1)
        found.append(
            {"said": words()(f"con.funnel.{name}"), "many": f"{many:,}", "step": step,
             "share": min(100.0, share),
             "href": link(one, document["generation"], name) if many else ""}
        )  # fmt: skip
        before, last = many, name
    return found


def _variant(one: CampaignState, of: dict[str, Any], run: int) -> list[tuple[str, str]]:
    """Cells, each with where its people are listed, "" where it is no number of people."""

    def people(name: str) -> tuple[str, str]:
        where = link(one, run, name, variant=of["name"]) if of[name] else ""
        return f"{of[name]:,}", where

    share = between([of["clicks"] / of["sent"] if of["sent"] else 0.0, *of["ctr_interval"]])
    return [
        (of["name"], ""),
        *(people(name) for name in ("audience", "sent", "clicks")),
        (share, ""),
        people("redemptions"),
        people("buyers"),
        (yuan(of["revenue_fen"]), ""),
    ]


def _rest(document: dict[str, Any], lang: str) -> dict[str, Any]:
    """Whom the run did not reach; a second try asks them again, if they had it in no other run.
    stay: whom it leaves out, who are not permitted to have it or had it elsewhere."""
    found, closing = document["rest"], document["closing"]
    missed = sum(closing["skipped"].values()) + sum(closing["failed"].values())
    why = [(reason("skip", name, lang), many) for name, many in found["skipped"].items()]
    why += list(found["failed"].items())
    return {
        "people": f"{found['followers']:,}",
        "any": found["followers"] > 0,
        "stay": f"{missed - found['followers']:,}" if missed > found["followers"] else "",
        "why": [
            (told or "–", f"{many:,}") for told, many in sorted(why, key=lambda each: -each[1])
        ],
    }
