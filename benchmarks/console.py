"""Every page of the console in a store of N followers: how long each takes, the slowest first.

    python -m benchmarks console [--followers 1000000] [--rounds 5] [--keep FOLDER] [--only TEXT]
                                 [--cold]

The house is that of benchmarks/console_store.py; with --keep it is made in FOLDER, or taken from
there if it was made before. Each GET of the console (benchmarks/console_visits.py) is asked through
the Flask app by an administrator: once (templates, a cold cache), then in `rounds`. Milliseconds of
the process's CPU and of the clock: the median, the worst, the first. `over`: rows whose worst CPU
is over 300 ms; where another process is busy the clock tells of that one, too.
--cold: nothing that jobs count ahead is kept when a page is asked for the first time, and nobody
counts meanwhile, as just after an installation, an import or a restored copy; `over` is then of the
first visits' CPU, too. What was kept is counted again at the end.
The peer, in this run: a page of followers found by COUNT(*) and an OFFSET into their middle.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from benchmarks import console_store as store
from benchmarks.console_visits import LEFT_OUT, Visit, house, visits
from benchmarks.segments_rules import NOW
from bot.app import create_app
from bot.console import people, signing
from bot.console.rights import Role
from bot.inbox.context import Handled
from bot.store.db import fetch
from bot.values.replies import NO_REPLY

AIM_MS = 300
GOOD = (200, 204, 302)  # a part that is as it was; a number that was sought leads to its page


def run(
    followers: int = 1_000_000,
    rounds: int = 5,
    keep: str = "",
    only: str = "",
    cold: bool = False,
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as own:
        folder = Path(keep or own).resolve()
        store.made(folder, followers)
        with store.opened(folder) as services:
            if not cold:
                store.count_ahead()
            services.understand("你好", services.account_of("default").id)  # as wsgi.py does
            app = create_app(services, lambda message, ctx: Handled(NO_REPLY, "none"))
            browser, asked = _signed_in(app), visits(app, house())
            if cold:  # templates and imports are those of any visit
                browser.get("/console/a/default", buffered=True)
            found = [_timed(browser, one, rounds, cold) for one in asked if only in one.path]
            peer = _spent(_offset, rounds)
            if cold:
                store.count_ahead()
    worst = (lambda one: one["first_cpu"]) if cold else (lambda one: one["cpu_worst"])
    found.sort(key=lambda one: -worst(one))
    for one in found:
        one["ratio"] = round(one["cpu"] / peer["cpu"], 2)
    return {
        "followers": followers,
        "cold": cold,
        "routes": len({one.endpoint for one in asked}),
        "visits": len(found),
        "left_out": LEFT_OUT,
        "failed": [f"{one['page']}: {one['status']}" for one in found if one["status"] not in GOOD],
        "over": [one["page"] for one in found if worst(one) > AIM_MS],
        "peer_count_and_offset": peer,
        "pages": found,
    }


def _signed_in(app: Flask) -> FlaskClient:
    """A browser of somebody who may do everything; each time somebody new, since one who looks at
    a follower too often is stopped, and in a kept house it is always the same hour."""
    name = f"bench-{fetch('SELECT MAX(id) FROM operator')[0][0] + 1}"
    token = people.invite(name, "", Role.ADMIN, 0, "job", NOW)
    person = people.accept(token, "qing hua ci 1234567", NOW)
    browser = app.test_client()
    session = signing.begin(person, NOW, "benchmark", proved=True)
    browser.set_cookie("hongyan_console", session, path="/console")
    return browser


def _timed(browser: FlaskClient, one: Visit, rounds: int, cold: bool) -> dict[str, Any]:
    if cold:
        store.forget_counted()
    first = _spent(lambda: browser.get(one.path, buffered=True), 1)
    answer = browser.get(one.path, buffered=True)
    again = _spent(lambda: browser.get(one.path, buffered=True), rounds)
    return {
        "page": one.path,
        "endpoint": one.endpoint,
        "status": answer.status_code,
        **again,
        "first_cpu": first["cpu"],
        "first_ms": first["ms"],
        "bytes": len(answer.data),
        "over": "OVER" if again["cpu_worst"] > AIM_MS else "",
    }


def _spent(work: Callable[[], object], rounds: int) -> dict[str, float]:
    cpu, clock = [], []
    for _ in range(rounds):
        used, began = time.process_time(), time.perf_counter()
        work()
        clock.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - used))
    told = {
        "cpu": median(cpu), "cpu_worst": max(cpu), "ms": median(clock), "ms_worst": max(clock),
    }  # fmt: skip
    return {name: round(value, 1) for name, value in told.items()}


def _offset() -> None:
    """A list as it is often written: everybody counted, rows passed over one by one."""
    count = fetch("SELECT COUNT(*) FROM follower WHERE account_id = 1")[0][0]
    fetch(
        "SELECT * FROM follower WHERE account_id = 1 ORDER BY created_at DESC LIMIT 50 OFFSET ?",
        (count // 2,),
    )
