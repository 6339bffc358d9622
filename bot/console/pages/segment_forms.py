"""The builder of a segment: rows of conditions, said back as a sentence with size and cost."""

from __future__ import annotations

import json
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import newer
from bot.console.audit_words import changes
from bot.console.gate import account, asker, page
from bot.console.journey_lacks import address_back, way_back
from bot.console.pages.segments import found, must_be_seen, note, said
from bot.console.refusals import status_of, told
from bot.console.rights import Right
from bot.console.shell import Words, language, refusal, render, words
from bot.errors import HongyanError, InvalidInput
from bot.segment import catalogue, offered
from bot.segment.cost import cost
from bot.segment.offered import Offer
from bot.segment.rules import parse
from bot.store import campaigns, coupon_batches, rule_words
from bot.store import segments as store
from bot.store.db import transaction
from bot.store.segments import SegmentState

_LONGEST = 64_000  # characters of a rule


@page("/a/<slug>/new-segment", Right.EDIT, ("GET", "POST"))
def new_segment(slug: str) -> Response:
    """The builder of a new segment."""
    return _save(None) if request.method == "POST" else _builder(None, {})


@page("/a/<slug>/segments/<ref>/edit", Right.EDIT, ("GET", "POST"))
def edit_segment(slug: str, ref: str) -> Response:
    """The builder over a segment that is there; every save is a version."""
    one = found(ref)
    return _save(one) if request.method == "POST" else _builder(one, one.rule)


@page("/a/<slug>/segment-preview", Right.EDIT, ("POST",))
def segment_preview(slug: str) -> Response:
    """预估: the rule said back, how many it holds, what it costs. Nothing is saved."""
    of, now = account(), asker().now
    try:
        document = _rule()
        rule = catalogue.check(of.id, "preview", "preview", document)
        size, spent = catalogue.preview(of.id, document, now, sample=0), cost(of.id, rule, now)
    except HongyanError as error:
        return render("segment_preview.html", error=_refused(error))
    return render(
        "segment_preview.html",
        error="",
        words=said(rule, catalogue.titles(of.id)),
        size=size,
        cost=spent,
        warnings=[one.zh if language() == "zh" else one.en for one in spent.warnings],
    )


def _changes(old: SegmentState, new: SegmentState) -> list[list[str]]:
    """For the audit log: name and rule, the rule as a sentence."""
    titles = catalogue.titles(old.account_id)
    said_of = [{"name": each.name, "rule": said(parse(each.rule), titles)} for each in (old, new)]
    return changes("segment", *said_of)


def _save(one: SegmentState | None) -> Response:
    who, slug = asker(), one.slug if one else request.form.get("slug", "").strip()
    rule: Any = {}
    try:
        rule = _rule()
        name = request.form.get("name", "")
        with transaction():
            if one:
                must_be_seen(one, name, rule)
            made = catalogue.define(account().id, slug, name, rule, who.now, author=who.actor)
    except HongyanError as error:
        return _builder(found(one.slug) if one else None, rule, error)
    note("segment_define", made.slug, changes=_changes(one, made) if one else [])
    if back := address_back(request.form):
        return redirect(back)
    return redirect(url_for("console.segment_page", slug=account().slug, ref=made.slug))


def _rule() -> Any:
    """The rule as the builder writes it. Raises InvalidInput."""
    text = request.form.get("rule", "")
    if len(text) > _LONGEST:
        raise InvalidInput(f"at most {_LONGEST:,} characters", "rule")
    try:
        return json.loads(text)
    except ValueError:
        raise InvalidInput(words()("con.segment.no_rule"), "rule") from None


def _refused(error: HongyanError) -> str:
    """In words, with which condition it is about."""
    field = getattr(error, "field", "")
    return refusal(f"{field}: {error}") if field.startswith("rule.") else told(error)


def _builder(one: SegmentState | None, rule: Any, error: HongyanError | None = None) -> Response:
    of, say = account(), words()
    return render(
        "segment_form.html",
        status_of(error) if error else 200,
        one=one,
        seen=newer.seen(str(one.number) if one else "", error),
        newer=newer.newer_of(error),
        name=request.form.get("name", one.name if one else ""),
        ref=request.form.get("slug", one.slug if one else request.args.get("ref", "")[:64]),
        back=way_back(request.values),
        rule=json.dumps(rule, ensure_ascii=False, indent=2) if rule else "",
        error=_refused(error) if error else "",
        choices=_choices(of.id, say),
        words={key: say(f"con.builder.{key}") for key in _BUILDER},
    )


_BUILDER = (
    "all", "any", "not", "add", "group", "remove", "attribute", "tag", "interest", "event",
    "coupon", "campaign", "segment", "model", "eq", "ne", "lt", "le", "gt", "ge", "contains", "in",
    "exists", "on", "before", "after", "within_last", "within_next", "yearly_within", "since_le",
    "since_ge", "at_least", "never", "did", "issued", "claimed", "redeemed", "expired", "sent",
    "clicked", "held_out", "skipped", "not_clicked", "value", "true", "false", "holds",
    "holds_not", "kind", "join", "op", "state", "outcome", "level", "of_one", "score",
    "group_number", "last", "days_in", "day", "time", "yuan", "separated",
)  # fmt: skip


def _choices(account_id: int, say: Words) -> dict[str, Any]:
    """What a condition may name of each kind, in words."""
    return {
        "attribute": {one.name: _attribute(one, say) for one in offered.attributes(account_id)},
        "tag": rule_words.tags(account_id),
        "interest": rule_words.topics(account_id),
        "event": offered.behaviours(account_id, language()),
        "model": {
            one.slug: {"said": one.said, "numbers": one.numbers, "low": one.low}
            for one in offered.models(account_id, language())
        },
        "segment": {one.slug: one.name for one in store.of_account(account_id)},
        "coupon": {one.slug: one.title for one in coupon_batches.batches(account_id)},
        "campaign": {one.slug: one.name for one in campaigns.all_of(account_id)},
    }


_UNITS = {"orders": "con.builder.time", "messages": "con.builder.message"}


def _attribute(one: Offer, say: Words) -> dict[str, Any]:
    """An attribute as the builder draws it; money is typed in yuan and kept in fen."""
    choices = [
        (value, say(f"me.stage.{value}") if one.name == "stage" else value) for value in one.choices
    ]
    unit = {"unit": say(_UNITS[one.name])} if one.name in _UNITS else {}
    return {
        "title": one.title if one.own else say(f"con.attribute.{one.name}"),
        "kind": one.kind,
        "ops": one.ops,
        "choices": choices,
        "values": one.values,
        **unit,
    }
