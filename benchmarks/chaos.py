"""Law 4 under fire: two senders killed again and again, every kind of fault, people who leave.

    python -m benchmarks chaos [--requests FOLLOWERS] [--rounds KILLS] [--postgres]

Real processes: senders that claim, send and settle against the sandbox over HTTP, ended by SIGKILL
at random moments and begun anew. The faults are the sandbox's; meanwhile some followers opt out and
some unfollow. Where the brake pauses the run, a person resumes it. Then the books are compared with
the sandbox's ledger; `faults` of the result says what does not agree, and must be empty.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from benchmarks.measure import ROOT
from bot import campaign, coupon
from bot.build import build
from bot.clock import from_ms, to_ms, utc_now
from bot.sandbox.acts import Acts
from bot.sandbox.config import SandboxConfig
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.sandbox.windows import Window
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.services import Services
from bot.settings import DEVELOPMENT, Settings
from bot.store import campaigns, coupons, followers, sends
from bot.store.db import fetch, run_many, transaction
from bot.store.vault import new_key

SEND = "/cgi-bin/message/custom/send"
SLUG = "chaos"
CONCURRENCY = 16
# Each of 1,000 calls meets so many of each kind; errcodes by what the table of bot.wechat says of
# them: busy, refused, gone. A quota's or our own fault ends or pauses the run: those come once.
FAULTS = [
    {"kind": "errcode", "errcode": -1, "probability": 0.03},
    {"kind": "errcode", "errcode": 45047, "probability": 0.004},
    {"kind": "errcode", "errcode": 43004, "probability": 0.002},
    *[
        {"kind": kind, "probability": 0.003}
        for kind in ("cut", "drop", "reset", "500", "html", "garbage", "bom", "wrong_length")
    ],
    {"kind": "502", "probability": 0.003, "done": True},
    {"kind": "slow_drip", "probability": 0.002, "seconds": 0.5},
    {"kind": "hang", "probability": 0.002, "seconds": 1},
    {"kind": "timeout_after_accept", "probability": 0.001, "seconds": 2},
    {"kind": "latency", "probability": 0.2, "seconds": {"lognormal": [0.02, 0.6]}},
    {"kind": "errcode", "errcode": 48001, "times": 1, "starts_in": 2},
]
STORM = {"kind": "token_storm", "fetches": 2}


# --- a sender ----------------------------------------------------------------------------------


def nursery() -> None:
    """Begins a sender for each line read: everything is imported before, so it is there at once."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.close(0)
            send(Path(line.strip()))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def send(skew: Path) -> None:
    """What the scheduler's jobs do, without the scheduler's lease: until it is killed, or nobody is
    left who would kill it."""
    nursery_pid = os.getppid()
    services = build(Settings.from_env(os.environ), clock=skewed(skew), upgrade=False)
    while os.getppid() == nursery_pid:
        now = services.clock()
        moved = campaign.push_due(services, now, budget_seconds=2)
        campaign.sweep(now)
        if not moved:
            time.sleep(0.05)


def skewed(file: Path) -> Any:
    """This machine's clock, ahead by the seconds in the file."""
    return lambda: utc_now() + timedelta(seconds=float(file.read_text() or 0))


# --- the town ----------------------------------------------------------------------------------


@dataclass
class Town:
    """The sandbox with its people, and our house with the same."""

    services: Services
    platform: Platform
    env: dict[str, str]
    skew: Path
    rng: random.Random
    out: dict[str, datetime] = field(default_factory=dict)  # openid -> when our books knew
    kills: int = 0
    resumed: int = 0

    @property
    def account_id(self) -> int:
        return self.services.account_of("default").id

    def states(self) -> Counter[str]:
        return Counter(dict(fetch("SELECT state, COUNT(*) FROM send GROUP BY state")))

    def state(self) -> campaigns.CampaignState:
        return campaigns.by_slug(self.account_id, SLUG)

    def resume(self) -> None:
        """A person looks at a paused run and lets it go on."""
        if self.state().state == "paused":
            campaign.resume(self.services, self.account_id, SLUG, self.services.clock())
            self.resumed += 1


@contextmanager
def town(people: int, seed: int, folder: Path, database_url: str) -> Iterator[Town]:
    account = {name.lower(): value for name, value in DEVELOPMENT.items()}
    config = SandboxConfig(**account, callback_url="http://127.0.0.1:9/", seed=seed)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    platform = Platform(config)
    server = make_server("127.0.0.1", 0, create_app(platform), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    skew = folder / "skew"
    skew.write_text("0")
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")},
        "HONGYAN_DATABASE_URL": database_url,
        "HONGYAN_VAR": str(folder),
        "HONGYAN_SECRET_KEYS": new_key(),
        "HONGYAN_WECHAT_API_URL": f"http://127.0.0.1:{server.server_port}",
        "HONGYAN_LOG_LEVEL": "error",
        "PYTHONPATH": str(ROOT),
    }
    services = build(Settings.from_env(env), clock=skewed(skew))
    try:
        found = Town(services, platform, env, skew, random.Random(seed))
        _move_in(found, people)
        yield found
    finally:
        services.store.close()
        platform.stop()
        server.shutdown()
        thread.join()
        server.server_close()


def _move_in(found: Town, people: int) -> None:
    """Everybody follows and has written, in both books; there is a coupon for each but ten."""
    now, world, account = utc_now(), found.platform.world, found.account_id
    until = now + timedelta(hours=40)
    silent = Acts(world, lambda *_: None)
    with transaction():
        for number in range(people):
            openid = f"o-chaos-{number:022d}"
            person = world.person(openid=openid)
            silent.follow(person)
            person.window = Window(5, until)
            followers.ensure(account, openid, now)
        run_many(
            "UPDATE follower SET subscribed = ?, window_kind = 'message', window_until = ?,"
            " window_left = 5 WHERE account_id = ?",
            [(True, to_ms(until), account)],
        )
    define(account, "all", "全部", {"attribute": "subscribed", "op": "eq", "value": True}, now)
    refresh_all(now)
    batch = {"slug": "b", "title": "券", "face_value_fen": 100, "codes": max(1, people - 10)}
    coupon.make_batch(account, batch, now)
    campaign.create(found.services, account, {
        "slug": SLUG, "name": SLUG, "segment": "all", "purpose": "marketing", "offer": "b",
        "text": "{title} {link}", "holdout": 0.02, "concurrency": CONCURRENCY,
        "guardrails": {"quiet_hours": None},
    }, now)  # fmt: skip


# --- the fire ----------------------------------------------------------------------------------


class Senders:
    """Two at a time."""

    def __init__(self, found: Town) -> None:
        self._town = found
        self._nursery = subprocess.Popen(
            [sys.executable, "-c", "from benchmarks.chaos import nursery; nursery()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=found.env, cwd=ROOT, text=True,
        )  # fmt: skip
        self.pids = [self._born(), self._born()]

    def _born(self) -> int:
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(f"{self._town.skew}\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())

    def kill_one(self) -> None:
        which = self._town.rng.randrange(2)
        os.kill(self.pids[which], signal.SIGKILL)
        self.pids[which] = self._born()
        self._town.kills += 1

    def close(self) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._nursery.kill()
        self._nursery.communicate()


def burn(found: Town, kills: int, people: int) -> float:
    """Until every row is through; the seconds that it took."""
    began = time.monotonic()
    found.platform.world.faults.arm({"api": [{"path": SEND, **fault} for fault in FAULTS]})
    campaign.start(found.services, found.account_id, SLUG, found.services.clock())
    senders = Senders(found)
    try:
        _await_first(found)
        while found.kills < kills:
            time.sleep(found.rng.uniform(0.1, 0.6))
            _leave(found, max(1, people // 400))
            if found.rng.random() < 0.2:
                found.platform.world.faults.arm({"api": [STORM]})
            senders.kill_one()
            found.resume()
        _let_it_end(found)
    finally:
        senders.close()
    return time.monotonic() - began


def _await_first(found: Town) -> None:
    deadline = time.monotonic() + 120
    while not found.states()["sent"]:
        assert time.monotonic() < deadline, "nothing is sent"
        found.resume()
        time.sleep(0.02)


def _leave(found: Town, some: int) -> None:
    """Some opt out and some unfollow, whether they had it or not."""
    world, now = found.platform.world, found.services.clock()
    for _ in range(some):
        openid = found.rng.choice(list(world.followers))
        follower = followers.find(found.account_id, openid)
        if follower is None or openid in found.out:
            continue
        if found.rng.random() < 0.5:
            followers.mark_opted_out(follower.id, now)
        else:
            Acts(world, lambda *_: None).unfollow(world.people[openid])
            followers.mark_unsubscribed(follower.id, now)
        found.out[openid] = found.services.clock()


def _let_it_end(found: Town) -> None:
    """Back-off and leases pass quicker when nothing else is left to do."""
    ahead, deadline = 0.0, time.monotonic() + 900
    while (states := found.states())["intended"] + states["claimed"]:
        assert time.monotonic() < deadline, f"it does not end: {states}"
        found.resume()
        time.sleep(0.5)
        if not sends.has_due(found.state().id, found.services.clock()):
            ahead += 20
            found.skew.write_text(str(ahead))


# --- the books ---------------------------------------------------------------------------------


def compare(found: Town, people: int) -> tuple[dict[str, Any], list[str]]:
    """(figures, what does not agree)."""
    now = found.services.clock()
    closing = campaign.close_now(found.services, found.account_id, SLUG, now)["offer"]
    accepted = {who: list(of) for who, of in found.platform.world.deliveries.items()}
    twice = sum(len(of) > 1 for of in accepted.values())
    wrong = [f"{twice} followers got two"] if twice else []
    if not (closing.balanced and closing.audience == people):
        wrong.append(f"the sum does not hold: {closing.words()}")
    if not closing.sent <= len(accepted) <= closing.sent + closing.unknown:
        wrong.append(f"sent {closing.sent}, unknown {closing.unknown}, arrived {len(accepted)}")
    wrong += _row_by_row(found, accepted) + _after_leaving(found, accepted) + _codes(people)
    figures = {
        "audience": closing.audience, "sent": closing.sent, "arrived": len(accepted),
        "unknown": closing.unknown, "failed": closing.failed, "skipped": closing.skipped,
        "held_out": closing.held_out, "left meanwhile": len(found.out),
    }  # fmt: skip
    return figures, wrong


def _states(found: Town) -> dict[str, tuple[str, int]]:
    """openid -> (state of the row, when it was claimed last)."""
    rows = {who: (state, at or 0) for who, state, at in fetch(
        "SELECT follower_id, state, claimed_at FROM send WHERE step = 'offer'")}  # fmt: skip
    ids = sorted(rows)
    openids: dict[int, str] = {}
    for start in range(0, len(ids), 500):
        openids |= followers.openids_of(ids[start : start + 500])
    return {openids[who]: rows[who] for who in ids}


def _row_by_row(found: Town, accepted: dict[str, list[Any]]) -> list[str]:
    wrong = Counter[str]()
    for openid, (state, _) in _states(found).items():
        arrived = openid in accepted
        if state == "sent" and not arrived:
            wrong["sent, and never arrived"] += 1
        if arrived and state not in ("sent", "unknown"):
            wrong[f"{state}, and arrived"] += 1
    return [f"{times} rows are {what}" for what, times in wrong.items()]


def _after_leaving(found: Town, accepted: dict[str, list[Any]]) -> list[str]:
    """Who was out in our books before the row was claimed got nothing after that."""
    states = _states(found)
    late = [
        openid
        for openid, since in found.out.items()
        if from_ms(states[openid][1]) > since
        and any(one.at > since for one in accepted.get(openid, ()))
    ]
    return [f"{len(late)} got it after they had opted out or left"] if late else []


def _codes(people: int) -> list[str]:
    """No code twice; whoever has one has it by a send that came or may have come; none is lost."""
    twice = fetch(
        "SELECT COUNT(*) FROM (SELECT coupon_code FROM send WHERE state IN ('sent', 'unknown')"
        " AND coupon_code IS NOT NULL GROUP BY coupon_code HAVING COUNT(*) > 1) AS t"
    )[0][0]
    astray = fetch(
        "SELECT COUNT(*) FROM send LEFT JOIN coupon_code c ON c.id = send.coupon_code"
        " AND c.follower_id = send.follower_id WHERE send.state IN ('sent', 'unknown')"
        " AND c.id IS NULL"
    )[0][0]
    stock = coupons.stock(1)
    given = fetch("SELECT COUNT(*) FROM send WHERE state IN ('sent', 'unknown')")[0][0]
    wrong = [f"{twice} codes were given twice"] if twice else []
    wrong += [f"{astray} sends without their follower's code"] if astray else []
    total = sum(stock.values())
    if (total, total - stock.get("available", 0)) != (max(1, people - 10), given):
        wrong.append(f"codes: {dict(stock)} of {people - 10}, {given} sends")
    return wrong


# --- all of it ---------------------------------------------------------------------------------


def run(count: int = 20_000, rounds: int = 30, postgres: bool = False) -> dict[str, Any]:
    """Figures, with `faults`: what does not agree."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not postgres:
            return fire(count, rounds, folder, f"sqlite:///{folder}/hongyan.db")
        from tests.support.postgres import PostgresServer

        server = PostgresServer()
        try:
            return fire(count, rounds, folder, server.new_database())
        finally:
            server.stop()


def fire(people: int, kills: int, folder: Path, database_url: str, seed: int = 7) -> dict[str, Any]:
    with town(people, seed, folder, database_url) as found:
        seconds = burn(found, kills, people)
        figures, wrong = compare(found, people)
        met = found.platform.world.faults.report()
        return {
            **figures, "kills": found.kills, "resumed by a person": found.resumed,
            "seconds": round(seconds, 1), "faults met": met, "faults": wrong,
        }  # fmt: skip
