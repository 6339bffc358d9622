"""Weeks of virtual time with people who live: the same for the same seed, whatever answers."""

from __future__ import annotations

import filecmp
import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.clock import SHANGHAI, from_ms
from bot.sandbox import ledger, qrcodes
from bot.sandbox.acts import Acts
from bot.sandbox.config import Limits
from bot.sandbox.crowd import batch, truth
from bot.sandbox.crowd.local import LocalWeb
from bot.sandbox.gateway import Call
from bot.sandbox.inprocess import WsgiWire
from bot.sandbox.people import Bubble
from bot.sandbox.platform import Platform
from bot.sandbox.web import app as _registers_the_api  # noqa: F401
from tests.bot.sandbox.conftest import Answer, Asked, a_config
from tests.bot.sandbox.shop import URL, Shop, echoed

START = "2026-11-01T08:00+08:00"  # a Sunday
MENU = [{"type": "click", "name": "券", "key": "COUPON"}]
Program = Callable[..., Any]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def month(path: Path, program: Program | None, **changes: Any) -> Platform:
    values: dict[str, Any] = {
        "callback_url": "",
        "mode": "plain",
        "people": "life",
        "followers": 2000,
        "start": START,
        "shop_url": URL,
        "shop_key": "key",
        "ledger_path": str(path),
        "limits": Limits(kept=batch.KEPT),
        **changes,
    }
    config = a_config(**values)
    if program is None:
        return Platform(config)
    return Platform(config, wire=WsgiWire(program), web=LocalWeb(program))


def send_to_all(platform: Platform, text: str) -> None:
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": text}}
    token = platform.world.tokens.stable(platform.world.clock())[0]
    raw = json.dumps(body, ensure_ascii=False).encode()
    call = Call("/cgi-bin/message/mass/sendall", "POST", {"access_token": token}, raw)
    assert json.loads(platform.gateway.answer(call).body)["errcode"] == 0


def on_tuesdays(platform: Platform) -> Callable[[datetime], None]:
    def told(now: datetime) -> None:
        local = now.astimezone(SHANGHAI)
        if (local.weekday(), local.hour) == (1, 10):
            send_to_all(platform, f"火锅满60减15元：{URL}/t/1")

    return told


def lived(path: Path, program: Program | None, days: float = 7, **changes: Any) -> dict[str, Any]:
    with batch.stopping(month(path, program, **changes)) as platform:
        platform.world.menu.extend(MENU)
        qrcodes.create(platform.world, "store01", None)
        return batch.live(platform, days, on_tuesdays(platform))


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A week against a shop: its summary, and its ledger."""
    path = tmp_path_factory.mktemp("week") / "ledger.jsonl"
    return lived(path, Shop()), list(ledger.read(str(path)))


# --- the same again ------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_ledger_byte_for_byte(tmp_path):
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    first, again = lived(one, Shop(), 3), lived(same, Shop(), 3)
    lived(other, Shop(), 3, seed=2)
    assert one.stat().st_size > 100_000
    assert filecmp.cmp(one, same, shallow=False)
    assert not filecmp.cmp(one, other, shallow=False)
    real = ("seconds", "peak_mb")
    assert {k: v for k, v in first.items() if k not in real} == {
        k: v for k, v in again.items() if k not in real
    }


def test_a_run_in_pieces_is_the_same_as_a_run_in_one(tmp_path):
    one, pieces = tmp_path / "one", tmp_path / "pieces"
    with batch.stopping(month(one, Shop(), followers=300)) as platform:
        batch.live(platform, 2)
    with batch.stopping(month(pieces, Shop(), followers=300)) as platform:
        platform.start()
        for _ in range(48 * 3):
            platform.run(1200)
    assert filecmp.cmp(one, pieces, shallow=False)


# --- what a week is like ---------------------------------------------------------------------


def test_the_summary_agrees_with_the_ledger(week):
    found, records = week
    kinds = Counter(record["kind"] for record in records)
    assert found["follows"] == kinds["follow"] > 80
    assert found["unfollows"] == kinds["unfollow"] > 0
    assert found["messages"] == kinds["message"] > 80
    assert found["taps"] == kinds["tap"] > 50
    assert found["claims"] == kinds["claim"] > 30
    assert found["purchases"] == kinds["purchase"] > 20
    accepted = [r for r in records if r["kind"] == "redemption" and r["accepted"]]
    assert found["redemptions"] == len(accepted) > 10
    assert found["callbacks"]["answered"] == kinds["reply"]
    assert found["callbacks"]["failed"] == 0
    assert found["received"]["reply"] == kinds["reply"]
    assert found["received"]["mass"] > 1200
    assert found["now"] == "2026-11-08T08:00:00+08:00"
    assert found["people"] == 2000


def test_who_follows_since_before_is_a_follower_of_whom_nobody_was_told(week):
    found, records = week
    followed = sum(r["kind"] == "follow" for r in records)
    left = sum(r["kind"] == "unfollow" for r in records)
    before = found["subscribed"] + left - followed
    assert before == pytest.approx(0.7 * 2000, rel=0.05)


def test_people_are_silent_on_average_and_awake_by_day(week):
    _, records = week
    messages = [r for r in records if r["kind"] == "message"]
    assert len({r["openid"] for r in messages}) < 300  # of 2,000
    hours = Counter(from_ms(r["at"]).astimezone(SHANGHAI).hour for r in messages)
    assert sum(hours[h] for h in range(1, 5)) < 0.1 * len(messages)


def test_redemptions_come_hours_or_days_after_the_claim_while_the_shop_is_open(week):
    _, records = week
    claimed = {r["code"]: r["at"] for r in records if r["kind"] == "claim"}
    redeemed = [r for r in records if r["kind"] == "redemption"]
    waits = [(r["at"] - claimed[r["code"]]) / 3_600_000 for r in redeemed]
    assert min(waits) > 0.5
    assert max(waits) > 48
    opened = [from_ms(r["at"]).astimezone(SHANGHAI).hour for r in redeemed]
    assert {hour for hour in opened if not 10 <= hour < 21} == set()
    assert all(r["amount_fen"] >= 5000 for r in redeemed)  # 满50


def test_farmers_redeem_at_the_least_amount_and_never_write(tmp_path):
    path = tmp_path / "ledger"
    lived(path, Shop(), 5, habits={"farmers": 0.2}, followers=600)
    config = a_config(people="life", start=START, followers=600, habits={"farmers": 0.2})
    farmers = {one["openid"] for one in truth.export(config) if one["farmer"]}
    records = list(ledger.read(str(path)))
    of = {
        kind: [r for r in records if r["kind"] == kind and r["openid"] in farmers]
        for kind in ("tap", "claim", "redemption", "message", "purchase", "tired")
    }
    assert len(of["tap"]) == len(of["claim"]) > 50
    assert {r["amount_fen"] for r in of["redemption"]} == {6000}
    assert of["message"] == of["purchase"] == of["tired"] == []


def test_the_menu_and_the_codes_that_the_account_has_are_used(week):
    _, records = week
    assert {r["key"] for r in records if r["kind"] == "click"} == {"COUPON"}
    assert {r["scene"] for r in records if r["kind"] == "follow"} == {"", "store01"}


def test_without_menu_and_codes_nobody_uses_any(tmp_path):
    path = tmp_path / "ledger"
    with batch.stopping(month(path, None)) as platform:
        found = batch.live(platform, 7)
    records = list(ledger.read(str(path)))
    assert {r["kind"] for r in records} == {"follow", "unfollow", "message", "purchase"}
    assert {r["scene"] for r in records if r["kind"] == "follow"} == {""}
    calls = found["callbacks"]
    assert (calls["pushes"], calls["silent"]) == (calls["unsent"], 0)


def test_friends_come_by_a_code_when_somebody_has_redeemed(tmp_path):
    path = tmp_path / "ledger"
    lived(path, Shop(), 12, habits={"friends": 0.3, "present": 0.7})
    config = a_config(
        people="life", start=START, followers=2000, habits={"friends": 0.3, "present": 0.7}
    )
    told = {one["openid"] for one in truth.export(config) if one["arrives_hours"] is None}
    come = [r for r in ledger.read(str(path)) if r["kind"] == "follow" and r["openid"] in told]
    assert 0 < len(come) < 100
    assert {r["scene"] for r in come} == {"store01"}


# --- the truth is true -----------------------------------------------------------------------


def test_what_happens_is_what_the_truth_says(week):
    _, records = week
    offers = [one for one in truth.offers(records) if one["via"] == "mass"]
    expected = sum(one["tap"] for one in offers)
    tapped = {r["openid"] for r in records if r["kind"] == "tap"}
    sent = {one["openid"] for one in offers}
    assert len(tapped & sent) == pytest.approx(expected, rel=0.2)
    likely = [one for one in offers if one["openid"] in tapped]
    rest = [one for one in offers if one["openid"] not in tapped]
    assert mean(o["uplift"] for o in likely) > 2 * mean(o["uplift"] for o in rest)
    assert all(one["buys_with"] >= one["buys_without"] for one in offers)


def test_truth_of_a_run_has_people_and_offers(tmp_path):
    path = tmp_path / "ledger"
    platform = month(path, Shop(), followers=300)
    with batch.stopping(platform):
        batch.live(platform, 3, on_tuesdays(platform))
    lines = batch.write_truth(tmp_path / "truth", platform.config)
    written = (tmp_path / "truth").read_text().splitlines()
    kinds = Counter(json.loads(line)["kind"] for line in written)
    assert kinds["person"] == 300
    assert kinds["offer"] == lines - 300 > 200


def test_offers_need_not_be_noted(tmp_path):
    path = tmp_path / "ledger"
    lived(path, Shop(), 3, followers=300, habits={"note_offers": False})
    assert "offer" not in {r["kind"] for r in ledger.read(str(path))}


# --- whatever the program answers --------------------------------------------------------------


def saying(answer: bytes, status: str = "200 OK", kind: str = "text/html") -> Program:
    def program(environ: Any, start: Any) -> list[bytes]:
        echo = echoed(environ)
        start("200 OK" if echo else status, [("Content-Type", kind)])
        return [echo or answer]

    return program


def raising(environ: Any, start: Any) -> list[bytes]:
    if echo := echoed(environ):
        start("200 OK", [])
        return [echo]
    raise RuntimeError("the program is broken")


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(saying(b"<html>\xff]]>"), id="nonsense"),
        pytest.param(saying(b"", "500 Internal Server Error"), id="a server error"),
        pytest.param(saying(b"success"), id="silence"),
        pytest.param(saying(b"<xml><Content>", kind="text/xml"), id="half an answer"),
        pytest.param(saying(b"", "302 Found"), id="a redirect to nowhere"),
        pytest.param(raising, id="an exception"),
    ],
)
def test_no_answer_of_the_program_stops_the_people(tmp_path, caplog, program):
    platform = month(tmp_path / "ledger", program, followers=300)
    with batch.stopping(platform):
        found = batch.live(platform, 3, on_tuesdays(platform))
    assert found["messages"] > 5
    assert found["follows"] > 5
    assert "stumbled" not in caplog.text
    assert "task failed" not in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("http://[", id="a link that is none"),
        pytest.param("", id="nothing"),
        pytest.param("1 咖啡\n" * 300, id="the same option again and again"),
        pytest.param("减" + "9" * 400 + "元 满" + "9" * 400, id="numbers without end"),
        pytest.param("\x00\ud83d 0折 000元", id="odd characters"),
    ],
)
def test_no_message_stops_the_people(tmp_path, caplog, text):
    platform = month(tmp_path / "ledger", None, followers=100)
    with batch.stopping(platform):
        platform.start()
        platform.run(60)
        world = platform.world
        for via in ("mass", "reply", "template", "unheard of"):
            for openid in world.subscribed():
                bubble = Bubble(
                    "account", "text", text, world.clock(), via, "http://[", "subscribe",
                    (("1", text), ("", "")),
                )  # fmt: skip
                world.show(world.people[openid], bubble)
        platform.run(2 * 86_400)
    assert "failed" not in caplog.text
    assert "stumbled" not in caplog.text


def test_who_is_made_to_leave_by_hand_does_no_harm(tmp_path, caplog):
    platform = month(tmp_path / "ledger", None, followers=100, habits={"messages_a_month": 50})
    with batch.stopping(platform):
        platform.start()
        platform.run(3600)
        acts: Acts = platform.acts
        for openid in platform.world.subscribed():
            acts.unfollow(platform.world.people[openid])
        platform.run(3 * 86_400)
    assert "failed" not in caplog.text


# --- the command ---------------------------------------------------------------------------------


def hongyan(folder: Path, *words: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("HONGYAN_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", "sandbox", "--start", START, "--followers", "300", *words],
        cwd=folder,
        env={**plain, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_lives_through_days_and_tells_of_them(tmp_path):
    one = hongyan(tmp_path, "--days", "2", "--ledger", "one", "--truth", "truth", "--json")
    assert one.returncode == 0, one.stderr
    found = json.loads(one.stdout)
    assert (found["people"], found["days"]) == (300, 2.0)
    assert found["now"] == "2026-11-03T08:00:00+08:00"
    assert found["truth_lines"] == 300
    assert 10 < found["peak_mb"] < 1000
    assert "day 2 of 2" in one.stderr
    again = hongyan(tmp_path, "--days", "2", "--ledger", "two", "--quiet", hash_seed="1")
    assert again.returncode == 0
    assert "subscribed" in again.stdout
    assert again.stderr == ""
    assert filecmp.cmp(tmp_path / "one", tmp_path / "two", shallow=False)


def test_the_command_pushes_to_a_program(tmp_path, dumb_bot, free_port):
    def answer(asked: Asked) -> Answer:
        echo = parse_qs(urlsplit(asked.path).query).get("echostr", ["success"])[0]
        return 200, "text/plain", echo.encode()

    url = f"{dumb_bot(answer).url}/wechat/default"
    port = str(free_port)
    ended = hongyan(tmp_path, "--days", "2", "--callback", url, "--port", port, "--json")
    assert ended.returncode == 0, ended.stderr
    calls = json.loads(ended.stdout)["callbacks"]
    assert calls["pushes"] == calls["silent"] > 3
    assert calls["failed"] == 0


def test_days_want_a_start(tmp_path):
    ended = hongyan(tmp_path, "--days", "1", "--start", "")
    assert ended.returncode == 1
    assert "--start" in ended.stderr


# --- on the wall clock -----------------------------------------------------------------------


def test_life_on_the_wall_clock_is_scaled(tmp_path):
    """An hour of theirs in a hundredth of a second: they come, and all settles."""
    shop = Shop()
    platform = month(
        tmp_path / "ledger",
        shop,
        start="",
        followers=30,
        time_scale=timedelta(hours=1) / timedelta(seconds=0.01),
        habits={"present": 0.0, "friends": 0.0, "arrival_days": 0.5, "messages_a_month": 500},
        seconds=3 * 86_400.0,
    )
    with batch.stopping(platform):
        platform.start()
        waited = 0
        while not platform.population.report()["ended"] and waited < 2000:
            platform.pusher.drain(0.01)
            platform.population.drain(0.01)
            waited += 1
        assert platform.settle(20)
        counts = platform.world.ledger.counts()
    assert counts["follow"] >= 20
    assert counts["message"] > 20


def test_who_leaves_stays_away_or_comes_back_weeks_later(tmp_path):
    """Nobody returns at the hour at which he would have written next."""
    path = tmp_path / "ledger"
    habits = {"leavers_a_month": 1.0, "messages_a_month": 20.0, "present": 0.9}
    with batch.stopping(month(path, None, habits=habits, followers=500)) as platform:
        batch.live(platform, 40)
    left: dict[str, int] = {}
    away = []
    for record in ledger.read(str(path)):
        if record["kind"] == "unfollow":
            left[record["openid"]] = record["at"]
        elif record["kind"] == "follow" and record["openid"] in left:
            away.append((record["at"] - left[record["openid"]]) / 86_400_000)
    assert len(left) > 200
    assert 0 < len(away) < 0.15 * len(left)
    assert min(away) >= 4
