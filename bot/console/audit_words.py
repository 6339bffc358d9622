"""An entry of the audit log in words: what was done, to what, and what stood there before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from flask import url_for

from bot.campaign.document.changes import differences
from bot.console.document_words import DocumentWords
from bot.console.shell import Words, actor_said, listed, worded
from bot.store import accounts
from bot.store.operators import EVERY_ACCOUNT

UNTOLD = {"digest", "key", "id", "ids", "secrets", "url", "wording"}  # nothing that says anything
APART = {"before", "after", "changes"}
LONGEST = 160
MOST_CHANGES = 8
PEOPLE = {"author", "maker"}  # operators, whatever the act
PEOPLE_OF = {
    "chat_pass": {"to"},
    **{f"operator.{act}": {"of"} for act in ("invite", "reset", "role", "disable", "enable")},
}  # fmt: skip
# Keys whose values are of a closed set -> where the catalogue has words for them, tried in turn.
CLOSED: dict[str, tuple[str, ...]] = {
    "act": ("con.detail.is",),
    "by": ("con.detail.is",),
    "cause": ("con.detail.is.cause",),
    "every": ("con.detail.is",),
    "family": ("con.detail.is",),
    "faults": ("con.account.call",),
    "how": ("con.detail.is.how",),
    "kind": ("con.work", "con.attributes.kind", "con.detail.is"),
    "on": ("con.detail.is",),
    "outcome": ("con.detail.is.outcome",),
    "policy": ("con.detail.is",),
    "purpose": ("con.detail.is",),
    "refused": ("con.detail.is.refused", "con.error"),
    "report": ("con.reports.kind", "con.report.title"),
    "role": ("con.role",),
    "stage": ("con.detail.is",),
    "state": ("con.detail.is.state",),
    "tab": ("con.follower.tab",),
    "view": ("con.inbox.view",),
    "what": ("con.detail.is", "con.syncs.kind", "con.work"),
}
# The same where the act gives a key its meaning.
CLOSED_OF: dict[tuple[str, str], tuple[str, ...]] = {
    ("operator.role", "before"): ("con.role",),
    ("operator.role", "after"): ("con.role",),
    ("radar_rule", "rule"): ("con.radar",),
    ("radar_release", "rule"): ("con.radar",),
}
# Acts whose documents have fields -> which kind of document.
DOCUMENTS = {"campaign_define": "campaign", "rule_save": "rule", "segment_define": "segment"}
PAGES = {"campaign": "campaign_page", "segment": "segment_page", "journey": "journey_page"}


def act_said(action: str, say: Words) -> str:
    """An act in words; one that has none yet stays as it is kept."""
    return worded(f"con.act.{action}", action, say)


def detail_said(detail: Mapping[str, Any], say: Words, act: str = "") -> str:
    """What it was done to, named; before and after, where both are there."""
    values = {key: value_said(act, key, held, say) for key, held in detail.items()}
    said = [
        say("con.audit.said", name=name_of(act, key, say), value=value)
        for key, value in values.items()
        if value and key not in UNTOLD and key not in APART
    ]
    if "after" in detail:
        before, after = values.get("before") or "–", values["after"] or "–"
        said.append(say("con.audit.changed", before=before, after=after))
    said += _changed(act, detail.get("changes", ()), say)
    return listed(said)


def changes(kind: str, before: Any, after: Any) -> list[list[str]]:
    """For the detail of an edit: field, what stood there, what stands there now, the first few."""
    terms = DocumentWords(kind)
    found = differences(terms.readable(before), terms.readable(after))
    return [
        [one.path, *(_cut(terms.value(one.path, each)) for each in (one.before, one.after))]
        for one in islice(found, MOST_CHANGES)
    ]


def address_of(detail: Mapping[str, Any]) -> str:
    """The page of what it was done to, where its versions stand; "" where the entry does not say
    whose it is."""
    if detail.get("account") not in accounts.slugs().values():
        return ""
    for key, page in PAGES.items():
        if isinstance(ref := detail.get(key), str):
            return url_for(f"console.{page}", slug=detail["account"], ref=ref)
    return ""


def name_of(act: str, key: str, say: Words) -> str:
    return worded(f"con.detail.{act}.{key}", worded(f"con.detail.{key}", key, say), say)


def value_said(act: str, key: str, held: Any, say: Words) -> str:
    """The value as one text; "" where there is nothing to tell."""
    if held is None:
        return ""
    if isinstance(held, Mapping):
        inner = {str(one): value_said(act, str(one), each, say) for one, each in held.items()}
        pairs = [f"{name_of(act, one, say)}={value}" for one, value in inner.items() if value]
        return _cut("；".join(pairs))
    if isinstance(held, list):
        return _cut("、".join(filter(None, (value_said(act, key, one, say) for one in held))))
    return _cut(_one(act, key, held, say))


def _one(act: str, key: str, held: Any, say: Words) -> str:
    if isinstance(held, bool):
        return say(f"con.detail.is.{str(held).lower()}")
    plain = str(held)
    if key == "account" and isinstance(held, int):
        everywhere = say("con.detail.every_account")
        return everywhere if held == EVERY_ACCOUNT else accounts.slugs().get(held, plain)
    if key in PEOPLE or key in PEOPLE_OF.get(act, ()):
        return actor_said(plain if ":" in plain else f"operator:{plain}", say)
    for beginning in CLOSED_OF.get((act, key)) or CLOSED.get(key, ()):
        if found := worded(f"{beginning}.{plain}", "", say):
            return found
    return plain


def _changed(act: str, found: list[list[str]], say: Words) -> Iterator[str]:
    terms = DocumentWords(DOCUMENTS.get(act, ""))
    for path, before, after in found:
        changed = say("con.audit.changed", before=before, after=after)
        yield say("con.audit.said", name=terms.label(path), value=changed)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
