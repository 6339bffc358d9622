"""隐私与合规: the latest audit, what is kept for how long, keys, erasures, and who looked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import redirect, url_for
from werkzeug.wrappers import Response

from bot.background.privacy_audit import AUDIT
from bot.clock import from_ms
from bot.console.audit_words import act_said
from bot.console.gate import account, asker, page
from bot.console.rights import Right, may
from bot.console.shell import Words, actor_said, render, shown_at, worded, words, zone_of
from bot.console.work import begin
from bot.errors import InvalidInput
from bot.profile import auditing, retention
from bot.store import audit, background, consent_figures, inspection
from bot.store import retention as marks_of
from bot.store.audit import Entry
from bot.store.consents import PURPOSES
from bot.store.operators import EVERY_ACCOUNT
from bot.web.services import services

SHOWN = 30
_READ = 300  # entries of the log that are looked through for those about people


@page("/a/<slug>/privacy", Right.AUDIT)
def privacy_page(slug: str) -> Response:
    """How it stands, as far as it is known without reading everybody."""
    of, now, say, zone = account(), asker().now, words(), zone_of(account())
    since = auditing.key_since()
    everywhere = may(asker().person.role_on(EVERY_ACCOUNT), Right.AUDIT)
    return render(
        "privacy.html",
        slug=of.slug,
        audit=_latest(say),
        kept=_kept(say),
        key=inspection.key_id(),
        key_since=shown_at(since, zone),
        key_days=(now - since).days if since else 0,
        key_old=since is not None and (now - since).days > auditing.KEY_DAYS,
        most_days=auditing.KEY_DAYS,
        erased=[
            (shown_at(one.at, zone), _cause(one.cause, say), one.certificate)
            for one in consent_figures.erased(of.id, SHOWN)
        ],
        looks=_looks(say) if everywhere else None,
    )


@page("/a/<slug>/privacy/audit", Right.AUDIT, ("POST",))
def start_privacy_audit(slug: str) -> Response:
    """Look at everything, in the background; the audit leaves its own entry in the log."""
    task = begin(AUDIT, {})
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


def shown_audit(result: dict[str, Any], say: Words) -> dict[str, Any]:
    """A result of the task in finished words."""
    checked, counted = result["checked"], result["consents"]
    return {
        "at": shown_at(datetime.fromisoformat(result["at"]), zone_of(account())),
        "findings": [
            (worded("con.privacy.finding." + one["what"].replace(" ", "_"), one["what"], say),
             one["detail"])
            for one in result["findings"]
        ],
        "checked": [
            (say("con.privacy.entries"), f"{checked['audit_entries']:,}"),
            (say("con.privacy.evidence_missing"), f"{checked['without_consent_evidence']:,}"),
            (say("con.privacy.waiting"), f"{checked['identities_waiting']:,}"),
            (say("con.privacy.erasures"), f"{result['erasures']:,}"),
        ],
        "consents": [
            (say(f"con.privacy.count.{name}"), f"{many:,}") for name, many in counted.items()
        ],
        "evidence": [
            (
                say(f"con.privacy.purpose.{purpose}") if purpose in PURPOSES else purpose,
                say("con.privacy.given" if given else "con.privacy.withdrawn"),
                worded(f"con.privacy.how.{how}", how, say),
                f"{many:,}",
            )
            for purpose, given, how, many in result["evidence"]
        ],
    }  # fmt: skip


def _latest(say: Words) -> dict[str, Any]:
    """The last audit of this account that is still kept; else what the log has of the last of the
    house; {} for none."""
    task = background.last(account().id, AUDIT, state="done")
    if task is not None:
        return shown_audit(task.result, say)
    found = audit.entries(1, action="audit")
    if not found:
        return {}
    at = shown_at(found[0].at, zone_of(account()))
    many = int(found[0].detail.get("findings", 0))
    return {"logged": say("con.privacy.logged", at=at, many=many), "clean": not many}


def _kept(say: Words) -> list[dict[str, str]]:
    """Kinds of events that go after so many days, and up to when they have gone."""
    try:
        days = retention.parse(services().settings.retention)
    except InvalidInput:
        return []
    gone = marks_of.marks()
    zone = zone_of(account())
    return [
        {
            "kind": worded(f"con.privacy.kind.{kind}", kind, say),
            "days": say("con.privacy.days", days=kept),
            "gone": shown_at(_instant(gone.get(kind)), zone),
        }
        for kind, kept in sorted(days.items())
    ]


def _instant(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


def _looks(say: Words) -> list[dict[str, str]]:
    """The latest entries of the log that are about somebody."""
    zone = zone_of(account())
    found = [one for one in audit.entries(_READ) if one.subject]
    return [_look(one, say, zone) for one in found[:SHOWN]]


def _look(one: Entry, say: Words, zone: Any) -> dict[str, str]:
    return {
        "at": shown_at(one.at, zone),
        "who": actor_said(one.actor, say),
        "what": act_said(one.action, say),
        "of": one.subject[:8],
    }


def _cause(cause: str, say: Words) -> str:
    return worded(f"con.privacy.cause.{cause}", cause, say)
