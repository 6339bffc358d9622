"""A house full of everything for `benchmarks console`: made once, at any size, and kept as a file.

First what an administrator makes by the pages (tests.browser.full_house: a small thing of every
kind, through the product), then rows in bulk: followers with tags, events and profiles, chats, two
runs of a row a follower (one that is sending, one that is over), a journey that half of them are
in, coupon codes, and long lists of whatever a page lists. At last what the jobs count ahead.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import console_rows
from benchmarks.console_rows import JOURNEY, MS
from benchmarks.segments_rules import NOW, shapes
from benchmarks.segments_store import KEY
from bot.build import build
from bot.services import Services
from bot.settings import Settings

CODES_MOST = 200_000
WELCOME: dict[str, Any] = {
    "slug": JOURNEY, "name": "半数粉丝的欢迎", "trigger": {"when": "manual"}, "holdout": 0.1,
    "goals": [{"event": "order"}], "goal_days": 7,
    "steps": [
        {"id": "wait", "wait": {"days": 1}},
        {"id": "vip", "branch": {"ways": [{"if": {"tag": "t001"}, "to": "gift"}],
                                 "else": "hello"}},
        {"id": "gift", "send": {"purpose": "marketing", "text": "老客有礼"}, "next": "rest"},
        {"id": "hello", "send": {"purpose": "marketing", "text": "你好"}},
        {"id": "rest", "wait": {"days": 7}},
        {"id": "end", "end": "finished"},
    ],
}  # fmt: skip


def settings_of(folder: Path, platform_url: str = "http://127.0.0.1:9") -> dict[str, str]:
    return {
        "HONGYAN_DATABASE_URL": f"sqlite:///{folder}/hongyan.db",
        "HONGYAN_SECRET_KEYS": KEY,
        "HONGYAN_WECHAT_API_URL": platform_url,
        "HONGYAN_PUBLIC_URL": "https://bot.example.com",
    }


@contextmanager
def opened(folder: Path) -> Iterator[Services]:
    """The services over a made house, at the instant that it was made for."""
    os.environ["HONGYAN_VAR"] = str(folder)
    services = build(Settings.from_env(settings_of(folder)), lambda: NOW)
    try:
        yield services
    finally:
        services.store.close()


def made(folder: Path, followers: int) -> None:
    """Make it, unless the folder holds one already: a mark is written at the end."""
    mark = folder / "made.json"
    if mark.exists():
        held = json.loads(mark.read_text())["followers"]
        if held != followers:
            raise SystemExit(f"{folder} holds {held:,} followers, not {followers:,}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hongyan.db").unlink(missing_ok=True)
    _small(folder)
    console_rows.fill(folder / "hongyan.db", followers)
    with opened(folder) as services:
        _by_product(services, followers)
        console_rows.give_codes(folder / "hongyan.db")
    with sqlite3.connect(folder / "hongyan.db") as db:
        db.execute("PRAGMA wal_checkpoint(truncate)")
    db.close()
    mark.write_text(json.dumps({"followers": followers}))


def _small(folder: Path) -> None:
    """Something of everything, through the product, a little more than a week before NOW."""
    from bot import journey
    from bot.console.rights import Role
    from bot.learning import training
    from bot.store import audit, insight_models
    from bot.store.db import transaction
    from handlers import dispatch
    from tests.bot.console.sharing import shared
    from tests.bot.console.test_inbox import Counter
    from tests.bot.learning import cast
    from tests.bot.wechat.conftest import Platform
    from tests.browser import full_house

    platform = Platform()
    url = f"sqlite:///{folder}/hongyan.db"
    with shared(Counter, folder, url, platform.url, dispatch) as house:
        house.platform = platform
        house.clock.now = NOW - timedelta(days=9, minutes=10)
        house.hire("boss", Role.ADMIN)
        full_house.filled(house)
        journey.define(house.account_id, WELCOME, NOW)
        journey.start(house.account_id, JOURNEY, NOW)
        deque(islice(cast._numbers, 1000), 0)  # openids behind those of the full house
        cast.a_shop(house.account_id, NOW, people=90)
        quick = {"candidates": ["logistic regression"]}
        kept = training.train(house.account_id, "redeem", NOW, options=quick).kept
        insight_models.activate(house.account_id, kept.id, NOW)
        with transaction():
            for number in range(20_000):
                detail = {"tab": "picture", "personal": False}
                who = 1 + number % 12
                audit.record("operator:boss", "follower_look", NOW, follower_id=who, detail=detail)
    platform.close()


def _looked_at(account_id: int, operator_id: int) -> None:
    """A table that was uploaded, its columns not yet said: of 20,000 rows."""
    from bot import background
    from bot.background.importing import LOOK

    rows = "\n".join(f"o-up-{n},女,{n % 60}" for n in range(20_000))
    table = BytesIO(f"openid,gender,age\n{rows}\n".encode())
    asked = {"file": "people.csv", "kind": "followers"}
    background.ask(account_id, operator_id, LOOK, asked, NOW, ("people.csv", table))


def _by_product(services: Services, followers: int) -> None:
    """Segments with their members, and a batch of codes."""
    from bot import coupon
    from bot.segment.catalogue import define
    from bot.segment.refresh import refresh_all

    account = services.account_of("default").id
    for number, (name, shape) in enumerate(shapes(10).items()):
        define(account, f"segment-{number}", name, shape.rule, NOW)
    define(account, "tenth", "十分之一", {"bucket": [0, 10]}, NOW)
    refresh_all(NOW)
    batch = {"slug": "autumn", "title": "秋日券", "face_value_fen": 1000, "valid_days": 30}
    codes = min(CODES_MOST, max(100, followers // 5))
    coupon.make_batch(account, {**batch, "codes": codes}, NOW - timedelta(days=20))
    _tasks(services, account)


def _tasks(services: Services, account_id: int) -> None:
    """A replay and a file that are done, and a task that goes on."""
    from bot import background
    from bot.background.follower_files import EXPORT
    from bot.store import operators
    from bot.store.db import run

    boss = operators.by_name("boss")
    assert boss is not None
    replay = {"messages": 100, "stage": "live", "model": 0, "version": 1}
    background.ask(account_id, boss.id, "replay", replay, NOW)
    asked = {"segment": "", "tag": "", "state": "blacklisted"}
    background.ask(account_id, boss.id, EXPORT, asked, NOW)
    background.run_short(services, NOW)
    background.run_long(services, NOW)
    _looked_at(account_id, boss.id)
    last = background.ask(account_id, boss.id, "dryrun", {"campaign": "draft"}, NOW)
    run("UPDATE background_task SET state = 'running', started_at = ? WHERE id = ?", (MS, last))


def forget_counted() -> None:
    """As if no job had counted ahead yet; days that are over stay counted, but for yesterday."""
    from bot.store.db import run

    run("DELETE FROM kept_answer")
    run("DELETE FROM background_task WHERE kind = 'figure'")
    yesterday = (NOW - timedelta(days=1)).date().isoformat()
    run("DELETE FROM figure WHERE report = 'hongyan.day' AND day >= ?", (yesterday,))


def count_ahead() -> None:
    """What the jobs do at night and between, where it is not done yet."""
    from bot.background.figures import KEPT
    from bot.effect import cohorts, days, keeping, parts
    from bot.profile import around
    from bot.store import accounts, picture, segment_sizes

    for account in accounts.ids():
        picture.reckon(account, NOW)
        around.reckon(account, NOW)
    segment_sizes.note(NOW)
    days.fill_due(NOW)
    parts.fill_due(NOW)
    while cohorts.fill_due(NOW):
        pass
    while keeping.refresh(KEPT, NOW, budget_seconds=3600):
        pass
