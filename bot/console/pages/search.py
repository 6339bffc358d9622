"""搜索: pages, followers by number, and everything that was given a name, from any page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console.all_tabs import all_tabs
from bot.console.gate import account, asker, page
from bot.console.report_kinds import KINDS as KINDS_OF_REPORTS
from bot.console.rights import Right
from bot.console.shell import Link, Words, menu_links, render, words
from bot.store import (
    campaigns,
    contents,
    coupon_batches,
    follower_list,
    journeys,
    pseudonyms,
    segments,
)

MOST = 20  # of one kind; whoever sees that many says more
LONGEST = 64
Named = tuple[str, str]  # slug, name


@dataclass(frozen=True)
class Kind:
    """Things with names. `at`: the endpoint of one's page; it is given the slug as `ref`. `named`:
    those of an account that may hold a text in lower case."""

    title: str
    at: str
    named: Callable[[int, str], Iterable[Named]]


KINDS = (
    Kind("con.menu.campaigns", "campaign_page",
         lambda of, _: ((one.slug, one.name) for one in campaigns.all_of(of))),
    Kind("con.menu.segments", "segment_page",
         lambda of, _: ((one.slug, one.name) for one in segments.of_account(of))),
    Kind("con.menu.journeys", "journey_page",
         lambda of, _: ((one.slug, one.name) for one in journeys.of_account(of))),
    Kind("con.menu.coupons", "coupon_batch",
         lambda of, _: ((one.slug, one.title) for one in coupon_batches.batches(of))),
    Kind("con.menu.contents", "content_page",
         lambda of, asked: contents.named(of, asked, MOST)),
)  # fmt: skip


@page("/a/<slug>/search", Right.LOOK)
def search(slug: str) -> Response:
    """A follower's number goes straight to the follower; everything else is a list of hits."""
    asked = request.args.get("q", "").strip()[:LONGEST]
    follower_id = pseudonyms.read(asked)
    if follower_id and asker().may(Right.PEOPLE):
        return redirect(url_for("console.follower", slug=slug, follower_id=follower_id))
    say = words()
    groups = list(_groups(asked, slug, say)) if asked else []
    return render("search.html", asked=asked, groups=groups)


def _groups(asked: str, slug: str, say: Words) -> Iterator[tuple[str, list[Link]]]:
    """(title, hits) of each kind that has any."""
    fits = partial(_fits, asked.casefold())
    pages = [one for one in menu_links() if fits(one.title)]
    tabs = [link for title, link in all_tabs(tuple(KINDS_OF_REPORTS)) if fits(title)]
    if pages or tabs:
        yield say("con.search.pages"), [*pages, *tabs]
    if people := list(_people(asked, slug)):
        yield say("con.menu.followers"), people
    for kind in KINDS:
        named = kind.named(account().id, asked.casefold())
        found = [one for one in named if fits(*one)][:MOST]
        if found:
            yield say(kind.title), [_hit(kind, slug, *one) for one in found]


def _people(asked: str, slug: str) -> Iterator[Link]:
    """Followers by the beginning of the name they are shown by, or by a number."""
    if not asker().may(Right.PEOPLE):
        return
    number, check = pseudonyms.beginning(asked.casefold())
    if number:
        for one in follower_list.of(account().id, [number]):
            name = pseudonyms.of(one)
            if name.startswith(f"hy-{number}-{check}"):
                yield Link(name, url_for("console.follower", slug=slug, follower_id=one), False)
    if asked.isdecimal() and len(asked) < 19:
        yield Link(asked, url_for("console.followers_list", slug=slug, q=asked), False)


def _fits(asked: str, *texts: str) -> bool:
    return any(asked in text.casefold() for text in texts)


def _hit(kind: Kind, account_slug: str, slug: str, name: str) -> Link:
    address = url_for(f"console.{kind.at}", slug=account_slug, ref=slug)
    return Link(f"{name} · {slug}", address, False)
