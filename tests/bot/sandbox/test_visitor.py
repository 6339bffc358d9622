"""The phone's browser: which link, which form, which code."""

from __future__ import annotations

import pytest

from bot.sandbox.crowd.visitor import Visit, first_link, read_page, redeem, visit
from tests.bot.sandbox.conftest import Answer, Asked

CLAIM = """<html><form action="/search"><input name="q"></form>
<form method="post" action="/h5/claim?c=1" data-claim>
<input type="hidden" name="csrf" value="a&amp;b"><input type="checkbox" name="news">
<button name="go" value="1">领取</button></form></html>"""
CODE = '<html><p data-coupon-code="ABCD-2345">已领取</p></html>'


@pytest.mark.parametrize(
    ("text", "url", "expected"),
    [
        pytest.param("没有链接", "", "", id="none"),
        pytest.param('<a href="https://e.example/t/a?x=1&amp;y=2">领</a>', "",
                     "https://e.example/t/a?x=1&y=2", id="an anchor"),
        pytest.param("点 http://e.example/t/b，快来", "", "http://e.example/t/b", id="a bare one"),
        pytest.param("点 http://e.example/t/b", "https://e.example/t/c",
                     "https://e.example/t/c", id="the message's own first"),
        pytest.param('<a href="weixin://bizmsgmenu?x=1">是</a>', "", "", id="no web address"),
    ],
)  # fmt: skip
def test_where_a_tap_leads(text, url, expected):
    assert first_link(text, url) == expected


def test_the_claim_form_and_its_fields():
    form, code = read_page(CLAIM)
    assert form is not None
    assert (form.action, form.method, code) == ("/h5/claim?c=1", "post", "")
    assert form.fields == {"csrf": "a&b", "go": "1"}
    assert read_page(CODE) == (None, "ABCD-2345")


@pytest.mark.parametrize("html", ["", "<", "<form data-claim", "</form></p>", "\x00<<>>"])
def test_an_odd_page_is_read_without_complaint(html):
    assert read_page(html)[1] == ""


def shop(asked: Asked) -> Answer:
    if asked.path == "/t/abc":
        return 302, "/h5/coupon", b""
    if asked.path == "/h5/coupon":
        return 200, "text/html; charset=utf-8", CLAIM.encode()
    if asked.path == "/h5/claim?c=1" and asked.method == "POST":
        return 200, "text/html", CODE.encode()
    return 404, "text/html", b"<html>gone</html>"


def test_a_tap_follows_the_redirect_and_claims(dumb_bot):
    bot = dumb_bot(shop)
    assert visit(f"{bot.url}/t/abc", wants=True) == Visit(200, True, True, "ABCD-2345")
    assert [asked.method for asked in bot.asked] == ["GET", "GET", "POST"]
    assert bot.asked[-1].body == b"csrf=a%26b&go=1"
    assert all("MicroMessenger" in asked.headers["User-Agent"] for asked in bot.asked)


def test_who_does_not_want_it_only_looks(dumb_bot):
    bot = dumb_bot(shop)
    assert visit(f"{bot.url}/t/abc", wants=False) == Visit(200, True, False, "")
    assert len(bot.asked) == 2


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param((500, "text/html", b"<html>"), 500, id="a server error"),
        pytest.param((200, "image/png", b"\x89PNG"), 200, id="a picture"),
        pytest.param((200, "text/html", b"\xff\xfe\x00"), 200, id="no text"),
        pytest.param((302, "/t/abc", b""), 302, id="a redirect to itself"),
        pytest.param((302, "http://127.0.0.1:9/", b""), 302, id="one to where nobody answers"),
    ],
)
def test_odd_answers_do_no_harm(dumb_bot, answer, status):
    bot = dumb_bot(lambda _: answer)
    assert visit(f"{bot.url}/t/abc", wants=True) == Visit(status)


@pytest.mark.parametrize("link", ["http://127.0.0.1:9/x", "http://[", "http:///"])
def test_where_nobody_is_nothing_happens(link):
    assert visit(link, wants=True) == Visit(0)


def test_the_till_asks_with_its_key(dumb_bot):
    bot = dumb_bot(lambda _: (200, "application/json", b"{}"))
    assert redeem(bot.url, "key", "ABCD-2345", "SBX1", 3980) == 200
    (asked,) = bot.asked
    assert (asked.method, asked.path) == ("POST", "/api/v1/coupons/redeem")
    assert asked.headers["Authorization"] == "Bearer key"
    assert b'"amount_fen": 3980' in asked.body
    assert redeem("http://127.0.0.1:9", "key", "x", "y", 1) == 0
