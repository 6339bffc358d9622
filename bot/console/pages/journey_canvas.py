"""The canvas of a journey: steps put in, filled in, moved and taken out, until it is a version.

What is changed stands as a draft that everybody sees who works at the journey; nobody walks by it
until it is saved as a version, with what becomes of those on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot import journey as use
from bot.console import head_form, step_forms
from bot.console.canvas_side import side
from bot.console.documents import ordered
from bot.console.flow_faults import fault_said, refused, step_called
from bot.console.flow_view import HEAD, drawn
from bot.console.gate import account, asker, page
from bot.console.journey_lacks import WHAT, lacks
from bot.console.newer import Newer, newer_of, overtaken
from bot.console.pages.journey_forms import LACKS, new_form
from bot.console.pages.journeys import found, note, state_said
from bot.console.rights import Right
from bot.console.shell import Words, actor_said, language, render, shown_at, words, zone_of
from bot.errors import HongyanError, InvalidInput
from bot.journey import editing
from bot.journey.checks import Flaw
from bot.journey.definition import Kind
from bot.journey.editing import Document, Spot
from bot.journey.renaming import renamed
from bot.journey.sketch import Sketch, changed, headed, sketch
from bot.store import journey_drafts
from bot.store import journeys as store
from bot.store.db import transaction
from bot.store.journey_drafts import Draft
from bot.store.journeys import JourneyState

BEGINNING: Document = {
    "trigger": {"when": "subscribe"},
    "holdout": 0.05,
    "steps": [{"id": "wait", "wait": {"days": 1}}, {"id": "end", "end": "finished"}],
}


@page("/a/<slug>/journeys/begin", Right.EDIT, ("POST",))
def journey_begin(slug: str) -> Response:
    """A new journey with a draft of two steps; nothing is a version yet."""
    given, who = request.form, asker()
    name, ref = given.get("name", "").strip(), given.get("slug", "").strip()
    try:
        use.check(account().id, {**BEGINNING, "slug": ref, "name": name}, who.now)
    except HongyanError as error:
        return new_form(str(error))
    if any(one.slug == ref for one in store.of_account(account().id)):
        return new_form(words()("con.journey.taken", slug=ref))
    made = store.create(account().id, ref, name, who.now)
    document = {"slug": ref, "name": name, **BEGINNING}
    journey_drafts.keep(made.id, "", 0, document, who.actor, who.now)
    note("journey_begin", made)
    return redirect(url_for("console.journey_canvas", slug=slug, ref=ref))


@page("/a/<slug>/journeys/<ref>/canvas", Right.EDIT, ("GET", "POST"))
def journey_canvas(slug: str, ref: str) -> Response:
    """The draft, or the latest version where nobody has changed anything yet."""
    one = found(ref)
    if request.method == "GET":
        return _page(one)
    act = _ACTS.get(request.form.get("do", "")) or abort(404)
    try:
        return act(one)
    except HongyanError as error:
        return _page(one, 422, refused(error, document_of(one)[1], words()))


def document_of(one: JourneyState) -> tuple[Draft | None, Document]:
    """The draft if there is one, and the document that is being worked at. 404 without either."""
    draft = journey_drafts.of_journey(one.id)
    if draft is not None:
        return draft, draft.document
    if not one.version:
        return None, {"slug": one.slug, "name": one.name, **BEGINNING}
    return None, ordered(store.version(one.id, one.version).document)


# --- changes -------------------------------------------------------------------------------------


def _changed(one: JourneyState, change: Callable[[Document], Document], step: str = "") -> Response:
    """Make a change to what the form saw; nobody's other change is written over unseen."""
    who = asker()
    _, document = document_of(one)
    new = change(document)
    if new == document and _is_latest(one):
        return _to(one, step)
    seen = _seen(one)
    if not journey_drafts.keep(one.id, seen, one.version, new, who.actor, who.now):
        return _page(one, 409, words()("con.canvas.moved"), shown=new, newer=_newer(one, new))
    return _to(one, step)


def _is_latest(one: JourneyState) -> bool:
    """The form was made from what is there now."""
    draft, _ = document_of(one)
    return request.form.get("seen", "") == (draft.stamp if draft else f"v{one.version}")


def _newer(one: JourneyState, mine: Document) -> Newer | None:
    """Who changed the draft, and what this change would make of it as it is now."""
    draft, theirs = document_of(found(one.slug))
    by, at = (draft.author, draft.at) if draft else ("", None)
    if draft is None and one.version:
        kept = store.version(one.id, one.version)
        by, at = kept.author, kept.at
    return newer_of(overtaken(theirs, mine, by, at, kind="journey"))


def _seen(one: JourneyState) -> str:
    """Which draft the form was made from, "" for the latest version without any."""
    seen = request.form.get("seen", "")
    return "" if seen == f"v{one.version}" else seen or "none"


def _to(one: JourneyState, step: str = "") -> Response:
    where: dict[str, Any] = {"step": step, "_anchor": "side"} if step else {}
    return redirect(url_for("console.journey_canvas", slug=account().slug, ref=one.slug, **where))


def _add(one: JourneyState) -> Response:
    given = request.form
    try:
        kind = Kind(given.get("kind", ""))
    except ValueError:
        abort(404)
    _, document = document_of(one)
    id_ = editing.new_id(document, kind)
    step = {"id": id_, kind.value: _beginning(kind, document)}
    return _changed(one, lambda document: editing.put(document, _spot(), step), id_)


def _beginning(kind: Kind, document: Document) -> Any:
    """An outcome is of the last send, which is mostly what is meant."""
    if kind is not Kind.OUTCOME:
        return step_forms.BEGINNINGS[kind]
    sends = [one["id"] for one in editing.steps_of(document) if "send" in one]
    return {"of": sends[-1] if sends else ""}


def _spot() -> Spot:
    at, _, way = request.form.get("at", "").partition("/")
    return Spot("" if at == HEAD else at, way)


def _step(one: JourneyState) -> Response:
    id_ = request.form.get("step", "")

    def change(document: Document) -> Document:
        held = editing.step_of(document, id_) or abort(404)
        new = step_forms.step_from(request.form, held)
        return changed(document, id_, new, zone_of(account()))

    _, document = document_of(one)
    new = change(document)
    untrue = step_forms.untrue_shares(editing.step_of(new, id_) or {})
    if untrue is not None:
        return _page(one, 422, words()(untrue[0], total=untrue[1]), shown=new)
    return _changed(one, change, id_)


def _head(one: JourneyState) -> Response:
    def change(document: Document) -> Document:
        return headed(document, head_form.head_from(request.form, document), zone_of(account()))

    return _changed(one, change, HEAD)


def _swap(one: JourneyState) -> Response:
    """Something that is there in the place of what is not, wherever the journey names it."""
    given = request.form
    what, old, new = (given.get(name, "") for name in ("what", "name", "by"))
    if what not in WHAT.values() or not old:
        abort(404)
    if not new:
        raise InvalidInput(words()("con.lack.choose"), "by")
    return _changed(one, lambda document: renamed(document, what, old, new))


def _remove(one: JourneyState) -> Response:
    id_ = request.form.get("step", "")
    try:
        return _changed(one, lambda document: editing.remove(document, id_))
    except InvalidInput as error:
        if error.field != "reached":
            raise
        return _page(one, 409, words()("con.canvas.reached", step=id_))


def _move(one: JourneyState) -> Response:
    id_ = request.form.get("step", "")
    try:
        return _changed(one, lambda document: editing.move(document, id_, _spot()), id_)
    except InvalidInput:
        return _page(one, 409, words()("con.canvas.no_move", step=id_))


def _undo(one: JourneyState) -> Response:
    if not journey_drafts.undo(one.id, request.form.get("seen", "")):
        return _moved(one)
    return _to(one)


def _discard(one: JourneyState) -> Response:
    """Give up all changes; the versions stay."""
    draft = journey_drafts.of_journey(one.id)
    if draft is not None and request.form.get("seen", "") != draft.stamp:
        return _moved(one)
    if journey_drafts.drop(one.id):
        note("journey_discard", one)
    if not one.version:
        return redirect(url_for("console.journeys", slug=account().slug))
    return _to(one)


def _publish(one: JourneyState) -> Response:
    """The draft as the next version, unless another version came that nobody has looked at."""
    who, given, say = asker(), request.form, words()
    draft, document = document_of(one)
    if draft is None or given.get("seen", "") != draft.stamp:
        return _moved(one)
    if given.get("base", "") != str(one.version):
        said = say("con.canvas.overtaken", number=one.version)
        kept = store.version(one.id, one.version)
        other = overtaken(kept.document, document, kept.author, kept.at, kind="journey")
        return _page(one, 409, said, newer=newer_of(other))
    if not _keepable(_looked(document)):
        return _page(one, 422, say("con.journey.flawed"))
    with transaction():  # a version, no draft, and the log's entry: all of it or nothing
        if not _still(one, draft):
            return _moved(one)
        made = use.define(
            account().id, document, who.now, policy=given.get("policy", ""), author=who.actor[:64]
        )
        journey_drafts.drop(one.id, draft.number)
        note("journey_define", made, version=made.version, policy=given.get("policy", ""))
    return redirect(url_for("console.journey_page", slug=account().slug, ref=made.slug))


def _still(one: JourneyState, draft: Draft) -> bool:
    """Draft and versions are what they were when the page was read. In a transaction."""
    held, now = store.get(one.id, hold=True), journey_drafts.of_journey(one.id)
    return held.version == one.version and now is not None and now.stamp == draft.stamp


def _moved(one: JourneyState) -> Response:
    """Somebody else changed the draft: who, when, and what."""
    was = store.version(one.id, one.version).document if one.version else {}
    return _page(one, 409, words()("con.canvas.moved"), newer=_newer(one, ordered(was)))


def _keepable(looked: Sketch) -> bool:
    if looked.flow is None:
        return False
    flaws = [*looked.flaws, *(flaw for node in looked.nodes.values() for flaw in node.flaws)]
    return not any(flaw.error and flaw.code not in LACKS for flaw in flaws)


_ACTS: Mapping[str, Callable[[JourneyState], Response]] = {
    "add": _add,
    "step": _step,
    "head": _head,
    "swap": _swap,
    "remove": _remove,
    "move": _move,
    "undo": _undo,
    "discard": _discard,
    "publish": _publish,
}


# --- the page ------------------------------------------------------------------------------------


def _looked(document: Document) -> Sketch:
    return sketch(account().id, document, asker().now, zone_of(account()), language())


def _page(
    one: JourneyState,
    status: int = 200,
    error: str = "",
    shown: Document | None = None,
    newer: Newer | None = None,
) -> Response:
    """shown: what somebody tried to keep and could not, for the form to come back with."""
    draft, document = document_of(one)
    say, looked = words(), _looked(document)
    chosen, adds = request.values.get("step", ""), request.args.get("add", "")
    if request.method == "POST" and request.form.get("do") == "head":
        chosen = HEAD
    if chosen and chosen != HEAD and chosen not in looked.nodes:
        if request.method == "GET":
            abort(404)
        chosen = ""
    return render(
        "journey_canvas.html",
        status,
        one=one,
        slug=account().slug,
        state=state_said(one.state),
        draft=_draft(one, draft, say),
        seen=_carried(draft.stamp if draft else f"v{one.version}", status),
        newer=newer,
        canvas=drawn(looked, say, _link(one), chosen=chosen or adds, edits=True),
        whole=_keepable(looked),
        problems=_problems(looked, say),
        lacks=lacks(looked, one.slug, document, say),
        side=side(account().id, chosen, adds, looked, shown or document),
        policies=[(policy, say(f"con.journey.policy.{policy}")) for policy in use.POLICIES],
        policy=request.form.get("policy", store.KEEP),
        error=error,
    )


def _carried(now: str, status: int) -> str:
    """A step's form that comes back with a fault is still of what its reader saw."""
    return request.form.get("seen", now) if status == 422 else now


def _link(one: JourneyState) -> Callable[..., str]:
    def link(**asked: Any) -> str:
        return url_for(
            "console.journey_canvas", slug=account().slug, ref=one.slug, _anchor="side", **asked
        )

    return link


def _draft(one: JourneyState, draft: Draft | None, say: Words) -> dict[str, Any] | None:
    if draft is None:
        return None
    return {
        "by": actor_said(draft.author, say),
        "at": shown_at(draft.at, zone_of(account())),
        "undo": draft.earlier > 0 or bool(one.version),
        "based_on": draft.based_on,
        "overtaken": draft.based_on != one.version,
    }


def _problems(looked: Sketch, say: Words) -> list[tuple[str, str, str, bool]]:
    """(step, what it is called, what is wrong, whether it keeps the draft from being saved); what
    is lacking is told by `lacks`."""
    head = say("con.canvas.head")
    found = [(HEAD, head, fault_said(looked.head, say), True)] if looked.head else []
    found += [(HEAD, head, said, bad) for said, bad in _flaws(looked.flaws)]
    for node in looked.nodes.values():
        called = step_called(node.document, say)
        if node.fault:
            found.append((node.id, called, fault_said(node.fault, say), True))
        found += [(node.id, called, said, bad) for said, bad in _flaws(node.flaws)]
    return found


def _flaws(flaws: Sequence[Flaw]) -> list[tuple[str, bool]]:
    return [(flaw.said(language()), flaw.error) for flaw in flaws if flaw.code not in WHAT]
