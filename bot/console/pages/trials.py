"""影子对比 and 回放: a draft beside what is live, on messages to come and on those that came."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.replay import MOST
from bot.console.gate import account, asker, page
from bot.console.pages.intents import tabs
from bot.console.rights import Right
from bot.console.shell import Words, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.errors import HongyanError, NotFound
from bot.store import audit, background, learnt, suggestions, talk
from bot.store import shadow as store
from bot.store.talk import DRAFT
from bot.talk import trial
from bot.talk.live import INTENT_MODEL
from bot.talk.suggesting import without_numbers

PAIRS, SHOWN = 50, 50
USUAL = 500  # messages of a replay
_STEPS = {
    **{one: one for one in ("rule", "word", "intent", "faq", "clarify", "topic")},
    "default": "own",
}


@dataclass(frozen=True)
class Differing:
    """A message that the draft would answer otherwise. Personal data."""

    text: str
    live: str
    trial: str


@page("/a/<slug>/shadow", Right.TALK)
def shadow(slug: str) -> Response:
    """The trial that runs, and where the two disagreed."""
    return _shadow()


@page("/a/<slug>/shadow/act", Right.RUN, ("POST",))
def shadow_act(slug: str) -> Response:
    """Start a trial, in place of the one that runs; or end it."""
    who, act = asker(), request.form.get("act", "")
    try:
        if act == "start":
            trial.start(account().id, who.now)
        elif act != "stop":
            return _shadow(422, words()("con.rules.unknown_act"))
        elif not store.stop(account().id):
            return _shadow(409, words()("con.shadow.none"))
    except HongyanError:
        return _shadow(409, words()("con.shadow.nothing"))
    audit.record(who.actor, f"shadow_{act}", who.now)
    return redirect(url_for("console.shadow", slug=slug), 303)


@page("/a/<slug>/replay", Right.TALK)
def replay(slug: str) -> Response:
    """How many messages are to be replayed; earlier replays."""
    return _replay()


@page("/a/<slug>/replay", Right.TALK, ("POST",))
def replay_ask(slug: str) -> Response:
    """The last messages through the draft, in the background."""
    who, given = asker(), request.form.get("messages", "")
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= MOST):
        return _replay(422, words()("con.replay.many", most=f"{MOST:,}"))
    candidate = learnt.in_state(account().id, INTENT_MODEL, "shadow")
    if candidate is None and not talk.has(account().id, DRAFT):
        return _replay(409, words()("con.shadow.nothing"))
    asked = {
        "messages": int(given),
        "stage": talk.read_from(account().id, DRAFT),
        "model": candidate.id if candidate else 0,
        "version": talk.version(account().id),  # another draft is another replay
    }
    task = begin("replay", asked)
    audit.record(who.actor, "replay", who.now, detail={"messages": int(given)})
    return redirect(url_for("console.work_one", slug=slug, task_id=task), 303)


@page("/a/<slug>/replay/<int:task_id>", Right.TALK)
def replay_one(slug: str, task_id: int) -> Response:
    """The messages that a replay would answer otherwise, with what was said."""
    try:
        task = background.get(account().id, task_id)
    except NotFound:
        abort(404)
    if task.kind != "replay" or task.state != "done":
        abort(404)
    events = [(int(event), str(live), str(tried)) for event, live, tried in task.result["events"]]
    return render(
        "replay_one.html",
        rows=_differing(events),
        result=task.result,
        tabs=tabs("replay"),
        task_id=task_id,
        slug=slug,
    )


# --- what stands there --------------------------------------------------------------------------


def said(key: str, say: Words) -> str:
    """A decision's key in words: rule:tea as 规则 tea."""
    step, _, name = key.partition(":")
    what = say(f"con.try.step.{_STEPS[step]}") if step in _STEPS else step
    return f"{what} {name}".rstrip()


def _differing(events: list[tuple[int, str, str]]) -> list[Differing]:
    """With what was said, which the audit log tells. The erased are left out."""
    texts = suggestions.texts(account().id, [event for event, _, _ in events])
    if texts:
        audit.record(asker().actor, "messages_look", asker().now, detail={"many": len(texts)})
    say = words()
    return [
        Differing(without_numbers(texts[event]), said(live, say), said(tried, say))
        for event, live, tried in events
        if event in texts
    ]


def _shadow(status: int = 200, error: str = "") -> Response:
    of, say = account(), words()
    running, counted = store.running(of.id), store.counted(of.id)
    events = [(one.event_id, one.live, one.shadow) for one in store.disagreements(of.id, SHOWN)]
    candidate = learnt.in_state(of.id, INTENT_MODEL, "shadow")
    return render(
        "shadow.html",
        status,
        running=running,
        since=shown_at(running.since, zone_of(of)) if running else "",
        differ=sum(many for _, _, many in counted),
        pairs=[(said(live, say), said(tried, say), many) for live, tried, many in counted[:PAIRS]],
        rows=_differing(events),
        drafted=talk.has(of.id, DRAFT),
        model=candidate.id if candidate else 0,
        tabs=tabs("shadow"),
        may_run=asker().may(Right.RUN),
        slug=of.slug,
        error=error,
    )


def _replay(status: int = 200, error: str = "") -> Response:
    of, zone = account(), zone_of(account())
    earlier = background.latest(of.id, ["replay"], 10)
    candidate = learnt.in_state(of.id, INTENT_MODEL, "shadow")
    return render(
        "replay.html",
        status,
        rows=[(one.id, shown_at(one.asked_at, zone), one.state, one.result) for one in earlier],
        most=MOST,
        usual=USUAL,
        drafted=talk.has(of.id, DRAFT),
        model=candidate.id if candidate else 0,
        tabs=tabs("replay"),
        slug=of.slug,
        error=error,
    )
