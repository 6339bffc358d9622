"""A/B 实验: what each shows, with intervals that hold whenever somebody looks; its diary; the
order that ends it."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.campaign import looks
from bot.campaign.experiments.figures import shares_now
from bot.campaign.experiments.orders import roll_out
from bot.campaign.experiments.report import shares
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.effect.tables import percent, yuan
from bot.errors import HongyanError, NotFound
from bot.experiment.power import Plan, size_for_rates
from bot.experiment.wording import size_said
from bot.i18n import t
from bot.store import campaigns, experiments
from bot.store.experiments import ExperimentState

_DID = ("clicked", "claimed", "redeemed", "ordered")
_MOST_PAGES = 50


@page("/a/<slug>/experiments", Right.LOOK)
def experiments_list(slug: str) -> Response:
    """The account's experiments, the newest first; groups that share nobody; the size of a new
    one."""
    say = words()
    rows = [
        {
            "key": one.key,
            "state": say(f"con.experiment.state.{one.state}"),
            "metric": say(f"experiment.metric.{one.rule['metric']}"),
            "group": one.rule["group"],
            "arms": _shares(shares_now(one)),
            "winner": one.winner,
            "at": shown_at(one.opened_at, zone_of(account())),
        }
        for one in experiments.all_of(account().id)
    ]
    groups = [
        (name, _shares({owner or say("con.experiment.free"): share for owner, share in of.items()}))
        for name, of in shares(account().id).items()
    ]
    return render("experiments.html", rows=rows, groups=groups, slug=slug, **_sized())


@page("/a/<slug>/experiments/<key>", Right.LOOK)
def experiment_page(slug: str, key: str) -> Response:
    """One experiment; a big one as it was reckoned last, with the time."""
    return _page(_found(key))


@page("/a/<slug>/experiments/<key>/reckon", Right.LOOK, ("POST",))
def experiment_reckon(slug: str, key: str) -> Response:
    """Count a big one anew, in the background."""
    one = _found(key)
    asked = {"experiment": one.key}
    task = begin("report", asked)
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


@page("/a/<slug>/experiments/<key>/roll-out", Right.RUN, ("POST",))
def experiment_roll_out(slug: str, key: str) -> Response:
    """推广: whoever still waits gets this arm, and the experiment is over."""
    one, who = _found(key), asker()
    try:
        roll_out(account().id, one.key, request.form.get("arm", ""), who.actor, who.now)
    except HongyanError as error:
        return _page(one, 409, str(error))
    return redirect(url_for("console.experiment_page", slug=slug, key=one.key))


def _found(key: str) -> ExperimentState:
    try:
        return experiments.by_key(account().id, key)
    except NotFound:
        abort(404)


def _page(one: ExperimentState, status: int = 200, error: str = "") -> Response:
    who, zone, lang = asker(), zone_of(account()), language()
    runs = experiments.runs(one.id)
    rows = sum(_rows(run.campaign_id, run.generation) for run in runs)
    last = looks.last_experiment(account().id, one.key, rows, who.now)
    found = last.document if last else None
    return render(
        "experiment.html",
        status,
        one=one,
        error=error,
        at=shown_at(last.made_at, zone) if last else "",
        big=rows > looks.QUICK,
        words=found["words"][lang] if found else [],
        arms=[_arm(each, found, one) for each in found["arms"]] if found else [],
        ratios=found["shares"] if found else {},
        metric=words()(f"experiment.metric.{one.rule['metric']}"),
        runs=list(dict.fromkeys(run.slug for run in runs)),
        diary=[
            {"at": shown_at(each.at, zone), "kind": each.kind, "words": each.words[lang]}
            for each in reversed(experiments.pages(one.id, _MOST_PAGES))
        ],
        may_run=who.may(Right.RUN) and one.state == experiments.RUNNING,
    )


def _rows(campaign_id: int, generation: int) -> int:
    """Ledger rows of a run; of a journey's entries nobody knows: they are taken for many."""
    if generation == experiments.ALL_ENTRIES:
        return looks.QUICK + 1
    return campaigns.generation(campaign_id, generation).audience


def _arm(one: dict[str, Any], found: dict[str, Any], state: ExperimentState) -> dict[str, Any]:
    judged = {each["name"]: each for each in (found["comparison"] or {}).get("arms", [])}.get(
        one["name"]
    )
    sent = one["sent"]
    rate = one[state.rule["metric"]] / sent if sent else None
    difference = judged["difference"] if judged else None
    return {
        "name": one["name"],
        "control": one["name"] == state.control,
        "out": one["out"],
        "share": percent(one["share"]),
        "drawn": f"{one['drawn']:,}",
        "sent": f"{sent:,}",
        "did": [f"{one[name]:,}" for name in _DID],
        "rate": "–" if rate is None else percent(rate),
        "difference": _span(difference) if difference else "–",
        "verdict": words()(f"experiment.verdict.{difference['verdict']}") if difference else "–",
        "best": percent(judged["best"]) if judged else _best(found),
        "revenue": yuan(one["revenue_fen"]),
        "left": f"{sum(one['left'].values()):,}",
    }


def _span(difference: dict[str, Any]) -> str:
    """+1.20 (−0.30–2.70), in percentage points."""
    parts = [difference["estimate"], difference["low"], difference["high"]]
    said = ["–" if part is None else f"{100 * part:+.2f}" for part in parts]
    return f"{said[0]} ({said[1]} ~ {said[2]})"


def _best(found: dict[str, Any]) -> str:
    held = found["comparison"]
    return percent(held["control_best"]) if held else "–"


def _shares(of: dict[str, float]) -> str:
    return " · ".join(f"{name} {percent(share)}" for name, share in of.items())


def _sized() -> dict[str, Any]:
    """How many people an experiment needs, of what the form asks for; nothing where it does not."""
    given = {name: request.args.get(name, "") for name in ("baseline", "rise", "arms", "daily")}
    shown = {"given": given, "size": [], "size_error": ""}
    if not given["baseline"]:
        return shown
    try:
        base, rise = float(given["baseline"]) / 100, float(given["rise"] or 1) / 100
        found = size_for_rates(base, rise, Plan(arms=int(given["arms"] or 2)))
        said = [size_said(found, language())]
        if given["daily"]:
            days = found.days(float(given["daily"]))
            said.append(t("experiment.size.days", language(), days=days, daily=given["daily"]))
    except (ValueError, OverflowError, HongyanError):
        return {**shown, "size_error": words()("con.experiment.bad_size")}
    return {**shown, "size": said}
