"""The builder of a segment: rows of conditions, said back as a sentence with size and cost."""

from __future__ import annotations

import json
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console.gate import account, asker, page
from bot.console.pages.segments import found, note, said
from bot.console.rights import Right
from bot.console.shell import Words, language, render, words
from bot.errors import HongyanError, InvalidInput
from bot.segment import catalogue
from bot.segment.cost import cost
from bot.store import attribute_types, campaigns, coupon_batches
from bot.store import segments as store
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
        return render("segment_preview.html", error=str(error))
    return render(
        "segment_preview.html",
        error="",
        words=said(rule, catalogue.titles(of.id)),
        size=size,
        cost=spent,
        warnings=[one.zh if language() == "zh" else one.en for one in spent.warnings],
    )


def _save(one: SegmentState | None) -> Response:
    who, slug = asker(), one.slug if one else request.form.get("slug", "").strip()
    rule: Any = {}
    try:
        if one and request.form.get("seen") != str(one.number):
            raise InvalidInput(words()("con.segment.moved"), "seen")
        rule = _rule()
        name = request.form.get("name", "")
        made = catalogue.define(account().id, slug, name, rule, who.now, author=who.actor)
    except HongyanError as error:
        return _builder(one, rule, error)
    note("segment_define", made.slug)
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


def _builder(one: SegmentState | None, rule: Any, error: HongyanError | None = None) -> Response:
    of, say = account(), words()
    return render(
        "segment_form.html",
        422 if error else 200,
        one=one,
        name=request.form.get("name", one.name if one else ""),
        ref=request.form.get("slug", one.slug if one else ""),
        rule=json.dumps(rule, ensure_ascii=False, indent=2) if rule else "",
        error=str(error) if error else "",
        choices=_choices(of.id, say),
        words={key: say(f"con.builder.{key}") for key in _BUILDER},
    )


_ATTRIBUTES = (
    "stage",
    "subscribed",
    "source_scene",
    "orders",
    "spent_fen",
    "messages",
    "last_seen",
)
_BUILDER = (
    "all", "any", "not", "add", "group", "remove", "attribute", "tag", "interest", "event",
    "coupon", "campaign", "segment", "model", "eq", "ne", "lt", "le", "gt", "ge", "contains",
    "exists", "at_least", "times", "days", "never", "issued", "claimed", "redeemed", "expired",
    "sent", "clicked", "held_out", "skipped", "not_clicked", "value", "true", "false",
)  # fmt: skip


def _choices(account_id: int, say: Words) -> dict[str, dict[str, str]]:
    """What the account has of each thing that a condition may name: slug -> words."""
    declared = attribute_types.of_account(account_id)
    return {
        "attribute": {name: say(f"con.attribute.{name}") for name in _ATTRIBUTES}
        | {name: one.title or name for name, one in declared.items()},
        "segment": {one.slug: one.name for one in store.of_account(account_id)},
        "coupon": {one.slug: one.title for one in coupon_batches.batches(account_id)},
        "campaign": {one.slug: one.name for one in campaigns.all_of(account_id)},
    }
