"""`hongyan campaign submit | approve | reject | test-send | testers | rules`: before it starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from bot.campaign import approve as use
from bot.campaign.ahead.trial import send_trial, tester_of
from bot.campaign.finding import find
from bot.cli import common
from bot.cli.common import account, as_json, in_words, services, show, table, zone
from bot.cli.privacy import actor, looked
from bot.clock import wall
from bot.errors import Conflict
from bot.i18n import t
from bot.store import approvals, audit, campaign_rules, trials
from bot.store.approvals import Approval


@click.command()
@click.argument("id")
def submit(id: str) -> None:
    """Ask a second person to approve the document as it stands."""
    made = use.submit(account().id, id, actor(), common.now())
    click.echo(f"{id} waits for approval; submitted by {made.maker}")


@click.command()
@click.argument("id")
def approve(id: str) -> None:
    """Approve the document that was submitted. Who wrote or submitted it cannot."""
    made = use.approve(account().id, id, actor(), common.now())
    click.echo(f"{id} is approved by {made.decider}")


@click.command()
@click.argument("id")
@click.argument("reason")
def reject(id: str, reason: str) -> None:
    """Refuse the document that was submitted, and say why."""
    made = use.reject(account().id, id, actor(), reason, common.now())
    click.echo(f"{id} is rejected by {made.decider}: {made.reason}")


@click.command("approvals")
@click.argument("id")
@in_words
@as_json
def approvals_(id: str, lang: str, json_: bool) -> None:
    """How it stands with the approval, and every request so far."""
    campaign = find(account().id, id)
    history = approvals.history(campaign.id)
    rows = [
        {
            "state": one.state,
            "maker": one.maker,
            "submitted_at": _at(one.submitted_at),
            "decider": one.decider,
            "decided_at": _at(one.decided_at),
            "reason": one.reason,
        }
        for one in history
    ]
    value = {"campaign": campaign.slug, "stands": use.standing_of(campaign), "requests": rows}
    show(value, json_, lambda: _told(str(value["stands"]), history, lang))


def _told(stands: str, history: list[Approval], lang: str) -> Iterable[str]:
    yield t("campaign.approval.stands", lang, state=_word(stands, lang))
    rows = [
        {
            "state": _word(one.state, lang),
            "maker": one.maker,
            "submitted": wall(one.submitted_at, zone()),
            "decider": one.decider,
            "decided": wall(one.decided_at, zone()),
            "reason": one.reason,
        }
        for one in history
    ]
    names = ("state", "maker", "submitted", "decider", "decided", "reason")
    yield from table(rows, {name: t(f"campaign.approval.head.{name}", lang) for name in names})


def _word(state: str, lang: str) -> str:
    return t(f"campaign.approval.{state.replace(' ', '_')}", lang)


def _at(instant: datetime | None) -> str:
    return "" if instant is None else instant.isoformat(timespec="seconds")


@click.command("test-send")
@click.argument("id")
@click.option("--to", "to", multiple=True, help="A tester's name, a follower's number or openid.")
@as_json
def test_send(id: str, to: tuple[str, ...], json_: bool) -> None:
    """Send each variant, marked 【测试】, to the testers, or to whom --to names. Counts nowhere."""
    done = send_trial(services(), account().id, id, to, actor(), common.now())
    for who in dict.fromkeys(one.follower_id for one in done):
        looked("campaign_test_send", who, campaign=id)
    rows = [
        {
            "follower": audit.pseudonym(one.follower_id),
            "variant": one.variant,
            "state": one.state,
            "error": one.error,
        }
        for one in done
    ]
    columns = {name: name for name in ("follower", "variant", "state", "error")}
    show({"campaign": id, "tests": rows}, json_, lambda: table(rows, columns))
    if any(one.state != "sent" for one in done):
        raise Conflict("not every test message was accepted")


@click.group()
def testers() -> None:
    """People of the house who look at messages first."""


@testers.command("list")
@as_json
def list_testers(json_: bool) -> None:
    """All testers, by name, with their pseudonyms."""
    found = trials.testers(account().id)
    rows = [{"name": one.name, "follower": audit.pseudonym(one.follower_id)} for one in found]
    columns = {"name": "name", "follower": "follower"}
    show({"testers": rows}, json_, lambda: table(rows, columns))


@testers.command("add")
@click.argument("name")
@click.argument("follower")
def add_tester(name: str, follower: str) -> None:
    """Call FOLLOWER, a number or an openid, the tester NAME."""
    owner, now = account(), common.now()
    who = tester_of(owner.id, follower)
    trials.add_tester(owner.id, name[:32], who, now)
    looked("tester_add", who, tester=name[:32])
    click.echo(f"{name} is {audit.pseudonym(who)}")


@testers.command("remove")
@click.argument("name")
def remove_tester(name: str) -> None:
    """NAME is no tester any more."""
    trials.remove_tester(account().id, name)
    looked("tester_remove", tester=name)
    click.echo(f"{name} is no tester any more")


@click.command()
@click.option(
    "--approval/--no-approval", default=None, help="Every campaign needs a second person."
)
@click.option(
    "--control", type=click.FloatRange(0, 50), help="Percent of followers who get no marketing."
)
@click.option("--reshuffle", metavar="WORD", help="Draw the control group anew, by this word.")
@as_json
def rules(approval: bool | None, control: float | None, reshuffle: str | None, json_: bool) -> None:
    """What holds for all campaigns of the account; with an option change it."""
    given = {
        "approval": approval,
        "control_permille": None if control is None else round(control * 10),
        "control_salt": None if reshuffle is None else reshuffle[:32],
    }
    changes: dict[str, Any] = {name: one for name, one in given.items() if one is not None}
    owner = account()
    if changes:
        found = campaign_rules.put(owner.id, **changes)
        looked("campaign_rules", **changes)
    else:
        found = campaign_rules.of(owner.id)
    lines = [
        f"approval by a second person: {'demanded' if found.approval else 'not demanded'}",
        f"control group: {found.control_share:.1%} of all followers",
    ]
    show(asdict(found), json_, lambda: lines)
