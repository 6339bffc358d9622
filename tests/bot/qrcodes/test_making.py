"""A code for each source: named once, made by a platform with its own reading of the rules."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Conflict, GatewayDown, InvalidInput, NotFound, OutcomeUnknown
from bot.qrcodes import making
from bot.store import accounts, qrcodes
from bot.store.db import run
from tests.conftest import NOON
from tests.support.standing import on_sandbox

WHO = "operator:lin"


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    with on_sandbox(fresh_sqlite(tmp_path_factory.mktemp("codes"))) as services:
        yield services


@pytest.fixture
def house(built):
    run("DELETE FROM qr_code")
    return built.account_of("default").id


@pytest.fixture
def client(built, house):
    return built.client_of(house)


def added(house, scene="shop-1", lasting=False, name="南山店"):
    return making.add(house, scene, name, "台卡", lasting, WHO, NOON)


def test_a_temporary_code_works_for_its_days_and_is_made_anew(house, client):
    code = making.make(added(house), client, NOON, days=7)
    assert code.until == NOON + timedelta(days=7)
    assert code.url.startswith("http://weixin.qq.com/q/")
    assert not code.over(NOON + timedelta(days=6))
    assert code.over(NOON + timedelta(days=7))
    again = making.make(code, client, NOON + timedelta(days=8), days=30)
    assert again.url != code.url
    assert again.until == NOON + timedelta(days=38)


def test_a_permanent_code_is_made_once_and_counted_for_good(house, client):
    code = making.make(added(house, lasting=True), client, NOON)
    assert (code.until, qrcodes.lasting(house)) == (None, 1)
    with pytest.raises(Conflict):
        making.make(code, client, NOON)
    making.archive(code, NOON)
    assert qrcodes.lasting(house) == 1
    assert qrcodes.listed(house) == []
    assert [one.scene for one in qrcodes.listed(house, archived=True)] == ["shop-1"]
    making.archive(code, NOON, back=True)
    assert [one.scene for one in qrcodes.listed(house)] == ["shop-1"]


@pytest.mark.parametrize(
    "scene",
    ["", "a" * 59, "a b", "a\n", "shop*", "shop?", "[a]", "qrscene_1", "\x00", "\ud800"],
)
def test_a_scene_that_rules_tags_and_journeys_could_not_name_is_refused(house, scene):
    with pytest.raises(InvalidInput):
        added(house, scene)


@pytest.mark.parametrize("scene", ["a" * 58, "1", "门店-01", "a_b.c:d"])
def test_other_scenes_will_do(house, client, scene):
    assert making.make(added(house, scene), client, NOON).ticket


@pytest.mark.parametrize(("name", "note"), [("", ""), (" ", ""), ("a" * 65, ""), ("a", "b" * 191)])
def test_a_code_wants_a_name(house, name, note):
    with pytest.raises(InvalidInput):
        making.add(house, "s", name, note, False, WHO, NOON)


@pytest.mark.parametrize("days", [0, 31])
def test_the_platform_gives_thirty_days_at_most(house, client, days):
    with pytest.raises(InvalidInput):
        making.make(added(house), client, NOON, days)


def test_a_scene_is_one_code_of_the_account(house):
    added(house)
    with pytest.raises(Conflict):
        added(house, name="再来")
    other = accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", NOON)
    assert qrcodes.listed(other) == []
    with pytest.raises(NotFound):
        qrcodes.by_scene(other, "shop-1")


class Silent:
    """A platform whose answer is lost, or empty."""

    def __init__(self, answer):
        self.answer = answer

    def create_qrcode(self, scene, seconds):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "answer", [GatewayDown(None, "away"), {}, {"ticket": "t"}, {"ticket": "t", "url": "u" * 191}]
)
def test_what_could_not_be_made_waits_and_is_made_later_or_forgotten(house, client, answer):
    code = added(house, lasting=True)
    with pytest.raises((GatewayDown, OutcomeUnknown)):
        making.make(code, Silent(answer), NOON)
    assert qrcodes.get(house, code.id).ticket == ""
    assert making.make(code, client, NOON).ticket
    waiting = added(house, "shop-2")
    making.archive(waiting, NOON)
    with pytest.raises(NotFound):
        qrcodes.get(house, waiting.id)


def test_lists_go_on_behind_the_last_and_begin_with_a_scene(house):
    for n in range(5):
        added(house, f"shop-{n}")
    added(house, "poster")
    first = qrcodes.listed(house, beginning="shop-", limit=3)
    assert [one.scene for one in first] == ["shop-4", "shop-3", "shop-2"]
    rest = qrcodes.listed(house, beginning="shop-", before=first[-1].id)
    assert [one.scene for one in rest] == ["shop-1", "shop-0"]
