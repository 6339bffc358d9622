"""WeCom's part (6.1, 6.2): one token, customers, groups, Moments, and a callback of its own."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.sandbox import wecom
from bot.sandbox.crypto import BadCipher, Box, sign
from bot.sandbox.explain import explain
from bot.sandbox.gateway import Call
from bot.sandbox.wecom import MESSAGES, corp
from bot.sandbox.wecom_push import add_customer, lose_customer, verify
from bot.sandbox.xml import parse
from tests.bot.sandbox.conftest import Answer, Asked, Desktop
from tests.conftest import NOON

CONTACT = "/cgi-bin/externalcontact/"
MIDNIGHT = int((NOON - timedelta(hours=12)).timestamp())
DAY = 86400


class Company:
    """zhang and li serve customers; Lin is zhang's."""

    def __init__(self, desk: Desktop) -> None:
        self.desk, self.world = desk, desk.world
        self.room = corp(desk.world)
        for userid in ("zhang", "li"):
            wecom.add_member(self.world, userid)
        self.person = self.world.person("o-lin", "林")
        self.lin = self.add()
        self.token = self.fetch()["access_token"]

    def add(self, openid: str = "o-lin", userid: str = "zhang", state: str = "") -> str:
        person = self.world.person(openid)
        return add_customer(self.world, self.desk.timeline, person, userid, state)

    def fetch(self, **changes: str) -> dict[str, Any]:
        query = {"corpid": self.room.corpid, "corpsecret": self.room.secret, **changes}
        return self.call("GET", "/cgi-bin/gettoken", query)

    def call(
        self, method: str, path: str, query: dict[str, str], body: Any = None
    ) -> dict[str, Any]:
        raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        answer = self.desk.gateway.answer(Call(path, method, query, raw, client_ip="10.0.0.7"))
        return dict(json.loads(answer.body))

    def get(self, name: str, **query: str) -> dict[str, Any]:
        return self.call("GET", f"{CONTACT}{name}", {"access_token": self.token, **query})

    def post(self, name: str, body: Any) -> dict[str, Any]:
        return self.call("POST", f"{CONTACT}{name}", {"access_token": self.token}, body)

    def code(self, name: str, body: Any) -> int:
        return int(self.post(name, body)["errcode"])

    def later(self, seconds: float) -> None:
        """Also past the end of the token."""
        self.desk.clock.advance(seconds)
        self.token = self.fetch()["access_token"]


@pytest.fixture
def company(desk: Desktop) -> Company:
    return Company(desk)


# --- tokens ------------------------------------------------------------------------------------


def test_the_same_token_is_given_until_it_ends(company: Company):
    assert company.fetch() == {
        "errcode": 0,
        "errmsg": "ok",
        "access_token": company.token,
        "expires_in": 7200,
    }
    company.desk.clock.advance(7199)
    assert company.fetch()["access_token"] == company.token
    assert company.fetch()["expires_in"] == 1
    company.desk.clock.advance(1)
    assert company.get("get_follow_user_list")["errcode"] == 42001
    assert company.fetch()["access_token"] != company.token
    assert company.get("get_follow_user_list")["errcode"] == 42001


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        pytest.param({"corpid": ""}, 41002, id="no corpid"),
        pytest.param({"corpsecret": ""}, 41004, id="no secret"),
        pytest.param({"corpid": "ww0"}, 40013, id="another corp"),
        pytest.param({"corpsecret": "x"}, 40001, id="another secret"),
    ],
)
def test_who_gets_no_token(company: Company, change, errcode):
    answer = company.fetch(**change)
    assert answer["errcode"] == errcode
    assert answer["errmsg"].startswith(f"{MESSAGES[errcode]}, hint: [")
    assert answer["errmsg"].endswith(
        f"], from ip: 10.0.0.7, more info at https://open.work.weixin.qq.com/devtool/query"
        f"?e={errcode}"
    )


def test_the_account_s_token_is_none_of_the_corp_s(company: Company):
    """And the other way round."""
    own = company.desk.token
    assert company.get("get_follow_user_list", access_token=own)["errcode"] == 40014
    assert company.desk.get("user/get", access_token=company.token)["errcode"] == 40014
    assert company.get("get_follow_user_list", access_token="")["errcode"] == 41001


def test_only_trusted_addresses_may_call(company: Company):
    company.room.trusted = ("10.0.0.8",)
    answer = company.get("get_follow_user_list")
    assert answer["errcode"] == 60020
    assert "from ip: 10.0.0.7" in answer["errmsg"]
    company.room.trusted = ("10.0.0.7",)
    assert company.get("get_follow_user_list")["errcode"] == 0


def test_an_app_that_may_not_see_customers(company: Company):
    company.room.allowed = False
    assert company.get("get_follow_user_list")["errcode"] == 48002


def test_a_busy_platform_works_again_after_a_while(company: Company):
    company.room.busy = 2
    told = [company.get("get_follow_user_list")["errcode"] for _ in range(3)]
    assert told == [45033, 45033, 0]


def test_words_of_the_same_number_are_its_own(company: Company):
    company.room.busy = 1
    assert company.get("list", userid="zhang")["errmsg"].startswith("api concurrent out of limit")


def test_the_log_of_the_traffic_explains_a_refusal_and_hides_the_secret(company: Company):
    company.room.busy = 1
    company.get("list", userid="zhang")
    company.fetch()
    refused, fetched = company.world.traffic.since()[-2:]
    assert "企业微信" in explain(refused).zh
    assert "api concurrent out of limit" in explain(refused).en
    assert company.room.secret not in fetched.query
    assert company.token not in fetched.answered


# --- customers ---------------------------------------------------------------------------------


def test_members_and_their_customers(company: Company):
    assert company.get("get_follow_user_list")["follow_user"] == ["zhang", "li"]
    assert company.get("list", userid="zhang")["external_userid"] == [company.lin]
    assert company.get("list", userid="li")["errcode"] == 84061
    assert company.get("list", userid="wang")["errcode"] == 60111
    assert company.get("list")["errcode"] == 40058


def test_a_customer_of_two_members_is_one_customer(company: Company):
    assert company.add(userid="li", state="poster") == company.lin
    answer = company.get("get", external_userid=company.lin)
    assert answer["external_contact"]["name"] == "林"
    assert answer["external_contact"]["unionid"] == company.person.unionid
    first, second = answer["follow_user"]
    assert (first["userid"], second["userid"], second["state"]) == ("zhang", "li", "poster")
    assert first["createtime"] == int(NOON.timestamp())
    assert "state" not in first


def test_without_a_bound_account_there_are_no_unionids(company: Company):
    company.room.bound = False
    answer = company.get("get", external_userid=company.lin)
    assert "unionid" not in answer["external_contact"]


@pytest.mark.parametrize("external", ["", "wm-nobody", "o-lin"])
def test_a_customer_that_is_none(company: Company, external):
    assert company.get("get", external_userid=external)["errcode"] == 40096


def test_a_customer_whom_nobody_has_any_more(company: Company):
    lose_customer(company.world, company.desk.timeline, company.lin, "zhang")
    assert company.get("get", external_userid=company.lin)["errcode"] == 84061
    assert company.get("list", userid="zhang")["errcode"] == 84061
    with pytest.raises(KeyError):
        lose_customer(company.world, company.desk.timeline, company.lin, "zhang")


def test_only_members_are_added(company: Company):
    with pytest.raises(KeyError):
        company.add(userid="wang")


def test_customers_come_in_pages(company: Company):
    ids = [company.lin, *(company.add(f"o-{n}") for n in range(4))]
    ids.append(company.add("o-0", "li"))
    seen, cursor = [], ""
    while True:
        body = {"userid_list": ["zhang", "li"], "cursor": cursor, "limit": 4}
        answer = company.post("batch/get_by_user", body)
        seen += [
            one["external_contact"]["external_userid"] for one in answer["external_contact_list"]
        ]
        cursor = answer["next_cursor"]
        if not cursor:
            break
    assert seen == ids
    assert answer["external_contact_list"][-1]["follow_info"]["userid"] == "li"


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        pytest.param({}, 40058, id="no members"),
        pytest.param({"userid_list": ["zhang"] * 101}, 40058, id="101 members"),
        pytest.param({"userid_list": "zhang"}, 40058, id="no list"),
        pytest.param({"userid_list": [1]}, 40058, id="no texts"),
        pytest.param({"userid_list": ["wang"]}, 60111, id="an unknown member"),
        pytest.param({"userid_list": ["zhang"], "limit": 101}, 40058, id="too large a page"),
        pytest.param({"userid_list": ["zhang"], "limit": 0}, 40058, id="no page"),
        pytest.param({"userid_list": ["zhang"], "cursor": "x"}, 40058, id="a bad cursor"),
    ],
)
def test_a_batch_that_is_none(company: Company, body, errcode):
    assert company.code("batch/get_by_user", body) == errcode


def test_a_follower_is_found_among_the_customers(company: Company):
    body = {"unionid": company.person.unionid, "openid": "o-lin"}
    assert company.post("unionid_to_external_userid", body)["external_userid"] == company.lin
    other = company.world.person("o-wang")
    body = {"unionid": other.unionid, "openid": "o-wang"}
    assert company.code("unionid_to_external_userid", body) == 84061


@pytest.mark.parametrize(
    "body",
    [{}, {"unionid": "u1", "openid": "o-lin"}, {"unionid": "u1", "openid": "o-nobody"}],
)
def test_a_unionid_that_is_not_of_this_openid(company: Company, body):
    assert company.code("unionid_to_external_userid", body) == 40058


# --- tags --------------------------------------------------------------------------------------


def test_customers_are_tagged_for_each_member(company: Company):
    gold, silver = (wecom.add_tag(company.world, "等级", one) for one in ("金", "银"))
    body = {"userid": "zhang", "external_userid": company.lin}
    assert company.code("mark_tag", {**body, "add_tag": [gold, silver, gold]}) == 0
    assert company.code("mark_tag", {**body, "remove_tag": [gold]}) == 0
    (follow,) = company.get("get", external_userid=company.lin)["follow_user"]
    assert follow["tags"] == [{"group_name": "等级", "tag_name": "银", "tag_id": silver, "type": 1}]
    batch = company.post("batch/get_by_user", {"userid_list": ["zhang"]})
    assert batch["external_contact_list"][0]["follow_info"]["tag_id"] == [silver]


def test_the_corp_s_tags_by_group_and_by_tag(company: Company):
    gold = wecom.add_tag(company.world, "等级", "金")
    wecom.add_tag(company.world, "等级", "银")
    spicy = wecom.add_tag(company.world, "口味", "辣")

    def found(**body: Any) -> list[tuple[str, list[str]]]:
        groups = company.post("get_corp_tag_list", {"cursor": "", **body})["tag_group"]
        return [(one["group_name"], [tag["name"] for tag in one["tag"]]) for one in groups]

    assert found() == [("等级", ["金", "银"]), ("口味", ["辣"])]
    assert found(tag_id=[gold, spicy]) == [("等级", ["金"]), ("口味", ["辣"])]
    group_id = company.post("get_corp_tag_list", {"tag_id": [gold]})["tag_group"][0]["group_id"]
    assert found(group_id=[group_id]) == [("等级", ["金", "银"])]
    assert company.code("get_corp_tag_list", {"tag_id": "金"}) == 40058


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        pytest.param({}, 40058, id="nothing to change"),
        pytest.param({"add_tag": ["et0"]}, 40068, id="an unknown tag"),
        pytest.param({"userid": "li", "add_tag": ["et0"]}, 84061, id="another's customer"),
        pytest.param({"userid": "wang", "add_tag": ["et0"]}, 60111, id="no member"),
        pytest.param({"external_userid": "wm0", "add_tag": ["et0"]}, 40096, id="no customer"),
    ],
)
def test_a_tagging_that_cannot_be(company: Company, change, errcode):
    body = {"userid": "zhang", "external_userid": company.lin, **change}
    assert company.code("mark_tag", body) == errcode


# --- groups ------------------------------------------------------------------------------------


def test_a_group_shows_who_is_in_it(company: Company):
    chat_id = wecom.add_group(company.world, "zhang", "火锅群", "周五半价")
    wecom.join_group(company.world, chat_id, company.lin)
    wecom.join_group(company.world, chat_id, "li")
    wecom.leave_group(company.world, chat_id, "li")
    group = company.post("groupchat/get", {"chat_id": chat_id, "need_name": 1})["group_chat"]
    assert (group["name"], group["owner"], group["notice"]) == ("火锅群", "zhang", "周五半价")
    owner, lin = group["member_list"]
    assert (owner["userid"], owner["type"], owner["name"]) == ("zhang", 1, "zhang")
    assert (lin["userid"], lin["type"], lin["name"]) == (company.lin, 2, "林")
    assert lin["unionid"] == company.person.unionid
    unnamed = company.post("groupchat/get", {"chat_id": chat_id})["group_chat"]["member_list"]
    assert all("name" not in one for one in unnamed)


def test_nobody_is_in_a_group_twice(company: Company):
    chat_id = wecom.add_group(company.world, "zhang", "火锅群")
    with pytest.raises(ValueError, match="already"):
        wecom.join_group(company.world, chat_id, "zhang")
    with pytest.raises(KeyError):
        wecom.leave_group(company.world, chat_id, company.lin)


def test_groups_come_in_pages_and_by_owner(company: Company):
    ids = [wecom.add_group(company.world, one, "群") for one in ("zhang", "li", "zhang")]

    def found(**body: Any) -> list[str]:
        chats = company.post("groupchat/list", {"limit": 1000, **body})["group_chat_list"]
        return [one["chat_id"] for one in chats]

    assert found() == ids
    assert found(owner_filter={"userid_list": ["li"]}) == ids[1:2]
    assert found(status_filter=1) == []
    first = company.post("groupchat/list", {"limit": 2})
    assert found(limit=2, cursor=first["next_cursor"]) == ids[2:]


@pytest.mark.parametrize(
    ("name", "body", "errcode"),
    [
        pytest.param("groupchat/list", {"owner_filter": {}}, 40058, id="a list without limit"),
        pytest.param("groupchat/list", {"limit": 1001}, 40058, id="too large a page"),
        pytest.param("groupchat/list", {"limit": 1, "status_filter": 4}, 40058, id="no status"),
        pytest.param("groupchat/list", {"limit": 1, "owner_filter": []}, 40058, id="no filter"),
        pytest.param("groupchat/get", {"need_name": 1}, 40058, id="no chat_id"),
        pytest.param("groupchat/get", {"chat_id": "wr0"}, 40050, id="an unknown group"),
        pytest.param("groupchat/get", {"chat_id": "wr0", "need_name": 2}, 40050, id="both wrong"),
    ],
)
def test_a_group_that_is_none(company: Company, name, body, errcode):
    assert company.code(name, body) == errcode


def test_the_figures_of_a_member_s_groups(company: Company):
    first = wecom.add_group(company.world, "zhang", "一群")
    wecom.join_group(company.world, first, company.lin)
    for who in (company.lin, company.lin, "zhang"):
        wecom.say_in_group(company.world, first, who)
    company.later(DAY)
    wecom.add_group(company.world, "zhang", "二群")
    wecom.leave_group(company.world, first, company.lin)
    owner = {"userid_list": ["zhang", "li"]}

    def figures(day: int, **more: int) -> dict[str, int]:
        body = {"day_begin_time": MIDNIGHT + day * DAY, "owner_filter": owner, **more}
        rows = company.post("groupchat/statistic", body)["items"]
        return dict(next(one["data"] for one in rows if one["owner"] == "zhang"))

    assert figures(0) == {
        "new_chat_cnt": 1,
        "chat_total": 1,
        "chat_has_msg": 1,
        "new_member_cnt": 2,
        "member_total": 2,
        "member_has_msg": 2,
        "msg_total": 3,
    }
    assert (figures(1)["chat_total"], figures(1)["member_total"], figures(1)["msg_total"]) == (
        2,
        2,
        0,
    )
    assert figures(0, day_end_time=MIDNIGHT + DAY)["new_chat_cnt"] == 2


def test_the_figures_are_ordered_and_paged(company: Company):
    for owner in ("zhang", "li", "li"):
        wecom.add_group(company.world, owner, "群")
    body = {"day_begin_time": MIDNIGHT, "owner_filter": {"userid_list": ["zhang", "li"]}}

    def owners(**more: int) -> list[str]:
        answer = company.post("groupchat/statistic", {**body, **more})
        assert answer["total"] == 2
        return [one["owner"] for one in answer["items"]]

    assert owners(order_by=2) == ["li", "zhang"]
    assert owners(order_by=2, order_asc=1) == ["zhang", "li"]
    assert owners(order_by=4, limit=1, offset=1) == ["zhang"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"owner_filter": {"userid_list": []}}, id="no owners"),
        pytest.param({"day_begin_time": MIDNIGHT + 1}, id="not at midnight"),
        pytest.param({"day_begin_time": MIDNIGHT + DAY}, id="tomorrow"),
        pytest.param({"day_begin_time": MIDNIGHT - 181 * DAY}, id="half a year ago"),
        pytest.param({"day_end_time": MIDNIGHT - DAY}, id="backwards"),
        pytest.param({"day_begin_time": MIDNIGHT - 30 * DAY, "day_end_time": MIDNIGHT}, id="31"),
        pytest.param({"day_begin_time": "today"}, id="no number"),
        pytest.param({"order_by": 5}, id="no order"),
    ],
)
def test_figures_that_cannot_be_asked_for(company: Company, change):
    body = {"day_begin_time": MIDNIGHT, "owner_filter": {"userid_list": ["zhang"]}, **change}
    assert company.code("groupchat/statistic", body) == 40058


# --- Moments -----------------------------------------------------------------------------------


def test_moments_by_time_creator_and_kind(company: Company):
    own = wecom.add_moment(company.world, "zhang", "新品上市")
    whole = wecom.add_moment(company.world, "li", "周年庆", as_corp=True)
    now = int(NOON.timestamp())

    def found(**body: Any) -> list[str]:
        asked = {"start_time": now - 10, "end_time": now + 10, **body}
        return [one["moment_id"] for one in company.post("get_moment_list", asked)["moment_list"]]

    assert found() == [own, whole]
    assert found(filter_type=0) == [whole]
    assert found(filter_type=1) == [own]
    assert found(creator="li") == [whole]
    assert found(end_time=now - 1) == []
    asked = {"start_time": now - 10, "end_time": now + 10, "limit": 1}
    first = company.post("get_moment_list", asked)
    assert found(limit=1, cursor=first["next_cursor"]) == [whole]
    assert first["moment_list"][0]["create_time"] == str(now)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"end_time": 30 * DAY + 1}, id="more than 30 days"),
        pytest.param({"end_time": 0}, id="no time at all"),
        pytest.param({"start_time": None}, id="no beginning"),
        pytest.param({"limit": 21}, id="too large a page"),
        pytest.param({"filter_type": 3}, id="no kind"),
    ],
)
def test_moments_that_cannot_be_asked_for(company: Company, change):
    assert company.code("get_moment_list", {"start_time": 0, "end_time": DAY, **change}) == 40058


def test_30_days_of_moments_are_one_question(company: Company):
    assert company.code("get_moment_list", {"start_time": 0, "end_time": 30 * DAY}) == 0


def test_who_liked_and_commented_but_not_what(company: Company):
    moment_id = wecom.add_moment(company.world, "zhang", "新品上市")
    wecom.like_moment(company.world, moment_id, company.lin)
    wecom.comment_moment(company.world, moment_id, "li")
    answer = company.post("get_moment_comments", {"moment_id": moment_id, "userid": "zhang"})
    now = int(NOON.timestamp())
    assert answer["like_list"] == [{"external_userid": company.lin, "create_time": now}]
    assert answer["comment_list"] == [{"userid": "li", "create_time": now}]
    for body in ({"moment_id": moment_id, "userid": "li"}, {"moment_id": "m", "userid": "zhang"}):
        assert company.code("get_moment_comments", body) == 40058


# --- messages ----------------------------------------------------------------------------------

HELLO = {"text": {"content": "欢迎"}}


@pytest.fixture
def code(company: Company) -> str:
    """The latest welcome code: Lin's."""
    return list(company.room.welcomes)[-1]


def test_a_welcome_goes_once(company: Company, code: str):
    assert company.code("send_welcome_msg", {"welcome_code": code, **HELLO}) == 0
    assert company.code("send_welcome_msg", {"welcome_code": code, **HELLO}) == 41051
    assert company.room.welcomed == [(company.lin, {"text": "欢迎", "attachments": []})]


@pytest.mark.parametrize(("seconds", "errcode"), [(19, 0), (20, 41051)])
def test_a_welcome_goes_within_twenty_seconds(company: Company, code: str, seconds, errcode):
    company.later(seconds)
    assert company.code("send_welcome_msg", {"welcome_code": code, **HELLO}) == errcode


def test_no_welcome_after_the_first_word(company: Company, code: str):
    wecom.chat(company.world, company.lin, "zhang")
    assert company.code("send_welcome_msg", {"welcome_code": code, **HELLO}) == 41050


def test_an_unknown_welcome_code(company: Company):
    assert company.code("send_welcome_msg", {"welcome_code": "x", **HELLO}) == 41051
    assert company.code("send_welcome_msg", HELLO) == 40058


CONTENT = [
    pytest.param({}, id="nothing"),
    pytest.param({"text": {"content": ""}}, id="an empty text"),
    pytest.param({"text": "hello"}, id="a text that is none"),
    pytest.param({"text": {"content": "火" * 1334}}, id="more than 4000 bytes"),
    pytest.param({"attachments": [{"msgtype": "link"}] * 10}, id="ten attachments"),
    pytest.param({"attachments": "link"}, id="attachments that are no list"),
]


@pytest.mark.parametrize("content", CONTENT)
def test_a_welcome_that_says_nothing_is_not_used_up(company: Company, code: str, content):
    assert company.code("send_welcome_msg", {"welcome_code": code, **content}) == 40058
    assert company.code("send_welcome_msg", {"welcome_code": code, **HELLO}) == 0


@pytest.mark.parametrize("content", CONTENT)
def test_a_bulk_message_that_says_nothing(company: Company, content):
    body = {"chat_type": "single", "external_userid": [company.lin], **content}
    assert company.code("add_msg_template", body) == 40058


def test_a_bulk_message_waits_for_the_member_s_tap(company: Company):
    other = company.add("o-wang", "li")
    body = {"external_userid": [company.lin, "wm0", other, other], **HELLO}
    answer = company.post("add_msg_template", body)
    assert answer["fail_list"] == ["wm0"]
    assert company.room.tasks[answer["msgid"]].sent == set()
    assert wecom.tap_send(company.world, answer["msgid"], "zhang") == [company.lin]
    assert wecom.tap_send(company.world, answer["msgid"], "zhang") == []
    assert wecom.tap_send(company.world, answer["msgid"], "li") == [other]


def test_a_sender_reaches_only_their_own_customers(company: Company):
    other = company.add("o-wang", "li")
    body = {"sender": "zhang", "external_userid": [company.lin, other], **HELLO}
    answer = company.post("add_msg_template", body)
    assert answer["fail_list"] == [other]
    assert wecom.tap_send(company.world, answer["msgid"], "li") == []
    everyone = company.post("add_msg_template", {"sender": "li", **HELLO})
    assert wecom.tap_send(company.world, everyone["msgid"], "li") == [other]


def test_a_group_message_goes_to_the_sender_s_groups(company: Company):
    mine = wecom.add_group(company.world, "zhang", "群")
    wecom.add_group(company.world, "li", "群")
    answer = company.post("add_msg_template", {"chat_type": "group", "sender": "zhang", **HELLO})
    assert wecom.tap_send(company.world, answer["msgid"], "zhang") == [mine]


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        pytest.param({}, 40058, id="neither receivers nor sender"),
        pytest.param({"chat_type": "all"}, 40058, id="a type that is none"),
        pytest.param({"external_userid": ["wm0"]}, 41048, id="nobody to be reached"),
        pytest.param({"external_userid": ["wm0"] * 10_001}, 40058, id="too many"),
        pytest.param({"sender": "wang"}, 60111, id="an unknown sender"),
        pytest.param({"sender": "li"}, 41048, id="a sender without customers"),
        pytest.param({"chat_type": "group"}, 40058, id="a group message without sender"),
        pytest.param({"chat_type": "group", "sender": "li"}, 41048, id="a sender without groups"),
        pytest.param(
            {"chat_type": "group", "sender": "li", "external_userid": ["wm0"]},
            40058,
            id="a group message to customers",
        ),
    ],
)
def test_a_bulk_message_that_cannot_be(company: Company, body, errcode):
    assert company.code("add_msg_template", {**HELLO, **body}) == errcode


# --- the callback ------------------------------------------------------------------------------


class Program:
    """Answers WeCom's callback as it should; refuses the first `failures` pushes."""

    def __init__(self, company: Company) -> None:
        self.room = company.room
        self.box = Box(self.room.aes_key, self.room.corpid)
        self.events: list[dict[str, Any]] = []
        self.failures = 0
        self.echo: bytes | None = None  # instead of the right one

    def __call__(self, asked: Asked) -> Answer:
        query = {name: one[0] for name, one in parse_qs(urlsplit(asked.path).query).items()}
        outer = parse(asked.body) if asked.method == "POST" else {}
        sealed = str(outer.get("Encrypt") or query["echostr"])
        stamp, nonce = query["timestamp"], query["nonce"]
        assert query["msg_signature"] == sign(self.room.token, stamp, nonce, sealed)
        text = self.box.open(sealed)
        if asked.method == "GET":
            return 200, "text/plain", text.encode() if self.echo is None else self.echo
        self.events.append(dict(parse(text)))
        self.failures -= 1
        return (500 if self.failures >= 0 else 200), "text/plain", b""


@pytest.fixture
def program(company: Company, dumb_bot) -> Program:
    made = Program(company)
    company.room.callback_url = f"{dumb_bot(made).url}/wecom"
    return made


def test_the_callback_is_verified_by_an_encrypted_echostr(company: Company, program: Program):
    assert verify(company.world)
    program.echo = b'"123"'
    assert not verify(company.world)
    company.room.callback_url = "http://127.0.0.1:9/"
    assert not verify(company.world)


def test_the_account_s_own_key_does_not_open_wecom_s_pushes(company: Company):
    config = company.world.config
    sealed = Box(company.room.aes_key, company.room.corpid).seal("x")
    assert base64.b64decode(sealed)
    with pytest.raises(BadCipher):
        Box(config.aes_key, config.appid).open(sealed)
    with pytest.raises(BadCipher):
        Box(company.room.aes_key, config.appid).open(sealed)


def test_a_new_customer_is_told_with_a_welcome_code(company: Company, program: Program):
    external = company.add("o-wang", "li", "poster")
    company.desk.finished()
    (event,) = program.events
    assert (event["ToUserName"], event["FromUserName"]) == (company.room.corpid, "sys")
    assert (event["Event"], event["ChangeType"]) == (
        "change_external_contact",
        "add_external_contact",
    )
    assert (event["UserID"], event["ExternalUserID"], event["State"]) == ("li", external, "poster")
    body = {"welcome_code": event["WelcomeCode"], **HELLO}
    assert company.code("send_welcome_msg", body) == 0


def test_who_is_a_customer_already_is_not_told_again(company: Company, program: Program):
    assert company.add() == company.lin
    company.desk.finished()
    assert program.events == []


@pytest.mark.parametrize(
    ("by_member", "change"), [(False, "del_follow_user"), (True, "del_external_contact")]
)
def test_who_deletes_whom_is_told(company: Company, program: Program, by_member, change):
    timeline = company.desk.timeline
    lose_customer(company.world, timeline, company.lin, "zhang", by_member=by_member)
    company.desk.finished()
    (event,) = program.events
    assert (event["ChangeType"], event["UserID"]) == (change, "zhang")
    assert event["ExternalUserID"] == company.lin
    assert "WelcomeCode" not in event


@pytest.mark.parametrize(("failures", "told"), [(1, [False, True]), (9, [False, False, False])])
def test_a_push_is_tried_three_times(company: Company, program: Program, failures, told):
    program.failures = failures
    company.add("o-wang")
    company.desk.finished()
    assert [one["heard"] for one in company.world.ledger.records("wecom_push")] == told
    assert all(one == program.events[0] for one in program.events)


def test_a_push_to_nobody_is_given_up(company: Company):
    company.room.callback_url = "http://127.0.0.1:9/"
    company.add("o-wang")
    company.desk.finished()
    told = [one["heard"] for one in company.world.ledger.records("wecom_push")]
    assert told == [False] * 3
