"""Which kind of account may call what (8)."""

from __future__ import annotations

import json

import pytest

from bot.sandbox.config import KINDS
from bot.sandbox.gateway import ENDPOINTS, Call
from bot.sandbox.rights import RIGHTS, may, right_of
from tests.bot.sandbox.conftest import Desktop, a_config

# right -> subscription unverified, verified; service unverified, verified; test number
TABLE = {
    "": "yes yes yes yes yes",
    "menu": "no yes yes yes yes",
    "custom": "no yes no yes yes",
    "mass_tag": "no yes no yes no",
    "mass_list": "no no no yes no",
    "template": "no no no yes yes",
    "subscribe_notice": "no no no yes no",
    "subscribe_once": "no yes no yes yes",
    "users": "no yes no yes yes",
    "remark": "no no no yes yes",
    "qrcode": "no no no yes yes",
    "oauth": "no no no yes yes",
    "jsapi": "yes yes yes yes yes",
    "material": "no yes no yes yes",
    "publish": "no yes no yes no",
    "datacube": "no yes no yes no",
    "comment": "no yes no yes no",
    "card": "no yes no yes no",
}
COLUMNS = (
    "subscription_unverified",
    "subscription",
    "service_unverified",
    "service",
    "test",
)
ROWS = [
    (kind, right, answer == "yes")
    for right, row in TABLE.items()
    for kind, answer in zip(COLUMNS, row.split(), strict=True)
]
# What every account may call: tokens, addresses, quotas, pictures of codes, short keys; and what
# mini-programs call for themselves.
FREE = {
    "/cgi-bin/token",
    "/cgi-bin/stable_token",
    "/cgi-bin/getcallbackip",
    "/cgi-bin/get_api_domain_ip",
    "/cgi-bin/callback/check",
    "/cgi-bin/clear_quota",
    "/cgi-bin/clear_quota/v2",
    "/cgi-bin/openapi/quota/get",
    "/cgi-bin/openapi/quota/clear",
    "/cgi-bin/openapi/rid/get",
    "/cgi-bin/showqrcode",
    "/cgi-bin/shorten/gen",
    "/cgi-bin/shorten/fetch",
    "/sns/jscode2session",
    "/wxa/business/getuserphonenumber",
}

# WeCom's own: of a corp, not of an account.
WECOM = ("/cgi-bin/gettoken", "/cgi-bin/externalcontact/")


def test_the_table_is_whole():
    assert set(TABLE) == set(RIGHTS)
    assert set(COLUMNS) == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "right", "expected"),
    [pytest.param(*row, id=f"{row[0]}: {row[1] or 'basics'}") for row in ROWS],
)
def test_what_each_kind_may(kind, right, expected):
    assert may(kind, right) == expected


def test_every_call_takes_a_right_or_is_free():
    free = {path for path, found in ENDPOINTS.items() if not found.right}
    assert {path for path in free if not path.startswith(WECOM)} == FREE


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/cgi-bin/message/mass/send", "mass_list"),
        ("/cgi-bin/message/mass/sendall", "mass_tag"),
        ("/cgi-bin/message/mass/preview", "mass_tag"),
        ("/cgi-bin/message/template/send", "template"),
        ("/cgi-bin/message/template/subscribe", "subscribe_once"),
        ("/cgi-bin/user/info", "users"),
        ("/cgi-bin/user/info/updateremark", "remark"),
        ("/cgi-bin/tags/members/batchblacklist", "users"),
        ("/datacube/getusersummary", "datacube"),
        ("/cgi-bin/token", ""),
    ],
)
def test_the_longest_start_of_a_path_decides(path, right):
    assert right_of(path) == right


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        pytest.param("subscription_unverified", "/cgi-bin/menu/get", 48001, id="no menu"),
        pytest.param("service_unverified", "/cgi-bin/menu/get", 46003, id="a menu, none made"),
        pytest.param("subscription", "/cgi-bin/tags/get", None, id="tags"),
        pytest.param("service_unverified", "/cgi-bin/tags/get", 48001, id="no tags"),
        pytest.param("service_unverified", "/cgi-bin/getcallbackip", None, id="the basics"),
    ],
)
def test_what_a_kind_may_not_meets_48001(kind, path, expected):
    desk = Desktop(a_config(kind=kind))
    outcome = desk.gateway.answer(Call(path, "GET", {"access_token": desk.token}))
    assert json.loads(outcome.body).get("errcode") == expected
    desk.timeline.stop()


def test_the_token_is_looked_at_before_the_right():
    desk = Desktop(a_config(kind="subscription_unverified"))
    outcome = desk.gateway.answer(Call("/cgi-bin/menu/get", "GET", {}))
    assert json.loads(outcome.body)["errcode"] == 41001
    desk.timeline.stop()
