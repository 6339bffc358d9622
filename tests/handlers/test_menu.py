"""What a tap on the menu is answered with: the house, a rule, content; and what is kept of it."""

from __future__ import annotations

import json

import pytest

from bot.i18n import t
from bot.menus import keys
from bot.store import talk
from bot.store.db import fetch
from bot.values.inbound import MenuClick, MenuLocation, MenuMiniProgram, MenuPictures
from handlers import menu
from tests.handlers.conftest import shown

TEA = {"slug": "tea", "on": "message", "keywords": ["奶茶"], "answers": [{"text": "茉莉奶绿"}]}


@pytest.fixture
def tea(house):
    def keep(**changes):
        talk.put(house.account.id, "rule", "tea", {**TEA, **changes}, house.now)
        talk.bump(house.account.id)

    return keep


def test_every_key_of_the_house_has_an_answer():
    assert set(menu.BUTTONS) == set(keys.HOUSE)
    assert set(menu.NAMED) == set(keys.PREFIXES)


def test_a_button_of_a_rule_says_its_answers(house, tea):
    tea()
    said = house.push(MenuClick, key="RULE:tea")
    assert (shown(said), said.handler, said.reason) == (
        "茉莉奶绿", "rules.tea", "rule tea, by its name",
    )  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [{"enabled": False}, {"hours": ["01:00-02:00"]}, {"segment": "vip"}, {"slug": "other"}],
    ids=["switched off", "another hour", "not for them", "gone"],
)
def test_a_rule_that_does_not_speak_now_leaves_the_help(house, tea, changes):
    tea(**changes)
    if "slug" in changes:
        talk.remove(house.account.id, "rule", "tea")
    assert shown(house.push(MenuClick, key="RULE:tea")) == t("help")


@pytest.mark.parametrize(
    ("key", "words"),
    [("CONTENT:咖啡", "say.nothing_new"), ("ONCE:gone", "help"), ("OLD", "help"), ("", "help")],
)
def test_other_keys(house, key, words):
    assert shown(house.push(MenuClick, key=key)) == t(words)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (MenuClick, {"key": "PHOTO"}),
        (MenuPictures, {"key": "PHOTO"}),
        (MenuLocation, {"key": "PHOTO"}),
        (MenuMiniProgram, {"page_path": "PHOTO"}),
    ],
)
def test_by_which_button_it_came_is_kept_as_a_fact(house, kind, fields):
    house.push(kind, **fields)
    rows = fetch("SELECT facts FROM event WHERE kind = ?", (kind.kind,))
    assert [json.loads(facts) for (facts,) in rows] == [{"key": "PHOTO"}]
