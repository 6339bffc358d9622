"""Choices to tap: a message of their own when they go later, links in a text at once."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.values.replies import Later, MenuOption, MenuReply, MiniProgramReply, Several, TextReply
from bot.wechat import markup
from bot.wechat.outbound import SUCCESS, can_be_passive, custom_body, menu_text, render
from tests.bot.wechat.envelopes import ACCOUNT, OPENID
from tests.conftest import NOON

MENU = MenuReply("满意吗？", (MenuOption("s:7:1", "满意"), MenuOption("s:7:0", "不满意")), "谢谢")


def links(text):
    """(id, what a tap says, what is read) of each link."""
    found = []
    for piece in text.split('<a href="')[1:]:
        address, rest = piece.split('">', 1)
        query = parse_qs(urlsplit(address).query)
        shown = rest.split("</a>")[0]
        found.append((query.get("msgmenuid", [""])[0], query["msgmenucontent"][0], shown))
    return found


def test_at_once_the_choices_are_links():
    fields = markup.read(render(MENU, OPENID, ACCOUNT, NOON).encode())
    assert fields["MsgType"] == "text"
    head, first, _, tail = fields["Content"].split("\n")
    assert (head, tail) == ("满意吗？", "谢谢")
    assert first == (
        '<a href="weixin://bizmsgmenu?msgmenucontent=%E6%BB%A1%E6%84%8F&msgmenuid=s%3A7%3A1">'
        "满意</a>"
    )


def test_later_they_are_a_message_of_their_own():
    assert custom_body(MENU, OPENID) == {
        "touser": OPENID,
        "msgtype": "msgmenu",
        "msgmenu": {
            "head_content": "满意吗？",
            "list": [{"id": "s:7:1", "content": "满意"}, {"id": "s:7:0", "content": "不满意"}],
            "tail_content": "谢谢",
        },
    }


def test_a_choice_without_an_id_gets_its_number():
    body = custom_body(MenuReply("h", (MenuOption("", "a"), MenuOption("", "b"))), OPENID)
    assert [one["id"] for one in body["msgmenu"]["list"]] == ["1", "2"]


@pytest.mark.parametrize("menu", [MenuReply("h", ()), MenuReply("h", (MenuOption("1", " \x00"),))])
def test_without_choices_there_is_no_menu(menu):
    assert render(menu, OPENID, ACCOUNT, NOON) == SUCCESS
    assert custom_body(menu, OPENID) is None


@pytest.mark.parametrize(
    "say", ['"><a href="http://evil">', "a&msgmenuid=x", "满 意", "#?=%", "😀", "]]>"]
)
def test_what_a_tap_says_cannot_leave_its_link(say):
    ((id, content, shown),) = links(menu_text(MenuReply("h", (MenuOption("i:1", say),))))
    assert (id, content) == ("i:1", say)
    assert not {"<", ">"} & set(shown)


@given(
    st.text(max_size=2000),
    st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=10),
    st.text(max_size=800),
)
def test_however_long_it_is_no_link_is_cut(head, says, tail):
    options = tuple(MenuOption(f"o{n}", say) for n, say in enumerate(says))
    text = menu_text(MenuReply(head.replace("<", ""), options, tail.replace("<", "")))
    assert len(text.encode()) <= 2048
    assert text.count("<a href") == text.count("</a>")
    assert all(id.startswith("o") for id, _, _ in links(text))


def test_long_words_above_give_way_to_the_choices():
    text = menu_text(MenuReply("火" * 1000, MENU.options, "锅" * 1000))
    assert [id for id, _, _ in links(text)] == ["s:7:1", "s:7:0"]


@pytest.mark.parametrize(
    ("reply", "possible"),
    [
        (MENU, True),
        (TextReply("a"), True),
        (Later(TextReply("a")), False),
        (Several((TextReply("a"), TextReply("b"))), False),
        (MiniProgramReply("t", "wx1", "p", "m"), False),
    ],
)
def test_what_an_http_answer_can_carry(reply, possible):
    assert can_be_passive(reply) is possible


def test_a_mini_program_is_a_customer_service_message():
    assert custom_body(MiniProgramReply("点单", "wx1", "pages/index", "m"), OPENID) == {
        "touser": OPENID,
        "msgtype": "miniprogrampage",
        "miniprogrampage": {
            "title": "点单",
            "appid": "wx1",
            "pagepath": "pages/index",
            "thumb_media_id": "m",
        },
    }
    assert custom_body(MiniProgramReply("点单", "", "p", "m"), OPENID) is None
