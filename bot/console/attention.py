"""What waits for a person and what went wrong on an account, each with the page that mends it.

Only what the one who asks may act on or look at; every look-up is a step in an index or goes over
a list that people wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import url_for

from bot.console.gate import Asker
from bot.console.job_words import Fault, faults, job_said
from bot.console.rights import Right, may
from bot.console.shell import Words, actor_said, refusal, worded
from bot.console.work import may_see
from bot.store import (
    approvals,
    background,
    complaints,
    coupon_notices,
    dead_messages,
    handoff,
    jobs,
    quarantine,
    suggestions,
)
from bot.store.accounts import AccountState
from bot.store.coupon_notices import LOW_STOCK, Notice
from bot.store.handoff import QUEUE
from bot.store.jobs import LastRun
from bot.store.operators import EVERY_ACCOUNT

RECENT = timedelta(days=1)  # what failed before that and did not fail again is history


@dataclass(frozen=True)
class Matter:
    """One thing in finished words. `address`: the page where it is settled; "" where none is.

    mend  what the button to that page says; code: for who looks it up, small
    """

    said: str
    address: str
    at: datetime | None = None
    mend: str = ""
    code: str = ""


@dataclass(frozen=True)
class Attention:
    """`todos` wait for a decision, `troubles` went wrong."""

    todos: list[Matter]
    troubles: list[Matter]

    @property
    def count(self) -> int:
        return len(self.todos) + len(self.troubles)


def attention(who: Asker, of: AccountState, say: Words, lang: str) -> Attention:
    """Of one account, for whoever asks."""
    return Attention(list(_todos(who, of, say)), list(_troubles(who, of, say, lang)))


# --- to do ---------------------------------------------------------------------------------------


def _todos(who: Asker, of: AccountState, say: Words) -> Iterator[Matter]:
    for slug, name, asked in approvals.waiting(of.id):
        maker = actor_said(asked.maker, say)
        yield Matter(
            say("con.waits.approval", name=name, maker=maker),
            _campaign(of, slug),
            asked.submitted_at,
        )
    for slug, name, refused in approvals.refused(of.id, who.actor):
        decider = actor_said(refused.decider, say)
        said = say("con.waits.sent_back", name=name, who=decider, reason=refused.reason)
        yield Matter(said, _campaign(of, slug), refused.decided_at)
    if who.may(Right.TALK):
        if waiting := handoff.held(of.id).get(QUEUE, 0):
            address = url_for("console.inbox", slug=of.slug)
            yield Matter(say("con.waits.people", count=waiting), address)
        if groups := suggestions.count_open(of.id):
            address = url_for("console.unanswered", slug=of.slug)
            yield Matter(say("con.waits.unanswered", count=groups), address)


# --- what went wrong -----------------------------------------------------------------------------


def _troubles(who: Asker, of: AccountState, say: Words, lang: str) -> Iterator[Matter]:
    yield from _documents(of, say)
    yield from (_of_coupons(one, of, say) for one in coupon_notices.open_notices(of.id))
    yield from _tasks(who, of, say)
    yield from _jobs(who, of, say, lang)
    if who.may(Right.SETTINGS):
        held = url_for("console.held", slug=of.slug)
        if dead := dead_messages.count(of.id):
            yield Matter(say("con.trouble.dead", count=dead), held)
        if refused := quarantine.count(of.id):
            yield Matter(say("con.trouble.quarantine", count=refused), held)


def _documents(of: AccountState, say: Words) -> Iterator[Matter]:
    """What people wrote and the machine could not carry out."""
    for one in complaints.of_account(of.id):
        said = say(f"con.trouble.{one.kind}", name=one.name, error=refusal(one.error))
        yield Matter(said, url_for(f"console.{one.kind}_page", slug=of.slug, ref=one.slug), one.at)


def _of_coupons(one: Notice, of: AccountState, say: Words) -> Matter:
    kind = "low_stock" if one.kind == LOW_STOCK else "radar"
    rule = say(f"con.radar.{one.kind}")
    said = say(f"con.trouble.{kind}", subject=subject_said(one.subject, say), rule=rule)
    return Matter(said, url_for("console.coupons_list", slug=of.slug), one.at)


def subject_said(subject: str, say: Words) -> str:
    """What a notice is about, in words: a till, an address, the API; a name stays as it is."""
    kind, _, name = subject.partition(":")
    key = f"con.radar.subject.{kind}" + (".named" if name else "")
    return worded(key, subject, say, name=name)


def _tasks(who: Asker, of: AccountState, say: Words) -> Iterator[Matter]:
    """What he asked for himself and what failed: nobody else waits for it."""
    for task in background.failed_of(of.id, who.person.id, who.now - RECENT):
        if may_see(who, task.kind):
            address = url_for("console.work_one", slug=of.slug, task_id=task.id)
            yield Matter(say("con.trouble.work", error=refusal(task.error)), address, task.ended_at)


def _jobs(who: Asker, of: AccountState, say: Words, lang: str) -> Iterator[Matter]:
    """What failed by the clock: all of it for who sees to the house, this account's for its own
    administrator."""
    house = may(who.person.role_on(EVERY_ACCOUNT), Right.SETTINGS)
    if not house and not who.may(Right.SETTINGS):
        return
    for run in jobs.last_runs():
        if not run.error or run.started_at < who.now - RECENT:
            continue
        for one in faults(run.error, who, say, lang):
            if house or one.account == of.slug:
                yield _failed(run, one, house, say, lang)


def _failed(run: LastRun, one: Fault, house: bool, say: Words, lang: str) -> Matter:
    key = "con.trouble.job_of" if one.account else "con.trouble.job"
    said = say(key, account=one.account, job=job_said(run.job, lang), error=one.why)
    if one.address:
        return Matter(said, one.address, run.started_at, one.mend, one.code)
    address = url_for("console.jobs_page") if house else ""
    return Matter(said, address, run.started_at, say("con.mend.jobs") if house else "", one.code)


def _campaign(of: AccountState, slug: str) -> str:
    return url_for("console.campaign_page", slug=of.slug, ref=slug)
