"""Menus on their way to followers, held against a platform with its own reading of the rules."""

from __future__ import annotations

import pytest

from bot.errors import Conflict, GatewayDown, GatewayError, InvalidInput, NotFound, OutcomeUnknown
from bot.menus import editing, publishing
from bot.menus.buttons import FIELDS
from bot.menus.checking import KEY_BYTES, NAME_BYTES, URL_BYTES, Faulty
from bot.sandbox.api import buttons as theirs
from bot.store import menus
from bot.store.db import run
from bot.store.menus import DEFAULT
from tests.conftest import NOON
from tests.support.standing import on_sandbox

A = {"name": "甲", "type": "click", "key": "HELP"}
B = {"name": "多", "sub_button": [{"name": "乙", "type": "view", "url": "https://b.example/"}]}
WHO = "operator:lin"


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    with on_sandbox(fresh_sqlite(tmp_path_factory.mktemp("menus"))) as services:
        yield services


@pytest.fixture
def house(built):
    """No menu anywhere, and no tag."""
    here = built.account_of("default").id
    client = built.client_of(here)
    client.delete_menu()
    for tag in client.tags():
        if tag["id"] >= 100:  # below: the platform's own
            client.library.tag.delete(tag["id"])
    for table in ("menu_version", "menu"):
        run(f"DELETE FROM {table}")
    return here


@pytest.fixture
def client(built, house):
    return built.client_of(house)


def drafted(house, buttons, slug=DEFAULT):
    return editing.keep(editing.menu_of(house, slug, NOON), buttons, NOON)


def published(house, client, buttons, slug=DEFAULT):
    publishing.publish(drafted(house, buttons, slug), client, WHO, NOON)
    return menus.get(house, slug)


def personalised(house, client, buttons, slug="vip"):
    tag = client.create_tag(slug)
    editing.add(house, slug, slug, {"tag_id": str(tag)}, NOON, buttons)
    return published(house, client, buttons, slug)


def states(house, client):
    return [(one.slug, one.state) for one in publishing.compare(house, client)[1]]


def test_our_limits_are_those_of_the_platform():
    assert FIELDS.keys() == theirs.NEEDS.keys()
    assert NAME_BYTES == (theirs.NAME_BYTES, theirs.SUB_NAME_BYTES)
    assert (KEY_BYTES, URL_BYTES) == (theirs.KEY_BYTES, theirs.URL_BYTES)


def test_a_draft_goes_out_changes_comes_back_and_is_taken_back(house, client):
    assert states(house, client) == [(DEFAULT, "unpublished")]
    menu = published(house, client, [A])
    assert (menu.live, states(house, client)) == (1, [(DEFAULT, "same")])
    menu = published(house, client, [A, B])
    publishing.roll_back(menu, 1, client, WHO, NOON)
    menu = menus.get(house, DEFAULT)
    assert (menu.live, menu.buttons) == (3, [A, B])  # the draft stays
    assert [one["name"] for one in client.get_menu()["button"]] == ["甲"]
    assert [(one.number, one.state, one.actor) for one in menus.versions(menu.id)] == [
        (3, "done", WHO), (2, "done", WHO), (1, "done", WHO),
    ]  # fmt: skip
    publishing.take_back(menu, client)
    assert client.get_menu() is None
    assert menus.get(house, DEFAULT).live == 0
    with pytest.raises(Conflict):
        publishing.take_back(menus.get(house, DEFAULT), client)


def test_what_is_wrong_is_refused_before_the_platform_is_asked(house, client):
    menu = drafted(house, [{**A, "key": "RULE:gone"}])
    with pytest.raises(Faulty) as refused:
        publishing.publish(menu, client, WHO, NOON)
    assert [one.what for one in refused.value.faults] == ["no_rule"]
    assert menus.versions(menu.id) == []


def test_a_refusal_stands_with_its_errcode_and_changes_nothing(house, client):
    menu = published(house, client, [A])
    foreign = {"name": "会员", "type": "miniprogram", "url": "https://a.example",
               "appid": "wx1234567890", "pagepath": "p"}  # fmt: skip
    with pytest.raises(GatewayError) as refused:
        publishing.publish(drafted(house, [foreign]), client, WHO, NOON)
    assert refused.value.errcode == 45064
    last = menus.versions(menu.id)[0]
    assert (last.number, last.state, last.errcode) == (2, "refused", 45064)
    assert menus.get(house, DEFAULT).live == 1


class Lost:
    """A platform of which an answer, or the way there, is lost."""

    def __init__(self, error):
        self.error = error

    def create_menu(self, menu):
        raise self.error


@pytest.mark.parametrize(
    ("error", "state"),
    [(OutcomeUnknown(None, "no answer"), "unknown"), (GatewayDown(None, "no way"), "refused")],
)
def test_what_was_not_answered_is_on_record_and_can_be_sent_again(house, client, error, state):
    menu = drafted(house, [A])
    with pytest.raises(GatewayError):
        publishing.publish(menu, Lost(error), WHO, NOON)
    assert menus.versions(menu.id)[0].state == state
    assert published(house, client, [A]).live == 2


def test_two_do_not_publish_one_menu_at_a_time(house, client):
    menu = drafted(house, [A])
    menus.ask(menu.id, menu.buttons, {}, WHO, NOON)  # another process is at it
    with pytest.raises(Conflict):
        publishing.publish(menu, client, WHO, NOON)
    publishing.publish(menu, client, WHO, NOON + publishing.BUSY)


def test_a_personalised_menu_stands_above_the_default_one(house, client):
    with pytest.raises(Conflict):  # the platform wants a default menu first
        personalised(house, client, [B], "early")
    published(house, client, [A])
    menu = personalised(house, client, [B])
    assert states(house, client) == [(DEFAULT, "same"), ("vip", "same")]
    first = menus.live_version(menu).menuid
    menu = published(house, client, [A, B], "vip")
    assert menus.live_version(menu).menuid not in ("", first)
    assert states(house, client) == [(DEFAULT, "same"), ("vip", "same")]  # the old one is gone
    with pytest.raises(Conflict):
        editing.remove(menu)
    publishing.take_back(menu, client)
    editing.remove(menus.get(house, "vip"))
    assert states(house, client) == [(DEFAULT, "same")]


def test_taking_back_the_default_one_takes_all(house, client):
    published(house, client, [A])
    personalised(house, client, [B])
    publishing.take_back(menus.get(house, DEFAULT), client)
    assert [one.live for one in menus.of_account(house)] == [0, 0]
    assert states(house, client) == [(DEFAULT, "unpublished")]


def test_what_another_program_changed_is_seen_adopted_or_deleted(house, client):
    published(house, client, [A])
    tag = client.create_tag("别处")
    client.create_menu({"button": [A, B]})
    body = {"button": [B], "matchrule": {"tag_id": str(tag)}}
    menuid = str(client.call("POST", "/cgi-bin/menu/addconditional", json=body)["menuid"])
    _, (default, stray) = publishing.compare(house, client)
    assert (default.state, default.changes) == (
        "other", [("added", "2", "多"), ("added", "2-1", "乙")],
    )  # fmt: skip
    assert (stray.state, stray.menuid) == ("stray", menuid)
    assert publishing.adopt(menus.get(house, DEFAULT), client) == [A, B]
    publishing.delete_stray(house, menuid, client)
    client.delete_menu()
    assert states(house, client) == [(DEFAULT, "missing")]


def test_a_stray_that_is_ours_is_taken_back_on_its_page(house, client):
    published(house, client, [A])
    menu = personalised(house, client, [B])
    with pytest.raises(Conflict):
        publishing.delete_stray(house, menus.live_version(menu).menuid, client)


def test_nobody_s_draft_is_written_over_unseen(house):
    menu = drafted(house, [A])
    drafted(house, [A, B])
    with pytest.raises(Conflict):
        editing.keep(menu, [B], NOON)
    with pytest.raises(Conflict):  # a page opened before there was any menu
        editing.keep(editing.expecting(menu, 0), [B], NOON)


@pytest.mark.parametrize(
    ("slug", "title", "rule", "error"),
    [
        ("default", "x", {"tag_id": "2"}, InvalidInput),
        ("VIP", "x", {"tag_id": "2"}, InvalidInput),
        ("vip", "", {"tag_id": "2"}, InvalidInput),
        ("vip", "x", {}, InvalidInput),
        ("old", "x", {"tag_id": "2"}, Conflict),
    ],
)
def test_a_personalised_menu_wants_a_name_and_somebody(house, slug, title, rule, error):
    editing.add(house, "old", "老客", {"tag_id": "2"}, NOON)
    with pytest.raises(error):
        editing.add(house, slug, title, rule, NOON)


def test_a_menu_that_is_not_there(house):
    with pytest.raises(NotFound):
        editing.menu_of(house, "nobody", NOON)
