"""What stands beside a journey's canvas: the palette, or the form of a step or of what leads in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request

from bot.campaign.document.reading import METRICS
from bot.console import head_form, step_forms
from bot.console.conditions import FIGURES, JOINS, KINDS, LISTENS, OPS, OUTCOMES, STATES
from bot.console.flow_view import HEAD
from bot.console.shell import Words, language, words
from bot.journey import editing
from bot.journey.definition import SEND_WAYS, Kind
from bot.journey.editing import Document
from bot.journey.reading import REENTRY, TRIGGERS
from bot.journey.sketch import Sketch
from bot.journey.step_reading import ENDS
from bot.segment import offered
from bot.store import (
    campaigns,
    contents,
    coupon_batches,
    journeys,
    rule_words,
    segments,
)
from bot.store.coupon_batches import BatchState

PALETTE: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("action", step_forms.DOES), ("flow", step_forms.FLOW),
)  # fmt: skip


def side(
    account_id: int, chosen: str, adds: str, looked: Sketch, document: Document
) -> dict[str, Any] | None:
    """For journey_side.html; None where nothing is chosen."""
    say = words()
    if adds:
        way = request.args.get("way", "")
        ways = looked.nodes[adds].ways if adds in looked.nodes else ()
        known = adds == HEAD or way in [name for name, _, _ in ways]
        return {"palette": _palette(say), "at": f"{adds}/{way}"} if known else None
    if chosen == HEAD:
        return {"head": head_form.shown(document), **_choices(account_id, say)}
    step = editing.step_of(document, chosen)
    if not chosen or step is None:
        return None
    node = looked.nodes[chosen]
    values = step_forms.shown(step, editing.following(document, chosen))
    return {
        "step": chosen,
        "kind": node.kind.value if node.kind else "",
        "f": values,
        "ways": [(way, said) for way, said, _ in node.ways],
        "targets": [(id_, f"{id_} · {_brief(other.said)}") for id_, other in looked.nodes.items()],
        "sends": [id_ for id_, other in looked.nodes.items() if other.kind is Kind.SEND],
        "spots": _spots(looked, chosen, say),
        "moves": node.kind is not Kind.END and len(looked.nodes) > 2,
        **_choices(account_id, say),
    }


def _brief(text: str) -> str:
    return text if len(text) <= 16 else f"{text[:15]}…"


def _palette(say: Words) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    return [
        (group, say(f"con.canvas.{group}"),
         [(kind.value, say(f"con.step.{kind.value}"), say(f"con.step.{kind.value}.hint"))
          for kind in kinds])
        for group, kinds in PALETTE
    ]  # fmt: skip


def _spots(looked: Sketch, chosen: str, say: Words) -> list[tuple[str, str]]:
    """Where a step may be moved to: behind each way of the others."""
    first = [(f"{HEAD}/", say("con.canvas.first"))] if next(iter(looked.nodes)) != chosen else []
    return first + [
        (f"{id_}/{way}", f"{id_}{f' · {_brief(said)}' if said else ''}")
        for id_, node in looked.nodes.items()
        if id_ != chosen
        for way, said, _ in node.ways
    ]


def _choices(of: int, say: Words) -> dict[str, Any]:
    """What the account has of each thing that a form may name."""
    batches = [one for one in coupon_batches.batches(of) if one.withdrawn_at is None]
    return {
        "names": _names(of, batches, say),
        "words": [*rule_words.tags(of), *rule_words.topics(of)],
        "batches": [(one.slug, one.title) for one in batches],
        "pieces": [(one.slug, one.title) for one, _ in contents.page(of) if one.published],
        "journeys": [(one.slug, one.name) for one in journeys.of_account(of)],
        "conditions": [(kind, say(f"con.cond.{kind}")) for kind in KINDS],
        "joins": [(join, say(f"con.cond.join.{join}")) for join in JOINS],
        "ops": [(op, say(f"con.builder.{op}")) for op in OPS],
        "figures": [(one, say(f"con.cond.figure.{one}")) for one in FIGURES],
        "outcomes": [(one, say(f"con.builder.{one}")) for one in OUTCOMES],
        "metrics": [(one, say(f"experiment.metric.{one}")) for one in METRICS],
        "states": [(one, say(f"con.builder.{one}")) for one in STATES],
        "listens": [(one, say(f"con.listen.{one}")) for one in LISTENS],
        "triggers": [(one, say(f"con.trigger.{one}")) for one in TRIGGERS],
        "reentries": [(one, say(f"con.reentry.{one}")) for one in REENTRY],
        "send_ways": [(way, say(f"con.way.{way}")) for way in SEND_WAYS],
        "ends": [(one, say(f"con.end.{one}")) for one in ENDS],
        "weekdays": [(day, say(f"con.weekday.{day}")) for day in range(1, 8)],
    }


def _names(of: int, batches: Sequence[BatchState], say: Words) -> dict[str, list[tuple[str, str]]]:
    """(slug, title) of what a row may name, by kind."""
    held = offered.attributes(of)
    attributes = [(one.name, one.title if one.own else say(f"con.attribute.{one.name}"))
                  for one in held]  # fmt: skip
    return {
        "segment": [(one.slug, one.name) for one in segments.of_account(of)],
        "coupon": [(one.slug, one.title) for one in batches],
        "campaign": [(one.slug, one.name) for one in campaigns.all_of(of)],
        "event": offered.behaviours(of, language()),
        "attribute": attributes,
        "date": [(one.name, one.title) for one in held if one.kind == "date" and one.own],
        "model": [(one.slug, one.said) for one in offered.models(of, language())],
    }
