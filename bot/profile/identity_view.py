"""What is known of one person's names, each join and each contradiction in a sentence.

Names are masked: 138****5678 tells an operator which, and not what.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.clock import SHANGHAI
from bot.i18n import t
from bot.store import identities, identity_names, pseudonyms
from bot.store import identity_joins as joins
from bot.store.identity_names import Shown
from bot.values.identity import Kind, Why


def of_follower(
    account_id: int,
    follower_id: int,
    lang: str = "zh",
    *,
    personal: bool = False,
    own: bool = False,
) -> dict[str, Any]:
    """Names, joins, contradictions, and in which other accounts the same unionid follows.

    own  for himself: that staff joined or parted names, not who of them, nor what they noted
    """
    ids = {one.id for one in identities.of_followers(account_id, [follower_id])}
    made = {one.id: one for one in joins.of_follower(account_id, follower_id)}
    made |= {one.id: one for one in joins.between(account_id, ids)}
    against = joins.conflicts(account_id, 100, sorted(ids)) if ids else []
    against += [one for one in joins.conflicts(account_id, 100, follower=follower_id)
                if one.identity not in ids]  # fmt: skip
    return {
        "follower": pseudonyms.of(follower_id),
        **_told(account_id, ids, [made[id_] for id_ in sorted(made)], against, lang, personal, own),
        "elsewhere": elsewhere(follower_id),
    }


def of_contact(
    account_id: int, contact: int, lang: str = "zh", *, personal: bool = False
) -> dict[str, Any]:
    """The same of a contact who waits for a follower."""
    ids = {one.id for one in identities.of_contacts(account_id, [contact])} or {contact}
    made = joins.between(account_id, ids)
    against = joins.conflicts(account_id, 100, sorted(ids))
    return {"contact": contact, **_told(account_id, ids, made, against, lang, personal)}


def conflicts(account_id: int, limit: int, lang: str = "zh") -> list[dict[str, Any]]:
    """What contradicts, the latest first."""
    found = joins.conflicts(account_id, limit)
    return [_conflict(one, _names(account_id, (), found), lang) for one in found]


def elsewhere(follower_id: int) -> list[dict[str, Any]]:
    """In which other accounts of the owner the same unionid is. Profiles are not mixed over
    accounts: what somebody agreed to, he agreed to with one of them."""
    return [
        {"account": slug, "follower": pseudonyms.of(id_), "subscribed": subscribed}
        for slug, id_, subscribed in identity_names.elsewhere(follower_id)
    ]


def _told(
    account_id: int,
    ids: Collection[int],
    made: list[joins.Join],
    against: list[joins.Conflict],
    lang: str,
    personal: bool,
    own: bool = False,
) -> dict[str, Any]:
    names = _names(account_id, made, against)
    return {
        "identities": [_identity(one, personal) for one in identity_names.shown(account_id, ids)],
        "joins": [_join(one, names, lang, own) for one in made],
        "conflicts": [_conflict(one, names, lang) for one in against],
    }


def _identity(one: Shown, personal: bool) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "system": one.system,
        "value": one.value if personal else masked(one.kind, one.value),
        "contact": one.contact,
        "events": one.events,
        "since": one.since.isoformat(timespec="seconds"),
    }


def masked(kind: str, value: str) -> str:
    """Enough to tell one from another."""
    if kind == Kind.PHONE and len(value) >= 9:
        return f"{value[:3]}****{value[-4:]}"
    return f"…{value[-min(4, max(1, len(value) // 2)) :]}"


# --- sentences -----------------------------------------------------------------------------------


def _names(
    account_id: int, made: Iterable[joins.Join], against: Iterable[joins.Conflict]
) -> dict[int, Shown]:
    pairs = [(one.identity, one.other) for one in made]
    pairs += [(one.identity, one.other) for one in against]
    ids = {id_ for pair in pairs for id_ in pair if id_ is not None}
    return {one.id: one for one in identity_names.shown(account_id, ids)}


def _join(one: joins.Join, names: dict[int, Shown], lang: str, own: bool) -> dict[str, Any]:
    if own:
        one = replace(one, actor="", reason="", undone_by="")
    by_staff = ".own" if own and one.why == Why.OPERATOR else ""
    said = t(
        f"identity.join.{one.why}{by_staff}", lang, name=_name(one.identity, names, lang),
        other=_other(one.other, one.follower, names, lang),
        evidence=_evidence(one.account_id, one.evidence, lang), actor=one.actor, reason=one.reason,
        at=_when(one.at),
    )  # fmt: skip
    if one.undone_at is not None:
        undone = "identity.join.undone.own" if own else "identity.join.undone"
        said += t(undone, lang, by=one.undone_by, at=_when(one.undone_at))
    elif one.state == joins.OPEN:
        said += t("identity.join.open", lang)
    return {
        "join": one.id,
        "why": str(one.why),
        "state": one.state,
        "at": one.at.isoformat(timespec="seconds"),
        "evidence": one.evidence,
        "actor": one.actor,
        "undone_at": one.undone_at.isoformat(timespec="seconds") if one.undone_at else None,
        "undone_by": one.undone_by,
        "sentence": said,
    }


def _conflict(one: joins.Conflict, names: dict[int, Shown], lang: str) -> dict[str, Any]:
    holder = names[one.identity]
    return {
        "conflict": one.id,
        "identity": one.identity,
        "kind": holder.kind,
        "with": pseudonyms.of(holder.follower) if holder.follower else holder.contact,
        "against": pseudonyms.of(one.follower) if one.follower else one.other,
        "times": one.times,
        "last_at": one.last_at.isoformat(timespec="seconds"),
        "sentence": t(
            "identity.conflict", lang, name=_name(one.identity, names, lang),
            holder=_other(holder.contact, holder.follower, {}, lang),
            other=_other(one.other, one.follower, names, lang),
            why=t(f"identity.why.{one.why}", lang), times=one.times, at=_when(one.last_at),
        ),
    }  # fmt: skip


def _name(id_: int, names: dict[int, Shown], lang: str) -> str:
    one = names[id_]
    system = f" {one.system}" if one.system else ""
    kind = t(f"identity.kind.{one.kind}", lang)
    return f"{kind}{system} {masked(one.kind, one.value)} (#{one.id})"


def _other(other: int | None, follower: int | None, names: dict[int, Shown], lang: str) -> str:
    if follower is not None:
        return t("identity.follower", lang, name=pseudonyms.of(follower))
    if other in names:
        return _name(other, names, lang)
    return t("identity.contact", lang, number=other)


def _evidence(account_id: int, evidence: str, lang: str) -> str:
    """What speaks for a join, in words; of a report that is gone only that there was one."""
    kind, _, rest = evidence.partition(":")
    if kind == "event" and (found := joins.event_of(rest)):
        id_, what, at = found
        return t("identity.by.event", lang, id=id_, kind=what, at=_when(at))
    if kind == "import":
        started, _, line = rest.partition(":")
        run = joins.import_of(account_id, int(started))
        return t("identity.by.import", lang, run=run or "?", line=line)
    if kind == "link":
        link, _, send = rest.partition(":")
        return t("identity.by.link", lang, link=link, send=send)
    return t("identity.by.gone", lang)


def _when(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
