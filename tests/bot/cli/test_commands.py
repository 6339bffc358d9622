"""The commands, as a person types them: output, exit status, one line for what is wrong."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.store.vault import new_key
from tests.conftest import KEY
from tests.support import shell

ROOT = Path(__file__).resolve().parents[3]


class Shell:
    """`hongyan ...` in a folder of its own, in front of a platform that is away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("HONGYAN_")},
            "HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9",
            "HONGYAN_PUBLIC_URL": "http://127.0.0.1:8000",
            "HONGYAN_SECRET_KEYS": KEY,
        }

    def __call__(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        env = {**self.env, **{f"HONGYAN_{k}": v for k, v in settings.items()}}
        return shell.hongyan(words, self.folder, env)

    def file(self, name: str, document: object) -> str:
        (self.folder / name).write_text(json.dumps(document), encoding="utf-8")
        return name

    def json(self, *words: str) -> dict:
        ended = self(*words, "--json")
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)


@pytest.fixture
def hongyan(tmp_path):
    return Shell(tmp_path)


COUPON = {"slug": "c", "title": "券", "face_value_fen": 1000, "codes": 5, "valid_days": 7}
SEGMENT = {
    "slug": "all",
    "name": "全部",
    "rule": {"attribute": "subscribed", "op": "eq", "value": True},
}
CAMPAIGN = {
    "slug": "first", "name": "第一次", "segment": "all", "purpose": "marketing", "offer": "c",
    "text": "【店】{title}：{link}",
}  # fmt: skip


def test_the_program_says_in_one_line_what_is_wrong(hongyan):
    """Started from nothing; the other commands are forked from a process that has them loaded."""
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "segments", "define", "nowhere.json"],
        cwd=hongyan.folder,
        env={**hongyan.env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    forked = hongyan("segments", "define", "nowhere.json")
    assert (forked.returncode, forked.stderr) == (ended.returncode, ended.stderr)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.from_nothing
def test_a_first_campaign_from_the_shell(hongyan):
    assert hongyan("coupons", "create", hongyan.file("c.json", COUPON)).returncode == 0
    assert hongyan.json("coupons", "stock")["batches"][0]["available"] == 5
    assert "subscribed" not in hongyan("segments", "define", hongyan.file("s.json", SEGMENT)).stderr
    assert hongyan.json("segments", "refresh")["segments"][0]["size"] == 0
    assert hongyan("campaign", "create", hongyan.file("k.json", CAMPAIGN)).returncode == 0
    assert hongyan.json("campaign", "dry-run", "first")["audience"] == 0
    for command, state in (("start", "scheduled"), ("cancel", "cancelled")):
        ended = hongyan("campaign", command, "first")
        assert (ended.returncode, ended.stdout) == (0, f"first is {state}\n"), ended.stderr
    assert hongyan.json("campaign", "list")["campaigns"][0]["state"] == "cancelled"


WRONG = [
    pytest.param(["campaign", "report", "none"], 1, "none", id="a campaign that is not there"),
    pytest.param(["coupons", "redeem", "XXXX"], 1, "unknown", id="a code of nobody"),
    pytest.param(["followers", "show", "7"], 1, "no follower 7", id="a follower of nobody"),
    pytest.param(["privacy", "export", "7"], 1, "7", id="an export of nobody"),
    pytest.param(["segments", "members", "none"], 1, "none", id="a segment that is not there"),
    pytest.param(["segments", "preview", "missing.json"], 1, "missing.json", id="no such file"),
    pytest.param(["db", "restore", "/etc/passwd", "--yes"], 1, "backup", id="no backup"),
    pytest.param(["nonsense"], 2, "No such command", id="an unknown command"),
    pytest.param(["serve", "--port", "0"], 2, "--port", id="a port that is none"),
    pytest.param(["demo", "--seconds", "1"], 2, "--seconds", id="too short a demo"),
]


@pytest.mark.parametrize(("words", "status", "said"), WRONG)
def test_what_is_wrong_is_said_in_words(hongyan, words, status, said):
    hongyan("db", "upgrade")
    ended = hongyan(*words)
    assert ended.returncode == status
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    if status == 1:
        assert len(ended.stderr.strip().splitlines()) == 1


def test_a_document_that_breaks_a_rule_is_refused_with_its_field(hongyan):
    hongyan("coupons", "create", hongyan.file("c.json", COUPON))
    hongyan("segments", "define", hongyan.file("s.json", SEGMENT))
    ended = hongyan(
        "campaign", "create",
        hongyan.file("k.json", {**CAMPAIGN, "channels": ["template"]}),
    )  # fmt: skip
    assert ended.returncode == 1
    assert "channels[0]" in ended.stderr


def test_a_campaign_planned_for_later_waits_for_its_time(hongyan):
    hongyan("coupons", "create", hongyan.file("c.json", COUPON))
    hongyan("segments", "define", hongyan.file("s.json", SEGMENT))
    later = {**CAMPAIGN, "schedule": {"at": "2099-01-01T00:00:00+08:00"}}
    hongyan("campaign", "create", hongyan.file("k.json", later))
    assert hongyan("campaign", "start", "first").returncode == 0
    with sqlite3.connect(hongyan.folder / "var" / "hongyan.db") as db:
        due = db.execute("SELECT due_at FROM campaign").fetchone()[0]
    db.close()
    assert due == 4070880000000


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"[" * 100_000, b'{"slug": "\\ud800"}', b"", b"[]"]
)
@pytest.mark.parametrize("command", [["campaign", "create"], ["segments", "preview"]])
def test_a_file_that_is_no_document_is_refused_in_one_line(hongyan, command, content):
    (hongyan.folder / "wild").write_bytes(content)
    ended = hongyan(*command, "wild")
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.from_nothing
def test_a_file_that_is_no_store_is_told_in_one_line(hongyan):
    (hongyan.folder / "var").mkdir()
    (hongyan.folder / "var" / "hongyan.db").write_bytes(b"this is no database" * 500)
    for words in (["db", "check"], ["doctor"], ["campaign", "list"]):
        ended = hongyan(*words)
        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr


@pytest.mark.from_nothing
def test_a_check_without_a_store_makes_none(hongyan):
    assert hongyan("db", "check").returncode == 1
    assert not (hongyan.folder / "var" / "hongyan.db").exists()


def test_a_taken_port_is_refused(hongyan):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for words in (["serve", "--port", port], ["sandbox", "--port", port]):
            ended = hongyan(*words)
            assert ended.returncode == 1
            assert "cannot listen" in ended.stderr


def test_serving_without_the_whole_account_says_what_is_missing(hongyan):
    ended = hongyan("serve", APPID="wx0123456789abcdef", WECHAT_API_URL="https://api.weixin.qq.com")
    assert ended.returncode == 1
    assert "HONGYAN_APPSECRET" in ended.stderr
    assert "HONGYAN_AES_KEY" in ended.stderr


def test_a_restore_under_a_running_process_is_refused(hongyan):
    hongyan("coupons", "create", hongyan.file("c.json", COUPON))
    hongyan("db", "backup", "copy.db")
    running = sqlite3.connect(hongyan.folder / "var" / "hongyan.db")
    running.execute("SELECT COUNT(*) FROM account").fetchone()
    ended = hongyan("db", "restore", "copy.db", "--yes")
    running.close()
    assert ended.returncode == 1
    assert "stop it first" in ended.stderr


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "a b/c"}, "slug"),
        ({"--appid": "bad"}, "appid"),
        ({"--token": "y"}, "token"),
        ({"--aes-key": "z"}, "aes_key"),
    ],
)
def test_an_account_that_cannot_work_is_not_added(hongyan, changes, field):
    values = {
        "slug": "shop2",
        "--appid": "wx0123456789abcdef",
        "--appsecret": "s" * 32,
        "--token": "a-token",
        "--aes-key": "A" * 43,
        **changes,
    }
    slug = values.pop("slug")
    options = [word for pair in values.items() for word in pair]
    ended = hongyan("account", "add", slug, *options)
    assert ended.returncode == 1
    assert field in ended.stderr


def test_a_key_is_printed_once_and_works(hongyan):
    ended = hongyan("account", "key", "the till")
    assert ended.stdout.startswith("hy_")


def test_a_bad_setting_stops_every_command(hongyan):
    ended = hongyan("db", "check", PORT="eighty")
    assert ended.returncode == 1
    assert "HONGYAN_PORT" in ended.stderr


@pytest.mark.from_nothing
def test_the_doctor_makes_no_database_where_none_is(hongyan):
    ended = hongyan("doctor", SECRET_KEYS="")
    assert ended.returncode == 1
    assert "✗ store: no database yet → run hongyan db upgrade" in ended.stdout.splitlines()
    assert list(hongyan.folder.iterdir()) == []


def test_the_doctor_says_that_nothing_uses_the_redis_that_is_set(hongyan):
    ended = hongyan("doctor", REDIS_URL="redis://h/0", BROKER_URL="amqp://h")
    assert "HONGYAN_REDIS_URL is set and not used" in ended.stdout
    assert "HONGYAN_BROKER_URL is set and not used" in ended.stdout


def test_the_doctor_finds_a_database_server_away(hongyan):
    ended = hongyan("doctor", DATABASE_URL="postgresql://bot@127.0.0.1:9/none")
    assert ended.returncode == 1
    assert "✗ store: the database does not answer" in ended.stdout


def test_the_doctor_finds_the_platform_away(hongyan):
    hongyan("db", "upgrade")
    ended = hongyan("doctor", "--json")
    assert ended.returncode == 1
    found = {row["what"]: row["state"] for row in json.loads(ended.stdout)["findings"]}
    assert found["store"] == "ok"
    assert found["platform token"] == "bad"


def test_a_backup_can_be_put_back(hongyan):
    hongyan("coupons", "create", hongyan.file("c.json", COUPON))
    assert hongyan("db", "backup", "copy.db").returncode == 0
    hongyan("coupons", "create", hongyan.file("d.json", {**COUPON, "slug": "d"}))
    assert hongyan("db", "restore", "copy.db", "--yes").returncode == 0
    assert [row["batch"] for row in hongyan.json("coupons", "stock")["batches"]] == ["c"]
    assert hongyan("db", "check").returncode == 0


def test_keys_can_be_changed_and_the_old_one_dropped(hongyan):
    hongyan("coupons", "create", hongyan.file("c.json", COUPON))
    new = new_key()
    both = hongyan("db", "rekey", SECRET_KEYS=f"{new},{KEY}")
    assert both.returncode == 0, both.stderr
    assert hongyan("db", "check", SECRET_KEYS=new).returncode == 0
    assert hongyan("coupons", "stock", SECRET_KEYS=new).returncode == 0
    refused = hongyan("db", "check", SECRET_KEYS=KEY)
    assert refused.returncode == 1
    assert "HONGYAN_SECRET_KEYS" in refused.stderr


def test_every_command_explains_itself(hongyan):
    from click import Group

    from bot.cli.root import COMMANDS, cli

    for name in COMMANDS:
        command = cli.get_command(None, name)
        assert command.help, name
        if isinstance(command, Group):
            assert all(sub.help for sub in command.commands.values()), name
