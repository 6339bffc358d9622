"""A month of virtual time: overlapping campaigns and journeys, judged by what the platform saw.

Five campaigns and two journeys want the same people. Every rule is checked on the sandbox's side
alone: on the phones' chats and on the platform's own record of refused calls. Eight days in CI;
the whole month, some minutes, with MONTH_DAYS=30.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox.crowd.visitor import first_link, visit
from bot.sandbox.people import Bubble, Person
from bot.sandbox.platform import Platform
from tests.e2e.conftest import Serve, played

pytestmark = pytest.mark.slow
STEP = 4 * 3600.0
DAY = 24 * 3600.0
DAYS, PEOPLE = int(os.environ.get("MONTH_DAYS", "8")), 16
ZONE = ZoneInfo("Asia/Shanghai")
SEGMENT = {"slug": "all", "name": "所有人", "rule": {"attribute": "subscribed", "op": "eq",
                                                 "value": True}}  # fmt: skip
BATCH = {"slug": "coffee", "title": "咖啡券", "face_value_fen": 1000, "valid_seconds": 40 * 86400,
         "per_person": 9, "codes": 400}  # fmt: skip


def a_campaign(slug: str, priority: int, **more: object) -> dict[str, object]:
    return {
        "slug": slug,
        "name": slug,
        "segment": "all",
        "purpose": "marketing",
        "offer": "coffee",
        "text": f"【{slug}】送您一张{{title}}：{{link}}",
        "holdout": 0,
        "attribution_days": 1,
        "priority": priority,
        **more,
    }


def cron(fields: str, times: int, **more: object) -> dict[str, object]:
    return {"cron": fields, "times": times, **more}


CAMPAIGNS = [
    a_campaign("mondays", 50, schedule=cron("0 10 * * 1", 4)),
    a_campaign("evenings", 40, schedule=cron("0 22 * * 4", 4)),  # begins in quiet hours
    a_campaign("own-hours", 60, schedule=cron("0 9 * * 3", 4, best_hour=True)),
    a_campaign("weekend", 90, schedule=cron("0 12 * * 6", 4)),
    a_campaign("payday", 70, schedule={"at": "2026-11-15T10:00:00+08:00"}),
]
JOURNEYS = [
    {
        "slug": "welcome",
        "name": "欢迎",
        "trigger": {"when": "subscribe"},
        "steps": [
            {"id": "settle", "wait": {"hours": 3}},
            {
                "id": "first",
                "send": {
                    "purpose": "marketing",
                    "offer": "coffee",
                    "holdout": 0,
                    "text": "【welcome】欢迎，送您{title}：{link}",
                },
            },
            {"id": "done", "end": "finished"},
        ],
    },
    {
        "slug": "talkers",
        "name": "常聊",
        "trigger": {"when": "event", "event": "message.text"},
        "reentry": {"rule": "after", "days": 5},
        "steps": [
            {"id": "later", "wait": {"hours": 4}},
            {
                "id": "thanks",
                "send": {
                    "purpose": "marketing",
                    "offer": "coffee",
                    "holdout": 0,
                    "text": "【talkers】谢谢惦记，{title}：{link}",
                },
            },
            {"id": "done", "end": "finished"},
        ],
    },
]


@pytest.fixture
def platform(environment: dict[str, str], tmp_path: Path) -> Iterator[Platform]:
    """At eight in the morning of Sunday, the first of November."""
    environment |= {"HONGYAN_CLOCK": str(tmp_path / "clock"), "HONGYAN_SCHEDULER": "on"}
    with played(
        environment,
        start="2026-11-01T08:00+08:00",
        clock_path=environment["HONGYAN_CLOCK"],
        lockstep=STEP,
    ) as playing:
        yield playing


def offers(person: Person) -> list[Bubble]:
    """Marketing that reached this phone: it says how to stop it."""
    return [one for one in person.chat if one.via == "custom" and "TD 退订" in one.text]


def most_within(times: list[datetime], span: timedelta) -> int:
    """The greatest number of them in any stretch of that length."""
    return max((sum(at <= one < at + span for one in times) for at in times), default=0)


def live(platform: Platform, people: list[Person]) -> dict[str, datetime]:
    """A month of talking, tapping and leaving; when each who left or refused did so."""
    rng, acts, ended = random.Random(11), platform.acts, {}
    for _ in range(DAYS):
        for person in people:
            if person.openid in ended or not person.subscribed:
                continue
            fate = rng.random()
            if fate < 0.45:
                acts.say(person, rng.choice(["你好", "营业到几点", "有什么活动", "谢谢"]))
            elif fate < 0.46:
                acts.say(person, "TD")
                ended[person.openid] = platform.world.clock()
            elif fate < 0.47:
                acts.unfollow(person)
                ended[person.openid] = platform.world.clock()
            elif fate < 0.7 and (got := offers(person)):
                visit(first_link(got[-1].text), wants=True)
        platform.run(DAY)
    return ended


Together = Callable[[list[list[str]]], list[str]]


@pytest.fixture
def together(environment: dict[str, str], tmp_path: Path) -> Together:
    """Runs several commands of the product in one process, which starts but once; their outputs."""

    def run(commands: list[list[str]]) -> list[str]:
        ended = subprocess.run(
            [sys.executable, "-c", ONE_AFTER_THE_OTHER],
            env=environment, cwd=tmp_path, input=json.dumps(commands), capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.split("\0")[:-1]

    return run


ONE_AFTER_THE_OTHER = """
import json, sys
from bot.cli.root import cli
for words in json.load(sys.stdin):
    cli.main(words, standalone_mode=False)
    print(end="\\0")
"""


def filed(folder: Path, name: str, document: object) -> str:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(document, ensure_ascii=False))
    return str(path)


def prepare(together: Together, folder: Path) -> None:
    commands = [
        ["segments", "define", filed(folder, "all", SEGMENT)],
        ["coupons", "create", filed(folder, "coffee", BATCH)],
    ]
    for group, how, documents in (
        ("journeys", "define", JOURNEYS),
        ("campaign", "create", CAMPAIGNS),
    ):
        for document in documents:
            slug = str(document["slug"])
            commands += [[group, how, filed(folder, slug, document)], [group, "start", slug]]
    together(commands)


@pytest.mark.timeout(600)
def test_no_rule_is_broken_in_a_month_of_campaigns_and_journeys(
    platform: Platform, serve: Serve, together: Together, tmp_path: Path
):
    prepare(together, tmp_path)
    serve()
    platform.start()
    people = [platform.world.person(f"o-{n}", f"粉丝{n}") for n in range(PEOPLE)]
    for person in people:
        platform.acts.follow(person)
    ended = live(platform, people)
    assert platform.stepper is not None
    assert platform.stepper.missed == 0

    got = {person.openid: offers(person) for person in people}
    tags = {bubble.text[1 : bubble.text.index("】")] for some in got.values() for bubble in some}
    assert tags >= {"welcome", "talkers"}
    assert len(tags) >= 4, "and several of the campaigns had their say"
    assert sum(map(len, got.values())) > PEOPLE
    for openid, some in got.items():
        times = [bubble.at for bubble in some]
        assert most_within(times, timedelta(days=1)) <= 1, openid
        assert most_within(times, timedelta(days=7)) <= 2, openid
        assert most_within(times, timedelta(days=30)) <= 4, openid
        assert {at.astimezone(ZONE).hour for at in times} <= set(range(9, 21)), openid
        assert all(at <= ended.get(openid, at) for at in times), openid
    refused = [
        record
        for record in platform.world.ledger.records("api")
        if record["path"].endswith("/custom/send") and record["errcode"] != 0
    ]
    assert refused == [], "no closed window, no used-up quota, nobody who had left"
    asked = [["campaign", "report", str(campaign["slug"]), "--json"] for campaign in CAMPAIGNS]
    for campaign, told in zip(CAMPAIGNS, together(asked), strict=True):
        closing = json.loads(told)["closing"]
        accounted = closing["sent"] + closing["unknown"] + closing["held_out"] + closing["open"]
        accounted += sum(closing["failed"].values()) + sum(closing["skipped"].values())
        assert closing["audience"] == accounted, campaign["slug"]
