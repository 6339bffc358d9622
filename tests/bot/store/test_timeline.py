"""One follower's events, page by page: every event once, whatever stands at one instant."""

from __future__ import annotations

import pytest

from bot.clock import from_ms, to_ms
from bot.profile.timeline import read_place, written
from bot.store import accounts, events
from bot.store.timeline import Place, page
from tests.conftest import NOON, a_follower

T = to_ms(NOON)


@pytest.fixture
def lin(any_store):
    """Seven events, five of them within one millisecond; and somebody else's."""
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    lin, wang = a_follower(account, "o-lin"), a_follower(account, "o-wang")
    kinds = ("click", "order", "click", "tag", "click", "order", "scan")
    for number, kind in enumerate(kinds):
        at = from_ms(T - 1000 if number == 0 else T + 1000 if number == 6 else T)
        for who in (lin, wang):
            events.append(
                account, who, kind, at=at, received_at=NOON, source="import",
                key=f"{who}:{number}", facts={"n": number}, sealed={"text": f"{who}"},
            )  # fmt: skip
    return lin


def walked(follower: int, limit: int, **which) -> list[int]:
    """The numbers of the events on all pages; each page's place goes through an address."""
    found, place = [], Place()
    for _ in range(20):
        shown, more = page(follower, place, limit, **which)
        assert len(shown) <= limit
        found += [one.facts["n"] for one in shown]
        if more is None:
            return found
        place = read_place(written(more))
    raise AssertionError("the pages do not end")


def test_each_event_is_on_one_page_the_newest_first(lin):
    for limit in (1, 2, 3, 5, 7, 50):
        assert walked(lin, limit) == [6, 5, 4, 3, 2, 1, 0], limit


def test_of_some_kinds_or_of_all_others(lin):
    assert walked(lin, 1, kinds=("click",)) == [4, 2, 0]
    assert walked(lin, 2, kinds=("click", "tag"), but=True) == [6, 5, 1]
    assert walked(lin, 2, kinds=("refund",)) == []


def test_what_is_sealed_is_opened_only_where_asked(lin):
    for personal, sealed in ((False, {}), (True, {"text": str(lin)})):
        shown, _ = page(lin, Place(), 1, personal=personal)
        assert shown[0].sealed == sealed


@pytest.mark.parametrize(
    ("text", "place"),
    [("5", Place(5, 0)), ("5-3", Place(5, 3)), ("1-", Place(1)), ("1-9999999", Place(1, 10**6)),
     ("", None), ("x", None), ("-1", None), ("1-x", None), ("٣", None), ("1" * 16, None)],
)  # fmt: skip
def test_a_place_from_an_address(text, place):
    assert read_place(text) == place
