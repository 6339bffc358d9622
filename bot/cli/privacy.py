"""`hongyan privacy`: access, consent, erasure, retention, the audit log and the regular audit."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator

import click
from tqdm import tqdm

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.errors import Conflict
from bot.profile import auditing, retention
from bot.profile import privacy as rights
from bot.profile import rights as wishes
from bot.store import audit as log_store
from bot.store import consents

FOLLOWER_ID = click.IntRange(1, 2**63 - 1)


def actor() -> str:
    """Who types: the name that this machine knows them by."""
    try:
        return f"operator:{getpass.getuser()}"[:64]
    except (OSError, KeyError):  # a container's user without a name
        return "operator:unnamed"


def looked(action: str, follower_id: int | None = None, **detail: object) -> None:
    """An operator saw or changed personal data: into the audit log."""
    log_store.record(actor(), action, common.now(), follower_id=follower_id, detail=detail)


@click.group()
def privacy() -> None:
    """Followers' rights: export, consent, erase; retention; who looked; the audit."""


@privacy.command()
@click.argument("follower_id", type=FOLLOWER_ID)
def export(follower_id: int) -> None:
    """Everything held of a follower, as one JSON document on stdout. It is logged."""
    account()
    found = rights.export(follower_id)
    looked("export", follower_id)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2, default=str))


@privacy.command()
@click.argument("follower_id", type=FOLLOWER_ID)
@click.option("--yes", is_flag=True, help="Without asking.")
@as_json
def erase(follower_id: int, yes: bool, json_: bool) -> None:
    """Erase a follower for good; prints the certificate's number."""
    account()
    if not yes and not click.confirm(f"Erase follower {follower_id} for good?", err=json_):
        raise Conflict("not erased")
    certificate = rights.erase(follower_id, "operator", common.now(), actor())
    done = {"follower": follower_id, "erased": True, "certificate": certificate}
    show(done, json_, lambda: [certificate])


@privacy.command()
@click.argument("follower_id", type=FOLLOWER_ID)
@click.argument("purpose", required=False)
@click.argument("word", required=False, type=click.Choice(["given", "withdrawn"]))
@click.option("--topic", default="", help="A topic instead of a purpose.")
@click.option("--wording", default="", help="The name of the text that was agreed to.")
@as_json
def consent(
    follower_id: int, purpose: str | None, word: str | None, topic: str, wording: str, json_: bool
) -> None:
    """What a follower consented to; with a PURPOSE (marketing, personalisation, research) and
    given or withdrawn, note what they told the house."""
    account()
    now = common.now()
    if topic:
        if purpose not in ("given", "withdrawn") or word:
            raise click.UsageError("with --topic: given or withdrawn")
        wishes.topic(follower_id, topic, purpose == "given", now, how="operator", actor=actor())
    elif purpose:
        if word is None:
            raise click.UsageError("given or withdrawn?")
        wishes.consent(
            follower_id, purpose, word == "given", now, how="operator", wording=wording,
            actor=actor(),
        )  # fmt: skip
    else:
        wishes.known(follower_id)
        looked("show", follower_id, what="consent")
    rows = [said.to_json() for said in consents.history(follower_id)]
    topics = consents.choices(follower_id)
    lines = [
        f"topic {name}: {'wanted' if wanted else 'refused'}" for name, wanted in topics.items()
    ]
    headings = {name: name for name in ("at", "purpose", "given", "how", "wording")}
    found = {"consents": rows, "topics": topics}
    show(found, json_, lambda: [*table(rows, headings), *lines])


@privacy.command()
@as_json
def retain(json_: bool) -> None:
    """Remove events whose time is over, by HONGYAN_RETENTION; profiles stay what they are."""
    days = retention.parse(common.settings().retention)
    account()
    with tqdm(unit="event", disable=None) as bar:
        done = retention.retain(days, common.now(), bar.update)
    found = {"removed": done.removed, "silenced": done.silenced}
    lines = [f"{kind}: {n} removed" for kind, n in done.removed.items()]
    lines += [f"{kind}: {n} kept without what was said" for kind, n in done.silenced.items()]
    show(found, json_, lambda: lines or ["nothing is older than it may be"])


@privacy.command("log")
@click.option("--follower", "follower_id", type=FOLLOWER_ID, help="Only about this follower.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@as_json
def log_(follower_id: int | None, limit: int, json_: bool) -> None:
    """Who looked at personal data and changed rights or keys, the latest first."""
    account()
    found = [entry.to_json() for entry in log_store.entries(limit, follower_id=follower_id)]
    headings = {name: name for name in ("number", "at", "actor", "action", "subject", "detail")}
    show({"entries": found}, json_, lambda: table(found, headings))


@privacy.command()
@as_json
def audit(json_: bool) -> None:
    """Check encryption, keys, retention, erasures and the log; exit 1 with findings."""
    days = retention.parse(common.settings().retention)
    report = auditing.audited(account().id, days, common.now(), actor())
    show(report.to_json(), json_, lambda: _lines(report))
    if report.findings:
        raise Conflict(f"{len(report.findings)} findings")


def _lines(report: auditing.Report) -> Iterator[str]:
    yield f"privacy audit of {report.at:%Y-%m-%d %H:%M} UTC"
    yield from (f"FINDING {what}: {detail}" for what, detail in report.findings)
    if not report.findings:
        yield "no findings"
    yield ""
    yield from (f"{name:26} {value}" for name, value in report.checked.items())
    yield ""
    yield "who looked at what in the last 30 days"
    yield from table(report.looks, {n: n for n in ("actor", "action", "times", "people")})
    yield ""
    yield "erasures"
    headings = {"certificate": "certificate", "at": "at", "cause": "cause", "removed": "removed"}
    yield from table(report.erasures, headings)
