"""Every page of the console in a store of N followers: how long each takes, the slowest first.

    python -m benchmarks console [--followers 1000000] [--rounds 5]

The store is that of `benchmarks segments` (a profile, four tags, two interests and five events a
follower), with ten refreshed segments, a coupon batch of a tenth as many codes, and a campaign that
went to a tenth of the followers. Each GET that needs no further number is asked through the Flask
app by an administrator; the median of the rounds, in milliseconds of the clock, beside the bytes.
The peer, in this run: a page of followers found by COUNT(*) and an OFFSET into their middle.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from benchmarks.segments_rules import NOW, shapes
from benchmarks.segments_store import KEY, load_sqlite
from bot import campaign, coupon
from bot.app import create_app
from bot.build import build
from bot.console import people, signing
from bot.console.gate import RIGHTS
from bot.console.rights import Role
from bot.effect import cohorts, days, keeping, parts
from bot.inbox.context import Handled
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.services import Services
from bot.settings import Settings
from bot.store.db import fetch
from bot.values.replies import NO_REPLY
from jobs.figuring import KEPT

AIM_MS = 300


def run(followers: int = 1_000_000, rounds: int = 5) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        services = _filled(Path(folder), followers)
        app = create_app(services, lambda message, ctx: Handled(NO_REPLY, "none"))
        browser = _signed_in(app)
        found = [_timed(browser, path, rounds) for path in _paths(app)]
        peer = _offset(followers, rounds)
        services.store.close()
    found.sort(key=lambda one: -one["ms"])
    return {
        "followers": followers,
        "pages": found,
        "slower_than_aim": [one["page"] for one in found if one["ms"] > AIM_MS],
        "peer_count_and_offset_ms": peer,
    }


def _filled(folder: Path, followers: int) -> Services:
    os.environ["HONGYAN_VAR"] = str(folder)
    settings = {
        "HONGYAN_DATABASE_URL": f"sqlite:///{folder}/hongyan.db",
        "HONGYAN_SECRET_KEYS": KEY,
        "HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9",
        "HONGYAN_PUBLIC_URL": "http://127.0.0.1:9",
    }
    services = build(Settings.from_env(settings), lambda: NOW)
    account = services.account_of("default")
    load_sqlite(folder / "hongyan.db", account.id, followers)
    for number, (name, shape) in enumerate(shapes(10).items()):
        define(account.id, f"segment-{number}", name, shape.rule, NOW)
    refresh_all(NOW)
    batch = {"slug": "cup", "title": "第二杯", "face_value_fen": 1000, "valid_days": 7}
    coupon.make_batch(account.id, {**batch, "codes": max(1, followers // 10)}, NOW)
    define(account.id, "tenth", "十分之一", {"bucket": [0, 10]}, NOW)
    refresh_all(NOW)
    _a_campaign(services, account.id)
    days.fill_due(NOW)
    parts.fill_due(NOW)
    while cohorts.fill_due(NOW):
        pass
    keeping.refresh(KEPT, NOW, budget_seconds=3600)
    return services


def _a_campaign(services: Services, account_id: int) -> None:
    document = {
        "slug": "weekend", "name": "周末第二杯", "segment": "tenth", "purpose": "marketing",
        "offer": "cup", "text": "【鸿雁咖啡】{face_value}：{link}",
        "guardrails": {"quiet_hours": None},
    }  # fmt: skip
    campaign.create(services, account_id, document, NOW)
    campaign.start(services, account_id, "weekend", NOW)
    campaign.push_due(services, NOW + timedelta(seconds=1), budget_seconds=300)


def _signed_in(app: Flask) -> FlaskClient:
    token = people.invite("bench", "", Role.ADMIN, 0, "job", NOW)
    person = people.accept(token, "qing hua ci 1234567", NOW)
    browser = app.test_client()
    session = signing.begin(person, NOW, "benchmark", proved=True)
    browser.set_cookie("hongyan_console", session, path="/console")
    return browser


def _paths(app: Flask) -> list[str]:
    """Every page of somebody signed in that can be asked for by what the store has."""
    known = {"slug": "default", "ref": "weekend"}
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console.") and RIGHTS[rule.endpoint] and "GET" in rule.methods:
            path = _path(rule, known)
            if path is not None:
                found.append(path)
    return [*found, "/console/a/default/followers?segment=segment-0",
            "/console/a/default/followers?following=no"]  # fmt: skip


def _path(rule: Rule, known: dict[str, str]) -> str | None:
    given = dict(known)
    if "/segments/" in rule.rule:
        given["ref"] = "segment-0"
    if rule.arguments - given.keys():
        return None
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda name: given[name[1]], rule.rule)


def _timed(browser: FlaskClient, path: str, rounds: int) -> dict[str, Any]:
    took, answer = [], browser.get(path, buffered=True)  # the first one makes the templates
    for _ in range(rounds):
        began = time.perf_counter()
        answer = browser.get(path, buffered=True)
        took.append(time.perf_counter() - began)
    return {
        "page": path,
        "status": answer.status_code,
        "ms": round(1000 * median(took), 1),
        "bytes": len(answer.data),
    }


def _offset(followers: int, rounds: int) -> float:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        fetch("SELECT COUNT(*) FROM follower WHERE account_id = 1")
        fetch(
            "SELECT * FROM follower WHERE account_id = 1 ORDER BY created_at DESC LIMIT 50"
            " OFFSET ?",
            (followers // 2,),
        )
        took.append(time.perf_counter() - began)
    return round(1000 * median(took), 1)
