"""`hongyan doctor`: look at everything, say what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bot.campaign.sending import watchdog
from bot.cli import common
from bot.cli.account import probe
from bot.cli.common import as_json, services, settings, show
from bot.errors import HongyanError
from bot.i18n import t
from bot.services import Services
from bot.settings import Settings
from bot.store import care, jobs, leases, repair

MARKS = {"ok": "✓", "warn": "!", "bad": "✗"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `state`: ok, warn, bad; `remedy` "" when ok."""

    what: str
    state: str
    detail: str
    remedy: str = ""


@click.command()
@as_json
def doctor(json_: bool) -> None:
    """Check settings, store, platform, jobs; exit 1 when something is bad."""
    findings = list(_examine())
    show(
        {"findings": [asdict(finding) for finding in findings]},
        json_,
        lambda: map(_line, findings),
    )
    sys.exit(1 if any(finding.state == "bad" for finding in findings) else 0)


def _line(finding: Finding) -> str:
    text = f"{MARKS[finding.state]} {finding.what}: {finding.detail}"
    return f"{text} → {finding.remedy}" if finding.remedy else text


def _examine() -> Iterator[Finding]:
    found = settings()  # bad settings end the program with their own words
    yield from _settings(found)
    try:
        store = _store(found)
        yield store
        if store.state != "ok":
            return  # what does not fit this version is not asked anything
        house = services()
    except HongyanError as error:
        yield Finding("store", "bad", str(error), "mend what it says and run doctor again")
        return
    for look in (_inbox, _jobs, _sending, _platform):
        yield from look(house)


def _settings(found: Settings) -> Iterator[Finding]:
    yield Finding("settings", "ok", "all values are well formed")
    if not found.public_url:
        yield Finding(
            "public address", "warn", "HONGYAN_PUBLIC_URL is not set",
            "set it to the address in WeChat's settings: links in messages are made from it",
        )  # fmt: skip
    elif not found.sandboxed and not found.public_url.startswith("https://"):
        yield Finding("public address", "warn", "not https", "WeChat shows a warning on http pages")
    if found.callback_mode == "plain" and not found.sandboxed:
        yield Finding(
            "callback mode", "warn", "unencrypted callbacks are let in",
            "choose 安全模式 on the platform and HONGYAN_CALLBACK_MODE=safe",
        )  # fmt: skip
    for name, what in (("redis_url", "the database"), ("broker_url", "the scheduler's process")):
        if getattr(found, name):
            yield Finding(
                name, "warn", f"HONGYAN_{name.upper()} is set and not used: {what} does that work",
                "unset it",
            )  # fmt: skip
    keys = Path(found.var) / "secret_keys"
    if not found.secret_keys and keys.exists() and keys.stat().st_mode & 0o077:
        yield Finding("keys", "bad", f"{keys} can be read by others", f"chmod 600 {keys}")


def _store(found: Settings) -> Finding:
    waiting = care.waiting(found)
    if waiting is None:
        return Finding("store", "bad", "no database yet", "run hongyan db upgrade")
    if waiting:
        return Finding("store", "warn", f"{len(waiting)} migrations wait", "hongyan db upgrade")
    engine = found.database_url.split(":")[0].split("+")[0]
    return Finding("store", "ok", f"{engine}, all migrations applied")


def _inbox(house: Services) -> Iterator[Finding]:
    dead = repair.dead()
    waiting = repair.unfinished()
    if dead:
        yield Finding(
            "inbox", "warn", f"{dead} messages were given up after five tries",
            "look for `handler failed` in the log; then: hongyan db check",
        )  # fmt: skip
    yield Finding("inbox", "ok", f"{waiting} messages being handled or waiting for repair")


def _jobs(house: Services) -> Iterator[Finding]:
    holder = leases.holder("scheduler")
    if holder is None:
        yield Finding(
            "scheduler", "warn", "none is running",
            "start `hongyan serve`, or `hongyan scheduler` where web processes must not schedule",
        )  # fmt: skip
    else:
        yield Finding("scheduler", "ok", "one is running")
    for run in jobs.last_runs():
        if run.outcome == "failed":
            yield Finding(f"job {run.job}", "bad", run.error, "see the log for the whole error")


def _sending(house: Services) -> Iterator[Finding]:
    now = common.now()
    for one in watchdog.stalled(now):
        what = f"campaign {one.campaign.slug}"
        yield Finding(what, "bad", one.words(now), f"hongyan campaign watch {one.campaign.slug}")
    left = watchdog.unswept(now)
    if left:
        detail = t("watchdog.leases", count=left)
        yield Finding("sends", "bad", detail, "start the scheduler: its sweep frees them")


def _platform(house: Services) -> Iterator[Finding]:
    if not house.settings.appid:
        yield Finding(
            "account", "bad", "no account is set",
            "set HONGYAN_APPID, HONGYAN_APPSECRET, HONGYAN_TOKEN, HONGYAN_AES_KEY",
        )  # fmt: skip
        return
    account = house.account_of("default")
    results = probe(house.client_of(account.id))
    for name, text in results.items():
        if name != "ok":
            state = "ok" if str(text).startswith("ok") else "bad"
            yield Finding(f"platform {name}", state, str(text))
