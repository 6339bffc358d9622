"""`hongyan identity`: under which names people are known, who was joined with whom, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import click

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.privacy import FOLLOWER_ID, actor, looked
from bot.errors import NotFound
from bot.i18n import t
from bot.profile import identity as people
from bot.profile import identity_view as view
from bot.store import followers, identity_names

NUMBER = click.IntRange(1, 2**63 - 1)
_lang = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
_personal = click.option("--personal", is_flag=True, help="Names in full; this is logged, too.")


@click.group()
def identity() -> None:
    """Names of people in other systems: show, list, conflicts, join, undo, purge."""


@identity.command("show")
@click.argument("follower_id", type=FOLLOWER_ID, required=False)
@click.option("--contact", type=NUMBER, help="Somebody who waits, instead of a follower.")
@_personal
@_lang
@as_json
def show_(
    follower_id: int | None, contact: int | None, personal: bool, lang: str, json_: bool
) -> None:
    """The names of one person, and each join in a sentence."""
    if (follower_id is None) == (contact is None):
        raise click.UsageError("name a follower, or --contact")
    owner = account().id
    if follower_id is not None:
        _known(owner, follower_id)
        found = view.of_follower(owner, follower_id, lang, personal=personal)
    else:
        assert contact is not None
        found = view.of_contact(owner, contact, lang, personal=personal)
        if not found["identities"]:
            raise NotFound(f"there is no contact {contact}")
    looked("show", follower_id, what="identity", contact=contact, personal=personal)
    show(found, json_, lambda: _lines(found, lang))


@identity.command("list")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@as_json
def list_(limit: int, json_: bool) -> None:
    """Contacts who wait for a follower, of the newest names those with the most events first."""
    owner = account().id
    rows = [
        {**one._asdict(), "since": one.since.isoformat(timespec="seconds")}
        for one in identity_names.waiting(owner, limit)
    ]
    headings = {name: name for name in ("contact", "kinds", "names", "events", "since")}
    whole = {"waiting": rows, "names": identity_names.count_waiting(owner)}
    show(whole, json_, lambda: [*table(rows, headings), f"{whole['names']} names wait"])


@identity.command()
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@_lang
@as_json
def conflicts(limit: int, lang: str, json_: bool) -> None:
    """Evidence that would have made one person of two; nothing was changed by it."""
    found = view.conflicts(account().id, limit, lang)
    show({"conflicts": found}, json_, lambda: [one["sentence"] for one in found])


@identity.command()
@click.argument("identity_id", metavar="IDENTITY", type=NUMBER)
@click.argument("follower_id", metavar="FOLLOWER", type=FOLLOWER_ID)
@click.option("--why", required=True, help="How you know: kept sealed, shown with the join.")
@as_json
def join(identity_id: int, follower_id: int, why: str, json_: bool) -> None:
    """IDENTITY and everybody joined with it is FOLLOWER: the events become the follower's."""
    made = people.join(account().id, identity_id, follower_id, why, actor(), common.now())
    show({"join": made.id, "state": made.state}, json_, lambda: [f"join {made.id}"])


@identity.command()
@click.argument("join_id", metavar="JOIN", type=NUMBER)
@click.option("--anyway", is_flag=True, help="Though removed events of it stay counted.")
@as_json
def undo(join_id: int, anyway: bool, json_: bool) -> None:
    """Take JOIN back: what it brought goes, with its events, and waits."""
    done = people.undo(account().id, join_id, actor(), common.now(), anyway=anyway)
    found = {
        "join": join_id,
        "state": done.join.state,
        "identities": done.identities,
        "events": done.events,
        "kept_in_base": done.kept,
    }
    lines = [f"{done.events} events of {len(done.identities)} names went"]
    if done.kept:
        lines.append(f"events of {done.kept} names that retention removed stay counted")
    show(found, json_, lambda: lines)


@identity.command()
@click.option("--older-than", "days", type=click.IntRange(1, 100_000), default=365,
              show_default=True, help="Days that a name waited, and nothing came.")  # fmt: skip
@click.option("--contact", type=NUMBER, help="This one who waits, however old.")
@as_json
def purge(days: int, contact: int | None, json_: bool) -> None:
    """Forget people outside whom nothing joined to a follower, with the events that wait."""
    owner, now = account().id, common.now()
    if contact is not None:
        done = people.forget_contact(owner, contact, actor(), now)
    else:
        done = people.purge(owner, now - timedelta(days=days), actor(), now)
    found = {"names": done[0], "events": done[1]}
    show(found, json_, lambda: [f"{done[0]} names and {done[1]} events forgotten"])


def _known(owner: int, follower_id: int) -> None:
    found = followers.get(follower_id)
    if found.account_id != owner or found.erased_at is not None:
        raise NotFound(f"there is no follower {follower_id}")


def _lines(found: dict[str, Any], lang: str) -> Iterable[str]:
    headings = {name: name for name in ("id", "kind", "system", "value", "events", "since")}
    if found["identities"]:
        yield from table(found["identities"], headings)
    else:
        yield t("identity.none", lang)
    for one in found["joins"]:
        yield f"{one['join']}: {one['sentence']}"
    for one in found["conflicts"]:
        yield f"! {one['sentence']}"
    yield from elsewhere_lines(found.get("elsewhere", ()), lang)


def elsewhere_lines(rows: Iterable[dict[str, Any]], lang: str) -> Iterable[str]:
    """The same person in the owner's other accounts."""
    for one in rows:
        state = t(f"identity.elsewhere.{'follows' if one['subscribed'] else 'left'}", lang)
        yield t("identity.elsewhere", lang, account=one["account"], follower=one["follower"],
                state=state)  # fmt: skip
