"""Short keys (4.12)."""

from __future__ import annotations

import re

import pytest

from tests.bot.sandbox.conftest import Desktop


def test_a_short_key_leads_back_to_what_it_stands_for(desk: Desktop):
    made = desk.post("shorten/gen", {"long_data": "长长的内容", "expire_seconds": 86400})
    assert made["errcode"] == 0
    assert re.fullmatch(r"[0-9a-zA-Z]{15}", made["short_key"])
    created = int(desk.clock().timestamp())
    desk.clock.advance(100)
    assert desk.post("shorten/fetch", {"short_key": made["short_key"]}) == {
        "errcode": 0,
        "errmsg": "ok",
        "long_data": "长长的内容",
        "create_time": created,
        "expire_seconds": 86300,
    }


def test_a_key_lives_thirty_days_where_nothing_else_is_said(desk: Desktop):
    key = desk.post("shorten/gen", {"long_data": "x"})["short_key"]
    desk.clock.advance(2_592_000 - 1)
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    assert desk.post("shorten/fetch", {"short_key": key})["expire_seconds"] == 1
    desk.clock.advance(1)
    assert desk.post("shorten/fetch", {"short_key": key})["errcode"] == 9410012


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"long_data": "x" * 4096}, 0, id="4 KB"),
        pytest.param({"long_data": "x" * 4097}, 9410010, id="more than 4 KB"),
        pytest.param({"long_data": "好" * 1366}, 9410010, id="4098 bytes of Chinese"),
        pytest.param({"long_data": ""}, 47003, id="nothing"),
        pytest.param({}, 47003, id="no field"),
        pytest.param({"long_data": "x", "expire_seconds": 2_592_001}, 9410011, id="too long"),
        pytest.param({"long_data": "x", "expire_seconds": 0}, 9410011, id="no time at all"),
        pytest.param({"long_data": "x", "expire_seconds": "soon"}, 47003, id="no number"),
    ],
)
def test_what_can_be_shortened(desk: Desktop, body, expected):
    assert desk.post("shorten/gen", body)["errcode"] == expected


@pytest.mark.parametrize(("key", "expected"), [("nobodysgavethis", 9410012), ("", 47003)])
def test_keys_that_lead_nowhere(desk: Desktop, key, expected):
    assert desk.post("shorten/fetch", {"short_key": key})["errcode"] == expected
