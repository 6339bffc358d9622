"""Mass messages (4.7): audience, allowances, repeats, the result and what comes after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.sandbox.acts import PLATFORM, Acts
from bot.sandbox.api import mass_jobs
from bot.sandbox.api.mass_jobs import MassJobs
from bot.sandbox.articles import GONE, Articles, Gone, NoArticle, on_air
from bot.sandbox.clock import SteppedClock
from bot.sandbox.config import Limits, SandboxConfig, Switches
from bot.sandbox.gateway import Call, Desk, Gateway, Upload
from bot.sandbox.reception import receive
from bot.sandbox.stepper import Stepper
from bot.sandbox.world import World
from bot.sandbox.xml import parse, render
from tests.bot.sandbox.conftest import PICTURE, Desktop, a_config
from tests.bot.sandbox.test_drafts import add, article
from tests.bot.sandbox.test_material import upload
from tests.conftest import NOON

TEXT = {"msgtype": "text", "text": {"content": "周年庆来了"}}
TO_ALL = {"filter": {"is_to_all": True}}
TODAY = "2026-11-21"


def with_three(desk: Desktop) -> Desktop:
    for name in ("o-1", "o-2", "o-3"):
        desk.follower(name)
    return desk


@pytest.fixture
def three(desk: Desktop) -> Desktop:
    return with_three(desk)


@pytest.fixture
def played() -> Iterator[Any]:
    """Three followers of an account with other settings."""
    desktops: list[Desktop] = []

    def make(**changes: Any) -> Desktop:
        desktops.append(Desktop(a_config(**changes)))
        return with_three(desktops[-1])

    yield make
    for desktop in desktops:
        desktop.timeline.stop()


def by_list(desk: Desktop, *openids: str, **more: Any) -> dict[str, Any]:
    return desk.post("message/mass/send", {"touser": list(openids), **TEXT, **more})


def text(number: int) -> dict[str, Any]:
    """A message unlike the others."""
    return {"msgtype": "text", "text": {"content": f"第{number}次"}}


def to_all(desk: Desktop, **more: Any) -> dict[str, Any]:
    return desk.post("message/mass/sendall", {**TO_ALL, **TEXT, **more})


def news(desk: Desktop, count: int = 1, **more: Any) -> dict[str, Any]:
    media_id = add(desk, *[article(desk, title=f"第{n}篇") for n in range(1, count + 1)])
    return {"msgtype": "mpnews", "mpnews": {"media_id": media_id}, **more}


def events(desk: Desktop) -> list[dict[str, Any]]:
    return [e for e in desk.finished() if e.get("Event") == "MASSSENDJOBFINISH"]


def results(desk: Desktop) -> list[tuple[int, int, int, int]]:
    return [
        (e["TotalCount"], e["FilterCount"], e["SentCount"], e["ErrorCount"]) for e in events(desk)
    ]


def status(desk: Desktop, msg_id: int) -> str:
    found: str = desk.post("message/mass/get", {"msg_id": str(msg_id)})["msg_status"]
    return found


def reached(desk: Desktop) -> list[str]:
    people = desk.world.people.values()
    return [p.openid for p in people if p.chat and p.chat[-1].via == "mass"]


# --- a job -------------------------------------------------------------------------------------


def test_a_job_is_accepted_and_reported_later(three: Desktop):
    answer = by_list(three, "o-1", "o-2")
    assert (answer["errcode"], answer["errmsg"]) == (0, "send job submission success")
    assert results(three) == [(2, 2, 2, 0)]
    got = three.post("message/mass/get", {"msg_id": answer["msg_id"]})
    assert got == {"msg_id": answer["msg_id"], "msg_status": "SEND_SUCCESS"}
    assert reached(three) == ["o-1", "o-2"]


def test_until_its_end_a_job_is_sending(three: Desktop):
    with three.world.lock:  # its end waits for the lock
        assert status(three, by_list(three, "o-1", "o-2")["msg_id"]) == "SENDING"


def test_by_tag_and_to_all(three: Desktop):
    three.world.people["o-2"].tags = frozenset({2})
    by_tag = {"filter": {"is_to_all": False, "tag_id": 2}, **TEXT}
    assert three.post("message/mass/sendall", by_tag)["errcode"] == 0
    assert to_all(three)["errcode"] == 0
    assert results(three) == [(1, 1, 1, 0), (3, 3, 3, 0)]


def test_all_that_a_job_reaches_share_one_bubble_and_one_entry(three: Desktop):
    to_all(three)
    assert results(three) == [(3, 3, 3, 0)]
    people = [three.world.people[name] for name in ("o-1", "o-2", "o-3")]
    assert len({id(person.chat[-1]) for person in people}) == 1
    assert len({id(three.world.deliveries[person.openid][-1]) for person in people}) == 1


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
            {"touser": ["o-1", "o-2"], "msgtype": "text", "text": {"content": "好" * 683}},
            45002,
            id="a text over 2048 bytes",
        ),
        pytest.param(
            {"touser": ["o-1", "o-2"], "msgtype": "mpnews", "mpnews": {"media_id": "x"}},
            40007,
            id="media that does not exist",
        ),
        pytest.param(
            {"touser": ["o-1", "o-2"], "msgtype": "mpnews", "mpnews": {}},
            41006,
            id="no media named",
        ),
        pytest.param(
            {"touser": ["o-1", "o-2"], "msgtype": "wxcard", "wxcard": {}}, 41012, id="no card"
        ),
        pytest.param(
            {"touser": ["o-1", "o-2"], "msgtype": "image", "images": {"media_ids": ["x"] * 21}},
            40097,
            id="21 pictures",
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


@pytest.mark.parametrize("chosen", [{}, {"tag_id": 9}, {"is_to_all": False, "tag_id": "x"}])
def test_a_tag_that_is_none(three: Desktop, chosen):
    assert three.post("message/mass/sendall", {"filter": chosen, **TEXT})["errcode"] == 45159


def media_of(desk: Desktop, kind: str) -> str:
    file = {
        "image": PICTURE,
        "voice": Upload("a.amr", "audio/amr", b"#!AMR\n"),
        "video": Upload("a.mp4", "video/mp4", b"mp4"),
    }[kind]
    media_id: str = upload(desk, "media/upload", file, kind)["media_id"]
    return media_id


@pytest.mark.parametrize(
    ("kind", "make", "shown"),
    [
        ("voice", lambda d: {"media_id": media_of(d, "voice")}, "[voice]"),
        ("image", lambda d: {"media_id": media_of(d, "image")}, "[image]"),
        (
            "images",
            lambda d: {"media_ids": [media_of(d, "image")] * 2, "recommend": "看图"},
            "看图 [image][image]",
        ),
        ("mpvideo", lambda d: {"media_id": media_of(d, "video")}, "[mpvideo]"),
        ("wxcard", lambda _: {"card_id": "p-1"}, "[wxcard] p-1"),
    ],
    ids=["voice", "picture", "pictures", "video", "card"],
)
def test_every_kind_is_shown_on_the_phone(three: Desktop, kind, make, shown):
    msgtype = "image" if kind == "images" else kind
    body = {"touser": ["o-1", "o-2"], "msgtype": msgtype, kind: make(three)}
    assert three.post("message/mass/send", body)["errcode"] == 0
    assert results(three) == [(2, 2, 2, 0)]
    bubble = three.world.people["o-1"].chat[-1]
    assert (bubble.kind, bubble.text) == (msgtype, shown)


@pytest.mark.parametrize(
    ("msgtype", "wrong"), [("voice", "image"), ("image", "voice"), ("mpvideo", "image")]
)
def test_material_of_another_kind_is_refused(three: Desktop, msgtype, wrong):
    media = {"media_id": media_of(three, wrong)}
    assert by_list(three, "o-1", "o-2", msgtype=msgtype, **{msgtype: media})["errcode"] == 40007


def test_articles_want_a_draft(three: Desktop):
    picture = {"media_id": media_of(three, "image")}
    assert by_list(three, "o-1", "o-2", msgtype="mpnews", mpnews=picture)["errcode"] == 40007


# --- who gets it -------------------------------------------------------------------------------


def test_four_a_month_each_and_the_rest_is_filtered_quietly(three: Desktop):
    for number in range(4):
        by_list(three, "o-1", "o-2", **text(number))
    assert by_list(three, "o-1", "o-3")["errcode"] == 0
    assert results(three)[-1] == (2, 1, 1, 0)


def test_the_next_month_everybody_has_four_again(three: Desktop):
    for number in range(4):
        by_list(three, "o-1", "o-2", **text(number))
    three.clock.advance(10 * 86_400)
    three.token = three.world.tokens.plain(three.clock())[0]
    by_list(three, "o-1", "o-2")
    assert results(three)[-1] == (2, 2, 2, 0)


def test_who_is_on_the_blacklist_or_refuses_is_filtered_quietly(three: Desktop):
    three.world.people["o-1"].blacklisted = True
    receive(three.world, three.world.people["o-2"], False)
    to_all(three)
    assert results(three) == [(3, 1, 1, 0)]
    receive(three.world, three.world.people["o-2"], True)
    by_list(three, "o-2", "o-3")
    assert results(three)[-1] == (2, 2, 2, 0)


def test_who_has_left_is_not_counted(three: Desktop):
    three.acts.unfollow(three.world.people["o-3"])
    by_list(three, "o-1", "o-3", "o-1", "stranger")
    assert results(three) == [(1, 1, 1, 0)]


# --- repeats -----------------------------------------------------------------------------------


def test_a_clientmsgid_is_remembered_for_a_day(three: Desktop):
    first = by_list(three, "o-1", "o-2", clientmsgid="camp-1")
    assert by_list(three, "o-1", "o-2", clientmsgid="camp-1")["errcode"] == 45066
    three.clock.advance(60)
    again = by_list(three, "o-1", "o-2", clientmsgid="camp-1")
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    three.clock.advance(24 * 3600)
    three.token = three.world.tokens.plain(three.clock())[0]
    assert by_list(three, "o-1", "o-2", clientmsgid="camp-1")["errcode"] == 0


def test_a_repeat_learns_of_the_old_job_though_its_draft_has_left_the_box(three: Desktop):
    body = news(three, clientmsgid="camp-1")
    first = by_list(three, "o-1", "o-2", **body)
    assert results(three) == [(2, 2, 2, 0)]
    three.clock.advance(60)
    assert by_list(three, "o-1", "o-2", **body)["msg_id"] == first["msg_id"]
    assert by_list(three, "o-1", "o-2", **{**body, "clientmsgid": "camp-2"})["errcode"] == 40007


def test_a_refused_message_is_not_remembered(three: Desktop):
    assert by_list(three, "o-1", "o-2", clientmsgid="c", msgtype="poem")["errcode"] == 40008
    assert by_list(three, "o-1", "o-2", clientmsgid="c")["errcode"] == 0


def test_an_identical_message_without_clientmsgid_exists_already(three: Desktop):
    first = by_list(three, "o-1", "o-2")
    again = by_list(three, "o-1", "o-2")
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert by_list(three, "o-1", "o-3")["errcode"] == 0
    assert by_list(three, "o-1", "o-2", clientmsgid="camp-1")["errcode"] == 0


def test_identical_messages_go_where_the_switch_says_so(played):
    desk = played(switches=Switches(identical_mass=False))
    by_list(desk, "o-1", "o-2")
    assert by_list(desk, "o-1", "o-2")["errcode"] == 0
    assert results(desk) == [(2, 2, 2, 0)] * 2


# --- allowances --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "counted"), [("send", "send"), ("sendall", "send"), ("preview", "preview")]
)
def test_a_hundred_calls_a_day(three: Desktop, path, counted):
    three.world.used[(f"/cgi-bin/message/mass/{counted}", TODAY)] = 99
    body = {"touser": "o-1" if path == "preview" else ["o-1", "o-2"], **TO_ALL, **TEXT}
    assert three.post(f"message/mass/{path}", body)["errcode"] == 0
    assert three.post(f"message/mass/{path}", body)["errcode"] == 45009


def test_the_hundred_calls_are_those_by_list_and_by_tag_together(three: Desktop):
    by_tag = {"filter": {"is_to_all": False, "tag_id": 2}, **TEXT}
    assert three.post("message/mass/sendall", by_tag)["errcode"] == 0
    assert by_list(three, "o-1", "o-2")["errcode"] == 0
    for path, used in (("send", 2), ("sendall", 2), ("preview", 0)):
        asked = {"cgi_path": f"/cgi-bin/message/mass/{path}"}
        assert three.post("openapi/quota/get", asked)["quota"]["used"] == used
    asked = {"cgi_path": "/cgi-bin/message/mass/sendall"}
    assert three.post("openapi/quota/clear", asked)["errcode"] == 0
    assert three.world.used[("/cgi-bin/message/mass/send", TODAY)] == 0


def test_ten_deletions_a_day(three: Desktop):
    three.world.used[("/cgi-bin/message/mass/delete", TODAY)] = 10
    assert three.post("message/mass/delete", {"msg_id": 1})["errcode"] == 45009


def test_sixty_calls_a_minute(three: Desktop):
    codes = [by_list(three, "o-1", "o-2", **text(n))["errcode"] for n in range(61)]
    assert codes == [0] * 60 + [45011]
    assert three.post("message/mass/sendall", {**TO_ALL, **TEXT})["errcode"] == 45011
    assert three.post("message/mass/preview", {"touser": "o-1", **TEXT})["errcode"] == 0
    three.clock.advance(60)
    assert by_list(three, "o-1", "o-2")["errcode"] == 0


def tomorrow(desk: Desktop) -> None:
    desk.clock.advance(86_400)
    desk.token = desk.world.tokens.plain(desk.clock())[0]


def test_to_all_once_a_day_and_four_times_a_month(three: Desktop):
    for number in range(4):
        assert to_all(three, **text(number))["errcode"] == 0
        assert to_all(three, **text(99))["errcode"] == 45028
        tomorrow(three)
    assert to_all(three)["errcode"] == 45028
    assert by_list(three, "o-1", "o-2")["errcode"] == 0


def test_a_subscription_account_sends_once_a_day(played):
    desk = played(kind="subscription")
    desk.world.people["o-1"].tags = frozenset({2})
    by_tag = {"filter": {"is_to_all": False, "tag_id": 2}}
    for number in range(5):  # no four a month
        assert to_all(desk, **text(number), **by_tag)["errcode"] == 0
        assert to_all(desk, **text(99))["errcode"] == 45028
        tomorrow(desk)
    assert results(desk) == [(1, 1, 1, 0)] * 5


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("service", "send", 0),
        ("service", "sendall", 0),
        ("subscription", "send", 48001),
        ("subscription", "sendall", 0),
        ("test", "sendall", 48001),
        ("service_unverified", "sendall", 48001),
        ("subscription_unverified", "sendall", 48001),
    ],
)
def test_who_may_send(played, kind, path, expected):
    body = {"touser": ["o-1", "o-2"], **TO_ALL, **TEXT}
    assert played(kind=kind).post(f"message/mass/{path}", body)["errcode"] == expected


# --- preview -----------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", [{"touser": "o-1"}, {"towxname": "小林", "touser": "x"}])
def test_a_preview_goes_to_one_and_counts_for_no_month(three: Desktop, chosen):
    three.world.people["o-1"].name = "小林"
    answer = three.post("message/mass/preview", {**chosen, **TEXT})
    assert (answer["errcode"], answer["errmsg"]) == (0, "preview success")
    assert three.world.people["o-1"].chat[-1].text == "周年庆来了"
    assert mass_jobs.counts(three.world) == {}
    assert events(three) == []


def test_a_previewed_article_can_be_opened_and_its_draft_stays(three: Desktop):
    body = news(three)
    three.post("message/mass/preview", {"touser": "o-1", **body})
    url = three.world.people["o-1"].chat[-1].url
    assert on_air(three.world, url.rpartition("/")[2]).title == "第1篇"
    assert by_list(three, "o-1", "o-2", **body)["errcode"] == 0


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        pytest.param({"towxname": "nobody"}, 40132, id="a WeChat id of nobody here"),
        pytest.param({"touser": "x"}, 40003, id="a stranger"),
        pytest.param({}, 40003, id="nobody named"),
    ],
)
def test_previews_that_are_refused(three: Desktop, chosen, expected):
    assert three.post("message/mass/preview", {**chosen, **TEXT})["errcode"] == expected


# --- the result --------------------------------------------------------------------------------


def test_the_result_of_articles_in_its_whole_shape(three: Desktop):
    answer = by_list(three, "o-1", "o-2", **news(three, 2))
    (told,) = events(three)
    urls = [page.url for page in three.world.room(Articles).pages.values()]
    assert told["FromUserName"] == PLATFORM
    fields = parse(render(told))
    for name in ("ToUserName", "FromUserName", "CreateTime"):
        del fields[name]
    checked = {
        "UserDeclareState": "0",
        "AuditState": "1",
        "OriginalArticleUrl": "",
        "OriginalArticleType": "0",
        "CanReprint": "0",
        "NeedReplaceContent": "0",
        "NeedShowReprintSource": "0",
    }
    assert fields == {
        "MsgType": "event",
        "Event": "MASSSENDJOBFINISH",
        "MsgID": str(answer["msg_id"]),
        "Status": "send success",
        "TotalCount": "2",
        "FilterCount": "2",
        "SentCount": "2",
        "ErrorCount": "0",
        "CopyrightCheckResult": {
            "Count": "2",
            "ResultList": {
                "item": [{"ArticleIdx": "1", **checked}, {"ArticleIdx": "2", **checked}]
            },
            "CheckState": "1",
        },
        "ArticleUrlResult": {
            "Count": "2",
            "ResultList": {
                "item": [
                    {"ArticleIdx": "1", "ArticleUrl": urls[0]},
                    {"ArticleIdx": "2", "ArticleUrl": urls[1]},
                ]
            },
        },
    }


def test_a_text_has_no_articles_and_empty_lists(three: Desktop):
    by_list(three, "o-1", "o-2")
    fields = parse(render(events(three)[0]))
    assert fields["CopyrightCheckResult"] == {"Count": "0", "ResultList": "", "CheckState": "0"}
    assert fields["ArticleUrlResult"] == {"Count": "0", "ResultList": ""}


def test_the_articles_stand_in_the_chat_and_at_their_address(three: Desktop):
    answer = by_list(three, "o-1", "o-2", **news(three, 3))
    assert results(three) == [(2, 2, 2, 0)]
    bubble = three.world.people["o-1"].chat[-1]
    assert bubble.text == "第1篇\n第2篇\n第3篇"
    first = on_air(three.world, bubble.url.rpartition("/")[2])
    assert (first.title, first.msg_data_id) == ("第1篇", answer["msg_data_id"])
    assert three.world.room(Articles).posts[answer["msg_data_id"]].target == 2


@pytest.mark.parametrize("end", mass_jobs.ENDS)
def test_a_job_fails_on_demand_and_reaches_nobody(three: Desktop, end):
    mass_jobs.fail_next(three.world, end)
    answer = by_list(three, "o-1", "o-2", **news(three))
    (told,) = events(three)
    assert (told["Status"], told["SentCount"], told["ErrorCount"]) == (end, 0, 2)
    assert status(three, answer["msg_id"]) == "SEND_FAIL"
    assert reached(three) == []
    assert not three.world.room(Articles).pages
    assert set(mass_jobs.counts(three.world).values()) == {0}
    by_list(three, "o-1", "o-2")
    assert results(three)[-1] == (2, 2, 2, 0)


def test_only_what_the_platform_says_can_be_demanded(three: Desktop):
    with pytest.raises(ValueError, match="err"):
        mass_jobs.fail_next(three.world, "err(1)")


@pytest.mark.parametrize(("ignore", "end", "check"), [(0, "err(30003)", 3), (1, "send success", 2)])
def test_a_reprint_stops_unless_the_sender_wants_it(three: Desktop, ignore, end, check):
    mass_jobs.fail_next(three.world, "err(30003)")
    by_list(three, "o-1", "o-2", **news(three), send_ignore_reprint=ignore)
    (told,) = events(three)
    assert (told["Status"], told["CopyrightCheckResult"]["CheckState"]) == (end, check)
    assert told["CopyrightCheckResult"]["ResultList"]["item"][0]["AuditState"] == 2


# --- the admin's word --------------------------------------------------------------------------


@pytest.fixture
def guarded(played) -> Desktop:
    desk: Desktop = played(switches=Switches(admin_confirms=True))
    return desk


def door(desk: Desktop) -> Desk:
    return Desk(desk.world, desk.acts, desk.timeline)


def test_to_all_waits_for_the_admin(guarded: Desktop):
    msg_id = to_all(guarded)["msg_id"]
    assert guarded.world.people["o-1"].chat[-1].via != "mass"
    assert status(guarded, msg_id) == "SENDING"
    assert mass_jobs.confirm(door(guarded), msg_id)
    # The 30 minutes' own end waits on in real time: so look at the job, not at the whole timeline.
    job = guarded.world.room(MassJobs).jobs[msg_id]
    assert not job.waits
    assert not mass_jobs.confirm(door(guarded), msg_id)


def test_the_admin_refuses(guarded: Desktop):
    msg_id = to_all(guarded)["msg_id"]
    assert mass_jobs.refuse(door(guarded), msg_id)
    assert guarded.pushed[-1]["Status"] == "err(40001)"
    assert status(guarded, msg_id) == "SEND_FAIL"
    assert not mass_jobs.refuse(door(guarded), msg_id)


def test_the_admin_is_too_late_after_thirty_minutes(guarded: Desktop):
    msg_id = to_all(guarded)["msg_id"]
    guarded.clock.advance(30 * 60)
    assert not mass_jobs.confirm(door(guarded), msg_id)
    assert guarded.pushed[-1]["Status"] == "err(40002)"
    assert status(guarded, msg_id) == "SEND_FAIL"


def test_to_some_goes_without_the_admin(guarded: Desktop):
    by_list(guarded, "o-1", "o-2")
    assert results(guarded) == [(2, 2, 2, 0)]


# --- afterwards --------------------------------------------------------------------------------


def sent_news(desk: Desktop, count: int) -> tuple[int, list[str]]:
    msg_id = by_list(desk, "o-1", "o-2", **news(desk, count))["msg_id"]
    assert desk.timeline.drain(5)
    return msg_id, list(desk.world.room(Articles).pages)


def test_a_deleted_article_is_gone_but_its_bubble_stays(three: Desktop):
    msg_id, (first, second) = sent_news(three, 2)
    body = {"msg_id": msg_id, "article_idx": 1}
    assert three.post("message/mass/delete", body)["errcode"] == 0
    with pytest.raises(Gone):
        on_air(three.world, first)
    assert on_air(three.world, second).title == "第2篇"
    assert status(three, msg_id) == "SEND_SUCCESS"
    assert three.post("message/mass/delete", {"msg_id": msg_id})["errcode"] == 0
    assert status(three, msg_id) == "DELETE"
    assert three.world.people["o-1"].chat[-1].via == "mass"
    assert GONE == "该内容已被发布者删除"
    with pytest.raises(NoArticle):
        on_air(three.world, "x")


def test_a_deleted_video(three: Desktop):
    video = {"media_id": media_of(three, "video")}
    msg_id = by_list(three, "o-1", "o-2", msgtype="mpvideo", mpvideo=video)["msg_id"]
    assert three.timeline.drain(5)
    assert three.post("message/mass/delete", {"msg_id": msg_id})["errcode"] == 0
    assert status(three, msg_id) == "DELETE"


@pytest.mark.parametrize(
    ("index", "expected"), [(3, 40060), (-1, 40060), ("x", 40060), (2, 0), (0, 0)]
)
def test_the_number_of_the_article_to_delete(three: Desktop, index, expected):
    msg_id, _ = sent_news(three, 2)
    body = {"msg_id": msg_id, "article_idx": index}
    assert three.post("message/mass/delete", body)["errcode"] == expected


def test_what_cannot_be_deleted(three: Desktop):
    assert three.post("message/mass/delete", {"msg_id": 1})["errcode"] == 40035
    msg_id = by_list(three, "o-1", "o-2")["msg_id"]
    assert three.timeline.drain(5)
    assert three.post("message/mass/delete", {"msg_id": msg_id})["errcode"] == 40008
    mass_jobs.fail_next(three.world, "send fail")
    failed = by_list(three, "o-1", "o-2", **news(three))["msg_id"]
    assert three.timeline.drain(5)
    assert three.post("message/mass/delete", {"msg_id": failed})["errcode"] == 40035


def test_the_status_of_an_unknown_job(three: Desktop):
    assert three.post("message/mass/get", {"msg_id": "1"})["errcode"] == 40035


# --- speed -------------------------------------------------------------------------------------


def test_the_speed_is_asked_for_with_an_empty_body(three: Desktop):
    asked = three.call("POST", "message/mass/speed/get", b"")
    assert asked == {"speed": 0, "realspeed": 80}
    assert three.call("POST", "message/mass/speed/set", b"")["errcode"] == 44002


def test_the_speed_is_read_and_set(three: Desktop):
    assert three.post("message/mass/speed/get", {}) == {"speed": 0, "realspeed": 80}
    assert three.post("message/mass/speed/set", {"speed": 4})["errcode"] == 0
    assert three.post("message/mass/speed/get", {}) == {"speed": 4, "realspeed": 10}


@pytest.mark.parametrize(
    ("body", "expected"),
    [({}, 45084), ({"speed": 5}, 45083), ({"speed": -1}, 45083), ({"speed": "fast"}, 45083)],
)
def test_speeds_that_are_refused(three: Desktop, body, expected):
    assert three.post("message/mass/speed/set", body or {"level": 1})["errcode"] == expected


class Stepped:
    """The API on virtual time."""

    def __init__(self, config: SandboxConfig) -> None:
        clock = SteppedClock(NOON)
        self.stepper = Stepper(clock)
        self.world = World(config, clock)
        self.pushed: list[dict[str, Any]] = []
        acts = Acts(self.world, lambda _person, fields, _label: self.pushed.append(fields))
        self.desk = Desk(self.world, acts, self.stepper.timeline())
        self.gateway = Gateway(self.desk)
        for number in range(2500):
            acts.follow(self.world.person(f"o-{number:04}"))
        self.pushed.clear()
        self.token = self.world.tokens.plain(clock())[0]

    def to_all(self) -> int:
        call = Call(
            "/cgi-bin/message/mass/sendall",
            "POST",
            {"access_token": self.token},
            json.dumps({**TO_ALL, **TEXT}, ensure_ascii=False).encode(),
        )
        msg_id: int = json.loads(self.gateway.answer(call).body)["msg_id"]
        return msg_id

    def delivered_after(self, seconds: float) -> int:
        """How many have it by then, from the submission on."""
        self.stepper.run(max(self.world.clock(), NOON + timedelta(seconds=seconds)))
        return sum(person.chat[-1].via == "mass" for person in self.people)

    @property
    def people(self) -> list[Any]:
        return [self.world.people[openid] for openid in self.world.followers]


def stepped(**changes: Any) -> Stepped:
    start = NOON.isoformat()
    return Stepped(a_config(start=start, limits=Limits(job_delay=0.2), **changes))


@pytest.mark.parametrize(
    ("speed", "seconds"),
    [
        pytest.param(0, 0.15, id="800,000 a minute"),
        pytest.param(1, 0.2, id="600,000 a minute"),
        pytest.param(2, 4 / 15, id="450,000 a minute"),
        pytest.param(3, 0.4, id="300,000 a minute"),
        pytest.param(4, 1.2, id="100,000 a minute"),
    ],
)
def test_the_speed_paces_the_delivery_in_time(speed, seconds):
    play = stepped()
    play.world.room(MassJobs).speed = speed
    play.to_all()
    assert play.delivered_after(0.1) == 0
    assert play.delivered_after(0.2) == 1000
    assert play.delivered_after(0.2 + seconds * 0.99) == 2000
    assert not play.pushed
    assert play.delivered_after(0.2 + seconds * 1.01) == 2500
    assert [told["SentCount"] for told in play.pushed] == [2500]


def test_the_same_seed_sends_the_same(tmp_path):
    ledgers = []
    for name in ("a", "b"):
        play = stepped(ledger_path=str(tmp_path / name))
        play.to_all()
        play.delivered_after(10)
        play.world.ledger.close()
        ledgers.append((tmp_path / name).read_bytes())
    assert ledgers[0] == ledgers[1]


def test_after_thirty_minutes_without_the_admin_the_job_ends_by_itself():
    play = stepped(switches=Switches(admin_confirms=True))
    play.to_all()
    assert play.delivered_after(29 * 60) == 0
    assert not play.pushed
    assert play.delivered_after(30 * 60) == 0
    assert [told["Status"] for told in play.pushed] == ["err(40002)"]


def test_the_admin_allows_it_and_it_goes():
    play = stepped(switches=Switches(admin_confirms=True))
    msg_id = play.to_all()
    assert play.delivered_after(60) == 0
    assert mass_jobs.confirm(play.desk, msg_id)
    assert play.delivered_after(70) == 2500
    assert play.delivered_after(3600) == 2500
    assert [told["Status"] for told in play.pushed] == ["send success"]


def test_who_leaves_before_the_turn_comes_is_an_error_in_the_result():
    play = stepped()
    play.to_all()
    play.delivered_after(0.2)
    for person in play.people[-10:]:
        play.desk.acts.unfollow(person)
    play.pushed.clear()
    play.delivered_after(10)
    assert [(e["SentCount"], e["ErrorCount"]) for e in play.pushed] == [(2490, 10)]
