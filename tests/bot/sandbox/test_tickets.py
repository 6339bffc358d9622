"""JS-SDK tickets and page signatures (4.17)."""

from __future__ import annotations

import pytest

from bot.sandbox.api.tickets import check, jsapi_ticket, signature
from tests.bot.sandbox.asking import later
from tests.bot.sandbox.conftest import Desktop, a_config

PATH = "/cgi-bin/ticket/getticket"
# The worked example of the JS-SDK's documents.
TICKET = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
NONCE, STAMP, URL = "Wm3WZYTPz0wzccnW", "1414587457", "http://mp.weixin.qq.com?params=value"
SIGNED = "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_a_ticket_is_kept_until_five_minutes_before_its_end(desk: Desktop):
    first = desk.get("ticket/getticket", type="jsapi")
    assert (first["errcode"], first["expires_in"]) == (0, 7200)
    assert jsapi_ticket(desk.world) == first["ticket"]
    later(desk, 6899)
    again = desk.get("ticket/getticket", type="jsapi")
    assert (again["ticket"], again["expires_in"]) == (first["ticket"], 301)
    later(desk, 1)
    assert desk.get("ticket/getticket", type="jsapi")["ticket"] != first["ticket"]


def test_a_ticket_ends(desk: Desktop):
    assert jsapi_ticket(desk.world) == ""
    desk.get("ticket/getticket", type="jsapi")
    later(desk, 7200)
    assert jsapi_ticket(desk.world) == ""


def test_each_type_has_a_ticket_of_its_own(desk: Desktop):
    tickets = [desk.get("ticket/getticket", type=one)["ticket"] for one in ("jsapi", "wx_card")]
    assert len(set(tickets)) == 2


@pytest.mark.parametrize("query", [{}, {"type": ""}, {"type": "coffee"}])
def test_a_type_that_is_none(desk: Desktop, query):
    assert desk.get("ticket/getticket", **query)["errcode"] == 40097


def test_card_tickets_take_the_right_to_cards():
    desk = Desktop(a_config(kind="service_unverified"))
    assert desk.get("ticket/getticket", type="jsapi")["errcode"] == 0
    assert desk.get("ticket/getticket", type="wx_card")["errcode"] == 48001
    desk.timeline.stop()


def test_who_fetches_a_ticket_for_every_page_runs_out(desk: Desktop):
    desk.world.used[(PATH, "2026-11-21")] = 2000
    assert desk.get("ticket/getticket", type="jsapi")["errcode"] == 45009


def test_the_documents_example():
    assert signature(TICKET, NONCE, STAMP, URL) == SIGNED


@pytest.mark.parametrize(
    ("url", "signed", "expected"),
    [
        pytest.param(URL, SIGNED, 0, id="signed as the browser sees it"),
        pytest.param(f"{URL}#top", SIGNED, 0, id="the part after # is not signed"),
        pytest.param(f"{URL}&utm=1", SIGNED, 63002, id="another address"),
        pytest.param(URL, SIGNED.upper(), 63002, id="capital digits"),
        pytest.param(URL, "", 63002, id="no signature"),
        pytest.param(URL, "签名", 63002, id="no digits at all"),
    ],
)
def test_a_page_s_signature(url, signed, expected):
    assert check(TICKET, NONCE, STAMP, url, signed) == expected


def test_a_program_that_signs_the_fragment_is_wrong():
    signed = signature(TICKET, NONCE, STAMP, f"{URL}#top")
    assert check(TICKET, NONCE, STAMP, f"{URL}#top", signed) == 63002
