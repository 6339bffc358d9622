"""The demo, as the README's reader starts it; and the campaign under kill -9."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from bot import campaign
from bot.clock import utc_now
from bot.demo import story
from bot.demo.agreement import sends_against_phones
from bot.demo.plan import DemoPlan
from bot.demo.processes import get_json, post_json
from bot.demo.run import Demo, send_of_link
from bot.store import reconcile, segments
from bot.store.db import fetch, run
from tests.e2e.conftest import free_port

pytestmark = pytest.mark.slow


def test_the_demo_ends_by_itself_with_books_that_agree(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--seconds", "25", "--followers", "25", "--json",
         "--port", str(free_port()), "--sandbox-port", str(free_port()),
         "--folder", str(tmp_path / "demo")],
        capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    summary = json.loads(ended.stdout)
    assert summary["agrees"] is True
    assert summary["followers"] == summary["profiles"] == 25
    assert summary["callbacks"]["delivered"] > 50
    assert summary["callbacks"]["failed"] == 0
    closing = summary["campaign"]["closing"]
    assert closing["audience"] == (
        closing["sent"]
        + sum(closing["failed"].values())
        + sum(closing["skipped"].values())
        + closing["held_out"]
        + closing["unknown"]
    )
    assert closing["sent"] > 0
    callbacks = summary["callbacks"]
    assert sum(summary["replies"].values()) == callbacks["delivered"] - callbacks["repeated"]
    assert {row["slug"] for row in summary["segments"]} >= {"active", "newcomers"}
    assert summary["latency_ms"]["p50"] > 0


class Killed(Demo):
    """A demo whose people only follow and write once, and whose bot dies again and again."""

    restarts = 0

    def sandbox_config(self, key):
        """Nobody acts by himself, and every call takes its time."""
        config = super().sandbox_config(key)
        return replace(config, followers=0, seconds=None, latency_ms=150.0)

    def all_following(self, people):
        for number in range(people):
            openid = f"o-kill-{number:05d}"
            post_json(f"{self.plan.sandbox_url}/sandbox/follow", {"openid": openid})
            post_json(f"{self.plan.sandbox_url}/sandbox/say", {"openid": openid, "text": "你好"})
        self.await_rest(60)
        active = segments.by_slug(self.account.id, "active")
        assert active.size == people

    def restart(self):
        """The first time the next scheduler waits for the dead one's lease to end by itself."""
        self.bot.kill()
        if self.restarts:
            run("UPDATE lease SET until = 0 WHERE name = 'scheduler'")
        self.restarts += 1
        self.dead = {row[0] for row in fetch("SELECT claimed_by FROM send WHERE state = 'claimed'")}
        self.bot.start()
        self.bot.wait_until_up(f"{self.plan.bot_url}/healthz")


PEOPLE = 400
KILLS = 10


@pytest.mark.timeout(400)
def test_kill_9_at_ten_moments_of_a_campaign_sends_to_nobody_twice(tmp_path):
    """The platform answers after 150 ms, and the bot is killed ten times while it sends."""
    rng = random.Random(7)
    plan = DemoPlan(PEOPLE, 300, free_port(), free_port(), 7, tmp_path / "demo")
    demo = Killed(plan, lambda line: None)
    try:
        demo.start()
        document = {**story.definition(plan), "concurrency": 4}
        campaign.change(demo.services, demo.account.id, story.CAMPAIGN, document, utc_now())
        demo.all_following(PEOPLE)
        story.start_campaign(demo.services, utc_now())
        hit = 0
        for _ in range(KILLS):
            await_sending(demo)
            time.sleep(rng.uniform(0, 0.4))
            hit += rows("claimed") > 0
            demo.restart()
        lapse(demo.dead)
        wait_until_sent(demo)
        demo.await_rest(90)
        closings = campaign.close_now(demo.services, demo.account.id, story.CAMPAIGN, utc_now())
        ledger = get_json(f"{plan.sandbox_url}/sandbox/ledger", timeout=60)
    finally:
        demo.stop()
    assert hit == KILLS, "a kill missed the sending"
    offer = closings["offer"]
    assert offer.sent > offer.unknown > 0
    assert offer.audience == PEOPLE
    assert offer.open == 0
    differences = sends_against_phones(
        reconcile.send_states(demo.account.id), ledger["accepted"], send_of_link
    )
    assert differences == []
    offers = [
        sum(1 for m in messages if any(send_of_link(link) for link in m["links"]))
        for messages in ledger["accepted"].values()
    ]
    assert max(offers) == 1


def rows(*states):
    marks = ",".join("?" * len(states))
    return fetch(f"SELECT COUNT(*) FROM send WHERE state IN ({marks})", states)[0][0]


def await_sending(demo, seconds=90):
    """Until another message went out: the scheduler's lease has passed on, and rows are claimed."""
    before, deadline = rows("sent"), time.monotonic() + seconds
    while rows("sent") == before:
        assert time.monotonic() < deadline, "sending did not go on after a kill"
        time.sleep(0.02)


def lapse(owners):
    """What the dead had claimed is let go now rather than in a minute."""
    for owner in owners:
        run("UPDATE send SET lease_until = 0 WHERE state = 'claimed' AND claimed_by = ?", (owner,))


def wait_until_sent(demo, seconds=150):
    deadline = time.monotonic() + seconds
    while rows("intended", "claimed"):
        assert time.monotonic() < deadline, fetch("SELECT state, COUNT(*) FROM send GROUP BY state")
        time.sleep(0.3)
