"""Mass messages (4.7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bot.sandbox.conftest import Desktop

TEXT = {"msgtype": "text", "text": {"content": "周年庆来了"}}


@pytest.fixture
def three(desk: Desktop) -> Desktop:
    for name in ("o-1", "o-2", "o-3"):
        desk.follower(name)
    return desk


def by_list(desk: Desktop, *openids: str, **more: Any) -> dict[str, Any]:
    return desk.post("message/mass/send", {"touser": list(openids), **TEXT, **more})


def results(desk: Desktop) -> list[tuple[int, int, int, int]]:
    return [
        (e["TotalCount"], e["FilterCount"], e["SentCount"], e["ErrorCount"])
        for e in desk.finished()
        if e["Event"] == "MASSSENDJOBFINISH"
    ]


def test_a_job_is_accepted_and_reported_later(three: Desktop):
    answer = by_list(three, "o-1", "o-2")
    assert (answer["errcode"], answer["errmsg"]) == (0, "send job submission success")
    assert results(three) == [(2, 2, 2, 0)]
    got = three.post("message/mass/get", {"msg_id": answer["msg_id"]})
    assert got["msg_status"] == "SEND_SUCCESS"
    shown = [p.openid for p in three.world.people.values() if p.chat and p.chat[-1].via == "mass"]
    assert shown == ["o-1", "o-2"]


def test_by_tag_and_to_all(three: Desktop):
    three.world.people["o-2"].tags = frozenset({2})
    by_tag = {"filter": {"is_to_all": False, "tag_id": 2}, **TEXT}
    assert three.post("message/mass/sendall", by_tag)["errcode"] == 0
    assert (
        three.post("message/mass/sendall", {"filter": {"is_to_all": True}, **TEXT})["errcode"] == 0
    )
    assert results(three) == [(1, 1, 1, 0), (3, 3, 3, 0)]


def test_four_a_month_each_and_the_rest_is_filtered_quietly(three: Desktop):
    for _ in range(4):
        by_list(three, "o-1", "o-2")
    assert by_list(three, "o-1", "o-3")["errcode"] == 0
    assert results(three)[-1] == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"touser": ["o-1"], **TEXT}, 40032, id="one is too few"),
        pytest.param({"touser": ["o"] * 10_001, **TEXT}, 40032, id="10,001 are too many"),
        pytest.param({"touser": "o-1", **TEXT}, 40031, id="no list"),
        pytest.param({"touser": ["x", "y"], **TEXT}, 40003, id="only strangers"),
        pytest.param({"touser": ["o-1", "o-2"], "msgtype": "poem"}, 40008, id="an unknown type"),
        pytest.param(
            {"touser": ["o-1", "o-2"], "msgtype": "text", "text": {"content": ""}},
            44004,
            id="an empty text",
        ),
        pytest.param(
            {"touser": ["o-1", "o-2"], "msgtype": "mpnews", "mpnews": {"media_id": "x"}},
            40007,
            id="media that does not exist",
        ),
        pytest.param(
            {"touser": ["o-1", "o-2"], "clientmsgid": "x" * 65, **TEXT},
            45067,
            id="a clientmsgid over 64 bytes",
        ),
    ],
)
def test_jobs_that_are_refused(three: Desktop, body, expected):
    assert three.post("message/mass/send", body)["errcode"] == expected


def test_a_clientmsgid_is_remembered_for_a_day(three: Desktop):
    first = by_list(three, "o-1", "o-2", clientmsgid="camp-1")
    assert by_list(three, "o-1", "o-2", clientmsgid="camp-1")["errcode"] == 45066
    three.clock.advance(60)
    again = by_list(three, "o-1", "o-2", clientmsgid="camp-1")
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    three.clock.advance(24 * 3600)
    three.token = three.world.tokens.plain(three.clock())[0]
    assert by_list(three, "o-1", "o-2", clientmsgid="camp-1")["errcode"] == 0


def test_a_hundred_calls_a_day(three: Desktop):
    three.world.used[("/cgi-bin/message/mass", "2026-11-21")] = 99
    assert by_list(three, "o-1", "o-2")["errcode"] == 0
    assert by_list(three, "o-1", "o-2")["errcode"] == 45028
