"""Every command by which an operator sees or changes somebody's data leaves a line in the log."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from bot import campaign
from bot.cli import common
from bot.cli.root import cli
from bot.clock import utc_now
from bot.content.library import put
from bot.coupon import make_batch
from bot.errors import Conflict
from bot.segment.catalogue import define
from bot.store import audit
from tests.conftest import KEY, a_follower

# Commands, what the log says of them, and whether it names (by a pseudonym) whom they were about.
LOGGED = [
    ("followers show 1", "show", True),
    ("profiles show 1", "show", True),
    ("profiles picture 1", "show", True),
    ("followers page 1", "page.link", True),
    ("privacy export 1", "export", True),
    ("privacy consent 1", "show", True),
    ("privacy consent 1 marketing withdrawn", "consent", True),
    ("identity show 1", "show", True),
    ("segments why vip 1", "show", True),
    ("segments pin vip 1 --in", "pin", True),
    ("segments pin vip 1 --by-rule", "pin", True),
    ("segments upload gold gold.csv", "list", False),
    ("segments members gold", "members", False),
    ("quotas --compare", "quota_compare", False),
    ("coupons issue b0 1", "coupon_issue", True),
    ("coupons redeem NONE", "coupon_redeem", False),
    ("coupons make b0 --count 2", "coupon_make", False),
    ("coupons make b0 --count 2 --export paper.csv", "coupon_make", False),
    ("coupons till a1", "till_make", False),
    ("coupons till-revoke 1", "till_revoke", False),
    ("coupons redeem-file paper.csv", "redeem_file", False),
    ("coupons withdraw b0 --why mistake --yes", "coupon_withdraw", False),
    ("content preview hello --follower 1", "content_preview", True),
    ("followers export all.csv", "export", False),
    ("events quarantine replay", "quarantine_replay", False),
    ("events quarantine drop --all", "quarantine_drop", False),
    ("journeys explain 1", "show", True),
    ("campaign testers add lin 1", "tester_add", True),
    ("campaign preview c0 --follower 1", "campaign_preview", True),
    ("followers erase 1 --yes", "erase", True),
]
# With the platform: tests/bot/cli/test_collecting.py. A join: tests/bot/cli/test_identity.py. Texts
# are logged for each whose texts were shown, where there were any.
ELSEWHERE = {
    "messages list",
    "followers blacklist",
    "followers unblacklist",
    "identity join",
    "privacy erase",
    "journeys enter",  # tests/bot/journey/test_commands.py
    "model why",  # tests/bot/cli/test_model_store.py
}
OF_THE_LOG = {"privacy log"}


@pytest.fixture
def account(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HONGYAN_WECHAT_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HONGYAN_SECRET_KEYS", KEY)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    made = common.services().account_of("default").id
    assert a_follower(made) == 1
    (tmp_path / "gold.csv").write_text("1\n")
    define(made, "vip", "会员", {"tag": "vip"}, utc_now())
    put(made, {"slug": "hello", "kind": "message", "title": "好", "text": "{name|您}好"}, utc_now())
    make_batch(made, {"slug": "b0", "title": "券", "face_value_fen": 100, "codes": 3}, utc_now())
    text = {"slug": "c0", "name": "新品", "segment": "vip", "purpose": "service", "text": "上市"}
    campaign.create(common.services(), made, text, utc_now())
    yield made
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def test_each_look_and_each_change_is_on_record(account):
    assert [(words, *logged(words)) for words, *_ in LOGGED] == LOGGED
    assert "o-lin" not in json.dumps([one.to_json() for one in audit.entries(1000)])


def logged(words):
    """Run the command; what it logged, and whether of follower 1."""
    before = {one.number for one in audit.entries(1000)}
    ended = CliRunner().invoke(cli, words.split())
    assert ended.exit_code == 0 or isinstance(ended.exception, Conflict), (words, ended.output)
    new = [one for one in audit.entries(1000) if one.number not in before]
    mine = [one for one in new if one.actor.startswith("operator:")]
    actions = "+".join(dict.fromkeys(one.action for one in mine))
    return actions, {one.subject for one in mine} == {audit.pseudonym(1)}


def commands(group, path=""):
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        if isinstance(found, click.Group):
            yield from commands(found, f"{path}{name} ")
        else:
            yield f"{path}{name}", {one.name for one in found.params}


def test_no_command_about_a_follower_was_forgotten():
    known = {
        one
        for words, *_ in LOGGED
        for one in (words, *(" ".join(words.split()[:n]) for n in (2, 3)))
    }
    about = {"follower", "followers", "follower_id"}
    asked = {name for name, params in commands(cli) if params & about} - {"demo", "sandbox"}
    assert asked - known - ELSEWHERE - OF_THE_LOG == set()
