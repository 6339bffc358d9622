"""`profiles picture` and `followers page`: to be looked at, and logged."""

from __future__ import annotations

import json
import logging
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from bot.cli import common
from bot.cli.followers import followers
from bot.cli.profiles import profiles
from bot.errors import NotFound
from bot.store import accounts, audit, pseudonyms
from bot.store.fields import Holder
from tests.bot.web.test_me import a_rich_life
from tests.conftest import KEY, NOON, a_follower


@pytest.fixture
def lin(tmp_path, fresh_sqlite, monkeypatch):
    """The commands' own store, with Lin in it."""
    for name, value in {
        "DATABASE_URL": fresh_sqlite(tmp_path),
        "SECRET_KEYS": KEY,
        "WECHAT_API_URL": "http://127.0.0.1:9",
        "PUBLIC_URL": "https://bot.example.com",
    }.items():
        monkeypatch.setenv(f"HONGYAN_{name}", value)
    monkeypatch.setattr(common, "now", lambda: NOON)
    root = logging.getLogger()
    held = (root.handlers[:], root.level)  # the commands set up logging of their own
    built = (common.settings, common.services, common._clock)
    for one in built:
        one.cache_clear()
    account = common.account().id
    someone = a_follower(account)
    a_rich_life(account, someone)
    yield someone
    common.services().store.close()
    for one in built:
        one.cache_clear()
    root.handlers[:] = held[0]
    root.setLevel(held[1])


def said(command, *words: str) -> str:
    ended = CliRunner().invoke(command, words)
    if ended.exception and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    assert ended.exit_code == 0, ended.output
    return ended.output


def test_the_picture_is_said_drawn_and_told(lin, tmp_path):
    name, file = pseudonyms.of(lin), tmp_path / "lin.svg"
    text = said(profiles, "picture", name, "--lang", "en")
    for words in ("Interests and evidence", "█", "Activity by hour", "Best time to send: 12:00"):
        assert words in text
    told = json.loads(said(profiles, "picture", str(lin), "--json", "--svg", str(file)))
    assert (told["follower"], sum(told["hours"])) == (name, 7)
    assert name in "".join(ElementTree.parse(file).getroot().itertext())
    assert said(profiles, "picture", str(lin), "--svg", str(file)) == ""
    looks = [(one.action, one.detail["what"]) for one in audit.entries(follower_id=lin)]
    assert looks == [("show", "picture")] * 3


def test_a_link_to_the_page(lin):
    text = said(followers, "page", pseudonyms.of(lin))
    assert text.startswith("https://bot.example.com/console/followers/")
    assert "open until 04:30:00 UTC" in text
    told = json.loads(said(followers, "page", str(lin), "--personal", "--json"))
    assert told["expires_at"] == "2026-11-21T04:30:00+00:00"
    personal = [one.detail["personal"] for one in audit.entries(action="page.link")]
    assert personal == [True, False]


def test_nobody_elses_follower_is_shown(lin):
    other = accounts.add("other", "wx-other", "s", "t", "a" * 43, "service", NOON)
    wang = a_follower(other, "o-wang")
    for name in ("0", "99", str(2**63), str(wang), "hy-1-00000000", "o-lin", "1x"):
        for command, word in ((profiles, "picture"), (followers, "page")):
            with pytest.raises(NotFound):
                said(command, word, name)
    assert audit.entries() == []


@pytest.mark.parametrize("name", ["1", "a pseudonym"])
@pytest.mark.parametrize("words", [(profiles, "show"), (profiles, "picture"), (followers, "page")])
def test_the_first_command_of_a_process_opens_the_store_itself(lin, name, words):
    told = pseudonyms.of(lin) if name == "a pseudonym" else name
    common.services().store.close()
    common.services.cache_clear()
    del Holder.vault
    assert said(*words, told)


def test_a_profile_is_told_to_people_in_words_in_both_languages(lin):
    told = said(profiles, "show", str(lin), "--lang", "en")
    for words in (pseudonyms.of(lin), "Last seen", "Interests and evidence", "Best time to send"):
        assert words in told
    assert "{" not in told
    shown = said(profiles, "show", str(lin))
    for words in ("粉丝画像", "最近互动", "兴趣和依据"):
        assert words in shown
    row = said(profiles, "show", str(lin), "--vector").splitlines()
    assert row[0].startswith("version ")
    assert any(line.startswith("orders_log: ") for line in row)
