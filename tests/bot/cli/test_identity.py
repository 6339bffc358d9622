"""`hongyan identity`: every join in a sentence, operators' acts on record, names masked."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from bot.cli import common
from bot.cli.root import cli
from bot.clock import utc_now
from bot.collect import intake
from bot.errors import HongyanError
from bot.profile import auditing, identity
from bot.profile.retention import parse, retain
from bot.store import accounts, audit, listing
from bot.store.db import fetch, run
from bot.tracking.visits import Visit
from bot.values.identity import Key, Kind
from tests.conftest import KEY, a_follower

PHONE = "13812345678"


class Console:
    """Commands in this process; what they print, and what `main` would say on stderr."""

    def __init__(self, account: int) -> None:
        self.account = account

    def __call__(self, *words):
        ended = CliRunner().invoke(cli, ["identity", *map(str, words)])
        if ended.exception and not isinstance(ended.exception, (HongyanError, SystemExit)):
            raise ended.exception
        said = str(ended.exception) if isinstance(ended.exception, HongyanError) else ""
        return ended.exit_code, ended.stdout + said

    def json(self, *words):
        return json.loads(self(*words, "--json")[1])

    def report(self, follower, number):
        event = {
            "id": str(number), "kind": "product.view", "at": utc_now().isoformat(),
            "follower": follower, "facts": {},
        }  # fmt: skip
        assert intake.take_events(self.account, [event], utc_now()).accepted == 1


@pytest.fixture
def hongyan(tmp_path, monkeypatch, fresh_sqlite):
    monkeypatch.chdir(tmp_path)
    for name, value in (
        ("WECHAT_API_URL", "http://127.0.0.1:9"), ("SECRET_KEYS", KEY),
        ("DATABASE_URL", fresh_sqlite(tmp_path)),
    ):  # fmt: skip
        monkeypatch.setenv(f"HONGYAN_{name}", value)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    account = common.services().account_of("default").id
    a_follower(account), a_follower(account, "o-wang")
    yield Console(account)
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def test_a_join_is_explained_undone_and_decided(hongyan):
    hongyan.report({"customer": "K-2291", "phone": PHONE}, 1)
    assert "1 " in hongyan("list")[1]
    [waits] = hongyan.json("list")["waiting"]
    assert (waits["kinds"], waits["events"]) == ("customer,phone", 1)
    hongyan.report({"openid": "o-lin", "phone": PHONE}, 2)
    hongyan.report({"openid": "o-wang", "customer": "K-2291"}, 3)
    identity.go_on(utc_now())

    code, said = hongyan("show", 1)
    assert code == 0
    assert "手机号 138****5678 (#2) 与 关注者 hy-1-" in said
    assert "事件 2（product.view" in said
    assert "又被说成是 关注者 hy-2-" in said
    assert PHONE not in said
    assert "K-2291" not in said
    assert "telephone 138****5678 (#2) and follower hy-1-" in hongyan("show", 1, "--lang", "en")[1]
    assert PHONE in hongyan("show", 1, "--personal")[1]
    assert "was also said to be follower hy-2-" in hongyan("conflicts", "--lang", "en")[1]
    assert [one["times"] for one in hongyan.json("conflicts")["conflicts"]] == [1]

    wrong = next(one["join"] for one in hongyan.json("show", 1)["joins"] if "#2" in one["sentence"]
                 and one["sentence"].count("hy-1"))  # fmt: skip
    assert hongyan("undo", wrong)[1] == "1 events of 2 names went\n"
    assert hongyan("undo", wrong)[0] == 1
    assert "同样的证据不会再把两者合在一起" in hongyan("show", "--contact", 1)[1]
    assert hongyan("join", 1, 2)[0] == 2, "no reason, no join"
    assert hongyan("join", 1, 2, "--why", "她带着会员卡来了")[0] == 0
    assert "她带着会员卡来了" in hongyan("show", 2)[1]
    assert "她带着会员卡来了".encode() not in bytes(
        fetch("SELECT reason FROM identity_join WHERE why = 'operator'")[0][0]
    )
    assert hongyan.json("conflicts")["conflicts"] == [], "somebody has decided"
    acts = [one.action for one in audit.entries() if one.actor.startswith("operator:")]
    assert sorted(acts) == ["identity.join", "identity.undo"] + ["show"] * 6


REFUSED = {
    "show": 2, "show 1 --contact 1": 2, "show 99": 1, "show --contact 99": 1, "undo 99": 1,
    "undo x": 2, "join 99 1 --why x": 1, "purge --older-than 0": 2, "purge --contact 99": 1,
    "show 1": 0, "list": 0, "conflicts": 0,
}  # fmt: skip


def test_what_is_refused(hongyan):
    assert {words: hongyan(*words.split())[0] for words in REFUSED} == REFUSED


def test_the_links_and_lines_that_joined_are_named(hongyan):
    now = utc_now()
    visitor = Key(Kind.VISITOR, "v" * 22)
    identity.opened_link(hongyan.account, visitor, 1, Visit(7, 9, 1).evidence, now)
    run("UPDATE identity_join SET evidence = 'import:5:3' WHERE id = 1")
    assert "一份已不在的报告" not in hongyan("show", 1)[1]
    run("UPDATE identity_join SET evidence = ?", ("event:gone",))
    assert "一份已不在的报告" in hongyan("show", 1)[1]
    run("UPDATE identity_join SET evidence = ?", (Visit(7, 9, 1).evidence,))
    assert "链接 7，发送 9" in hongyan("show", 1)[1]


@pytest.fixture
def waiting(hongyan):
    """One who waits for over a year in silence, one who did something since, one of yesterday."""
    for number, names in enumerate(
        ({"customer": "old"}, {"customer": "lively"}, {"customer": "new", "phone": PHONE},
         {"openid": "o-lin", "customer": "joined"})
    ):  # fmt: skip
        hongyan.report(names, number)
    a_year = int(timedelta(days=400).total_seconds() * 1000)
    run("UPDATE identity SET created_at = created_at - ? WHERE kind = 'customer'", (a_year,))
    run("UPDATE event SET received_at = received_at - ? WHERE identity_id = 1", (a_year,))
    run("UPDATE event SET received_at = received_at - ? WHERE identity_id = 3", (a_year,))
    return hongyan


def test_who_waits_too_long_is_forgotten(waiting):
    """Old and silent goes; whoever has a name of yesterday, or did something since, stays."""
    hongyan = waiting
    found = auditing.audited(hongyan.account, {}, utc_now(), "test").findings
    assert [what for what, _ in found] == ["waiting"]
    assert hongyan.json("purge", "--older-than", 365) == {"names": 1, "events": 1}
    assert hongyan.json("purge", "--older-than", 365) == {"names": 0, "events": 0}
    assert hongyan("purge", "--contact", 3)[1] == "2 names and 1 events forgotten\n"
    assert len(fetch("SELECT id FROM identity")) == 2
    assert hongyan("purge", "--contact", 5)[0] == 1, "a follower has rights of his own"


def test_retention_forgets_who_waits_too_long_by_itself(waiting):
    assert retain(parse("waiting=365"), utc_now()).removed == {"waiting": 1}
    assert retain(parse("waiting=365"), utc_now()).removed == {}
    told = [
        row[0] for row in fetch("SELECT actor FROM audit_entry WHERE action = 'identity.purge'")
    ]
    assert told == ["retention"], "a night on which nothing went is no entry"


def test_where_else_the_same_person_follows(hongyan):
    """Over several accounts: shown, and never mixed."""
    other = accounts.add("shop", "wxother00000000000", "s", "t", "k", "service", utc_now())
    theirs = a_follower(other, "o-there")
    for one in (1, theirs):
        listing.keep_unionid(one, "u-lin")
    shown = hongyan.json("show", 1)
    assert [one["account"] for one in shown["elsewhere"]] == ["shop"]
    assert shown["identities"] == []
    assert "画像不跨账号合并" in hongyan("show", 1)[1]
    told = CliRunner().invoke(cli, ["followers", "show", "1"]).stdout
    assert "同一 unionid 也在账号 shop" in told
    assert hongyan("show", theirs)[0] == 1, "another account's follower is nobody here"
