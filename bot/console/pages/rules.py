"""自动回复: rules by what they answer to; their draft published as it was seen, or thrown away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import draft_lock, rule_form
from bot.console.answer_form import in_words
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.rule_choices import names_of_rules, things_named
from bot.console.rule_faults import fault_of, findings_said
from bot.console.shell import Words, refusal, render, words, zone_of
from bot.errors import HongyanError, InvalidInput
from bot.store import audit, talk
from bot.store.db import transaction
from bot.store.talk import DRAFT, LIVE, PREVIOUS
from bot.talk import rulebook, training
from bot.talk.documents import stored
from bot.talk.editing import Change, difference
from bot.talk.rules import MATCHES, ON, PRIORITY

TABS = ("subscribe", "default", "message")  # 被关注回复, 收到消息回复, 关键词回复
_OF_DRAFT = ("publish", "discard")  # what was seen, and nothing else
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
    give: str
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
        with transaction():
            if act in _OF_DRAFT and talk.has(account().id, DRAFT):
                draft_lock.must_be_seen(stored(account().id, DRAFT))
            done = ACTS[act](account().id, who.now)
    except HongyanError as error:
        names = names_of_rules(talk.read_from(account().id, DRAFT))
        return _page(409, fault_of(error, {}, names).said)
    if not done:
        return _page(409, words()(f"con.rules.nothing.{act}"))
    audit.record(who.actor, f"talk_{act}", who.now)
    return redirect(url_for("console.rules", slug=slug, tab=_tab()), 303)


# --- the list ------------------------------------------------------------------------------------


def _page(status: int = 200, error: str = "") -> Response:
    of, say, who = account(), words(), asker()
    drafted = talk.has(of.id, DRAFT)
    stage = LIVE if request.args.get("stage") == LIVE else talk.read_from(of.id, DRAFT)
    draft = stored(of.id, DRAFT) if drafted else None
    changes = difference(stored(of.id, LIVE), draft).documents if draft else ()
    names = names_of_rules(LIVE) | names_of_rules(stage)
    things = things_named()
    marks = {one.slug: one.what for one in changes if one.kind == "rule"}
    tab, documents = _tab(), [one.document for one in talk.documents(of.id, stage, "rule")]
    mine = [one for one in documents if one.get("on", "message") == tab]
    mine.sort(key=lambda one: (-int(one.get("priority", PRIORITY)), one["slug"]))
    return render(
        "rules.html",
        status,
        rows=[_row(one, marks if stage == DRAFT else {}, things, say) for one in mine],
        tabs=[(one, sum(each.get("on", "message") == one for each in documents)) for one in TABS],
        tab=tab,
        stage=stage,
        drafted=drafted,
        kept=talk.has(of.id, PREVIOUS),
        changes=[_change(one, names, say) for one in changes],
        findings=_findings(stage, who.now, names),
        draft=draft_lock.stamp_of(draft) if draft else "",
        shown=draft_lock.shown_now(),
        may_edit=who.may(Right.EDIT),
        may_run=who.may(Right.RUN),
        slug=of.slug,
        error=error,
    )


def _tab() -> str:
    asked = request.args.get("tab", "") or request.form.get("on", "")
    return asked if asked in ON else "message"


def _findings(stage: str, now: datetime, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """What the X-ray says of a stage: (level, sentence)."""
    of = account()
    try:
        found = rulebook.look(of.id, rulebook.stored(of.id, stage), now, zone_of(of))
    except InvalidInput as error:  # a document of another version
        return [("error", refusal(str(error)))]
    said = findings_said(found, names)
    return [(one.level, sentence) for one, sentence in zip(found, said, strict=True)]


def _change(one: Change, names: Mapping[str, str], say: Words) -> str:
    name = names.get(one.slug, one.slug) if one.kind == "rule" else one.slug
    return say(f"con.rules.change.{one.what}", what=draft_lock.document_said(one.kind, name, say))


def _row(
    one: Any, marks: Mapping[str, str], things: Mapping[tuple[str, str], str], say: Words
) -> Row:
    one = rule_form.whole(one) or one
    segment = one.get("segment", "")
    return Row(
        one["slug"],
        one.get("name", ""),
        [(match, rule_form.keywords_of(one, match)) for match in MATCHES],
        [things.get(("scene", scene), scene) for scene in one.get("scenes", ())],
        "\n".join(in_words(each, say, things) for each in one.get("answers", ())),
        say(f"con.rules.give.{one.get('give', 'all')}") if len(one.get("answers", ())) > 1 else "",
        int(one.get("priority", PRIORITY)),
        rule_form.when_said(one, say, zone_of(account())),
        things.get(("segment", segment), segment),
        bool(one.get("enabled", True)),
        marks.get(one["slug"], ""),
    )
