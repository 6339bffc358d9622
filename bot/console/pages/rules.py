"""自动回复: rules by what they answer to, edited in a draft, tried, published, rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import newer, rule_form
from bot.console.gate import account, asker, page
from bot.console.newer import Held
from bot.console.refusals import status_of
from bot.console.rights import Right
from bot.console.rule_form import Document
from bot.console.shell import Words, language, refusal, render, words, zone_of
from bot.errors import Conflict, HongyanError, InvalidInput
from bot.store import audit, pictures, talk
from bot.store.db import transaction
from bot.store.talk import DRAFT, LIVE, PREVIOUS
from bot.talk import rulebook, training
from bot.talk.answers import KINDS
from bot.talk.documents import stored
from bot.talk.editing import Change, difference
from bot.talk.files import write_yaml
from bot.talk.rules import MATCHES, ON, PRIORITY
from bot.talk.times import DAYS

MOST_PICTURES = 60  # to choose from, the latest
TABS = ("subscribe", "default", "message")  # 被关注回复, 收到消息回复, 关键词回复
ACTS: dict[str, Callable[[int, datetime], bool]] = {
    "publish": training.publish,
    "rollback": training.roll_back,
    "discard": lambda account_id, _: training.drop_draft(account_id),
}


@dataclass(frozen=True)
class Row:
    """One rule, in finished words. `mark`: new, changed, or "" against what is live."""

    slug: str
    name: str
    keywords: list[tuple[str, list[str]]]  # match, those of it
    scenes: list[str]
    answer: str
    priority: int
    when: str
    segment: str
    enabled: bool
    mark: str


@page("/a/<slug>/rules", Right.LOOK)
def rules(slug: str) -> Response:
    """The rules of one tab: of the draft where there is one, else what is live."""
    return _page()


@page("/a/<slug>/rules-act", Right.RUN, ("POST",))
def rules_act(slug: str) -> Response:
    """Publish the draft, roll back to what was live before, or forget the draft."""
    act, who = request.form.get("act", ""), asker()
    if act not in ACTS:
        return _page(422, words()("con.rules.unknown_act"))
    try:
        if not ACTS[act](account().id, who.now):
            return _page(409, words()(f"con.rules.nothing.{act}"))
    except HongyanError as error:
        return _page(409, str(error))
    audit.record(who.actor, f"talk_{act}", who.now)
    return redirect(url_for("console.rules", slug=slug, tab=_tab()), 303)


@page("/a/<slug>/new-rule", Right.EDIT, ("GET", "POST"))
def rule_new(slug: str) -> Response:
    """A new rule in the draft."""
    blank: Document = {"on": _tab(), "priority": PRIORITY}
    return _save(blank) if request.method == "POST" else _form(blank)


@page("/a/<slug>/rules/<ref>", Right.EDIT, ("GET", "POST"))
def rule_edit(slug: str, ref: str) -> Response:
    """One rule of the draft, by form or as a document."""
    one = _found(ref)
    return _save(one) if request.method == "POST" else _form(one)


@page("/a/<slug>/rules/<ref>/remove", Right.EDIT, ("POST",))
def rule_remove(slug: str, ref: str) -> Response:
    """Out of the draft, as it was seen; it answers until that is published."""
    one, who = _found(ref), asker()
    try:
        with transaction():  # a draft is not begun for nothing
            _held(_found(ref)).must_be_seen({})
            _removed(ref)
            audit.record(who.actor, "rule_remove", who.now, detail={"rule": ref})
    except Conflict as error:
        return _form(one, 409, error)
    return redirect(url_for("console.rules", slug=slug, tab=one.get("on", "message")), 303)


def _removed(ref: str) -> None:
    """Raises Conflict: a draft with nothing in it would be none."""
    talk.begin_draft(account().id)
    talk.remove(account().id, "rule", ref, stage=DRAFT)
    if not talk.has(account().id, DRAFT):
        raise Conflict(words()("con.rules.last"))


# --- the list ------------------------------------------------------------------------------------


def _page(status: int = 200, error: str = "") -> Response:
    of, say, who = account(), words(), asker()
    drafted = talk.has(of.id, DRAFT)
    stage = LIVE if request.args.get("stage") == LIVE else talk.read_from(of.id, DRAFT)
    changes = difference(stored(of.id, LIVE), stored(of.id, DRAFT)).documents if drafted else ()
    marks = {one.slug: one.what for one in changes if one.kind == "rule"}
    tab, documents = _tab(), [one.document for one in talk.documents(of.id, stage, "rule")]
    mine = [one for one in documents if one.get("on", "message") == tab]
    mine.sort(key=lambda one: (-int(one.get("priority", PRIORITY)), one["slug"]))
    return render(
        "rules.html",
        status,
        rows=[_row(one, marks if stage == DRAFT else {}, say) for one in mine],
        tabs=[(one, sum(each.get("on", "message") == one for each in documents)) for one in TABS],
        tab=tab,
        stage=stage,
        drafted=drafted,
        kept=talk.has(of.id, PREVIOUS),
        changes=[_change(one, say) for one in changes],
        findings=_findings(stage, who.now),
        may_edit=who.may(Right.EDIT),
        may_run=who.may(Right.RUN),
        slug=of.slug,
        error=error,
    )


def _tab() -> str:
    asked = request.args.get("tab", "") or request.form.get("on", "")
    return asked if asked in ON else "message"


def _findings(stage: str, now: datetime) -> list[tuple[str, str, str]]:
    """What the X-ray says of a stage: (level, rule, sentence)."""
    of = account()
    try:
        found = rulebook.look(of.id, rulebook.stored(of.id, stage), now, zone_of(of))
    except InvalidInput as error:  # a document of another version
        return [("error", "", refusal(str(error)))]
    return [(one.level, one.rule, one.why(language())) for one in found]


def _change(one: Change, say: Words) -> str:
    return say(f"con.rules.change.{one.what}", what=f"{one.kind} {one.slug}")


def _row(one: Any, marks: dict[str, str], say: Words) -> Row:
    return Row(
        one["slug"],
        one.get("name", ""),
        [(match, rule_form.keywords_of(one, match)) for match in MATCHES],
        list(one.get("scenes", ())),
        _answers(one.get("answers", ()), say),
        int(one.get("priority", PRIORITY)),
        _when(one, say),
        one.get("segment", ""),
        bool(one.get("enabled", True)),
        marks.get(one["slug"], ""),
    )


def _answers(answers: Iterable[Any], say: Words) -> str:
    """Texts as they are, other answers by their kind."""
    return "\n".join(str(one["text"]) if "text" in one else _kind(one, say) for one in answers)


def _kind(answer: Any, say: Words) -> str:
    kind = next((kind for kind in KINDS if kind in answer), "text")
    return f"[{say('con.rules.kind.' + kind)}]"


def _when(one: Any, say: Words) -> str:
    parts = list(one.get("hours", ()))
    if (days := one.get("weekdays")) and list(days) != list(DAYS):
        parts.append(say("con.rules.weekdays", days="、".join(map(str, days))))
    for name in ("starts_at", "ends_at"):
        if one.get(name):
            parts.append(say(f"con.rules.{name}", at=one[name]))
    return " ".join(parts) or say("con.rules.always")


# --- one rule ------------------------------------------------------------------------------------


def _found(ref: str) -> Document:
    """The rule as the draft has it, or would begin with."""
    of = account()
    listed = talk.documents(of.id, talk.read_from(of.id, DRAFT), "rule")
    found = next((one for one in listed if one.slug == ref), None)
    if found is None:
        abort(404)
    return dict(found.document)


def _save(old: Document) -> Response:
    """Into the draft, where nobody changed it meanwhile and the X-ray finds no error of it."""
    of, who, given = account(), asker(), request.form
    typed = None  # by form: comes back as it was filled in
    try:
        if given.get("as") == "yaml":
            new = rule_form.from_yaml(given.get("document", ""), old.get("slug", ""))
        else:
            new = typed = rule_form.from_form(given, old)
        with transaction():
            _unseen(old, new)
            read = rulebook.read([new])
            rulebook.keep(of.id, read, who.now, zone_of(of), stage=DRAFT)
            detail = {"rule": read[0].slug}
            audit.record(who.actor, "rule_save", who.now, detail=detail)
            _held(_found(read[0].slug)).mark()
    except HongyanError as error:
        now = _found(old["slug"]) if "slug" in old else old
        return _form(now, status_of(error), error, typed)
    return redirect(url_for("console.rules", slug=of.slug, tab=read[0].on), 303)


def _unseen(old: Document, new: Document) -> None:
    """Raises Conflict where somebody else's edit would be written over."""
    say = words()
    if "slug" in old:
        _held(_found(old["slug"])).must_be_seen(new)
        return
    stage = talk.read_from(account().id, DRAFT)
    if new.get("slug") in {one.slug for one in talk.documents(account().id, stage, "rule")}:
        raise Conflict(say("con.rules.taken", slug=new["slug"]))


def _held(document: Document) -> Held:
    return Held("rule", document["slug"], document)


def _form(
    old: Document,
    status: int = 200,
    error: HongyanError | None = None,
    new: Document | None = None,
) -> Response:
    shown = new if new is not None else old
    written = request.form.get("document") if request.form.get("as") == "yaml" else None
    return render(
        "rule_form.html",
        status,
        old=old,
        d=shown,
        on=shown.get("on", "message"),
        exact="\n".join(rule_form.keywords_of(shown, "exact")),
        contains="\n".join(rule_form.keywords_of(shown, "contains")),
        patterns=rule_form.keywords_of(old, "regex"),
        answer=(rule_form.plain_answer(shown) or "") if rule_form.is_plain(old) else None,
        picture=rule_form.picture_answer(shown),
        pictures=pictures.kept(account().id, MOST_PICTURES),
        hours="\n".join(map(str, shown.get("hours") or ())),
        document=written if written is not None else write_yaml(old) if "slug" in old else "",
        seen=newer.seen(_held(old).stamp if "slug" in old else "", error),
        newer=newer.newer_of(error),
        slug=account().slug,
        error=str(error) if error else "",
    )
