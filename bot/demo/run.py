"""Run the demo: prepare, start the processes, watch, settle, close, compare, sum up."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from bot import campaign, tracking
from bot.build import build
from bot.clock import utc_now
from bot.demo import books, story, watch
from bot.demo.agreement import OurBooks, differences
from bot.demo.plan import DemoPlan
from bot.demo.processes import Child, DemoFailed, get_json, post_json
from bot.sandbox.config import VARIABLE, SandboxConfig
from bot.services import Services
from bot.settings import Settings
from bot.store import reconcile

Say = Callable[[str], None]
SETTLE_SECONDS = 20.0
# The network as it is: some answers get lost, and some callbacks come twice.
FAULTS = {"push": {"lose_answers": 0.03, "duplicate": 0.03}}


class Demo:
    """One demo from a fresh folder to its summary."""

    def __init__(self, plan: DemoPlan, say: Say) -> None:
        self.plan = plan
        self.say = say
        shutil.rmtree(plan.folder, ignore_errors=True)
        plan.folder.mkdir(parents=True)
        env = plan.environment()
        self.settings = Settings.from_env(env)
        self.services: Services = build(self.settings)
        self.account = self.services.account_of("default")
        config = self.sandbox_config(story.prepare(self.services, plan, utc_now()))
        ours = ["--parent", str(os.getpid())]
        self.bot = Child("bot", ["serve", *ours], env, plan.folder)
        self.sandbox = Child(
            "sandbox",
            ["sandbox", "--from-environment", *ours],
            {**env, VARIABLE: config.to_json()},
            plan.folder,
        )
        # Learning takes a minute of one core: it goes on beside the demo, and then is in use.
        self.teacher = Child("nlu", ["nlu", "train"], env, plan.folder, nice=10)
        self._campaign_started = False

    def sandbox_config(self, key: str) -> SandboxConfig:
        """What the platform plays; `key` is the shop's."""
        found = self.settings
        return SandboxConfig(
            appid=found.appid,
            appsecret=found.appsecret,
            token=found.token,
            aes_key=found.aes_key,
            callback_url=f"{self.plan.bot_url}/wechat/default",
            port=self.plan.sandbox_port,
            followers=self.plan.followers,
            seed=self.plan.seed,
            shop_url=self.plan.bot_url,
            shop_key=key,
            seconds=self.plan.people_stop_at,
            ledger_path=str(self.plan.folder / "sandbox.jsonl"),
            faults=FAULTS,
        )

    # --- the story ---------------------------------------------------------------------------

    def start(self) -> None:
        """Both processes, up and answering. Raises DemoFailed."""
        self.bot.start()
        self.sandbox.start()
        if self.plan.seconds is None:
            self.teacher.start()
        self.bot.wait_until_up(f"{self.plan.bot_url}/healthz")
        self.sandbox.wait_until_up(f"{self.plan.sandbox_url}/sandbox/state")
        self.began = time.monotonic()

    def play(self) -> None:
        """Watch until the people stop; start the campaign on the way."""
        stop_at = self.plan.people_stop_at
        while stop_at is None or self.elapsed < stop_at:
            time.sleep(1)
            self.step()

    def step(self) -> None:
        """Look once; start the campaign when its time has come."""
        self.bot.check()
        self.sandbox.check()
        if not self._campaign_started and self.elapsed >= self.plan.campaign_at:
            story.start_campaign(self.services, self.services.clock())
            self._campaign_started = True
        state = get_json(f"{self.plan.sandbox_url}/sandbox/state")
        found = books.read(self.account.id, self.services.clock())
        self.say(watch.line(self.elapsed, state, found))

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    # --- the end -----------------------------------------------------------------------------

    def settle(self) -> None:
        """The people stop, what is under way ends, the campaign closes. Raises DemoFailed."""
        stopped = post_json(f"{self.plan.sandbox_url}/sandbox/stop", timeout=90)
        if not stopped.get("drained", True):
            raise DemoFailed("the sandbox did not come to rest")
        self.await_rest()
        if self._campaign_started:
            campaign.close_now(
                self.services, self.account.id, story.CAMPAIGN, self.services.clock()
            )

    def await_rest(self, seconds: float = SETTLE_SECONDS) -> None:
        """Wait until the jobs have nothing left. Raises DemoFailed naming what is left."""
        deadline = time.monotonic() + seconds
        while any((left := reconcile.unsettled()).values()):
            if time.monotonic() > deadline:
                named = ", ".join(f"{name} {count}" for name, count in left.items() if count)
                raise DemoFailed(f"not at rest after {seconds:.0f} s: {named}")
            time.sleep(0.2)

    def summary(self) -> tuple[dict[str, Any], list[str]]:
        """The contract's JSON, and where the two sides differ."""
        ledger = get_json(f"{self.plan.sandbox_url}/sandbox/ledger", timeout=60)
        found = books.read(self.account.id, self.services.clock())
        differ = differences(
            OurBooks(
                subscribed=reconcile.subscribed(self.account.id),
                callbacks=found["callbacks"],
                sends=reconcile.send_states(self.account.id),
                taps=reconcile.taps(self.account.id),
                claims=reconcile.claimed(self.account.id),
                redemptions=reconcile.redeemed(self.account.id),
            ),
            ledger,
            send_of_link,
        )
        latency = ledger["callbacks"]["latency_ms"]
        found["latency_ms"] = {name: latency[name] for name in ("p50", "p95", "p99")}
        found["agrees"] = not differ
        return found, differ

    def stop(self) -> None:
        """End all processes."""
        self.teacher.stop()
        self.sandbox.stop()
        self.bot.stop()
        self.services.store.close()


def send_of_link(link: str) -> int | None:
    """The ledger row that a tracked link names; None for any other link."""
    _, found, token = urlsplit(link).path.partition("/t/")
    read = tracking.read_link(token) if found else None
    return read.send_id if read is not None else None
