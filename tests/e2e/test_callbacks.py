"""Callbacks over real HTTP to real processes."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from benchmarks.measure import post_all
from bot.build import build
from bot.settings import Settings
from bot.store import leases, repair
from bot.store.db import fetch
from tests.support.platform import Platform

pytestmark = pytest.mark.slow


@pytest.fixture
def books(environment):
    """Reads the bot's database from here."""
    services = build(Settings.from_env(environment))
    yield services
    services.store.close()


def one_push(now):
    platform = Platform()
    fields = platform.fields(now, Content="想吃火锅")
    return platform.url(fields, now)


def test_a_thousand_deliveries_by_16_connections_to_4_processes_take_effect_once(serve, books):
    server = serve("--workers", "4")
    load = post_all(server.port, [one_push(books.clock())] * 1000, 16)
    assert load.bad == 0
    assert len(load.latencies) == 1000
    assert fetch("SELECT COUNT(*) FROM event WHERE source = 'callback'") == [(1,)]
    assert fetch("SELECT COUNT(*) FROM follower") == [(1,)]
    assert fetch("SELECT state, attempts FROM inbox") == [("done", 1)]
    assert repair.callback_counts(books.account_of("default").id)["delivered"] == 1000


def test_what_was_answered_survives_kill_9(serve, books):
    platform, now = Platform(), books.clock()
    pushes = [platform.url(platform.fields(now, Content=f"第{n}句"), now) for n in range(200)]
    server = serve()
    load = post_all(server.port, pushes, 8)
    for pid in server.pids():
        import os

        os.kill(pid, signal.SIGKILL)
    assert load.bad == 0
    assert fetch("SELECT COUNT(*) FROM event WHERE source = 'callback'") == [(200,)]


def test_requests_in_flight_are_finished_at_sigterm(serve, books):
    platform, now = Platform(), books.clock()
    pushes = [platform.url(platform.fields(now, Content=f"第{n}句"), now) for n in range(50)]
    server = serve()

    async def while_ending():
        sending = asyncio.to_thread(post_all, server.port, pushes, 1)
        task = asyncio.create_task(sending)
        await asyncio.sleep(0.02)
        server.process.send_signal(signal.SIGTERM)
        try:
            return await task
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            return None

    asyncio.run(while_ending())
    server.process.wait(15)
    stored = fetch("SELECT COUNT(*) FROM event WHERE source = 'callback'")[0][0]
    done = fetch("SELECT COUNT(*) FROM inbox WHERE state = 'done'")[0][0]
    assert stored == done


def test_a_scheduler_in_a_worker_steps_down_at_sigterm(serve, books, tmp_path):
    server = serve(HONGYAN_SCHEDULER="on")
    deadline = time.monotonic() + 20
    while fetch("SELECT COUNT(*) FROM job_run") == [(0,)]:
        assert time.monotonic() < deadline, "nobody schedules"
        time.sleep(0.05)
    assert leases.holder("scheduler") is not None
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(15)
    # Given back, not run out: the next process need not wait; planned no more before threads end.
    said = (tmp_path / "bot.log").read_text()
    assert leases.holder("scheduler") is None, said
    assert "Traceback" not in said


def test_the_platforms_handshake_and_health(serve, books):
    from urllib.parse import urlencode
    from urllib.request import urlopen

    from bot.sandbox.crypto import sign

    server = serve()
    timestamp = str(int(time.time()))
    query = urlencode(
        {
            "signature": sign(Platform().token, timestamp, "n"),
            "timestamp": timestamp,
            "nonce": "n",
            "echostr": "5913415",
        }
    )
    base = f"http://127.0.0.1:{server.port}"
    with urlopen(f"{base}/wechat/default?{query}") as answer:
        assert answer.read() == b"5913415"
    with urlopen(f"{base}/readyz") as answer:
        assert b'"database":"ok"' in answer.read().replace(b" ", b"")
    with urlopen(f"{base}/metrics") as answer:
        assert b'hongyan_callbacks_total{outcome="verified"} 1.0' in answer.read()
