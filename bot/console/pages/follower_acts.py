"""What is done to one follower: tags, consents, the blacklist, the right of access, erasure."""

from __future__ import annotations

import json

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.collect import labelling, tagging
from bot.console.follower_parts import found
from bot.console.gate import account, asker, page
from bot.console.pages.follower_one import shown
from bot.console.refusals import told
from bot.console.rights import Right
from bot.console.shell import render, words
from bot.errors import HongyanError
from bot.profile import privacy, rights
from bot.store import audit, pseudonyms
from bot.values.audience import FollowerState
from bot.web.services import services

LONGEST_REASON = 64


@page("/a/<slug>/followers/<int:follower_id>/tag", Right.TALK, ("POST",))
def follower_tag(slug: str, follower_id: int) -> Response:
    """Put a tag on, or take it off."""
    one, who = found(follower_id), asker()
    tag, on = request.form.get("tag", ""), request.form.get("on", "1") == "1"
    try:
        changed = labelling.label(one.account_id, [one.id], tag, on, who.now)
    except HongyanError as error:
        return shown(one, "tags", 422, error=told(error), given=tag)
    if changed:
        detail = {"tag": tag.strip()}
        action = "follower_tag" if on else "follower_untag"
        audit.record(who.actor, action, who.now, follower_id=one.id, detail=detail)
    return _back(one, "tags")


@page("/a/<slug>/followers/<int:follower_id>/consent", Right.TALK, ("POST",))
def follower_consent(slug: str, follower_id: int) -> Response:
    """What the follower told the house: a purpose or a topic, given or taken back, and on what."""
    one, who, given = found(follower_id), asker(), request.form
    wanted, reason = given.get("given") == "1", given.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        return shown(one, "rights", 422, error=words()("con.follower.reason_missing"))
    try:
        if topic := given.get("topic", ""):
            rights.topic(one.id, topic, wanted, who.now, how="operator", actor=who.actor)
            detail = {"topic": topic.strip(), "reason": reason}
            audit.record(who.actor, "consent", who.now, follower_id=one.id, detail=detail)
        else:
            rights.consent(
                one.id, given.get("purpose", ""), wanted, who.now, how="operator",
                wording=reason, actor=who.actor,
            )  # fmt: skip
    except HongyanError as error:
        return shown(one, "rights", 422, error=told(error))
    return _back(one, "rights")


@page("/a/<slug>/followers/<int:follower_id>/block", Right.EDIT, ("POST",))
def follower_block(slug: str, follower_id: int) -> Response:
    """Onto the platform's blacklist, or off it: nothing is said and heard any more."""
    one, who, on = found(follower_id), asker(), request.form.get("on") == "1"
    try:
        client = services().client_of(one.account_id)
        tagging.block(one.account_id, client, one.id, on, who.now)
    except HongyanError as error:
        return shown(one, "rights", 409, error=told(error))
    audit.record(who.actor, "blacklist" if on else "unblacklist", who.now, follower_id=one.id)
    return _back(one, "rights")


@page("/a/<slug>/followers/<int:follower_id>/export", Right.EXPORT, ("POST",))
def follower_export(slug: str, follower_id: int) -> Response:
    """Everything held of the person, for the person: a JSON document."""
    one, who = found(follower_id), asker()
    audit.record(who.actor, "export", who.now, follower_id=one.id, detail={"what": "access"})
    held = privacy.export(one.id)
    answer = Response(
        json.dumps(held, ensure_ascii=False, indent=2, default=str), mimetype="application/json"
    )
    name = f"{pseudonyms.of(one.id)}.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@page("/a/<slug>/followers/<int:follower_id>/erase", Right.ERASE, ("POST",))
def follower_erase(slug: str, follower_id: int) -> Response:
    """Erase for good, once the pseudonym has been typed; then the certificate."""
    one, who = found(follower_id), asker()
    if request.form.get("typed", "").strip() != pseudonyms.of(one.id):
        return shown(one, "rights", 422, error=words()("con.follower.erase.mistyped"))
    certificate = privacy.erase(one.id, "operator", who.now, who.actor)
    return render("follower_erased.html", certificate=certificate, slug=account().slug)


def _back(one: FollowerState, tab: str) -> Response:
    slug = account().slug
    where = url_for("console.follower_tab", slug=slug, follower_id=one.id, tab=tab)
    return redirect(where, 303)
