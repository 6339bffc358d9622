"""What a journey names and the account has not got yet: said in words, each with the way to make it
and what could stand in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from bot.console.gate import account
from bot.console.shell import Words
from bot.journey.checks import Flaw
from bot.journey.editing import step_of
from bot.journey.renaming import naming
from bot.journey.sketch import Sketch
from bot.store import attribute_types, contents, coupon_batches, journeys, segments

# A flaw's code -> what is lacking (bot.journey.renaming.FIELDS).
WHAT: Mapping[str, str] = {
    "no_batch": "batch", "no_batch_in": "batch", "no_segment": "segment", "no_content": "content",
    "no_journey": "journey", "no_date": "date",
}  # fmt: skip
_TITLE = re.compile(r"\{title\|([^{}|]+)\}")
_REF, _STEP = r"[a-z0-9][a-z0-9-]{0,31}", r"[a-z0-9*][a-z0-9-]{0,15}"


def lacks(
    looked: Sketch, ref: str, document: Mapping[str, Any], say: Words
) -> list[dict[str, Any]]:
    """For journey_lacks.html: each thing once, in the order of the document."""
    flaws = [*looked.flaws, *(flaw for node in looked.nodes.values() for flaw in node.flaws)]
    things = dict.fromkeys((WHAT[f.code], f.detail) for f in flaws if f.code in WHAT)
    return [_lack(what, name, flaws, ref, document, say) for what, name in things]


def _lack(
    what: str, name: str, flaws: Iterable[Flaw], ref: str, document: Mapping[str, Any], say: Words
) -> dict[str, Any]:
    steps = naming(document, what, name)
    title = _title(document, steps) if what == "batch" else ""
    return {
        "what": what,
        "name": name,
        "said": say(f"con.lack.{what}", name=f"{title}（{name}）" if title else name),
        "steps": steps,
        "make": _make(what, name, title, ref, steps),
        "others": _others(what, ref),
    }


def _title(document: Mapping[str, Any], steps: list[str]) -> str:
    """What the texts call the coupon where they have no title of it: {title|火锅券}."""
    sends = ((step_of(document, id_) or {}).get("send") for id_ in steps)
    texts = (str(one.get("text") or "") for one in sends if isinstance(one, Mapping))
    found = (_TITLE.search(text) for text in texts)
    return next((one[1].strip() for one in found if one), "")


def _make(what: str, name: str, title: str, ref: str, steps: list[str]) -> str:
    """Where it is made, its fields filled in; the way back is part of the address."""
    back: dict[str, Any] = {"journey": ref, "step": steps[0] if steps else "*"}
    slug = account().slug
    if what == "batch":
        return url_for(
            "console.coupons_list", slug=slug, ref=name, title=title, _anchor="new", **back
        )
    if what == "segment":
        return url_for("console.new_segment", slug=slug, ref=name, **back)
    if what == "content":
        return url_for("console.new_content", slug=slug, ref=name, kind="message", **back)
    if what == "journey":
        return url_for("console.new_journey", slug=slug, ref=name)
    return url_for("console.attributes_page", slug=slug, name=name, kind="date", **back)


def _others(what: str, ref: str) -> list[tuple[str, str]]:
    """(slug, title) of what is there already."""
    of = account().id
    if what == "batch":
        batches = coupon_batches.batches(of)
        return [(one.slug, one.title) for one in batches if one.withdrawn_at is None]
    if what == "segment":
        return [(one.slug, one.name) for one in segments.of_account(of)]
    if what == "content":
        return [(one.slug, one.title) for one, _ in contents.page(of) if one.published]
    if what == "journey":
        return [(one.slug, one.name) for one in journeys.of_account(of) if one.slug != ref]
    dates = (one for one in attribute_types.of_account(of).values() if one.kind == "date")
    return [(one.name, one.title or one.name) for one in dates]


def way_back(given: MultiDict[str, str]) -> dict[str, str]:
    """The journey that somebody comes from, as a form carries it; {} where he comes from none."""
    ref, step = given.get("journey", ""), given.get("step", "")
    if not re.fullmatch(_REF, ref):
        return {}
    return {"journey": ref, "step": step if re.fullmatch(_STEP, step) else "*"}


def address_back(given: MultiDict[str, str]) -> str:
    """The canvas that he comes from; "" where he comes from none."""
    back = way_back(given)
    if not back:
        return ""
    return url_for("console.journey_canvas", slug=account().slug, ref=back["journey"],
                   step=back["step"], _anchor="side")  # fmt: skip
