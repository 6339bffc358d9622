"""What a journey names beside itself: segments, coupon batches, journeys, attributes. Are they
there?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.campaign.ahead.linting import findings_of
from bot.campaign.ahead.to_come import sample_order
from bot.content.findings import Severity
from bot.errors import InvalidInput, NotFound
from bot.journey.checks import Flaw
from bot.journey.definition import Attribute, Branch, Flow, Kind, Named, Send, Step
from bot.segment.acts import Coupon, Listed
from bot.segment.checks import check_rule
from bot.segment.rules import InSegment, leaves, parse
from bot.store import attribute_types, contents, journeys, segment_versions, segments
from bot.values.attributes import fitted


def missing(account_id: int, flow: Flow) -> list[Flaw]:
    """Errors for what is not there, in the order of the document. A journey may be drafted before
    they are; it starts only when they are."""
    found = [*_of_flow(account_id, flow)]
    for step in flow.steps.values():
        found += _of_step(account_id, step)
    return [*found, *_round(account_id, flow)]


def linted(account_id: int, flow: Flow, now: datetime) -> Iterator[Flaw]:
    """What the linter has to say of each send; a start refuses its errors."""
    for step in flow.steps.values():
        if not isinstance(step.what, Send):
            continue
        try:
            order = sample_order(account_id, step.what.definition, "", now)
        except NotFound:
            continue  # its coupon batch: `missing` tells that
        for one in findings_of(order, None, now, None):
            if one.rule == "content-gone":
                continue  # `missing` tells that, too
            yield Flaw("lint", step.id, error=one.severity is Severity.ERROR, finding=one)


def _of_flow(account_id: int, flow: Flow) -> Iterator[Flaw]:
    there = {state.slug for state in segments.of_account(account_id)}
    for slug in sorted(flow.segments() - there):
        yield Flaw("no_segment", "", slug)
    yield from _rule(account_id, flow.source.get("audience"), "")
    for trigger in flow.triggers:
        if trigger.date is not None:
            declared = attribute_types.find(account_id, trigger.date.attribute)
            if declared is None or declared.kind != "date":
                yield Flaw("no_date", "", trigger.date.attribute)


def _rule(account_id: int, document: Any, step: str) -> Iterator[Flaw]:
    if document is None:
        return
    lacking = list(_lacking(account_id, document, step))
    yield from lacking
    if not lacking:
        try:
            check_rule(account_id, "", document)
        except InvalidInput as error:
            yield Flaw("rule" if step else "audience", step, f"{error.field}: {error}")


def _lacking(account_id: int, document: Any, step: str) -> Iterator[Flaw]:
    """Segments and batches that a rule names and that are not there, each once."""
    found = list(leaves(parse(document)))
    there = {state.slug for state in segments.of_account(account_id)}
    named = {leaf.slug for leaf in found if isinstance(leaf, InSegment | Listed)}
    for slug in sorted(named - there):
        yield Flaw("no_segment", step, slug)
    for batch in sorted({leaf.batch for leaf in found if isinstance(leaf, Coupon)}):
        if not segment_versions.batch_known(account_id, batch):
            yield Flaw("no_batch" if step else "no_batch_in", step, batch)


def _of_step(account_id: int, step: Step) -> Iterator[Flaw]:
    what = step.what
    if isinstance(what, Branch):
        for _, document, _ in what.ways:
            yield from _rule(account_id, document, step.id)
    elif isinstance(what, Attribute):
        declared = attribute_types.find(account_id, what.name)
        if declared is not None:
            yield from _fits(declared, what, step.id)
    if isinstance(what, Send):
        named = what.definition.content
        there = contents.published_of(account_id, named) if named else {}
        for slug in named:
            if slug not in there:
                yield Flaw("no_content", step.id, slug)
    batch = _batch(step)
    if batch and not segment_versions.batch_known(account_id, batch):
        yield Flaw("no_batch", step.id, batch)


def _fits(declared: Any, what: Attribute, step: str) -> Iterator[Flaw]:
    try:
        fitted(declared, what.value, what.name)
    except InvalidInput as error:
        yield Flaw("rule", step, str(error))


def _batch(step: Step) -> str:
    if step.kind is Kind.COUPON and isinstance(step.what, Named):
        return step.what.name
    return step.what.definition.offer if isinstance(step.what, Send) else ""


def _round(account_id: int, flow: Flow) -> Iterator[Flaw]:
    """Journeys that start each other in a circle would never end."""
    known = {flow.slug: flow.source}
    for state in journeys.of_account(account_id):
        if state.version and state.slug not in known:
            known[state.slug] = journeys.version(state.id, state.version).document
    for step in flow.steps.values():
        if step.kind is not Kind.START or not isinstance(step.what, Named):
            continue
        if step.what.name not in known:
            yield Flaw("no_journey", step.id, step.what.name)
        elif flow.slug in _started_from(known, step.what.name):
            yield Flaw("circle", step.id, step.what.name)


def _started_from(known: dict[str, Any], slug: str) -> set[str]:
    found: set[str] = set()
    ahead = [slug]
    while ahead:
        one = ahead.pop()
        if one in found:
            continue
        found.add(one)
        ahead += [s["start"] for s in known.get(one, {}).get("steps", ()) if s.get("start")]
    return found
