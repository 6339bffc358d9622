"""Before a campaign starts: 试算 for everybody, 预览 for one follower, 测试发送 to people of the
house."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.campaign import looks
from bot.campaign.ahead.preview import preview
from bot.campaign.ahead.telling import preview_told
from bot.campaign.ahead.trial import MOST, send_trial, tester_of
from bot.campaign.document.aim import aim_of
from bot.campaign.document.definition import parse
from bot.campaign.permission.order import zone_of as zone_by_id
from bot.console.campaign_view import found, head
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.errors import Conflict, HongyanError, InvalidInput
from bot.store import audience_sets, audit, pseudonyms, trials
from bot.store.campaigns import CampaignState
from bot.web.services import services

_NUMBER_LIMIT = 24


@page("/a/<slug>/campaigns/<ref>/ahead", Right.LOOK)
def campaign_ahead(slug: str, ref: str) -> Response:
    """The last dry run with its time: who decides on a campaign looks at it, too."""
    one = found(ref)
    last = looks.last_ahead(one)
    return render(
        "campaign_ahead.html",
        **head(one, "ahead"),
        result=last.document if last else None,
        at=shown_at(last.made_at, zone_of(account())) if last else "",
        may_edit=asker().may(Right.EDIT),
    )


@page("/a/<slug>/campaigns/<ref>/dry-run", Right.EDIT, ("POST",))
def campaign_dry_run(slug: str, ref: str) -> Response:
    """Ask for a dry run of the whole audience, in the background."""
    one, who = found(ref), asker()
    task = begin("dryrun", {"campaign": one.slug})
    audit.record(who.actor, "campaign_dry_run", who.now, detail={"campaign": one.slug})
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


@page("/a/<slug>/campaigns/<ref>/trial", Right.PEOPLE)
def campaign_trial(slug: str, ref: str) -> Response:
    """Test messages and testers; with ?follower=, what that one follower would get and why."""
    one, asked = found(ref), request.args.get("follower", "").strip()
    if not asked:
        return _page(one)
    try:
        follower_id = _follower(asked)
        _must_be_quick(one)
        seen = preview(services(), one.account_id, one.slug, follower_id, asker().now)
    except HongyanError as error:
        return _page(one, 409 if isinstance(error, Conflict) else 404, str(error), asked)
    audit.record(
        asker().actor, "campaign_preview", asker().now, follower_id=follower_id,
        detail={"campaign": one.slug},
    )  # fmt: skip
    told = list(preview_told(seen, zone_of(account()), language()))
    return _page(one, asked=asked, seen={"text": seen.text, "told": told[: told.index("---")]})


@page("/a/<slug>/campaigns/<ref>/test-send", Right.RUN, ("POST",))
def campaign_test_send(slug: str, ref: str) -> Response:
    """Each variant to the testers that are ticked, marked as a test; it counts nowhere."""
    one, who = found(ref), asker()
    # Anybody else's number would be a message to a follower, past approval.
    testers = {each.name for each in trials.testers(one.account_id)}
    names = [name for name in request.form.getlist("to") if name in testers]
    try:
        if not 0 < len(names) <= MOST:
            raise InvalidInput(words()("con.trial.nobody", most=MOST), "to")
        done = send_trial(services(), one.account_id, one.slug, names, who.actor, who.now)
    except HongyanError as error:
        return _page(one, 409, str(error))
    for follower_id in dict.fromkeys(each.follower_id for each in done):
        audit.record(
            who.actor, "campaign_test_send", who.now, follower_id=follower_id,
            detail={"campaign": one.slug},
        )  # fmt: skip
    return _back(one)


def _follower(asked: str) -> int:
    """By tester's name, number, pseudonym or openid. Raises NotFound."""
    number = pseudonyms.read(asked) if len(asked) <= _NUMBER_LIMIT else None
    return tester_of(account().id, asked if number is None else str(number))


def _must_be_quick(one: CampaignState) -> None:
    """Of several offers each follower's depends on everybody's. Raises Conflict."""
    definition = parse(one.definition, zone_by_id(one.account_id))
    if definition.match is None:
        return
    if audience_sets.most(aim_of(one.account_id, definition)) > looks.QUICK:
        raise Conflict(words()("con.trial.match_big", most=f"{looks.QUICK:,}"))


def _back(one: CampaignState) -> Response:
    return redirect(url_for("console.campaign_trial", slug=account().slug, ref=one.slug))


def _page(
    one: CampaignState,
    status: int = 200,
    error: str = "",
    asked: str = "",
    seen: Mapping[str, Any] | None = None,
) -> Response:
    zone, say = zone_of(account()), words()
    testers = trials.testers(one.account_id)
    names = {each.follower_id: each.name for each in testers}
    return render(
        "campaign_trial.html",
        status,
        **head(one, "trial"),
        error=error,
        asked=asked,
        seen=seen,
        testers=[(each.name, pseudonyms.of(each.follower_id)) for each in testers],
        done=[
            {
                "at": shown_at(each.at, zone),
                "who": names.get(each.follower_id, pseudonyms.of(each.follower_id)),
                "variant": each.variant,
                "state": say(f"con.send.{each.state}"),
                "error": each.error,
            }
            for each in trials.of(one.id, 20)
        ],
        may_run=asker().may(Right.RUN),
        may_manage=asker().may(Right.SETTINGS),
    )
