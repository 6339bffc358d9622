"""Who has closed the WeChat account does nothing any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from bot.sandbox import qrcodes
from bot.sandbox.acts import AccountClosed, Acts
from bot.sandbox.hosting import LocalSandbox
from bot.sandbox.people import Person
from bot.sandbox.platform import Platform
from bot.sandbox.testing import ControlRefused
from bot.sandbox.web.app import create_app
from tests.bot.sandbox.conftest import Desktop, a_config

ACTS: dict[str, Callable[[Acts, Person], object]] = {
    "follow": lambda acts, lin: acts.follow(lin),
    "scan": lambda acts, lin: acts.scan(lin, "store01"),
    "say": lambda acts, lin: acts.say(lin, "还在吗"),
    "picture": lambda acts, lin: acts.send_picture(lin),
    "click": lambda acts, lin: acts.click(lin, "COUPON"),
    "view": lambda acts, lin: acts.view(lin, "https://e.example/"),
    "modify": lambda acts, lin: acts.modify(lin),
    "revoke": lambda acts, lin: acts.revoke(lin, "206"),
    "cancel": lambda acts, lin: acts.cancel(lin),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_closed_account_acts_no_more(desk: Desktop, act):
    lin = desk.follower()
    desk.acts.cancel(lin)
    pushed, records = list(desk.pushed), desk.world.ledger.counts()
    with pytest.raises(AccountClosed):
        ACTS[act](desk.acts, lin)
    assert (desk.pushed, desk.world.ledger.counts()) == (pushed, records)
    assert not lin.subscribed


def test_a_closed_account_has_left_already(desk: Desktop):
    lin = desk.follower()
    desk.acts.cancel(lin)
    assert desk.acts.unfollow(lin) is False


def test_others_go_on(desk: Desktop):
    desk.acts.cancel(desk.follower())
    desk.acts.say(desk.follower("o-wang"), "你好")
    assert desk.pushed[-1]["Content"] == "你好"


# --- by control calls --------------------------------------------------------------------------


@pytest.fixture
def platform() -> Iterator[Platform]:
    made = Platform(a_config(callback_url=""))
    made.timeline.start()
    made.pusher.start()
    yield made
    made.stop()


@pytest.fixture
def client(platform: Platform) -> FlaskClient:
    return create_app(platform).test_client()


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("follow", {}),
        ("unfollow", {}),
        ("scan", {"scene": "store01"}),
        ("say", {"text": "还在吗"}),
        ("click", {"key": "COUPON"}),
        ("modify", {}),
        ("revoke", {"code": "206"}),
        ("cancel", {}),
        ("web_code", {}),
        ("refuse_messages", {}),
    ],
)
def test_control_calls_are_refused(client: FlaskClient, act, fields):
    openid = client.post("/sandbox/follow", json={"name": "小林"}).get_json()["openid"]
    assert client.post("/sandbox/cancel", json={"openid": openid}).status_code == 200
    answer = client.post(f"/sandbox/{act}", json={"openid": openid, **fields})
    assert answer.status_code == 409
    assert answer.get_json() == {"error": "openid: has closed the WeChat account"}


def test_a_code_is_not_scanned_either(platform: Platform, client: FlaskClient):
    lin = platform.world.person(name="小林")
    platform.acts.follow(lin)
    with platform.world.lock:
        code = qrcodes.create(platform.world, "store01", None)
    assert client.post(f"/q/{code.short}", json={"openid": lin.openid}).status_code == 200
    platform.acts.cancel(lin)
    assert client.post(f"/q/{code.short}", json={"openid": lin.openid}).status_code == 409


def test_a_world_made_new_knows_of_no_closed_account():
    with LocalSandbox() as sandbox:
        lin = sandbox.follower("小林")
        lin.follow()
        lin.act("cancel")
        with pytest.raises(ControlRefused, match="closed"):
            lin.follow()
        sandbox.reset()
        sandbox.follower("小林").follow()
        assert sandbox.get("state")["subscribed"] == 1
